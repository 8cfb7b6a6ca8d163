"""The feed of an organization: what a list of its sessions needs to stay true."""

import pytest
from contract.streaming.followers import Follower, Frame, Transport, entries, ids
from contract.streaming.stage import Stage, custom, joined, message, segment, status

pytestmark = pytest.mark.anyio


async def listed(stage: Stage) -> list[Frame]:
    """The live sessions as `GET /v1/sessions` shows them."""
    return (await stage.get("/v1/sessions?live=true"))["data"]


async def change(follower: Follower, kind: str, session_id: str) -> Frame:
    """The next change of that type and session."""
    found = (await follower.until(kind))[-1]
    while found["session_id"] != session_id:
        found = (await follower.until(kind))[-1]
    assert found["feed"] is True
    return found


async def test_begins_with_the_live_sessions_newest_first(stage: Stage, transport: Transport) -> None:
    first, second, ended, later = [await stage.create(title=name) for name in ("a", "b", "c", "d")]
    await stage.publish(second, status("active"), joined("ada"))
    await stage.post(f"/v1/sessions/{ended}/stop")
    await stage.create(scheduled_for="2099-01-01T00:00:00Z")
    await stage.delete(later)
    follower = await stage.follow(transport, None)
    snapshot, bookmark = await follower.next(), await follower.next()
    assert [session["id"] for session in snapshot["data"]["sessions"]] == [second, first]
    assert snapshot["data"] == {"sessions": await listed(stage), "truncated": False}
    assert (snapshot["feed"], bookmark["feed"]) == (True, True)
    assert "session_id" not in snapshot
    assert bookmark["id"] == snapshot["id"]


async def test_an_empty_feed_has_a_place_to_go_on_from(stage: Stage, transport: Transport) -> None:
    follower = await stage.follow(transport, None)
    snapshot, bookmark = await follower.next(), await follower.next()
    assert (snapshot["id"], bookmark["id"]) == ("0-0", "0-0")
    assert snapshot["data"]["sessions"] == []
    session_id = await stage.create()
    resumed = await stage.follow(transport, None, after="0-0")
    for each in (follower, resumed):
        assert (await change(each, "session.created", session_id))["data"]["number"] == 1


async def test_tells_of_every_change_of_a_session(stage: Stage, transport: Transport) -> None:
    follower = await stage.caught_up(transport, None)
    session_id = await stage.create(title="Weekly")
    created = await change(follower, "session.created", session_id)
    assert created["data"]["title"] == "Weekly"
    assert created["entry_id"] == stage.stored(session_id)[0]["id"]
    [active] = await stage.publish(session_id, status("active"))
    seen = await change(follower, "session.status_changed", session_id)
    assert (seen["entry_id"], seen["data"]) == (active, {"status": "active"})
    await stage.publish(session_id, {"type": "session.updated", "data": {"title": "Daily"}})
    assert (await change(follower, "session.updated", session_id))["data"] == {"title": "Daily"}
    await stage.publish(session_id, joined("ada"), segment("a"), message(1), custom(1))
    counts = await change(follower, "session.counts", session_id)
    assert counts["data"] == {
        "participant_counts": {"live": 1, "peak": 1, "total": 1},
        "segment_count": 1,
        "minutes_consumed": 0,
    }
    await stage.end(session_id)
    ended = await change(follower, "session.status_changed", session_id)
    assert ended["data"]["status"] == "completed"
    await change(follower, "session.sealed", session_id)
    await stage.delete(session_id)
    await change(follower, "session.deleted", session_id)
    # Dense and in order, without anything that a list does not need.
    changes = entries(follower.frames)
    assert [int(frame["id"].split("-")[1]) for frame in changes] == list(range(1, len(changes) + 1))
    assert {frame["type"] for frame in changes} == {
        "session.created",
        "session.status_changed",
        "session.updated",
        "session.counts",
        "session.sealed",
        "session.deleted",
    }


async def test_the_snapshot_follows_what_was_told(stage: Stage, transport: Transport) -> None:
    follower = await stage.caught_up(transport, None)
    sessions = [await stage.create() for _ in range(3)]
    await stage.publish(sessions[0], status("active"), joined("ada"))
    await change(follower, "session.counts", sessions[0])
    await stage.post(f"/v1/sessions/{sessions[1]}/stop")
    await change(follower, "session.status_changed", sessions[1])
    later = await stage.follow(transport, None)
    shown = (await later.next())["data"]["sessions"]
    assert shown == await listed(stage)
    assert [session["id"] for session in shown] == [sessions[2], sessions[0]]


async def test_resumes_from_any_position(either: Stage, transport: Transport) -> None:
    follower = await either.caught_up(transport, None)
    sessions = [await either.create() for _ in range(4)]
    last = (await change(follower, "session.created", sessions[-1]))["id"]
    told = ids(follower.frames)
    for cursor, wanted in (("0-0", told), (told[1], told[2:]), (last, [])):
        resumed = await either.follow(transport, None, after=cursor)
        frames = await resumed.until("bookmark")
        # Counts of the new sessions may have come since.
        assert ids(frames)[: len(wanted)] == wanted
        assert not [frame for frame in frames if frame["type"] in ("reset", "snapshot")]


@pytest.mark.parametrize(
    ("cursor", "reason"), [("nonsense", "malformed"), ("9999999999999-999999", "ahead"), (None, "trimmed")]
)
async def test_resets(cramped: Stage, transport: Transport, cursor: str | None, reason: str) -> None:
    first = await cramped.caught_up(transport, None)
    live = await cramped.create()
    start = (await change(first, "session.created", live))["id"]
    for number in range(15):
        # Each is three changes; 20 are kept.
        await cramped.end(await cramped.create(title=str(number)))
    follower = await cramped.follow(transport, None, after=cursor or start)
    reset, bookmark = await follower.next(), await follower.next()
    assert (reset["type"], reset["data"]["reason"], reset["feed"]) == ("reset", reason, True)
    assert reset["data"]["snapshot"] == {"sessions": await listed(cramped), "truncated": False}
    assert (bookmark["type"], bookmark["id"]) == ("bookmark", reset["id"])
    another = await cramped.create()
    await change(follower, "session.created", another)
