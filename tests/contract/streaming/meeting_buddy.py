"""A session of meeting_buddy, in the requests in which it is published, and what its streams tell of it."""

import asyncio
from functools import partial
from typing import Any

from contract.streaming.listener import Heard, Listener
from contract.streaming.stage import (
    Event,
    Stage,
    custom,
    line,
    message,
    segment,
    status,
)

BASE = "/compat/meeting-buddy/v1/meeting-buddy/sessions"
LINK = "https://zoom.us/j/123456789"
STREAMS = {"status": "/stream", "transcript": "/transcripts/stream", "log": "/logs/stream"}
CLOSE = ("close", {"reason": "session_ended"})


async def start(stage: Stage) -> str:
    """A session that was started here, by its native id."""
    answer = await stage.client.post(BASE, json={"meeting_link": LINK})
    assert answer.status_code == 201, answer.text
    return answer.json()["session_id"].replace("mbsess_", "ses_")


def listen(
    stage: Stage, session_id: str, kind: str, after: str | None = None, query: str = "", **headers: str
) -> Listener:
    last = {} if after is None else {"Last-Event-ID": after}
    path = f"{BASE}/{session_id.replace('ses_', 'mbsess_')}{STREAMS[kind]}{query}"
    return Listener(stage.client, path, **last, **headers)


async def heard(stage: Stage, session_id: str, kind: str, after: str | None) -> list[Heard]:
    """All that is sent of a session that is over."""
    async with listen(stage, session_id, kind, after) as listener:
        return await listener.over()


def person(what: str, name: str, connection: str, **more: Any) -> Event:
    data = {"participant_id": name.lower(), "connection_id": connection, **more}
    return {"type": f"participant.{what}", "data": data | ({"name": name} if what == "joined" else {})}


joined, left = partial(person, "joined"), partial(person, "left")


def corrected(*names: str, speaker: str) -> Event:
    data = {"segment_ids": list(names), "speaker": {"name": speaker}}
    return {"type": "transcript.speaker_corrected", "data": data}


def retracted(name: str) -> Event:
    return {"type": "transcript.retracted", "data": {"segment_id": name}}


LIFE: list[list[Event]] = [
    [status("joining")],
    [line(1), line(2, "debug")],
    [status("waiting_room")],
    [status("active"), joined("Ada", "a1")],
    [segment("s1", text="He")],
    [segment("s1", revision=1, text="Hello"), segment("s2", text="An")],
    [segment("s1", revision=2, final=True, text="Hello.")],
    [joined("Bob", "b1"), message(1), custom(1)],
    [joined("Ada", "a2", kind="screenshare"), line(3, "warning")],
    [left("Ada", "a2")],
    [segment("s2", revision=1, final=True, text="Answer.", start=3.0), line(4, "error")],
    [corrected("s1", "s2", speaker="Zoe")],
    [status("recording")],
    [joined("Ada", "a3"), left("Ada", "a1")],
    [left("Bob", "b1")],
    # Nobody comes or goes: they were gone, were never there, are there already.
    [left("Bob", "b1"), left("Nobody", "n1"), joined("Ada", "a3")],
    [joined("Dan", "d1")],
    [left("Dan", "d1")],
    [joined("Dan", "d1")],
    [left("Dan", "d1")],
    [{"type": "participant.updated", "data": {"participant_id": "ada", "name": "Ada L."}}],
    [status("active")],
    [status("recording"), custom(2)],
    [segment("s3", final=True, text="Oops.", start=5.0), retracted("s3")],
    [left("Ada", "a3")],
    [{"type": "session.status_changed", "data": {"status": "failed", "code": "GONE", "message": "It is."}}],
    [segment("s4", final=True, text="Late.", start=6.0), line(5)],
]
"""Of a session, in the requests in which it is published."""

STATUSES = [
    ("joining", "initializing", None, None),
    ("active", "joining", None, None),
    ("active", None, "Ada", "joined"),
    ("active", None, "Bob", "joined"),
    ("recording", "active", None, None),
    ("recording", None, "Bob", "left"),
    *[("recording", None, "Dan", "joined"), ("recording", None, "Dan", "left")] * 2,
    ("active", "recording", None, None),
    ("recording", "active", None, None),
    ("recording", None, "Ada L.", "left"),
    ("failed", "recording", None, None),
]
SPOKEN = [
    (None, "He", None),
    (None, "Hello", None),
    (None, "An", None),
    (0, "Hello.", None),
    (1, "Answer.", None),
    (0, "Hello.", "Zoe"),
    (1, "Answer.", "Zoe"),
    (2, "Oops.", None),
    (2, "", None),
    (3, "Late.", None),
]
LOGGED = [("info", "Line 1"), ("warning", "Line 3"), ("error", "Line 4"), ("info", "Line 5")]


def told(kind: str, event: Heard) -> tuple[Any, ...]:
    """What matters of an event."""
    assert event.name == kind
    data = event.data
    if kind == "status":
        return tuple(data.get(name) for name in ("status", "previous_status", "participant_name", "event"))
    if kind == "log":
        return data["level"], data["message"]
    number = data["transcript_id"] and int(data["transcript_id"].rpartition("_")[2])
    return number, data["text"], data["speaker"]


WANTED: dict[str, list[tuple[Any, ...]]] = {"status": STATUSES, "transcript": SPOKEN, "log": LOGGED}


async def live(stage: Stage, session_id: str) -> None:
    for events in LIFE:
        await stage.publish(session_id, *events)
        # Each request has a millisecond of its own: who came and went in the same one did neither.
        await asyncio.sleep(0.002)
    await stage.post(f"/v1/sessions/{session_id}/seal")
