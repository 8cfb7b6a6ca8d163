"""Playing a session at a speed: what is old comes with its gaps, then what is new as it comes."""

import asyncio
import itertools
from collections.abc import Sequence
from typing import Any

import pytest
from contract.streaming.followers import Follower, Frame, Transport, entries, ids
from contract.streaming.stage import (
    Stage,
    custom,
    eventually,
    line,
    message,
    of_every_channel,
    segment,
)

from hub.store import layout
from schemas.events import Channel

pytestmark = pytest.mark.anyio

NO_LOGS = [channel for channel in Channel if channel is not Channel.LOGS]
AGES = 1_000_000.0
"""Seconds for which no test waits."""
WRONG = ["0", "0.09", "1000.01", "-1", "nan", "inf", "", "fast", "1e2", "0x8", "8,5", "٨"]


async def spread(stage: Stage, session_id: str, gaps: Sequence[float]) -> list[str]:
    """Make the past longer than it was: so many seconds between the entries of a session; their ids.

    Nobody may have followed it yet, and its last entry must be one after which it is written down.
    """
    keys = layout.session_keys(stage.organization, session_id)

    async def is_written() -> bool:
        with stage.redis.client() as store:
            head: bytes = store.hget(keys.meta, "head") or b""
            return (store.get(keys.state) or b"").split(b"|")[1:2] == [head]

    await eventually(is_written, "it is written down")
    with stage.redis.client() as store:
        rows: list[Any] = [
            (int(key.split(b"-")[1]), stream, key, fields)
            for stream in (keys.events, keys.logs)
            for key, fields in store.xrange(stream)
        ]
        rows.sort()
        assert len(gaps) == len(rows) - 1
        ms = int(rows[-1][2].split(b"-")[0]) - round(sum(gaps) * 1000)
        told: list[str] = []
        with store.pipeline() as pipe:
            pipe.delete(keys.events, keys.logs, keys.state, keys.transcript)
            for (seq, stream, _key, fields), gap in zip(rows, [0.0, *gaps], strict=True):
                ms += round(gap * 1000)
                told.append(f"{ms}-{seq}")
                pipe.execute_command(
                    "XADD", stream, told[-1], *[part for pair in fields.items() for part in pair]
                )
            pipe.hset(keys.meta, "head", told[-1])
            pipe.execute()
    return told


async def past(stage: Stage, gaps: Sequence[float], *, ended: bool = False) -> tuple[str, list[str]]:
    """A session with entries of every channel, the first of them so many seconds apart; and their ids."""
    session_id = await stage.create()
    for number in range(3):
        await stage.publish(session_id, *of_every_channel(number))
    if ended:
        await stage.end(session_id)
    else:
        await stage.publish(session_id, {"type": "session.updated", "data": {"title": "Past"}})
    count = len(stage.stored(session_id))
    wanted = [*gaps, *([0.0] * count)][: count - 1]
    return session_id, await spread(stage, session_id, wanted)


def plays(frames: Sequence[Frame]) -> list[bool]:
    """Of each bookmark whether it says that there is more."""
    return [frame["data"].get("playing", False) for frame in frames if frame["type"] == "bookmark"]


async def replayed(stage: Stage, transport: Transport, session_id: str, **options: Any) -> list[Frame]:
    follower = await stage.follow(transport, session_id, after="0-0", **options)
    return entries(await follower.until("bookmark"))


@pytest.mark.parametrize(
    "channels", [list(Channel), NO_LOGS, ["chat", "custom"]], ids=["all", "no-logs", "few"]
)
async def test_the_same_entries_come_with_their_gaps(
    stage: Stage, transport: Transport, channels: list[str]
) -> None:
    session_id, told = await past(stage, [2.0] * 10)
    follower = await stage.follow(transport, session_id, speed=20, channels=channels)
    played = await follower.until("bookmark")
    while plays(played)[-1]:
        played += await follower.until("bookmark")
    assert entries(played) == await replayed(stage, transport, session_id, channels=channels)
    assert played[-1]["id"] == told[-1]
    assert not [frame for frame in played if frame["type"] in ("snapshot", "reset")]
    at = {frame["id"]: when for frame, when in zip(follower.frames, follower.arrived, strict=True)}
    shown = ids(played)
    for before, after in itertools.pairwise(shown):
        due = (int(after.split("-")[0]) - int(before.split("-")[0])) / 1000 / 20
        # It is sent when it is due: what comes late is the network's, or this process's.
        assert at[after] - at[before] >= due - 0.5
    span = (int(shown[-1].split("-")[0]) - int(shown[0].split("-")[0])) / 1000 / 20
    assert span > 0.1
    # The first may be received late.
    assert span - 0.1 <= at[shown[-1]] - at[shown[0]] <= span + 5


