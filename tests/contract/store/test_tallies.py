"""Sessions added up chunk by chunk, also while some go away."""

import asyncio
import itertools
import random
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from msgspec.structs import replace
from servers import RedisServer

from hub.core.distribution import BUCKETS
from hub.core.numbers import BLOCK
from hub.core.query import Query
from hub.store import layout
from hub.store.checkpoints import Checkpoints
from hub.store.client import Client
from hub.store.directory import Directory
from hub.store.listing import Listing
from hub.store.tallies import Stretch, Tallies
from schemas.details import Platform
from schemas.events import SessionCreated, Status

SESSIONS = 60
FIRST = 2 * BLOCK - 20
"""So that they lie in two blocks, and the first block has none."""
KEYS = layout.organization_keys("acme")
ZOOM = Query(platforms=(Platform.ZOOM,))


def member(number: int) -> str:
    return f"{number:012}"


async def figures(client: Client, number: int, *values: float) -> None:
    place = number % BLOCK * 24
    await client.execute("SETRANGE", f"{KEYS.figures}{number // BLOCK}", place, struct.pack("<3d", *values))


@asynccontextmanager
async def sessions(server: RedisServer) -> AsyncIterator[tuple[Client, dict[int, dict[str, Any]]]]:
    """Sessions by number, with what is known of each; their times are put into the indexes."""
    client = Client(server.url, 10.0)
    directory = Directory(client, retention=10**6, feed_kept=10, most=0)
    chance, made, time = random.Random(3), dict[int, dict[str, Any]](), 1000
    await client.execute("HSET", KEYS.numbers, "last", FIRST - 1)
    for number in range(FIRST, FIRST + SESSIONS):
        time += chance.choice([0, 0, 1, 50])
        one: dict[str, Any] = {"platform": chance.choice([Platform.ZOOM, Platform.TEAMS]), "created": time}
        one["status"] = chance.choice([Status.ACTIVE, Status.COMPLETED, Status.FAILED])
        one["duration"] = chance.choice([None, 0, 299_999, 300_000, 20_000_000])
        one["minutes"], one["participants"] = chance.randrange(10**6), chance.randrange(50)
        data = SessionCreated(number=0, status=one["status"], platform=one["platform"])
        await directory.create("acme", f"ses_{number}", data, idempotency_key=None)
        await figures(client, number, one["duration"] or 0, one["minutes"], one["participants"])
        await client.execute("ZADD", KEYS.sessions, time, member(number))
        if one["duration"] is not None:
            await client.execute("SETBIT", f"{KEYS.facets}duration", number, 1)
        made[number] = one
    yield client, made
    await client.aclose()


def stretch(found: list[dict[str, Any]]) -> Stretch:
    lengths = [one["duration"] for one in found if one["duration"] is not None]
    names = [one["status"] for one in found]
    return Stretch(
        len(found), names.count(Status.COMPLETED), names.count(Status.FAILED), len(lengths), sum(lengths)
    )


