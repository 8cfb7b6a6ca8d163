"""What a subscriber is sent over either transport: snapshot, bookmark, entries; and what is left out."""

import asyncio

import pytest
from contract.streaming.followers import Transport, entries, ids
from contract.streaming.stage import (
    Stage,
    chapter,
    custom,
    joined,
    line,
    message,
    of_every_channel,
    segment,
    status,
)

from schemas.codec import timestamp
from schemas.events import Channel, channel_of

pytestmark = pytest.mark.anyio

TAILS = {"transcript", "chat", "logs", "artifacts"}
"""Parts of a snapshot that come with a channel of their name."""


async def test_snapshot_then_bookmark_then_entries_in_order(stage: Stage, transport: Transport) -> None:
    session_id = await stage.create(title="Weekly")
    await stage.publish(session_id, *of_every_channel())
    [head] = await stage.publish(session_id, status("active"))
    follower = await stage.follow(transport, session_id)
    snapshot, bookmark = await follower.next(), await follower.next()
    assert snapshot == {
        "type": "snapshot",
        "id": head,
        "session_id": session_id,
        "data": stage.snapshot_at(session_id, head),
    }
    assert bookmark == {"type": "bookmark", "id": head, "session_id": session_id, "data": {}}
    detail = await stage.get(f"/v1/sessions/{session_id}")
    assert detail == snapshot["data"]["session"] | {
        "log_count": len(snapshot["data"]["logs"]["lines"]),
        "participants": snapshot["data"]["participants"],
        "artifacts": snapshot["data"]["artifacts"],
        # No entry tells of these.
        "heartbeat_at": None,
        "expires_at": None,
    }

    published = [of_every_channel(1), [custom(8) | {"occurred_at": "2026-01-31T09:30:00.000Z"}], [message(9)]]
    told = [await stage.publish(session_id, *batch) for batch in published]
    seen = entries(await follower.reach(told[-1][-1]))
    assert [frame["id"] for frame in seen] == [entry_id for batch in told for entry_id in batch]
    events = [event for batch in published for event in batch]
    for event, frame in zip(events, seen, strict=True):
        assert frame["type"] == event["type"]
        # The canonical form leaves defaults out.
        assert frame["data"] == {k: v for k, v in event["data"].items() if (k, v) != ("revision", 0)}
        assert frame["session_id"] == session_id
        assert frame["at"] == timestamp(int(frame["id"].split("-")[0]))
        assert frame.get("occurred_at") == event.get("occurred_at")
        assert ("position" in frame) is (event["type"] == "transcript.segment")


async def test_a_snapshot_is_the_fold_of_all_entries_up_to_its_id(stage: Stage, transport: Transport) -> None:
    session_id = await stage.create()
    followers = []
    for number in range(12):
        # Opened while entries come: each must see its snapshot, then exactly what is after it.
        publishing = asyncio.create_task(stage.publish(session_id, *of_every_channel(number)))
        followers.append(await stage.follow(transport, session_id))
        await publishing
    [last] = await stage.publish(session_id, custom(0))
    for follower in followers:
        frames = await follower.reach(last)
        assert frames[0]["type"] == "snapshot"
        assert frames[0]["data"] == stage.snapshot_at(session_id, frames[0]["id"])
        assert ids(frames) == stage.wanted(session_id, frames[0]["id"])


@pytest.mark.parametrize("channel", list(Channel))
async def test_a_channel_is_all_that_is_delivered(stage: Stage, transport: Transport, channel: str) -> None:
    session_id = await stage.create()
    await stage.publish(session_id, *of_every_channel())
    follower = await stage.follow(transport, session_id, channels=[channel])
    snapshot = await follower.next()
    assert snapshot["data"] == stage.snapshot_at(session_id, snapshot["id"], [channel])
    assert snapshot["data"].keys() & TAILS == {channel} & TAILS
    told = await stage.publish(session_id, *of_every_channel(1))
    # The bookmark that a quiet channel gets carries the cursor beyond what was left out.
    await follower.reach((await stage.publish(session_id, chapter(5), message(5)))[-1])
    assert ids(follower.frames) == stage.wanted(session_id, snapshot["id"], [channel])
    assert len(set(ids(follower.frames)) & set(told)) == 1


@pytest.mark.parametrize(
    ("form", "channels"),
    [
        ("", list(Channel)),
        ("/status", ["status", "participants"]),
        ("/transcript", ["transcript"]),
        ("/logs", ["logs"]),
    ],
)
async def test_every_form_of_sse_has_its_channels(stage: Stage, form: str, channels: list[str]) -> None:
    session_id = await stage.create()
    follower = await stage.sse(session_id, form=form)
    snapshot = await follower.next()
    assert snapshot["data"] == stage.snapshot_at(session_id, snapshot["id"], channels)
    told = await stage.publish(session_id, *of_every_channel(), joined("bob"))
    await follower.reach(told[-1])
    assert ids(follower.frames) == stage.wanted(session_id, snapshot["id"], channels)
    if form:
        refused = await stage.sse(session_id, form=form, channels=["chat"])
        assert refused.answer.status_code == 422
        assert refused.answer.json()["error"]["code"] == "invalid_parameter"


