"""The store goes away and comes back: streams stay, and nothing is lost or doubled."""

import asyncio
import time
from pathlib import Path

import pytest
from contract.streaming.followers import TRANSPORTS, Follower, SocketFollower, Transport, ids
from contract.streaming.stage import Stage, custom, hub_with, line
from servers import RedisServer, Way, wait_until

pytestmark = pytest.mark.anyio


async def everywhere(stage: Stage, session_id: str) -> list[Follower]:
    """Followers that have caught up, over each transport."""
    return [await stage.caught_up(transport, session_id) for transport in TRANSPORTS for _ in range(3)]


async def publish_until(stage: Stage, session_id: str, enough: asyncio.Event) -> list[str]:
    """Publish one event after the other, each until it is acknowledged."""
    told = []
    while not enough.is_set() or len(told) < 5:
        told.append(await stage.persist(session_id, custom(len(told))))
    return told


def saw_all(stage: Stage, session_id: str, follower: Follower, told: list[str]) -> None:
    """One stream, without a break: a snapshot, then each entry once and in order."""
    assert not follower.is_closed
    assert {frame["type"] for frame in follower.frames} <= {"snapshot", "bookmark", "x.number", "log.entry"}
    assert ids(follower.frames) == stage.wanted(session_id, follower.frames[0]["id"]) == told


async def test_killed_and_restarted_with_streams_open(own: Stage) -> None:
    session_id = await own.create()
    followers = await everywhere(own, session_id)
    enough = asyncio.Event()
    publishing = asyncio.create_task(publish_until(own, session_id, enough))
    for follower in followers:
        await follower.until("x.number")
    own.redis.kill()
    seen = [len(follower.frames) for follower in followers]
    # `start` returns when the server answers.
    await asyncio.to_thread(own.redis.start)
    answered = time.monotonic()
    for follower, before in zip(followers, seen, strict=True):
        await follower.wait(
            lambda follower=follower, before=before: (
                [frame for frame in follower.frames[before:] if frame["type"] == "x.number"]
            ),
            "an entry after the restart",
        )
    assert time.monotonic() - answered < 2
    enough.set()
    told = await publishing
    for follower in followers:
        await follower.reach(told[-1])
        saw_all(own, session_id, follower, told)


async def test_paused_for_three_seconds(own: Stage) -> None:
    session_id = await own.create()
    followers = await everywhere(own, session_id)
    enough = asyncio.Event()
    publishing = asyncio.create_task(publish_until(own, session_id, enough))
    for follower in followers:
        await follower.until("x.number")
    own.redis.pause()
    # What is tested is a pause of this length.
    await asyncio.sleep(3)
    own.redis.resume()
    resumed = time.monotonic()
    [mark] = [await own.persist(session_id, line(1))]
    for follower in followers:
        await follower.wait(
            lambda follower=follower: any(frame.get("id") == mark for frame in follower.frames),
            "an entry after the pause",
        )
    assert time.monotonic() - resumed < 2
    enough.set()
    told = await publishing
    for follower in followers:
        await follower.reach(told[-1])
        saw_all(own, session_id, follower, sorted([*told, mark], key=lambda i: int(i.split("-")[1])))


