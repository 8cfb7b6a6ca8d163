"""The streams of meeting_buddy: its own events, with ids to resume from, and nothing lost or told twice."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from contract.streaming.listener import Heard
from contract.streaming.meeting_buddy import (
    BASE,
    CLOSE,
    LIFE,
    STREAMS,
    WANTED,
    heard,
    joined,
    listen,
    live,
    retracted,
    start,
    told,
)
from contract.streaming.stage import (
    Event,
    Stage,
    custom,
    eventually,
    hub_with,
    line,
    message,
    segment,
    status,
)
from servers import RedisServer, Way

pytestmark = pytest.mark.anyio


async def test_what_happens_is_told_as_it_happens(stage: Stage) -> None:
    session_id = await start(stage)
    async with (
        listen(stage, session_id, "status") as statuses,
        listen(stage, session_id, "transcript") as spoken,
        listen(stage, session_id, "log") as logged,
    ):
        assert told("status", await statuses.next()) == ("initializing", None, None, None)
        for listener in (statuses, spoken, logged):
            await listener.reach(stage.stored(session_id)[-1]["id"])
        await live(stage, session_id)
        for kind, listener in (("status", statuses), ("transcript", spoken), ("log", logged)):
            *events, last = await listener.over()
            assert (last.name, last.data) == CLOSE
            assert [told(kind, event) for event in events] == WANTED[kind]
            assert all(event.data["session_id"] == session_id.replace("ses_", "mbsess_") for event in events)
        failed = statuses.events[-2].data
        assert (failed["error_code"], failed["error_message"]) == ("GONE", "It is.")
        assert {event.data["error_code"] for event in statuses.events[:-2]} == {None}


@pytest.mark.parametrize("kind", STREAMS)
async def test_whoever_comes_back_at_any_id_is_told_the_rest_and_nothing_twice(
    either: Stage, kind: str
) -> None:
    session_id = await start(either)

    def seen(events: list[Heard]) -> list[tuple[Any, ...]]:
        # A speaker who was put right is right in what is told again.
        rows = [told(kind, event) for event in events if event.name == kind]
        return [row[:2] for row in rows] if kind == "transcript" else rows

    def own(events: list[Heard]) -> list[str | None]:
        # Between the events of one entry there may be a bookmark, or none.
        return [event.id if event.named else None for event in events]

    async with listen(either, session_id, kind) as listener:
        await listener.wait(lambda: listener.comments, "a bookmark")
        await live(either, session_id)
        *events, close = await listener.over()
    places: dict[str, int] = {}
    for at, event in enumerate(events, 1):
        # Of an entry that makes several events, all but the last still have the id before it.
        places.setdefault(event.id, at)
    assert len(places) >= 4
    for cursor, at in places.items():
        if cursor == close.id:
            continue
        again = await heard(either, session_id, kind, cursor)
        assert (seen(again), again[-1][:2]) == (seen(events[at:]), close[:2])
        assert own(again[:-1]) == own(events[at:])
    # From the start on: also what was there when it first came.
    everything = await heard(either, session_id, kind, "0-0")
    begun = [("initializing", None, None, None)] if kind == "status" else []
    assert seen(everything) == begun + seen(events[len(begun) :])
    # Whoever has seen all need not come again.
    async with listen(either, session_id, kind, close.id) as done:
        assert done.status == 204


async def test_what_the_transcript_refuses_is_not_told(stage: Stage) -> None:
    """A client of this system knows no revisions: what comes last is what it shows."""
    session_id = await start(stage)
    parts = [
        [segment("s1", revision=2, final=True, text="new")],
        [segment("s1", revision=1, final=True, text="OLD")],
        [segment("s1", revision=3, text="late partial")],
        [segment("s2", revision=1, final=True, text="secret"), retracted("s2")],
        [segment("s2", revision=2, final=True, text="secret again")],
        [segment("s3", revision=1, final=True, text="first"), segment("s3", final=True, text="zeroth")],
        [segment("s3", revision=2, final=True, text="second")],
        [status("failed")],
    ]

    def shown(events: list[Heard]) -> dict[str, str]:
        """What a client shows in the end."""
        last = {one.data["transcript_id"]: one.data["text"] for one in events if one.name == "transcript"}
        assert None not in last
        return {name: text for name, text in last.items() if text}

    async with listen(stage, session_id, "transcript") as listener:
        await listener.wait(lambda: listener.comments, "a bookmark")
        for events in parts:
            await stage.publish(session_id, *events)
        await stage.post(f"/v1/sessions/{session_id}/seal")
        live_one = shown(await listener.over())
    path = f"{BASE}/{session_id.replace('ses_', 'mbsess_')}/transcripts"
    answer = (await stage.client.get(path)).json()
    assert [one["text"] for one in answer] == ["new", "second"]
    expected = {one["transcript_id"]: one["text"] for one in answer}
    assert live_one == expected
    assert shown(await heard(stage, session_id, "transcript", "0-0")) == expected


async def test_what_a_segment_says_when_it_is_told_again(stage: Stage) -> None:
    """A speaker who was put right is right from the first event on."""
    session_id = await start(stage)
    await live(stage, session_id)
    events = await heard(stage, session_id, "transcript", "0-0")
    speakers = [event.data["speaker"] for event in events[:-1] if event.data["text"] == "Hello."]
    assert speakers == ["Zoe", "Zoe"]


@pytest.mark.parametrize("after", [None, ""])
async def test_what_is_there_comes_first(stage: Stage, after: str | None) -> None:
    session_id = await start(stage)
    flat = [event for events in LIFE[:24] for event in events]
    await stage.publish(session_id, *flat, joined("Cy", "c1"))
    head = stage.stored(session_id)[-1]["id"]
    wanted = {
        "status": [
            ("recording", "active", None, None),
            ("recording", None, "Ada L.", "joined"),
            ("recording", None, "Cy", "joined"),
        ],
        "transcript": [(0, "Hello.", "Zoe"), (1, "Answer.", "Zoe")],
        "log": [("info", "Line 1"), ("warning", "Line 3"), ("error", "Line 4")],
    }
    for kind, there in wanted.items():
        async with listen(stage, session_id, kind, after) as listener:
            events = await listener.take(len(there))
            assert [told(kind, event) for event in events] == there
            # Whoever is cut before all of it has come begins anew.
            assert [event.id for event in events] == [*[""] * (len(there) - 1), head]
            [entry_id] = await stage.publish(session_id, message(2))
            await listener.reach(entry_id)
            head = entry_id
            assert len(listener.events) == len(there)


@pytest.mark.parametrize("kind", STREAMS)
async def test_keepalives_move_the_cursor_of_a_quiet_stream(stage: Stage, kind: str) -> None:
    session_id = await start(stage)
    async with listen(stage, session_id, kind) as listener:
        await listener.wait(lambda: listener.comments, "a bookmark")
        count = len(listener.events)
        # What is not told of makes no empty chunk, which would end the stream.
        for number in range(5):
            [entry_id] = await stage.publish(session_id, custom(number))
            await listener.reach(entry_id)
        assert not listener.is_over
        assert set(listener.comments) == {"keepalive"}
        assert len(listener.events) == count
    async with listen(stage, session_id, kind, entry_id) as again:
        await again.wait(lambda: again.comments, "a bookmark")
        assert again.events == []


async def test_the_status_ends_with_the_session_and_the_rest_when_nothing_can_come(stage: Stage) -> None:
    session_id = await start(stage)
    async with (
        listen(stage, session_id, "status") as statuses,
        listen(stage, session_id, "transcript") as spoken,
        listen(stage, session_id, "log") as logged,
    ):
        for listener in (statuses, spoken, logged):
            await listener.wait(lambda listener=listener: listener.comments, "a bookmark")
        answer = await stage.client.delete(f"{BASE}/{session_id.replace('ses_', 'mbsess_')}")
        assert answer.json()["status"] == "failed"
        terminal = stage.stored(session_id)[-1]["id"]
        *_begun, last, close = await statuses.over()
        assert (last.data["status"], last.data["error_code"], last.id) == ("failed", "CANCELLED", terminal)
        assert (close.name, close.data, close.id) == (*CLOSE, terminal)
        await stage.publish(session_id, segment("late", final=True), line(1))
        assert (await spoken.next()).data["text"] == "Hello."
        assert (await logged.next()).data["message"] == "Line 1"
        # Late entries make nobody come back to a status that is over.
        async with listen(stage, session_id, "status", terminal) as again:
            assert again.status == 204
        fresh = await heard(stage, session_id, "status", None)
        assert [event.name for event in fresh] == ["status", "close"]
        assert not spoken.is_over
        await stage.post(f"/v1/sessions/{session_id}/seal")
        for listener in (spoken, logged):
            assert [(event.name, event.data) for event in await listener.over()] == [CLOSE]


async def test_a_deletion_closes_every_stream(stage: Stage) -> None:
    session_id = await start(stage)
    async with listen(stage, session_id, "log") as listener:
        await listener.wait(lambda: listener.comments, "a bookmark")
        await stage.delete(session_id)
        assert [(event.name, event.data) for event in await listener.over()] == [CLOSE]
    async with listen(stage, session_id, "log") as gone:
        assert gone.status == 404


@pytest.mark.parametrize(
    ("cursor", "reason"),
    [("nonsense", "malformed"), ("99999999999999-7", "ahead"), ("1-1", "rolled_back")],
)
@pytest.mark.parametrize("kind", STREAMS)
async def test_a_cursor_that_cannot_be_resumed_from_is_told(
    stage: Stage, kind: str, cursor: str, reason: str
) -> None:
    session_id = await start(stage)
    await stage.publish(session_id, status("active"), segment("a", final=True), line(1))
    head = stage.stored(session_id)[-1]["id"]
    async with listen(stage, session_id, kind, cursor) as listener, listen(stage, session_id, kind) as fresh:
        reset = await listener.next()
        assert (reset.name, reset.data, reset.id) == ("reset", {"reason": reason}, "")
        event = await listener.next()
        assert (event, event.id) == (await fresh.next(), head)


async def test_a_reset_without_anything_to_tell_has_an_id(stage: Stage) -> None:
    session_id = await start(stage)
    async with listen(stage, session_id, "log", "nonsense") as listener:
        assert (await listener.next()).id == stage.stored(session_id)[-1]["id"]


async def test_trimmed_lines_are_a_reset(cramped: Stage) -> None:
    session_id = await start(cramped)
    for _ in range(3):
        await cramped.publish(session_id, *(line(number) for number in range(20)))
    async with listen(cramped, session_id, "log", "0-0") as listener:
        assert (await listener.next()).data == {"reason": "trimmed"}
        assert len(await listener.take(20)) == 20
        await listener.reach(cramped.stored(session_id)[-1]["id"])


async def test_more_steps_than_are_kept(stage: Stage) -> None:
    """Longer ago nothing is known of what was before."""
    session_id = await start(stage)
    steps = ["active", "recording"] * 30
    await stage.publish(session_id, status("joining"))
    for name in steps:
        await stage.publish(session_id, status(name))
    await stage.post(f"/v1/sessions/{session_id}/stop")
    *events, _close = await heard(stage, session_id, "status", "0-0")
    assert [event.data["status"] for event in events] == ["initializing", "joining", *steps, "completed"]
    before = [event.data["previous_status"] for event in events]
    assert before[-49:] == [*steps, "completed"][-50:-1]
    assert all(one is None or one == right for one, right in zip(before[3:], steps, strict=False))


async def test_a_stream_token_opens_what_it_is_for(stage: Stage) -> None:
    session_id = await start(stage)
    wanted = {"session_id": session_id, "channels": ["transcript"]}
    token = (await stage.post("/v1/tokens", wanted))["token"]
    keyless: dict[str, Any] = {"query": f"?token={token}", "Authorization": ""}
    async with listen(stage, session_id, "transcript", **keyless) as listener:
        assert listener.status == 200
    for kind, code in (("status", "INSUFFICIENT_PERMISSIONS"), ("log", "INSUFFICIENT_PERMISSIONS")):
        async with listen(stage, session_id, kind, **keyless) as refused:
            assert refused.answer is not None
            assert (refused.status, refused.answer.json()["error"]["code"]) == (403, code)
    async with listen(stage, await start(stage), "transcript", **keyless) as foreign:
        assert foreign.status == 404


async def test_a_hub_that_stops_says_when_to_come_back(
    tmp_path: Path, own_redis: RedisServer, way: Way
) -> None:
    async with hub_with(tmp_path / "hub", own_redis, way=way) as stage:
        session_id = await start(stage)
        async with listen(stage, session_id, "transcript") as listener:
            await listener.wait(lambda: listener.comments, "a bookmark")
            stage.hub.terminate()
            (last,) = await listener.over()
            assert (last.name, last.data) == ("disconnect", {"reason": "draining", "reconnect": True})
            assert last.id == stage.stored(session_id)[-1]["id"]
            assert listener.retry is not None


async def test_a_stream_waits_for_a_store_that_is_away(
    tmp_path: Path, own_redis: RedisServer, way: Way
) -> None:
    async with hub_with(tmp_path / "hub", own_redis, way=way, STORE_TIMEOUT="0.3") as stage:
        session_id = await start(stage)
        other = stage.hub.make_key(stage.organization)
        own_redis.pause()
        opening = listen(stage, session_id, "status", Authorization=f"Bearer {other}")
        asked = asyncio.create_task(opening.__aenter__())
        await asyncio.sleep(1)
        assert not asked.done()
        own_redis.resume()
        listener = await asked
        assert listener.status == 200
        assert told("status", await listener.next()) == ("initializing", None, None, None)
        await listener.__aexit__()


async def test_a_stream_of_a_key_that_nobody_remembers_is_no_failure_while_the_store_is_away(
    tmp_path: Path, own_redis: RedisServer, way: Way
) -> None:
    """An EventSource takes a 503 as final."""
    async with hub_with(tmp_path / "hub", own_redis, way=way, STORE_TIMEOUT="0.3") as stage:
        session_id = await start(stage)
        other = stage.hub.make_key(stage.organization)
        own_redis.pause()
        headers = {"Authorization": f"Bearer {other}"}
        async with listen(stage, session_id, "status", None, "", **headers) as listener:
            assert listener.status == 200
            (last,) = await listener.over()
            assert (last.name, last.data["reason"]) == ("disconnect", "store_unavailable")
            assert listener.retry is not None
        own_redis.resume()


async def test_what_is_started_here_is_taken_by_a_bot_and_seen_natively(stage: Stage) -> None:
    session_id = await start(stage)
    native = await stage.caught_up("websocket", session_id)
    path = f"{BASE}/{session_id.replace('ses_', 'mbsess_')}"
    async with listen(stage, session_id, "status") as statuses:
        await statuses.next()
        given = await stage.post("/v1/bots/claim", {"bot": {"id": "bot"}, "wait": 5})
        assert given["session"]["id"] == session_id
        assert given["session"]["bot_name"] == "Meeting Buddy"

        async def publish(*events: Event) -> None:
            answer = await stage.client.post(
                f"/v1/sessions/{session_id}/events", json=events, headers={"Hub-Lease": str(given["lease"])}
            )
            assert answer.status_code == 200, answer.text

        await publish(status("joining"), status("active"), joined("Ada", "a1"))
        assert [told("status", event)[0] for event in await statuses.take(3)] == [
            "joining",
            "active",
            "active",
        ]
        # It is told to leave, and the session ends when it has left.
        assert (await stage.client.post(f"{path}/stop")).json()["status"] == "leaving"
        assert (await stage.client.delete(path)).json()["status"] == "leaving"
        await publish(status("completed"))
        assert [event.name for event in await statuses.over()] == ["status", "status", "close"]
    ended = (await stage.client.get(path)).json()
    assert (ended["status"], ended["error_code"]) == ("completed", None)

    async def complete() -> bool:
        return any(frame["data"].get("status") == "completed" for frame in native.entries)

    await eventually(complete, "the end is told natively")
    types = [frame["type"] for frame in native.entries]
    assert types[0] == "bot.assigned"
    assert types.count("session.status_changed") == 4
