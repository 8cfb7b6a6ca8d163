"""Subscribers that do not read: they are cut, nobody waits for them, and they can go on later."""

import asyncio
import mmap
import time
from pathlib import Path

import pytest
from contract.streaming.descriptors import connections_of, resident
from contract.streaming.followers import TRANSPORTS, Follower, ids
from contract.streaming.stage import Stage, custom, eventually

pytestmark = pytest.mark.anyio

REQUESTS, EVENTS, SIZE = 300, 4, 50_000
"""60 MB: many times what may wait for one subscriber, and what the kernel takes beside that."""
GROWTH = 40 * 1024 * 1024
"""Bytes by which the hub may grow meanwhile: less than one copy of all for each transport."""


async def publish_much(
    stage: Stage, session_id: str, healthy: list[Follower]
) -> tuple[list[str], list[float]]:
    """Publish; the ids, and seconds from each request until everybody who reads had its entries."""
    told: list[str] = []
    took: list[float] = []
    for number in range(REQUESTS):
        body = f"{number:04}" * (SIZE // 4)
        began = time.monotonic()
        told += await stage.publish(session_id, *(custom(number, part=p, body=body) for p in range(EVENTS)))
        await asyncio.gather(*(follower.reach(told[-1]) for follower in healthy))
        took.append(time.monotonic() - began)
    return told, took


async def test_who_does_not_read_is_cut_and_resumes(cramped: Stage) -> None:
    process = cramped.hub.process
    assert process is not None
    session_id = await cramped.create()
    # Also warms up whatever memory the hub needs once.
    healthy = [await cramped.caught_up(transport, session_id) for transport in TRANSPORTS]
    before, alone = await publish_much(cramped, session_id, healthy)
    for follower in healthy:
        assert ids(follower.frames) == before

    cut_before = await cramped.metric("hub_disconnects_total", code="slow_consumer")
    open_before = connections_of(process.pid)
    size_before = resident(process.pid)
    stalled = []
    for transport in (*TRANSPORTS, *TRANSPORTS):
        follower = await cramped.follow(transport, session_id, after=before[-1], narrow=True)
        await follower.until("bookmark")
        follower.stall()
        stalled.append(follower)
    told, beside = await publish_much(cramped, session_id, healthy)
    for follower in healthy:
        assert ids(follower.frames) == before + told
    # A stalled one that held them up would do so for seconds.
    assert max(beside) < max(alone) + 0.5, (max(alone), max(beside))
    assert resident(process.pid) - size_before < GROWTH

    async def all_are_cut() -> bool:
        cut = await cramped.metric("hub_disconnects_total", code="slow_consumer") - cut_before
        return cut == len(stalled)

    await eventually(all_are_cut, "the slow ones are cut")
    for transport in TRANSPORTS:
        assert await cramped.metric("hub_connections", transport=transport) == 1

    async def freed() -> bool:
        return connections_of(process.pid) <= open_before

    # Although the other side still holds its end open and reads nothing.
    if cramped.hub.resets:
        await eventually(freed, "their descriptors are free")

    for follower, transport in zip(stalled, (*TRANSPORTS, *TRANSPORTS), strict=True):
        follower.go_on()
        await follower.over()
        had = ids(follower.frames)
        assert len(had) < len(told)
        resumed = await cramped.follow(transport, session_id, after=follower.cursor)
        assert had + ids(await resumed.until("bookmark")) == told
        await resumed.close()
    await eventually(freed, "their descriptors are free")


def test_the_figures_above_are_read_from_the_process() -> None:
    """The measures must not be constant."""
    own = int(Path("/proc/self/stat").read_text().split()[0])
    before = resident(own)
    # Memory of its own, not what the tests before have left to be used again.
    with mmap.mmap(-1, GROWTH) as kept:
        kept.write(bytes(GROWTH))
        assert resident(own) - before > GROWTH / 2
