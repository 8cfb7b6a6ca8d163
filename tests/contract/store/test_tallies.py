"""Sessions added up chunk by chunk, also while some go away."""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from servers import RedisServer

from hub.core.distribution import BUCKETS, bucket_of
from hub.core.query import Query
from hub.store import layout, listing
from hub.store.client import Client
from hub.store.directory import Directory
from hub.store.listing import Listing
from hub.store.tallies import Stretch, Tallies
from schemas.details import Platform
from schemas.events import SessionCreated, Status

SESSIONS = 60
KEYS = layout.organization_keys("acme")
ZOOM = Query(platforms=(Platform.ZOOM,))


def member(number: int) -> str:
    return f"{number:012}"


@asynccontextmanager
async def sessions(server: RedisServer) -> AsyncIterator[tuple[Client, dict[int, dict[str, Any]]]]:
    """Sessions by number, with what is known of each; their times are put into the indexes."""
    client = Client(server.url, 10.0)
    directory = Directory(client, retention=10**6, feed_kept=10, most=0)
    chance, made, time = random.Random(3), dict[int, dict[str, Any]](), 1000
    for number in range(1, SESSIONS + 1):
        time += chance.choice([0, 0, 1, 50])
        one: dict[str, Any] = {"platform": chance.choice([Platform.ZOOM, Platform.TEAMS]), "created": time}
        one["status"] = chance.choice([Status.ACTIVE, Status.COMPLETED, Status.FAILED])
        one["duration"] = chance.choice([None, 0, 299_999, 300_000, 20_000_000])
        one["minutes"], one["participants"] = chance.randrange(10**6), chance.randrange(50)
        data = SessionCreated(number=0, status=one["status"], platform=one["platform"])
        await directory.create("acme", f"ses_{number}", data, idempotency_key=None)
        for index in ("minutes", "participants"):
            await client.execute("ZADD", getattr(KEYS, index), one[index], member(number))
        await client.execute("ZADD", KEYS.sessions, time, member(number))
        if one["duration"] is not None:
            await client.execute("ZADD", KEYS.duration, one["duration"], member(number))
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


@pytest.mark.parametrize("chunk", [1, 7, 1000])
@pytest.mark.parametrize("query", [Query(), ZOOM], ids=["all", "some"])
def test_they_add_up(
    own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch, chunk: int, query: Query
) -> None:
    async def run() -> None:
        async with sessions(own_redis) as (client, made):
            monkeypatch.setattr(listing, "CHUNK", chunk)
            tallies = Tallies(Listing(client))
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
            buckets = [0] * len(BUCKETS)
            for one in there:
                if one["duration"] is not None:
                    buckets[bucket_of(one["duration"])] += 1
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


def test_who_goes_meanwhile_counts_without_a_duration(
    own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counts are of one moment: a session that is gone from the indexes of values breaks nothing."""

    async def run() -> None:
        async with sessions(own_redis) as (client, made):
            monkeypatch.setattr(listing, "CHUNK", 5)
            lists = Listing(client)
            select = lists.select
            gone = [number for number, one in made.items() if one["duration"] is not None][3:6]

            async def then_gone(*arguments: Any, **options: Any) -> Any:
                selection = await select(*arguments, **options)
                for index in (KEYS.duration, KEYS.minutes, KEYS.participants, KEYS.sessions):
                    await client.execute("ZREM", index, *map(member, gone))
                return selection

            monkeypatch.setattr(lists, "select", then_gone)
            tallies = Tallies(lists)
            left = [one for number, one in made.items() if number not in gone]
            figures = await tallies.figures("acme", Query())
            assert figures.count == SESSIONS
            assert (figures.timed, figures.duration) == (stretch(left).timed, stretch(left).duration)
            assert figures.participants == sum(one["participants"] for one in left)

    asyncio.run(run())


def test_there_may_be_none(own_redis: RedisServer) -> None:
    async def run() -> None:
        client = Client(own_redis.url, 10.0)
        tallies = Tallies(Listing(client))
        figures = await tallies.figures("acme", Query())
        assert (figures.count, figures.longest, figures.participants) == (0, None, 0)
        assert await tallies.stretches("acme", Query(), [0, 10, 20]) == [Stretch(0, 0, 0)] * 2
        assert await tallies.buckets("acme", Query()) == [0] * len(BUCKETS)
        counted = await tallies.count("acme", Query(), ("status:active",))
        assert (counted.count, counted.having) == (0, [0])
        await client.aclose()

    asyncio.run(run())
