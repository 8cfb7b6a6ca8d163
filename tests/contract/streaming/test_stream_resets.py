"""Cursors that cannot be resumed from: each reason, brought about for real."""

import pytest
from contract.streaming.followers import Follower, Frame, Transport, ids
from contract.streaming.stage import Stage, custom, joined, line, message, of_every_channel, segment, status

from schemas.events import Channel

pytestmark = pytest.mark.anyio

NO_LOGS = [channel for channel in Channel if channel is not Channel.LOGS]


async def reset_of(stage: Stage, follower: Follower, session_id: str, reason: str) -> Frame:
    """The reset that must come next, with a snapshot to go on from that is what GET answers."""
    reset = (await follower.until("reset"))[-1]
    assert reset["data"]["reason"] == reason
    bookmark = await follower.next()
    assert (bookmark["type"], bookmark["id"]) == ("bookmark", reset["id"])
    detail = await stage.get(f"/v1/sessions/{session_id}")
    snapshot = reset["data"]["snapshot"]
    parts = {"participants": snapshot["participants"], "artifacts": snapshot["artifacts"]}
    assert detail.pop("log_count") >= len(snapshot.get("logs", {}).get("lines", []))
    # No entry tells of these.
    untold = {name: detail[name] for name in ("heartbeat_at", "expires_at")}
    assert detail == snapshot["session"] | parts | untold
    assert detail["last_entry_id"] == reset["id"]
    transcript = await stage.get(f"/v1/sessions/{session_id}/transcript")
    assert snapshot["transcript"]["segments"] == transcript["segments"]
    return reset


@pytest.mark.parametrize(
    ("cursor", "reason"),
    [
        ("nonsense", "malformed"),
        ("1-", "malformed"),
        ("-1-1", "malformed"),
        ("1-1\x00", "malformed"),
        ("01-1", "malformed"),
        ("9" * 40 + "-1", "malformed"),
        ("1-1; DROP", "malformed"),
        ("9999999999999-7", "ahead"),
        ("9999999999999-2", "rolled_back"),
        ("1-1", "rolled_back"),
    ],
)
async def test_a_cursor_that_is_no_place_in_the_stream(
    stage: Stage, transport: Transport, cursor: str, reason: str
) -> None:
    if transport == "sse" and "\x00" in cursor:
        # It cannot be sent in a header; as a parameter it can.
        cursor = "1-1%00"
    session_id = await stage.create()
    told = await stage.publish(session_id, joined("ada"), segment("a", final=True), line(1))
    follower = await stage.follow(transport, session_id, after=cursor)
    reset = await reset_of(stage, follower, session_id, reason)
    assert reset["id"] == told[-1]
    assert reset["data"]["snapshot"] == stage.snapshot_at(session_id, told[-1])
    later = await stage.publish(session_id, custom(1))
    assert ids(await follower.reach(later[-1])) == later


async def test_trimmed_for_those_who_follow_logs_and_not_for_others(
    cramped: Stage, transport: Transport
) -> None:
    session_id = await cramped.create()
    told = await cramped.publish(session_id, *of_every_channel())
    for number in range(5):
        told += await cramped.publish(session_id, *(line(5 * number + n) for n in range(5)), custom(number))
    # 20 of 26 lines are left: those after `told[12]` are, and one before it is not.
    for after, trimmed in ((told[0], True), ("0-0", True), (told[3], True), (told[13], False)):
        with_logs = await cramped.follow(transport, session_id, after=after)
        if trimmed:
            reset = await reset_of(cramped, with_logs, session_id, "trimmed")
            assert reset["id"] == told[-1]
            logs = reset["data"]["snapshot"]["logs"]
            assert (len(logs["lines"]), logs["truncated"]) == (20, True)
        else:
            assert ids(await with_logs.until("bookmark")) == cramped.wanted(session_id, after)
        without = await cramped.follow(transport, session_id, after=after, channels=NO_LOGS)
        frames = await without.until("bookmark")
        assert not [frame for frame in frames if frame["type"] in ("reset", "snapshot")]
        assert ids(frames) == cramped.wanted(session_id, after, NO_LOGS)


async def test_trimmed_before_the_hub_could_read_it(cramped: Stage, transport: Transport) -> None:
    """Somebody who is connected loses nothing silently either."""
    session_id = await cramped.create()
    with_logs = await cramped.caught_up(transport, session_id)
    without = await cramped.caught_up(transport, session_id, channels=NO_LOGS)
    told = await cramped.publish(session_id, *(line(number) for number in range(60)), message(1))
    reset = await reset_of(cramped, with_logs, session_id, "trimmed")
    logs = reset["data"]["snapshot"]["logs"]
    assert (len(logs["lines"]), logs["truncated"]) == (20, True)
    assert ids(await without.reach(told[-1])) == told[-1:]
    later = await cramped.publish(session_id, line(61), custom(1))
    assert ids(await with_logs.reach(later[-1])) == later
    assert ids(await without.reach(later[-1])) == later[1:]
    assert {frame["type"] for frame in without.frames} == {
        "snapshot", "bookmark", "chat.message", "x.number"
    }  # fmt: skip


async def test_a_reset_on_a_socket_leaves_its_other_subscriptions_alone(stage: Stage) -> None:
    reset, kept = await stage.create(), await stage.create()
    socket = await stage.socket()
    await stage.subscribe(socket, kept)
    await socket.until("bookmark")
    await stage.subscribe(socket, reset, after="nonsense")
    await reset_of(stage, socket, reset, "malformed")
    told = await stage.publish(kept, status("active"), custom(1))
    assert ids(await socket.reach(told[-1])) == told
