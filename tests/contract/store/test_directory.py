"""Creating sessions on a store that loses things."""

import asyncio

from servers import RedisServer

from hub.store.client import Client
from hub.store.directory import Created, Directory
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
