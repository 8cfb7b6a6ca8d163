"""Sorted lists of many go through a sorted set, those of few are sorted at once: both find the same."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from servers import RedisServer

from hub.core.query import Place, Query, Sort
from hub.store import layout, listing
from hub.store.client import Client
from hub.store.directory import Directory
from hub.store.listing import Listing, Page
from schemas.details import Platform
from schemas.events import SessionCreated, Status

SESSIONS = 60
QUERIES = [
    Query(sort=Sort.MINUTES, descending=descending, platforms=platforms)
    for descending in (True, False)
    for platforms in (None, (Platform.ZOOM,))
]


@asynccontextmanager
async def sessions(server: RedisServer) -> AsyncIterator[tuple[Client, Listing]]:
    """Sessions of some platform, many of which have the same minutes."""
    client = Client(server.url, 10.0)
    directory = Directory(client, retention=10**6, feed_kept=10, most=0)
    chance = random.Random(1)
    for number in range(1, SESSIONS + 1):
        platform = chance.choice([Platform.ZOOM, Platform.TEAMS])
        data = SessionCreated(number=0, status=Status.ACTIVE, platform=platform)
        await directory.create("acme", f"ses_{number}", data, idempotency_key=None)
        minutes = layout.organization_keys("acme").minutes
        await client.execute("ZADD", minutes, chance.choice([0, 0, 7, 60_000, 61_000]), f"{number:012}")
    yield client, Listing(client)
    await client.aclose()


async def pages(lists: Listing, query: Query, limit: int) -> list[Page]:
    """All pages, by cursor."""
    found: list[Page] = []
    behind: Place | None = None
    while not found or behind is not None:
        found.append(await lists.page("acme", query, behind=behind, limit=limit))
        behind = found[-1].next
    return found


@pytest.mark.parametrize("chunk", [1, 7, 1000])
def test_both_ways_find_the_same(own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    async def run() -> None:
        async with sessions(own_redis) as (_client, lists):
            for query in QUERIES:
                monkeypatch.setattr(listing, "SPARSE", SESSIONS)
                monkeypatch.setattr(listing, "CHUNK", 1000)
                (whole,) = await pages(lists, query, SESSIONS)
                monkeypatch.setattr(listing, "SPARSE", 0)
                monkeypatch.setattr(listing, "CHUNK", chunk)
                for limit in (1, 4, SESSIONS):
                    walked = await pages(lists, query, limit)
                    assert [one for page in walked for one in page.session_ids] == whole.session_ids
                    assert {page.count for page in walked} == {whole.count}
                for skip in (1, 5, 40, SESSIONS):
                    page = await lists.page("acme", query, skip=skip, limit=5)
                    assert page.session_ids == whole.session_ids[skip : skip + 5]

    asyncio.run(run())


@pytest.mark.parametrize("sparse", [0, SESSIONS])
@pytest.mark.parametrize("query", QUERIES[::2], ids=["falling", "rising"])
def test_a_page_begins_behind_one_that_is_gone_or_elsewhere_now(
    own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch, query: Query, sparse: int
) -> None:
    async def run() -> None:
        async with sessions(own_redis) as (client, lists):
            monkeypatch.setattr(listing, "SPARSE", sparse)
            minutes = layout.organization_keys("acme").minutes
            (whole,) = await pages(lists, query, SESSIONS)
            for at in range(3, SESSIONS - 10, 5):
                page = await lists.page("acme", query, limit=at)
                assert page.next is not None
                member = f"{page.next.number:012}"
                for change in (("ZREM", minutes, member), ("ZADD", minutes, 10**6, member)):
                    await client.execute(*change)
                    after = await lists.page("acme", query, behind=page.next, limit=5)
                    assert after.session_ids == whole.session_ids[at : at + 5]
                await client.execute("ZADD", minutes, page.next.value or 0, member)

    asyncio.run(run())
