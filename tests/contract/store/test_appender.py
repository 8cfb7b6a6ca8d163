"""Batches of appends: the order of a publisher, and bounds of what waits."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial

import pytest
from msgspec import Raw
from servers import RedisServer

from hub.core.entry_id import EntryId
from hub.core.event import draft
from hub.errors import Unavailable
from hub.store import appender, scripts
from hub.store.appender import Appender
from hub.store.client import Client
from hub.store.directory import Directory
from hub.store.streams import Limits, Streams
from hub.store.wire import Wire, packed
from schemas.events import Event, SessionCreated, Status

ORGANIZATION, SESSION = "acme", "ses_1"
MIB = 1024 * 1024
FLUSH = ("SCRIPT", "FLUSH")
LOAD = ("SCRIPT", "LOAD", scripts.APPEND.source)
HEADS = scripts.HEADS.call(["a"])


class Crowded(Client):
    """Other hubs' commands reach Redis between those of a batch."""

    def __init__(self, url: str, timeout: float) -> None:
        super().__init__(url, timeout, connections=1)
        self.before: dict[int, tuple[str | bytes, ...]] = {}
        self.sizes: list[int] = []

    def wire(self) -> Wire:
        wire = super().wire()
        wire.exchange = partial(self._crowded, wire.exchange)
        return wire

    async def _crowded(
        self, exchange: Callable[[Sequence[bytes]], Awaitable[list[object]]], commands: Sequence[bytes]
    ) -> list[object]:
        self.sizes.append(sum(map(len, commands)))
        sent: list[bytes] = []
        own: list[int] = []
        for index, command in enumerate(commands):
            if index in self.before:
                sent.append(packed(self.before[index]))
            own.append(len(sent))
            sent.append(command)
        self.before = {}
        replies = await exchange(sent)
        return [replies[index] for index in own]


@asynccontextmanager
async def running(server: RedisServer, timeout: float = 10.0) -> AsyncIterator[tuple[Crowded, Appender]]:
    client = Crowded(server.url, timeout)
    batches = Appender(client)
    task = asyncio.create_task(batches.run())
    try:
        yield client, batches
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await client.aclose()


async def publish_together(
    server: RedisServer, before: dict[int, tuple[str | bytes, ...]], *, known: bool = False
) -> tuple[list[object], list[bytes]]:
    """Three requests of one publisher in one batch: their results, and the entries that there are then.

    `known`: the script has run on the connection before.
    """
    reads = Client(server.url, 10.0)
    async with running(server) as (client, batches):
        streams = Streams(reads, batches, retention=10**6, logs_kept=10, feed_kept=10, limits=Limits())
        directory = Directory(reads, retention=10**6, feed_kept=10, most=0)
        created = SessionCreated(number=0, status=Status.INITIALIZING)
        await directory.create(ORGANIZATION, SESSION, created, idempotency_key=None)
        if known:
            await streams.append(ORGANIZATION, SESSION, [draft(Event(type="x.first"))])
        client.before = before
        drafts = [draft(Event(type="x.n", data=Raw(b'{"n":%d}' % n))) for n in (1, 2, 3)]
        results = await asyncio.gather(
            *(streams.append(ORGANIZATION, SESSION, [one]) for one in drafts), return_exceptions=True
        )
        head = await streams.head(ORGANIZATION, SESSION)
        assert head is not None
        entries = await streams.entries(ORGANIZATION, SESSION, EntryId(0, 1), head, logs=False)
        await reads.aclose()
    return results, [entry.data for entry in entries if entry.type == "x.n"]


def test_order_is_kept_when_another_hub_teaches_the_script_meanwhile(own_redis: RedisServer) -> None:
    results, entries = asyncio.run(publish_together(own_redis, {0: FLUSH, 1: LOAD}))
    assert entries == [b'{"n":1}', b'{"n":2}', b'{"n":3}']
    assert not [result for result in results if isinstance(result, Exception)]


def test_what_met_a_flush_is_refused_and_never_sent_after_later_ones(own_redis: RedisServer) -> None:
    results, entries = asyncio.run(publish_together(own_redis, {1: FLUSH, 2: LOAD}))
    assert entries == [b'{"n":1}', b'{"n":3}']
    assert [isinstance(result, Unavailable) for result in results] == [False, True, False]


def test_a_flush_between_batches_refuses_nothing(own_redis: RedisServer) -> None:
    results, entries = asyncio.run(publish_together(own_redis, {0: FLUSH}, known=True))
    assert entries == [b'{"n":1}', b'{"n":2}', b'{"n":3}']
    assert not [result for result in results if isinstance(result, Exception)]


def test_order_is_kept_when_a_known_script_is_flushed_and_taught_by_another_hub(
    own_redis: RedisServer,
) -> None:
    results, entries = asyncio.run(publish_together(own_redis, {1: FLUSH, 2: LOAD}, known=True))
    assert entries == [b'{"n":1}', b'{"n":3}']
    assert [isinstance(result, Unavailable) for result in results] == [False, True, False]


def test_a_request_by_itself_teaches_the_script(own_redis: RedisServer) -> None:
    async def run() -> None:
        async with running(own_redis) as (client, batches):
            for _ in range(2):
                await client.execute(*FLUSH)
                assert (await batches.call(HEADS))[1] == b""

    asyncio.run(run())


def test_the_last_of_many_is_refused_soon_while_redis_is_paused(own_redis: RedisServer) -> None:
    timeout = 1.0

    async def run() -> float:
        async with running(own_redis, timeout) as (_client, batches):
            await batches.call(HEADS)
            own_redis.pause()
            begun = time.monotonic()
            calls = (batches.call(HEADS) for _ in range(3000))
            results = await asyncio.gather(*calls, return_exceptions=True)
            took = time.monotonic() - begun
            own_redis.resume()
            assert {type(result) for result in results} == {Unavailable}
            assert (await batches.call(HEADS))[1] == b""
            return took

    # If each batch took a time-out, all would take twelve.
    assert asyncio.run(run()) < 3000 / appender.BATCH / 2 * timeout


def test_what_waits_and_what_is_sent_together_is_bounded_by_bytes(
    own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each takes a few bytes more than its argument.
    monkeypatch.setattr(appender, "MAX_WAITING_BYTES", 10 * MIB + 1024)
    monkeypatch.setattr(appender, "BATCH_BYTES", 3 * MIB + 1024)
    large = scripts.HEADS.call(["a"], [b"x" * MIB])

    async def run() -> None:
        async with running(own_redis, 30.0) as (client, batches):
            for _ in range(2):
                client.sizes.clear()
                calls = (batches.call(large) for _ in range(12))
                results = await asyncio.gather(*calls, return_exceptions=True)
                assert [isinstance(result, Unavailable) for result in results] == [False] * 10 + [True] * 2
                assert [size // MIB for size in client.sizes] == [3, 3, 3, 1]
            # One that is larger than a batch still goes, by itself.
            assert (await batches.call(scripts.HEADS.call(["a"], [b"x" * 5 * MIB])))[1] == b""

    asyncio.run(run())