@pytest.mark.parametrize("query", [Query(), ZOOM], ids=["all", "some"])
def test_they_add_up(own_redis: RedisServer, query: Query) -> None:
    async def run() -> None:
        async with sessions(own_redis) as (client, made):
            tallies = Tallies(client, Listing(client))
            there = [one for one in made.values() if query.platforms in (None, (one["platform"],))]
            whole = stretch(there)
            figures = await tallies.figures("acme", query)
            assert (figures.count, figures.timed, figures.duration) == (
                whole.sessions,
                whole.timed,
                whole.duration,
            )
            assert figures.longest == 20_000_000
            assert figures.present == sum(one["minutes"] for one in there)
            assert figures.participants == sum(one["participants"] for one in there)
            assert figures.statuses[Status.COMPLETED] == whole.completed
            assert sum(figures.statuses.values()) == figures.count
            lengths = [one["duration"] for one in there if one["duration"] is not None]
            buckets = [lengths.count(0) + lengths.count(299_999), lengths.count(300_000), 0, 0, 0, 0]
            buckets.append(lengths.count(20_000_000))
            assert await tallies.buckets("acme", query) == buckets
            created = sorted(one["created"] for one in there)
            middle = created[len(created) // 2]
            # Some begin where a session was created, some lie before the first and behind the last one.
            times = [
                0,
                500,
                created[0],
                middle,
                middle + 1,
                middle + 40,
                created[-1],
                created[-1] + 1,
                10**6,
                10**7,
            ]
            expected = [
                stretch([one for one in there if first <= one["created"] < last])
                for first, last in itertools.pairwise(times)
            ]
            assert await tallies.stretches("acme", query, times) == expected
            inner = times[3:6]
            assert await tallies.stretches("acme", query, inner) == expected[3:5]

    asyncio.run(run())


def test_who_goes_meanwhile_still_counts(own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts are of one moment; figures that are gone with their block are none."""

    async def run() -> None:
        async with sessions(own_redis) as (client, made):
            lists = Listing(client)
            select = lists.select

            async def then_gone(*arguments: Any, **options: Any) -> Any:
                selection = await select(*arguments, **options)
                await client.execute("UNLINK", f"{KEYS.figures}1")
                return selection

            monkeypatch.setattr(lists, "select", then_gone)
            left = [one for number, one in made.items() if number >= 2 * BLOCK]
            found = await Tallies(client, lists).figures("acme", Query())
            assert found.count == SESSIONS
            assert found.duration == stretch(left).duration
            assert found.participants == sum(one["participants"] for one in left)

    asyncio.run(run())


def test_a_block_goes_with_its_last_session(own_redis: RedisServer) -> None:
    async def run() -> None:
        async with sessions(own_redis) as (client, made):
            directory = Directory(client, retention=10**6, feed_kept=10, most=0)

            async def blocks() -> list[int]:
                return [at for at in range(4) if await client.execute("EXISTS", f"{KEYS.figures}{at}")]

            assert await blocks() == [1, 2]
            for number in made:
                assert await blocks() == ([1, 2] if number < 2 * BLOCK else [2])
                await client.execute("ZADD", KEYS.expiring, 1, f"{number} ses_{number}")
                await directory.expire("acme", f"ses_{number}", number)
            assert await blocks() == []

    asyncio.run(run())


def test_what_is_written_down_counts_until_the_session_is_deleted(own_redis: RedisServer) -> None:
    """Who began to write it down before it was deleted may be done after that."""

    async def run() -> None:
        client = Client(own_redis.url, 10.0)
        directory = Directory(client, retention=10**6, feed_kept=10, most=0)
        checkpoints, keys = Checkpoints(client, feed_kept=10), layout.session_keys("acme", "ses_1")
        await client.execute("HSET", KEYS.numbers, "last", FIRST)
        data = SessionCreated(number=0, status=Status.ACTIVE)
        await directory.create("acme", "ses_1", data, idempotency_key=None)
        there: list[int] = []
        for phase in ("live", "deleted"):
            await client.execute("HSET", keys.meta, "phase", phase)
            base = await checkpoints.load("acme", "ses_1")
            assert base is not None
            state = replace(base.state, present=7000, total_count=3)
            assert await checkpoints.save("acme", base, state, segments={}, dirty=(), counts=None) == "ok"
            found = await Tallies(client, Listing(client)).figures("acme", Query())
            there.append(await client.execute("UNLINK", f"{KEYS.figures}{FIRST // BLOCK}"))
            assert (found.present, found.participants) == ((7000, 3) if phase == "live" else (0, 0))
        assert there == [1, 0]
        await client.aclose()

    asyncio.run(run())


def test_there_may_be_none(own_redis: RedisServer) -> None:
    async def run() -> None:
        client = Client(own_redis.url, 10.0)
        tallies = Tallies(client, Listing(client))
        figures = await tallies.figures("acme", Query())
        assert (figures.count, figures.longest, figures.participants) == (0, None, 0)
        assert await tallies.stretches("acme", Query(), [0, 10, 20]) == [Stretch(0, 0, 0)] * 2
        assert await tallies.buckets("acme", Query()) == [0] * len(BUCKETS)
        counted = await tallies.count("acme", Query(), ("status:active",))
        assert (counted.count, counted.having) == (0, [0])
        await client.aclose()

    asyncio.run(run())