async def test_an_ended_session_ends_with_its_end(stage: Stage, transport: Transport) -> None:
    session_id, told = await past(stage, [1.0] * 5, ended=True)
    follower = await stage.follow(transport, session_id, after="0-0", speed=100)
    frames = await follower.until("end")
    assert ids(frames) == told
    assert frames[-1]["data"] == {"reason": "sealed"}
    assert plays(frames)[-1:] == [False]
    if transport == "sse":
        await follower.over()
        again = await stage.sse(session_id, after=follower.cursor, speed=100)
        assert again.answer.status_code == 204


async def test_a_live_session_goes_over_into_live_while_publishing_goes_on(
    either: Stage, transport: Transport
) -> None:
    session_id = await either.create()
    for start in range(0, 900, 300):
        await either.publish(session_id, *(custom(number) for number in range(start, start + 300)))
    await either.publish(session_id, {"type": "session.updated", "data": {"title": "Past"}})
    await spread(either, session_id, [0.05] * 901)
    players = [await either.follow(transport, session_id, speed=speed) for speed in (30, 100, 300, 1000)]

    async def publish(publisher: int) -> None:
        while any(plays(player.frames)[-1:] != [False] for player in players):
            await either.publish(session_id, message(publisher), segment(f"s{publisher}"))
            await asyncio.sleep(0.01)
        for number in range(20):
            await either.publish(session_id, custom(number))

    await asyncio.gather(*(publish(number) for number in range(2)))
    wanted = either.wanted(session_id)
    for player in players:
        assert ids(await player.reach(wanted[-1])) == wanted
        assert not [f for f in player.frames if f["type"] in ("snapshot", "reset", "disconnect")]


async def test_in_a_long_gap_bookmarks_say_that_there_is_more(stage: Stage, transport: Transport) -> None:
    session_id, told = await past(stage, [0.0, 0.0, AGES])
    follower = await stage.follow(transport, session_id, speed=0.1)
    await follower.wait(lambda: len(plays(follower.frames)) >= 4, "bookmarks")
    assert ids(follower.frames) == told[:3]
    bookmarks = follower.frames[3:]
    assert plays(bookmarks) == [True] * len(bookmarks)
    assert {frame["id"] for frame in bookmarks} == {told[2]}
    # Which is where it goes on: the first of what is left comes at once.
    follower.abort()
    again = await stage.follow(transport, session_id, after=follower.cursor, speed=0.1)
    frames = await again.until("bookmark")
    assert ids(frames) == told[3:]
    assert plays(frames) == [False]


async def test_those_who_wait_hold_up_nobody(stage: Stage, transport: Transport) -> None:
    session_id, told = await past(stage, [0.0, AGES])
    players = [await stage.follow(transport, session_id, speed=1) for _ in range(20)]
    for player in players:
        await player.reach(told[1])
    assert [frame["id"] for frame in await replayed(stage, transport, session_id)] == told
    live = await stage.caught_up(transport, session_id)
    [last] = await stage.publish(session_id, custom(1))
    await live.reach(last)
    # Now that all of it is in memory, too.
    players.append(await stage.follow(transport, session_id, speed=1))
    await players[-1].wait(lambda: plays(players[-1].frames), "a bookmark")
    assert plays(players[-1].frames)[0]
    assert {tuple(ids(player.frames)) for player in players} == {tuple(told[:2])}


@pytest.mark.parametrize("form", ["/status", "/transcript", "/logs"])
async def test_the_forms_of_one_channel_wait_for_nothing_else(stage: Stage, form: str) -> None:
    session_id, _told = await past(stage, [AGES])
    wanted = {
        "/status": [Channel.STATUS, Channel.PARTICIPANTS],
        "/transcript": [Channel.TRANSCRIPT],
        "/logs": [Channel.LOGS],
    }[form]
    follower = await stage.sse(session_id, form=form, speed=0.1)
    if form == "/status":
        await follower.wait(lambda: plays(follower.frames), "a bookmark")
        assert plays(follower.frames)[0]
    else:
        assert ids(await follower.until("bookmark")) == stage.wanted(session_id, channels=wanted)


async def test_a_player_is_drained(own: Stage, transport: Transport) -> None:
    session_id, told = await past(own, [0.0, AGES])
    player = await own.follow(transport, session_id, speed=1)
    await player.reach(told[1])
    own.hub.terminate()
    await gone(player, "draining")
    assert own.hub.process is not None
    assert await asyncio.to_thread(own.hub.process.wait, 10) == own.hub.in_order


async def test_a_player_is_cut_when_its_token_expires(stage: Stage, transport: Transport) -> None:
    session_id, told = await past(stage, [0.0, AGES])
    token = await stage.token(session_id, seconds=2)
    player = await stage.follow(transport, session_id, speed=1, credential=token)
    await player.reach(told[1])
    await gone(player, "token_expired")
    assert ids(player.frames) == told[:2]


