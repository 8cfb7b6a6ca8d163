"""A hub that stops, or is killed, with streams open; and what is left of subscribers that went away."""

import asyncio
import statistics
import time
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
from contract.streaming.descriptors import connections_of
from contract.streaming.followers import PATIENCE, TRANSPORTS, Follower, SocketFollower, entries, ids
from contract.streaming.stage import Stage, custom, eventually, hub_with, joined, line, message
from servers import HubServer, RedisServer, Way

pytestmark = pytest.mark.anyio

GRACE = 3.0
PATIENT = {"DRAIN_TIMEOUT": str(GRACE), "BACKLOG": str(32 * 1024 * 1024)}


async def many(stage: Stage, session_id: str, each: int, **options: str) -> list[Follower]:
    """So many followers of each transport that have caught up."""
    followers: list[Follower] = []
    for _ in range(each // 25):
        # Not all at once: neither side is to be tested for its accept queue.
        followers += await asyncio.gather(
            *(
                stage.caught_up(transport, session_id, **options)
                for transport in TRANSPORTS
                for _ in range(25)
            )
        )
    return followers


async def exit_code(server: HubServer) -> int:
    assert server.process is not None
    return await asyncio.to_thread(server.process.wait, PATIENCE)


async def readiness(url: str, over: asyncio.Event) -> set[str]:
    """What `/readyz` says again and again."""
    said: set[str] = set()
    async with httpx.AsyncClient(verify=False) as client:
        while not over.is_set():
            try:
                answer = await client.get(f"{url}/readyz", timeout=PATIENCE)
                said.add(f"{answer.status_code} {','.join(answer.json()['problems'])}")
            except httpx.TransportError as error:
                said.add(type(error).__name__)
            await asyncio.sleep(0.05)
    return said


async def test_sigterm_with_500_streams_one_of_them_stalled(
    tmp_path: Path, own_redis: RedisServer, way: Way
) -> None:
    async with hub_with(tmp_path / "hub", own_redis, way=way, **PATIENT) as stage:
        session_id, full = await stage.create(), await stage.create()
        followers = await many(stage, session_id, 250)
        # More than the kernel takes, and not so much that it is cut.
        stalled = await stage.caught_up("websocket", full, narrow=True)
        stalled.stall()
        for _ in range(12):
            await stage.publish(full, *(custom(number, body="x" * 60_000) for number in range(12)))
        [last] = await stage.publish(session_id, custom(1))
        await asyncio.gather(*(follower.reach(last) for follower in followers))

        over = asyncio.Event()
        ready = asyncio.create_task(readiness(stage.hub.url, over))
        began = time.monotonic()
        stage.hub.terminate()
        left = await asyncio.gather(*(follower.over() for follower in followers))
        assert await exit_code(stage.hub) == stage.hub.in_order
        took = time.monotonic() - began
        over.set()
        assert GRACE <= took < GRACE + 2
        # The one that does not read is all that the hub waited for.
        assert "1 connections did not end in time" in stage.hub.log.read_text()
        # Once it has begun to stop it is never ready again.
        assert await ready <= {"200 ", "503 draining", "ConnectError", "ReadError", "RemoteProtocolError"}
        for follower, frames in zip(followers, left, strict=True):
            assert [frame["type"] for frame in frames if frame["type"] != "bookmark"] == ["disconnect"]
            told = frames[-1]["data"]
            assert (told["code"], told["reconnect"]) == ("draining", True)
            if isinstance(follower, SocketFollower):
                assert follower.close_code == 4000
            else:
                assert follower.failure is None
                assert frames[-1]["id"] == last
        # All of them at once would be a storm for whoever takes over.
        retries = [frames[-1]["data"]["retry_ms"] for frames in left]
        assert min(retries) >= 500
        assert max(retries) < 2500
        assert statistics.stdev(retries) > 400
        assert "disconnect" not in [frame["type"] for frame in stalled.frames]
        assert "Traceback" not in stage.hub.log.read_text()


async def test_sigterm_without_a_stalled_stream_is_quick(own: Stage) -> None:
    session_id = await own.create()
    followers = await many(own, session_id, 25)
    own.hub.terminate()
    began = time.monotonic()
    await asyncio.gather(*(follower.over() for follower in followers))
    assert await exit_code(own.hub) == own.hub.in_order
    assert time.monotonic() - began < 3
    assert "Traceback" not in own.hub.log.read_text()


async def test_a_killed_hub_is_replaced_by_another(tmp_path: Path, own_redis: RedisServer, way: Way) -> None:
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(hub_with(tmp_path / "first", own_redis, way=way))
        second = await stack.enter_async_context(
            hub_with(tmp_path / "second", own_redis, first.organization, way)
        )
        session_id = await first.create()
        before = [await first.caught_up(transport, session_id) for transport in TRANSPORTS for _ in range(3)]
        enough = asyncio.Event()
        told: list[str] = []

        async def publish() -> None:
            while not enough.is_set():
                number = len(told)
                event = (custom(number), line(number), message(number), joined(f"p{number}"))[number % 4]
                told.append(await second.persist(session_id, event))

        publishing = asyncio.create_task(publish())
        for follower in before:
            await follower.until("participant.joined")
        first.hub.kill()
        await asyncio.gather(*(follower.over() for follower in before))
        after = [
            await second.follow(transport, session_id, after=follower.cursor)
            for follower, transport in zip(before, [t for t in TRANSPORTS for _ in range(3)], strict=True)
        ]
        for follower in after:
            await follower.until("bookmark")
            await follower.until("participant.joined")
        enough.set()
        await publishing
        # One that no follower has come to yet: to wait for another would be to wait for a bookmark.
        told.append(await second.persist(session_id, custom(len(told))))
        for one, other in zip(before, after, strict=True):
            await other.reach(told[-1])
            assert {frame["type"] for frame in other.frames} <= {
                "bookmark", "x.number", "log.entry", "chat.message", "participant.joined"
            }  # fmt: skip
            assert ids(one.frames) + ids(other.frames) == told


async def test_nothing_is_left_of_subscribers_that_went_away(
    tmp_path: Path, own_redis: RedisServer, way: Way
) -> None:
    async with hub_with(tmp_path / "hub", own_redis, way=way, LINGER="0.2") as stage:
        process = stage.hub.process
        assert process is not None
        session_id = await stage.create()
        await stage.publish(session_id, *(custom(number) for number in range(500)))
        # A first round, so that what a hub keeps for good is there.
        for follower in await many(stage, session_id, 25):
            follower.abort()

        async def gone() -> bool:
            counts = [await stage.metric("hub_connections", transport=name) for name in TRANSPORTS]
            return counts == [0, 0]

        await eventually(gone, "no connection is counted")
        before = connections_of(process.pid)
        caught_up = await many(stage, session_id, 50)
        # In the middle of a replay, and before the first frame.
        replaying = [
            await stage.follow(transport, session_id, after="0-0")
            for transport in TRANSPORTS
            for _ in range(50)
        ]
        assert connections_of(process.pid) > before + 150
        publishing = asyncio.create_task(stage.publish(session_id, *(custom(n) for n in range(300))))
        for follower in (*caught_up, *replaying):
            follower.abort()
        await publishing
        await eventually(gone, "no connection is counted")

        async def freed() -> bool:
            return connections_of(process.pid) <= before

        await eventually(freed, "the descriptors are free")

        async def forgotten() -> bool:
            return await stage.metric("hub_followed_streams") == 0

        await eventually(forgotten, "the session is not followed any more")
        assert "Traceback" not in stage.hub.log.read_text()
        # And it works as before.
        follower = await stage.follow("sse", session_id, after="0-0")
        assert len(entries(await follower.until("bookmark"))) == 801
