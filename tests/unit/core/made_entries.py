"""Entries as the append script makes them, and strategies for the events they come from."""

import json
from collections.abc import Iterable
from typing import Any

import msgspec
from hypothesis import settings
from hypothesis import strategies as st

from hub.core import event
from hub.core.entry import Entry
from hub.core.entry_id import EntryId
from schemas import codec
from schemas.events import EVENT_TYPES, Event

START = 1_767_225_600_000
"""2026-01-01T00:00:00.000Z"""

SESSION = "ses_0123456789abcdefghjk"

bounded = settings(max_examples=60, deadline=None)

Published = tuple[str, dict[str, Any]]


class Stream:
    """Gives ids without a hole and positions by first appearance of a segment."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.positions: dict[str, int] = {}

    def append(self, event_type: str, data: dict[str, Any], *, at: int | None = None) -> Entry:
        """Validate and append one event, `at` milliseconds after `START`; by default 1 s after the last."""
        ms = (self.entries[-1].id.ms + 1000 if self.entries else START) if at is None else START + at
        draft = drafted(event_type, data)
        if draft.kind.creates_segment:
            self.positions.setdefault(draft.segments[0], len(self.positions))
        entry = Entry(
            id=EntryId(ms, len(self.entries) + 1),
            type=event_type,
            data=draft.data,
            positions=tuple(self.positions[name] for name in draft.segments if name in self.positions),
        )
        self.entries.append(entry)
        return entry


def drafted(event_type: str, data: dict[str, Any], **more: Any) -> event.Draft:
    """The draft of an event; what only the hub writes is validated too."""
    row = EVENT_TYPES.get(event_type)
    if row is not None and row.reserved:
        return event.hub_draft(event_type, msgspec.convert(data, row.data), **more)
    return event.draft(Event(type=event_type, data=msgspec.Raw(codec.encode(data)), **more))


def made(published: Iterable[Published]) -> list[Entry]:
    """The entries of a session to which `published` was appended."""
    stream = Stream()
    for event_type, data in published:
        stream.append(event_type, data)
    return stream.entries


def with_unknown_fields(entry: Entry) -> Entry:
    """`entry` as a newer hub may write it: every object in it has a field that this one does not know."""

    def extended(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: extended(part) for name, part in value.items()} | {"from_the_future": [1]}
        return [extended(part) for part in value] if isinstance(value, list) else value

    return msgspec.structs.replace(entry, data=json.dumps(extended(entry.decoded())).encode())


def _object(required: dict[str, Any], **optional: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(required, optional=optional)


def _few(prefix: str, count: int) -> st.SearchStrategy[str]:
    return st.integers(0, count - 1).map(lambda number: f"{prefix}-{number}")


any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
any_object = st.dictionaries(st.text(max_size=5), any_json, max_size=3)
seconds = st.integers(0, 4000) | st.floats(0, 31_536_000)
names = st.sampled_from(["Ada", "Grace", "Ольга", "李"])
people, connections, segment_ids = _few("p", 3), _few("c", 3), _few("seg", 6)
speakers = _object({"name": names}, participant_id=people)
words = st.lists(_object({"text": st.text(max_size=5), "start": seconds, "end": seconds}), max_size=2)
users = _object({}, id=people, first_name=names, email=st.just("ada@example.com"))
statuses = st.sampled_from(
    ["joining", "waiting_room", "active", "recording", "leaving", "completed", "failed"]
)
moments = st.sampled_from(["2026-01-01T10:00:00+02:00", "2027-05-05T05:05:05.555555Z"])


def _ordered(data: dict[str, Any]) -> dict[str, Any]:
    low, high = sorted((data["start"], data["end"]))
    return data | {"start": low, "end": high}


segments = _object(
    {
        "segment_id": segment_ids,
        "final": st.booleans(),
        "text": st.text(max_size=8),
        "start": seconds,
        "end": seconds,
    },
    revision=st.integers(0, 3),
    speaker=speakers,
    language=st.sampled_from(["en", "pt-BR"]),
    confidence=st.floats(0, 1),
    words=words,
).map(_ordered)
retractions = _object({"segment_id": segment_ids}, reason=st.just("noise"))
corrections = _object({"segment_ids": st.lists(segment_ids, min_size=1, max_size=4), "speaker": speakers})

DATA: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "session.created": _object(
        {
            "number": st.integers(1, 9),
            "status": st.sampled_from(["scheduled", "initializing"]),
            "organization": st.just("acme"),
        },
        title=names,
        platform=st.just("zoom"),
        user=users,
        metadata=any_object,
        transcription_enabled=st.booleans(),
        type=st.just("livestream"),
        attendees=st.lists(_object({"email": st.just("ada@example.com")}, name=names), max_size=2),
    ),
    "session.status_changed": _object(
        {"status": statuses}, reason=names, code=st.just("BOT_LOST"), message=names, stage=st.just("join")
    ),
    "session.updated": _object(
        {},
        title=names | st.none(),
        transcription_language=st.just("de") | st.none(),
        scheduled_for=moments | st.none(),
        starts_at=moments | st.none(),
        user=users | st.none(),
        metadata=any_object,
        config=any_object | st.none(),
        calendar_event=_object({"id": people}, starts_at=moments) | st.none(),
        sources=st.lists(_object({"id": people}, type=st.just("video")), max_size=2) | st.none(),
        speaker_count=st.integers(1, 9) | st.none(),
    ),
    "session.sealed": _object({"reason": st.just("late_window")}),
    "session.deleted": _object({}),
    "bot.assigned": _object({"bot_id": _few("bot", 2)}, name=names),
    "bot.lost": _object({"bot_id": _few("bot", 2)}),
    "breakout.opened": _object({"room_id": _few("room", 3)}, title=names),
    "breakout.closed": _object({"room_id": _few("room", 3)}),
    "participant.joined": _object(
        {"participant_id": people, "connection_id": connections, "name": names},
        kind=st.sampled_from(["main", "screenshare"]),
        role=st.just("host"),
    ),
    "participant.updated": _object({"participant_id": people}, name=names, role=st.none() | st.just("guest")),
    "participant.speaking": _object({"participant_id": people, "speaking": st.booleans()}),
    "participant.left": _object({"participant_id": people, "connection_id": connections}),
    "transcript.segment": segments,
    "transcript.retracted": retractions,
    "transcript.speaker_corrected": corrections,
    "chat.message": _object({"message_id": _few("m", 3), "text": st.text(max_size=8)}, sender=speakers),
    "chapter.added": _object({"title": names, "start": seconds}, end=seconds),
    "summary.requested": _object({}),
    "summary.ready": _object({"text": names}, keywords=st.lists(names, max_size=2), format=st.just("html")),
    "summary.failed": _object({"reason": names}),
    "recording.updated": _object(
        {"state": st.just("ready")}, url=st.just("https://example.com/r.mp4"), duration=seconds
    ),
    "peer.report": _object({"participant_id": people}, quality=any_object, device=any_object),
    "log.entry": _object(
        {"level": st.sampled_from(["debug", "info", "warning", "error"]), "message": st.text(max_size=8)},
        source=names,
        fields=any_object,
    ),
    "x.anything": any_object,
}


def events_of(*types: str) -> st.SearchStrategy[Published]:
    """Any event of one of `types`."""
    return st.one_of([st.tuples(st.just(name), DATA[name]) for name in types])


events = events_of(*DATA)