async def test_opened_while_the_store_is_away(own: Stage) -> None:
    """And the two times of 10 s that the hub gives: to the store, and to a socket to say who it is."""
    session_id = await own.create()
    [entry_id] = await own.publish(session_id, custom(1))
    began = time.monotonic()
    silent = await own.socket(credential=None)
    busy = await own.socket(credential=None)
    # To be alive is not to say who one is.
    await busy.done(op="ping")
    unheard_of = own.hub.make_key(own.organization)
    own.redis.kill()
    # Nobody can say now whose key this is: as an error would be final for an EventSource, it waits too.
    unknown = asyncio.create_task(own.follow("sse", session_id, credential=unheard_of))
    opened = [await own.follow(transport, session_id, after=entry_id) for transport in TRANSPORTS]
    fresh = [await own.follow(transport, session_id) for transport in TRANSPORTS]
    for follower in (*opened, *fresh, await unknown):
        if isinstance(follower, SocketFollower):
            # The subscription is over; the socket may be used for another.
            frames = await follower.until("disconnect")
            await follower.done(op="ping")
        else:
            frames = await follower.over()
            assert follower.failure is None
        assert [frame["type"] for frame in frames] == ["disconnect"]
        told = frames[0]["data"]
        assert (told["code"], told["reconnect"]) == ("store_unavailable", True)
        assert 500 <= told["retry_ms"] < 2500
    assert time.monotonic() - began > 9
    for socket in (silent, busy):
        frames = await socket.over()
        assert [frame["data"]["code"] for frame in frames] == ["auth_timeout"]
        assert socket.close_code == 4502
    await asyncio.to_thread(own.redis.start)
    [later] = [await own.persist(session_id, custom(2))]
    for transport in TRANSPORTS:
        follower = await own.follow(transport, session_id, after=entry_id)
        assert ids(await follower.reach(later)) == [later]


async def test_opened_while_the_store_is_away_goes_on_when_it_is_back(
    own: Stage, transport: Transport
) -> None:
    session_id = await own.create()
    told = await own.publish(session_id, custom(1), custom(2))
    unheard_of = own.hub.make_key(own.organization)
    own.redis.kill()
    unknown = asyncio.create_task(own.follow("sse", session_id, credential=unheard_of))
    refused = await own.socket(credential=unheard_of)
    assert [frame["data"]["code"] for frame in await refused.over()] == ["store_unavailable"]
    assert refused.close_code == 4002
    fresh = await own.follow(transport, session_id)
    behind = await own.follow(transport, session_id, after=told[0])
    feed = await own.follow(transport, None)
    await asyncio.to_thread(own.redis.start)
    assert (await fresh.next())["data"] == own.snapshot_at(session_id, told[-1])
    assert ids(await behind.until("bookmark")) == told[1:]
    assert [s["id"] for s in (await feed.next())["data"]["sessions"]] == [session_id]
    known = await unknown
    assert (await known.next())["type"] == "snapshot"
    later = await own.persist(session_id, custom(3))
    for follower in (fresh, behind, known):
        assert ids(await follower.reach(later)) == [later]


async def test_a_lost_wakeup_is_found_by_the_sweep(stage: Stage, transport: Transport) -> None:
    session_id = await stage.create()
    follower = await stage.caught_up(transport, session_id)
    [first] = await stage.publish(session_id, custom(1))
    await follower.reach(first)
    ms, seq = map(int, first.split("-"))
    lost = f"{ms + 1}-{seq + 1}"
    root = f"hub:{{{stage.organization}}}:s:{session_id}"
    with stage.redis.client() as store:
        # An append without its PUBLISH.
        store.xadd(f"{root}:events", {"t": "x.number", "d": '{"number":2}'}, id=lost)
        store.hset(root, "head", lost)
    assert ids(await follower.reach(lost)) == [lost]
    [last] = await stage.publish(session_id, custom(3))
    assert ids(await follower.reach(last)) == [last]


async def test_a_lost_connection_for_wakeups(tmp_path: Path, own_redis: RedisServer, way: Way) -> None:
    """Found without the sweep, which comes too late here: the new connection looks after every stream."""
    async with hub_with(tmp_path / "hub", own_redis, way=way, SWEEP_INTERVAL="600") as stage:
        session_id = await stage.create()
        followers = await everywhere(stage, session_id)
        told: list[str] = []
        for number in range(10):
            with own_redis.client() as store:
                wait_until(
                    lambda store=store: len(store.client_list(_type="pubsub")) == 1, "the hub listens again"
                )
                assert store.execute_command("CLIENT", "KILL", "TYPE", "pubsub") == 1
            told += await stage.publish(session_id, custom(number))
            for follower in followers:
                await follower.reach(told[-1])
        for follower in followers:
            saw_all(stage, session_id, follower, told)
