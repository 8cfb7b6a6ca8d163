"""Sessions by number, their times, and creating them on a store that loses things."""

import asyncio
from datetime import datetime

import httpx
import pytest
from contract.api.asking import NOBODY, created, found, new, sealed, taken, unique
from servers import RedisServer

from hub.errors import HubError
from hub.store.client import Client
from hub.store.directory import Created, Directory, Times
from hub.store.listing import Listing
from hub.store.topics import Topics
from schemas.events import SessionCreated, Status


def test_an_organization_that_the_store_lost_is_known_again(own_redis: RedisServer) -> None:
    async def run() -> None:
        client = Client(own_redis.url, 10.0)
        directory = Directory(client, retention=10**6, feed_kept=10, most=0)

        async def create(session_id: str) -> Created:
            data = SessionCreated(number=0, status=Status.INITIALIZING)
            return await directory.create("acme", session_id, data, idempotency_key=None)

        assert (await create("ses_1")).session_id == "ses_1"
        assert await directory.organizations() == ["acme"]
        for session_id, loss in (("ses_2", ("DEL", "hub:orgs")), ("ses_3", ("FLUSHALL",))):
            await client.execute(*loss)
            await client.execute("SCRIPT", "FLUSH")
            assert (await create(session_id)).session_id == session_id
            assert await directory.organizations() == ["acme"]
        await client.aclose()

    asyncio.run(run())


def milliseconds(timestamp: str | None) -> int | None:
    return None if timestamp is None else round(datetime.fromisoformat(timestamp).timestamp() * 1000)


def test_times_of_many(redis_server: RedisServer, organization: str, api: httpx.Client) -> None:
    fresh, heard, gone, leaving = (new(api) for _ in range(4))
    for session_id in (heard, leaving):
        taken(api.post(f"/v1/sessions/{session_id}/heartbeat"))
    sealed(api, leaving)
    assert api.delete(f"/v1/sessions/{gone}").status_code == 204
    shown = {session_id: found(api, session_id) for session_id in (fresh, heard, leaving)}
    expected = {
        session_id: Times(milliseconds(one["heartbeat_at"]), milliseconds(one["expires_at"]))
        for session_id, one in shown.items()
    }
    assert [[time is not None for time in times] for times in expected.values()] == [
        [False, False],
        [True, False],
        [True, True],
    ]

    async def run() -> None:
        client = Client(redis_server.url, 10.0)
        directory = Directory(client, retention=10**6, feed_kept=10, most=0)
        asked = [leaving, NOBODY, fresh, heard, leaving]
        nothing = Times(None, None)
        assert await directory.times_of(organization, asked) == [expected.get(one, nothing) for one in asked]
        assert await directory.times_of(organization, []) == []
        assert await directory.times_of("nobody", [leaving]) == [nothing]
        await client.aclose()

    asyncio.run(run())


def test_by_number(redis_server: RedisServer, organization: str, api: httpx.Client) -> None:
    sessions = [created(api, title="a|b", meeting_id="m") for _ in range(3)]
    topics = [taken(api.post("/v1/topics", json={"name": "Sales"}), 201) for _ in range(3)]
    assert api.delete(f"/v1/sessions/{sessions[1]['id']}").status_code == 204
    assert api.delete(f"/v1/topics/{topics[1]['id']}").status_code == 204

    async def run() -> None:
        client = Client(redis_server.url, 10.0)
        lists, register = Listing(client), Topics(client)
        for kept in (0, 2):
            number = sessions[kept]["number"]
            assert await lists.numbered(organization, number) == sessions[kept]["id"]
            topic = await register.numbered(organization, topics[kept]["number"])
            assert topic is not None
            assert topic.id == topics[kept]["id"]
        for number in (0, -1, 2, 4, 10**30):
            with pytest.raises(HubError, match="session_not_found"):
                await lists.numbered(organization, number)
            assert await register.numbered(organization, number) is None
        with pytest.raises(HubError, match="session_not_found"):
            await lists.numbered(unique("other"), 1)
        assert await register.numbered(unique("other"), 1) is None
        await client.aclose()

    asyncio.run(run())