async def gone(player: Follower, code: str) -> None:
    last = [frame for frame in await player.over() if frame["type"] != "bookmark"]
    assert [(frame["type"], frame["data"]["code"]) for frame in last] == [("disconnect", code)]


async def test_of_a_player_that_went_away_nothing_is_left(own: Stage, transport: Transport) -> None:
    session_id, told = await past(own, [0.0, AGES])
    player = await own.follow(transport, session_id, speed=1)
    await player.reach(told[1])
    assert await own.metric("hub_connections", transport=transport) == 1
    player.abort()

    async def is_gone() -> bool:
        return await own.metric("hub_connections", transport=transport) == 0

    await eventually(is_gone, "the connection is forgotten")


async def test_on_a_socket_it_can_be_left_and_changed(stage: Stage) -> None:
    session_id, told = await past(stage, [0.0, AGES])
    socket = await stage.socket()
    await stage.subscribe(socket, session_id, speed=1)
    await socket.reach(told[1])
    # Another speed is another subscription.
    await stage.subscribe(socket, session_id, speed=1000, after=told[0])
    assert ids(await socket.reach(told[1])) == [told[1]]
    await socket.done(op="unsubscribe", session_id=session_id)
    other, others = await past(stage, [])
    await stage.subscribe(socket, other, speed=1000)
    await socket.reach(others[-1])
    assert ids([frame for frame in socket.frames if frame["session_id"] == session_id]) == [
        *told[:2],
        told[1],
    ]


async def test_the_end_of_a_deleted_session_is_told_in_a_gap(stage: Stage, transport: Transport) -> None:
    session_id, told = await past(stage, [0.0, AGES])
    player = await stage.follow(transport, session_id, speed=1)
    await player.reach(told[1])
    await stage.delete(session_id)
    frames = await player.until("end")
    assert frames[-1]["data"] == {"reason": "deleted"}
    assert entries(frames) == []


async def test_what_was_trimmed_is_told(cramped: Stage, transport: Transport) -> None:
    session_id = await cramped.create()
    await cramped.publish(session_id, *(line(number) for number in range(200)))
    last = await cramped.publish(session_id, custom(1))
    player = await cramped.follow(transport, session_id, speed=1000)
    frames = await player.until("bookmark")
    assert (frames[0]["type"], frames[0]["data"]["reason"]) == ("reset", "trimmed")
    assert frames[-1]["id"] == last[-1]
    malformed = await cramped.follow(transport, session_id, speed=1000, after="x")
    assert (await malformed.next())["data"]["reason"] == "malformed"


async def test_it_goes_on_when_the_store_was_away(own: Stage, transport: Transport) -> None:
    session_id, told = await past(own, [0.0, *([0.15] * 19)])
    # Little is read ahead.
    big = await own.publish(session_id, *(custom(number, body="x" * 20_000) for number in range(10)))
    player = await own.follow(transport, session_id, speed=1)
    await player.reach(told[4])
    own.redis.stop()
    await asyncio.to_thread(own.redis.start)
    frames = await player.reach(big[-1])
    assert ids(player.frames) == told + big
    assert not [frame for frame in frames if frame["type"] in ("reset", "disconnect")]


async def test_the_feed_can_be_played_too(stage: Stage, transport: Transport) -> None:
    session_id = await stage.create()
    player = await stage.follow(transport, None, speed=1000)
    assert [frame["session_id"] for frame in entries(await player.until("bookmark"))][:1] == [session_id]
    other = await stage.create()
    assert (await player.until("session.created"))[-1]["session_id"] == other


@pytest.mark.parametrize("speed", WRONG)
async def test_what_is_no_speed_is_refused(stage: Stage, speed: str) -> None:
    session_id = await stage.create()
    for form in ("", "/status", "/transcript", "/logs"):
        answer = (await stage.sse(session_id, form=form, speed=speed)).answer
        assert answer.status_code == 422
        error = answer.json()["error"]
        assert (error["code"], error["details"]["field"]) == ("invalid_parameter", "speed")
    feed = (await stage.sse(None, speed=speed)).answer
    assert feed.status_code == 422
    socket = await stage.socket()
    values: list[Any] = [speed]
    with_number = {"0": 0, "0.09": 0.09, "1000.01": 1000.01, "-1": -1}
    values += [with_number[speed]] if speed in with_number else []
    for value in values:
        reply = await socket.ask(op="subscribe", session_id=session_id, speed=value)
        assert (reply["error"]["code"], reply["error"]["details"]["field"]) == ("invalid_field", "$.speed")


@pytest.mark.parametrize("speed", ["0.1", "1000", "1000.0", "8", "007.5"])
async def test_what_is_a_speed_is_taken(stage: Stage, speed: str) -> None:
    session_id = await stage.create()
    follower = await stage.sse(session_id, speed=speed)
    assert ids(await follower.until("bookmark")) == stage.wanted(session_id)
