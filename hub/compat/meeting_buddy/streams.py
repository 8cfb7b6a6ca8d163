"""The streams of meeting_buddy: status, transcript and log of a session, in its own events.

What it publishes has no ids. Here every event has one to resume from: the id of an entry stands at the last
event that is made of it, and while a snapshot is under way there is none to come back with.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal, NamedTuple

import msgspec
from msgspec import UNSET, Struct, UnsetType

from hub.api.streams import Filter
from hub.compat import ids
from hub.compat.meeting_buddy.sessions import (
    LANGUAGE,
    SESSION,
    STATUSES,
    Event,
    Status,
    Time,
    crossings,
    second,
    transcript_id,
)
from hub.core.entry import Entry
from hub.core.fold import State
from hub.core.lifecycle import TERMINAL
from hub.core.moment import moment
from hub.core.transcript import Segment, place
from hub.edge.sse import Frame, SseForm
from schemas import codec, session
from schemas.events import Channel, LogLevel


class StatusEvent(Struct, frozen=True, kw_only=True):
    """`status`: the session has another status, or somebody came or went."""

    session_id: str
    status: Status
    previous_status: Status | None
    timestamp: Time
    error_message: str | None = None
    error_code: str | None = None
    participant_name: str | UnsetType = UNSET
    event: Event | UnsetType = UNSET


class TranscriptEvent(Struct, frozen=True, kw_only=True):
    """`transcript`: a partial or a final; a later one with the same id takes its place."""

    session_id: str
    transcript_id: str | None
    text: str
    """Empty when the segment was withdrawn."""
    speaker: str | None
    start_time: float
    end_time: float
    confidence: float | None
    language_code: str
    is_partial: bool
    timestamp: Time


Level = Literal["info", "warning", "error"]
_LEVELS: dict[str, Level] = {"info": "info", "warning": "warning", "error": "error"}


class LogEvent(Struct, frozen=True, kw_only=True):
    """`log`: a line of the log."""

    session_id: str
    level: Level
    message: str
    timestamp: Time
    details: dict[str, Any] | None


_WORDS: dict[str, Status] = {str(native): status for native, status in STATUSES.items()}


class _Reset(Struct):
    reason: str
    snapshot: session.Snapshot


class _Snapshot(Struct):
    data: session.Snapshot


class _Begun(Struct):
    data: _Reset


class _Disconnect(Struct):
    code: str
    reconnect: bool


class _Cut(Struct):
    data: _Disconnect


class Stream(NamedTuple):
    """What of a session is sent, and how it is written."""

    what: Filter
    form: SseForm


Told = Callable[[Entry, State], Iterable[Struct]]
"""The events that an entry makes, by the state of the session at its newest entry."""
Shown = Callable[[session.Snapshot], Iterable[Struct]]
"""The events that tell what is there now."""


def _form(name: str, told: Told, shown: Shown) -> SseForm:
    def snapshot(data: session.Snapshot, id: bytes, first: bytes = b"") -> bytes:
        events = [first] if first else []
        events += [_event(name, event) for event in shown(data)]
        # Whoever is cut before the last one begins anew.
        return b"".join(b"id:\n" + event for event in events[:-1]) + b"".join(id + one for one in events[-1:])

    def plain(frames: Sequence[Frame]) -> bytes:
        return b"".join(map(piece, frames))

    def piece(frame: Frame) -> bytes:
        id = b"" if frame.id is None else b"id: %b\n" % frame.id.encode()
        if isinstance(frame.item, Entry):
            events = (
                [] if frame.state is None else [_event(name, one) for one in told(frame.item, frame.state)]
            )
            return b"".join(events[:-1]) + b"".join(id + one for one in events[-1:])
        match frame.type:
            case "snapshot":
                return snapshot(msgspec.json.decode(frame.json, type=_Snapshot).data, id)
            case "reset":
                reset = msgspec.json.decode(frame.json, type=_Begun).data
                return snapshot(reset.snapshot, id, _event("reset", {"reason": reset.reason}))
            case "bookmark":
                return b": keepalive\n" + id + b"\n"
            case "end":
                return id + _event("close", {"reason": "session_ended"})
            case _:
                cut = msgspec.json.decode(frame.json, type=_Cut).data
                retry = b"" if frame.retry_ms is None else b"retry: %d\n" % frame.retry_ms
                return id + retry + _event("disconnect", {"reason": cut.code, "reconnect": cut.reconnect})

    return SseForm.of(plain)


def _event(name: str, data: object) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (name.encode(), codec.encode(data))


def _status_told(entry: Entry, state: State) -> Iterator[StatusEvent]:
    data = entry.decoded()
    match entry.type:
        case "session.created" | "session.status_changed":
            status, before = _step(entry, state, data["status"])
            if status is not None and status != before:
                failed = status == "failed"
                yield StatusEvent(
                    session_id=ids.to_prefixed(state.session_id, SESSION),
                    status=status,
                    previous_status=before,
                    timestamp=second(entry.at),
                    error_message=data.get("message") if failed else None,
                    error_code=data.get("code") if failed else None,
                )
        case "participant.joined":
            who = state.participants.get(data["participant_id"])
            if who is None or _passed(entry, state, who.view(), data["connection_id"], "joined"):
                yield _passage(entry, state, data["name"], "joined")
        case "participant.left":
            who = state.participants.get(data["participant_id"])
            if who is not None and _passed(entry, state, who.view(), data["connection_id"], "left"):
                yield _passage(entry, state, who.name, "left")
        case _:
            pass


def _step(entry: Entry, state: State, native: str) -> tuple[Status | None, Status | None]:
    """The status that an entry has brought about, and the one before if that is still known."""
    at = codec.timestamp(moment(state.about, entry, after=None))
    places = [index for index, step in enumerate(state.steps) if step.status == native]
    exact = [index for index in places if state.steps[index].at == at]
    if not exact and len(places) != 1:
        # Longer ago than steps are kept, or a word of a newer hub.
        return _WORDS.get(native), None
    index = (exact or places)[0]
    return _WORDS.get(native), STATUSES[state.steps[index - 1].status] if index else None


def _passed(entry: Entry, state: State, who: session.Participant, connection_id: str, event: Event) -> bool:
    """Whether somebody came or went with an entry, and not just one connection of theirs beside another."""
    at = codec.timestamp(moment(state.about, entry, after=None))
    connection = next((one for one in who.connections if one.connection_id == connection_id), None)
    if connection is None:
        return True
    then = connection.joined_at if event == "joined" else connection.left_at
    if then is None or then > at:
        # It was used again since.
        return True
    return (at, event, connection_id) in crossings(who.connections)


def _passage(entry: Entry, state: State, name: str, event: Event) -> StatusEvent:
    at = codec.timestamp(moment(state.about, entry, after=None))
    # Nobody comes or goes after the end, also not in the same millisecond.
    steps = [step.status for step in state.steps if step.status not in TERMINAL and step.at <= at]
    return StatusEvent(
        session_id=ids.to_prefixed(state.session_id, SESSION),
        status=STATUSES[steps[-1]] if steps else "initializing",
        previous_status=None,
        timestamp=second(entry.at),
        participant_name=name,
        event=event,
    )


def _status_shown(snapshot: session.Snapshot) -> Iterator[StatusEvent]:
    found = snapshot.session
    session_id, status = ids.to_prefixed(found.id, SESSION), STATUSES[found.status]
    before, since = None, found.created_at
    for step in reversed(found.status_history):
        if STATUSES[step.status] != status:
            before = STATUSES[step.status]
            break
        since = step.at
    end = found.end if status == "failed" else None
    yield StatusEvent(
        session_id=session_id,
        status=status,
        previous_status=before,
        timestamp=second(since),
        error_message=end and end.message,
        error_code=end and end.code,
    )
    for who in snapshot.participants.participants:
        if who.present_since is not None:
            yield StatusEvent(
                session_id=session_id,
                status=status,
                previous_status=None,
                timestamp=second(who.present_since),
                participant_name=who.name,
                event="joined",
            )


def _transcript_told(entry: Entry, state: State) -> Iterator[TranscriptEvent]:
    data = entry.decoded()
    kept = {position: _segment(state, position) for position in entry.positions}
    match entry.type:
        case "transcript.segment":
            (position,) = entry.positions
            segment = kept[position]
            if segment is not None and 0 < segment.changed < entry.id.seq:
                # The fold has refused it, and a client of this system cannot tell by a revision.
                return
            said = data.get("speaker")
            speaker = said and said["name"]
            if segment is not None and segment.corrected and segment.speaker is not None:
                speaker = segment.speaker.name
            yield _said(entry, state, position, data | {"speaker": speaker})
        case "transcript.speaker_corrected":
            for position, segment in kept.items():
                # Nothing is known any more of segments long ago; whoever asks for the transcript sees it.
                if segment is not None and segment.final and not segment.retracted:
                    yield _said(
                        entry, state, position, _values(segment) | {"speaker": data["speaker"]["name"]}
                    )
        case "transcript.retracted":
            for position, segment in kept.items():
                values = {"start": 0.0, "end": 0.0} if segment is None else _values(segment)
                yield _said(entry, state, position, values | {"text": "", "final": True, "speaker": None})
        case _:
            pass


def _segment(state: State, position: int) -> Segment | None:
    index = place(state.segments, position)
    there = index < len(state.segments) and state.segments[index].position == position
    return state.segments[index] if there else None


def _values(segment: Segment) -> dict[str, Any]:
    names = ("text", "start", "end", "final", "language", "confidence")
    return {name: getattr(segment, name) for name in names}


def _said(entry: Entry, state: State, position: int, values: dict[str, Any]) -> TranscriptEvent:
    return _transcript(
        state.session_id, position, values, state.about.transcription_language, second(entry.at)
    )


def _transcript(
    session_id: str, position: int, values: dict[str, Any], language: str | None, at: Time
) -> TranscriptEvent:
    final: bool = values["final"]
    return TranscriptEvent(
        session_id=ids.to_prefixed(session_id, SESSION),
        transcript_id=transcript_id(session_id, position) if final else None,
        text=values["text"],
        speaker=values["speaker"],
        start_time=values["start"],
        end_time=values["end"],
        confidence=values.get("confidence") if final else None,
        language_code=values.get("language") or language or LANGUAGE,
        is_partial=not final,
        timestamp=at,
    )


def _transcript_shown(snapshot: session.Snapshot) -> Iterator[TranscriptEvent]:
    found = snapshot.session
    for one in snapshot.transcript.segments if snapshot.transcript else ():
        if not one.retracted:
            values = {name: getattr(one, name) for name in one.__struct_fields__}
            at = second(one.ended_at or found.updated_at)
            values["speaker"] = one.speaker and one.speaker.name
            yield _transcript(found.id, one.position, values, found.transcription_language, at)


def _log_told(entry: Entry, state: State) -> Iterator[LogEvent]:
    if entry.type == "log.entry":
        data = entry.decoded()
        yield _line(state.session_id, data["level"], data, entry.at)


def _log_shown(snapshot: session.Snapshot) -> Iterator[LogEvent]:
    for one in snapshot.logs.lines if snapshot.logs else ():
        if one.level is not LogLevel.DEBUG:
            values = {"message": one.message, "source": one.source, "fields": one.fields}
            yield _line(snapshot.session.id, one.level, values, one.at)


def _line(session_id: str, level: str, values: dict[str, Any], at: str) -> LogEvent:
    source = {"source": values["source"]} if values.get("source") else {}
    return LogEvent(
        session_id=ids.to_prefixed(session_id, SESSION),
        level=_LEVELS.get(level, "info"),
        message=values["message"],
        timestamp=second(at),
        details={**source, **(values.get("fields") or {})} or None,
    )


_STATUS_CHANNELS = frozenset({Channel.STATUS, Channel.PARTICIPANTS})

STATUS = Stream(Filter(channels=_STATUS_CHANNELS, late=False), _form("status", _status_told, _status_shown))
"""It is over when the session has ended."""
TRANSCRIPT = Stream(
    Filter(channels=frozenset({Channel.TRANSCRIPT})),
    _form("transcript", _transcript_told, _transcript_shown),
)
LOGS = Stream(
    Filter(channels=frozenset({Channel.LOGS}), level=LogLevel.INFO),
    _form("log", _log_told, _log_shown),
)
"""These go on after the end of the session as long as something may come."""
