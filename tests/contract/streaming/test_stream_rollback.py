"""A store that comes back without its newest entries: nobody goes on as if nothing had happened."""

import asyncio
from pathlib import Path

import pytest
from contract.streaming.followers import Frame, Transport, entries, ids
from contract.streaming.stage import Stage, custom, eventually, joined, line, of_every_channel, on_stage
from servers import HubServer, RedisServer

from schemas.events import Channel

pytestmark = pytest.mark.anyio

NO_LOGS = [channel for channel in Channel if channel is not Channel.LOGS]


def size(server: RedisServer) -> int:
    return server.append_only_file().stat().st_size


def lose_tail(server: RedisServer, upto: int) -> None:
    """Kill the store, cut its file, start it again."""
    server.kill()
    file: Path = server.append_only_file()
    assert upto < file.stat().st_size
    with file.open("r+b") as opened:
        opened.truncate(upto)
    server.start()


async def publish_and_lose(
    stage: Stage, session_id: str, lost: int, cut: str, transport: Transport
) -> tuple[list[str], list[str]]:
    """Publish entries that are seen and then lost; the ids of those that were kept, and of those lost."""
    witness = await stage.caught_up(transport, session_id)
    kept = await stage.publish(session_id, *of_every_channel())
    border = size(stage.redis)
    gone = []
    for number in range(lost):
        gone += await stage.publish(session_id, custom(number), line(number))
        if number == 0:
            first = size(stage.redis)
    await witness.reach(gone[-1])
    # Either between two requests, or in the middle of what the first of them wrote.
    lose_tail(stage.redis, border if cut == "border" else (border + first) // 2)
    assert [entry["id"] for entry in stage.stored(session_id)][1:] == kept
    return kept, gone


def state_of(seen: list[Frame]) -> tuple[str, list[Frame]]:
    """From the last reset on: where its snapshot stands, and the entries after it."""
    index = max(i for i, frame in enumerate(seen) if frame["type"] == "reset")
    return seen[index]["id"], entries(seen[index:])


@pytest.mark.parametrize("cut", ["border", "middle"])
@pytest.mark.parametrize("more", [False, True], ids=["shorter", "longer"])
async def test_who_was_connected_all_the_time(own: Stage, transport: Transport, cut: str, more: bool) -> None:
    session_id = await own.create()
    follower = await own.caught_up(transport, session_id)
    kept, gone = await publish_and_lose(own, session_id, 4, cut, transport)
    if not more:
        # Before anything new is published, the sweep finds that the stream is shorter than it was.
        await follower.wait(lambda: follower.frames[-2]["type"] == "reset", "a reset")
    new = [await own.persist(session_id, custom(100 + number)) for number in range(12)]
    await follower.reach(new[-1])
    assert ids(follower.frames)[: len(kept) + len(gone)] == kept + gone
    resets = [frame for frame in follower.frames if frame["type"] == "reset"]
    assert [frame["data"]["reason"] for frame in resets] == ["rolled_back"]
    assert resets[0]["data"]["snapshot"] == own.snapshot_at(session_id, resets[0]["id"])
    start, after = state_of(follower.frames)
    assert ids(after) == own.wanted(session_id, start)
    # Nothing of what was lost is there, and no id is given twice.
    assert not set(new) & set(gone)
    told = kept + new
    assert told == sorted(set(told), key=lambda i: tuple(map(int, i.split("-"))))
    assert [int(i.split("-")[1]) for i in told] == list(range(2, len(told) + 2))
    detail = await own.get(f"/v1/sessions/{session_id}")
    assert detail["last_entry_id"] == new[-1]


@pytest.mark.parametrize("fresh", [False, True], ids=["same-hub", "fresh-hub"])
async def test_who_comes_back(own: Stage, transport: Transport, fresh: bool) -> None:
    session_id = await own.create()
    kept, gone = await publish_and_lose(own, session_id, 3, "middle", transport)
    new = [await own.persist(session_id, custom(100 + number)) for number in range(9)]
    if fresh:
        # One that has seen nothing of what happened.
        own.hub.restart()
    # A cursor from before the cut is as good as ever.
    for cursor in ("0-0", kept[2], kept[-1]):
        good = await own.follow(transport, session_id, after=cursor)
        frames = await good.reach(new[-1])
        assert not [frame for frame in frames if frame["type"] in ("reset", "snapshot")]
        assert ids(frames) == own.wanted(session_id, cursor)
    # One that was lost is not, wherever the stream is now.
    for cursor in gone:
        for channels in (list(Channel), NO_LOGS, ["logs"]):
            lost = await own.follow(transport, session_id, after=cursor, channels=channels)
            reset = await lost.next()
            assert (reset["type"], reset["data"]["reason"]) == ("reset", "rolled_back")
            assert reset["data"]["snapshot"] == own.snapshot_at(session_id, reset["id"], channels)
    latest = await own.persist(session_id, line(100))
    await lost.reach(latest)


async def test_where_only_logs_follow_and_are_trimmed_later(
    own_redis: RedisServer, tmp_path: Path, transport: Transport
) -> None:
    """Then nothing is left beside the cursor to compare it with, but the borders of incarnations."""
    hub = HubServer(tmp_path / "hub", own_redis, {"HUB_LOGS_KEPT": "5", "HUB_RING": "1"})
    hub.start()
    try:
        async with on_stage(hub, own_redis) as stage:
            session_id = await stage.create()
            kept = await stage.publish(session_id, *(line(number) for number in range(4)))
            border = size(own_redis)
            gone = await stage.publish(session_id, *(line(number) for number in range(4, 8)))
            lose_tail(own_redis, border)
            for number in range(20):
                await stage.persist(session_id, line(100 + number))
            for channels in (list(Channel), NO_LOGS):
                for cursor in gone:
                    follower = await stage.follow(transport, session_id, after=cursor, channels=channels)
                    assert (await follower.next())["data"]["reason"] == "rolled_back"
            # What was trimmed but not lost keeps its own reason, and troubles nobody else.
            trimmed = await stage.follow(transport, session_id, after=kept[1])
            assert (await trimmed.next())["data"]["reason"] == "trimmed"
            without = await stage.follow(transport, session_id, after=kept[1], channels=NO_LOGS)
            assert (await without.next())["type"] == "bookmark"
    finally:
        hub.stop()


async def test_the_feed_is_rolled_back_too(own: Stage, transport: Transport) -> None:
    kept = await own.create()
    feed = await own.caught_up(transport, None)
    # A checkpoint tells the feed of counts; it is to be on the side of what is kept.
    await own.publish(kept, joined("ada"))
    await feed.until("session.counts")
    border = size(own.redis)
    gone = await own.create()
    created = (await feed.until("session.created"))[-1]
    assert created["session_id"] == gone
    lose_tail(own.redis, border)
    reset = (await feed.until("reset"))[-1]
    assert reset["data"]["reason"] == "rolled_back"
    assert [session["id"] for session in reset["data"]["snapshot"]["sessions"]] == [kept]

    async def create() -> str | None:
        answer = await own.client.post("/v1/sessions", json={})
        return answer.json()["id"] if answer.status_code == 201 else None

    new = await eventually(create, "a session after the restart")
    again = (await feed.until("session.created"))[-1]
    assert (again["session_id"], again["id"] != created["id"]) == (new, True)
    back = await own.follow(transport, None, after=created["id"])
    assert (await back.next())["data"]["reason"] == "rolled_back"
    await asyncio.gather(feed.close(), back.close())