async def test_framing_message_leaves_event_names_out(stage: Stage) -> None:
    session_id = await stage.create()
    follower = await stage.sse(session_id, framing="message")
    await follower.until("bookmark")
    # That no event has a name is checked for every frame where they are read.
    await follower.reach((await stage.publish(session_id, custom(1)))[0])


async def test_the_header_wins_over_the_parameter(stage: Stage) -> None:
    session_id = await stage.create()
    told = await stage.publish(session_id, *map(custom, range(4)))
    by_parameter = await stage.client.send(
        stage.client.build_request("GET", f"/v1/sessions/{session_id}/stream?after={told[1]}"), stream=True
    )
    text = await anext(by_parameter.aiter_text())
    await by_parameter.aclose()
    assert f"id: {told[2]}" in text
    assert f"id: {told[1]}\n" not in text
    path_with_both = await stage.sse(session_id, after=told[2], **{"framing": "event"})
    assert ids(await path_with_both.until("bookmark")) == told[3:]
    request = stage.client.build_request(
        "GET", f"/v1/sessions/{session_id}/stream?after={told[0]}", headers={"Last-Event-ID": told[2]}
    )
    both = await stage.client.send(request, stream=True)
    text = await anext(both.aiter_text())
    await both.aclose()
    assert f"id: {told[2]}\n" not in text
    assert f"id: {told[3]}" in text


def spoken() -> list[dict[str, object]]:
    """Revisions of three segments, as they may come in one request."""
    return [
        segment("a", revision=0),
        segment("b", revision=0),
        segment("a", revision=1),
        line(1),
        segment("a", revision=2, final=True),
        segment("b", revision=1),
        segment("c", revision=0, final=True),
        segment("c", revision=1, final=True),
    ]


KEPT = {"all": [0, 1, 2, 3, 4, 5, 6, 7], "latest": [3, 4, 5, 6, 7], "none": [3, 4, 6, 7]}


@pytest.mark.parametrize("partials", KEPT)
async def test_only_superseded_partials_are_left_out(
    stage: Stage, transport: Transport, partials: str
) -> None:
    session_id = await stage.create()
    live = await stage.caught_up(transport, session_id, partials=partials)
    told = await stage.publish(session_id, *spoken())
    wanted = [told[index] for index in KEPT[partials]]
    assert ids(await live.reach(told[-1])) == wanted
    # The same of old entries.
    later = await stage.follow(transport, session_id, partials=partials, after="0-0")
    assert ids(await later.until("bookmark"))[1:] == wanted


async def test_partials_that_do_not_wait_are_not_superseded(stage: Stage, transport: Transport) -> None:
    session_id = await stage.create()
    every = await stage.caught_up(transport, session_id)
    latest = await stage.caught_up(transport, session_id, partials="latest")
    none = await stage.caught_up(transport, session_id, partials="none")
    told: list[str] = []
    for revision in range(4):
        told += await stage.publish(session_id, segment("a", revision=revision, final=revision == 3))
        await every.reach(told[-1])
        await latest.reach(told[-1])
    await none.reach(told[-1])
    assert ids(every.frames) == ids(latest.frames) == told
    assert ids(none.frames) == told[-1:]


@pytest.mark.parametrize(("level", "kept"), [("debug", 4), ("info", 3), ("warning", 2), ("error", 1)])
async def test_log_entries_below_the_level_are_left_out(
    stage: Stage, transport: Transport, level: str, kept: int
) -> None:
    session_id = await stage.create()
    live = await stage.caught_up(transport, session_id, level=level)
    levels = ["debug", "info", "warning", "error"]
    told = await stage.publish(session_id, *(line(i, name) for i, name in enumerate(levels)), message(1))
    wanted = told[4 - kept :]
    assert ids(await live.reach(told[-1])) == wanted
    old = await stage.follow(transport, session_id, level=level, after="0-0")
    assert ids(await old.until("bookmark"))[1:] == wanted


async def test_a_bookmark_follows_every_entry_that_a_channel_leaves_out(
    stage: Stage, transport: Transport
) -> None:
    session_id = await stage.create()
    follower = await stage.caught_up(transport, session_id, channels=["chat"])
    assert channel_of("x.number") != "chat"
    [head] = await stage.publish(session_id, custom(1))
    frames = await follower.reach(head)
    assert {frame["type"] for frame in frames} == {"bookmark"}
    # As a ping it comes again and again.
    assert (await follower.next())["type"] == "bookmark"
