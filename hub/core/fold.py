"""The fold: from a state and an entry to the next state. Pure: no I/O, no clock, no change in place.

The state is bounded, however long the session is: it holds the newest segments, messages and log lines; the
whole transcript is assembled beside it (`hub.core.transcript`) with the same laws.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from hub.core import participants, transcript
from hub.core.entry import Entry
from hub.core.entry_id import ORIGIN, EntryId
from hub.core.lifecycle import PHASE, TERMINAL, Phase
from hub.core.participants import Participant
from hub.core.transcript import Segment
from schemas import session
from schemas.events import Channel, LogLevel, Platform, Status
from schemas.session import Speaker, User

SEGMENTS = 100
MESSAGES = 50
LINES = 50
CHAPTERS = 500
ROOMS = 100
"""How many of each the state keeps; the oldest go first."""


class State(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A session as it stands after the entry `entry_id`. Times are milliseconds since 1970."""

    session_id: str
    ms: int = 0
    seq: int = 0
    """Of the newest entry folded in."""
    updated: int = 0
    number: int = 0
    status: Status = Status.INITIALIZING
    sealed: bool = False
    deleted: bool = False
    title: str | None = None
    meeting_id: str | None = None
    meeting_link: str | None = None
    platform: Platform | None = None
    bot_name: str | None = None
    transcription_enabled: bool = True
    transcription_language: str | None = None
    scheduled_for: str | None = None
    user: User | None = None
    metadata: dict[str, Any] = {}
    created: int = 0
    started: int | None = None
    ended: int | None = None
    end: session.End | None = None
    live_count: int = 0
    peak_count: int = 0
    total_count: int = 0
    segment_count: int = 0
    message_count: int = 0
    log_count: int = 0
    rooms: list[session.BreakoutRoom] = []
    participants: dict[str, Participant] = {}
    segments: list[Segment] = []
    """By position."""
    messages: list[session.Message] = []
    messages_cut: bool = False
    """Older messages than those kept were published."""
    lines: list[session.LogLine] = []
    artifacts: session.Artifacts = session.Artifacts()

    @property
    def entry_id(self) -> EntryId:
        """The entry this state reflects."""
        return EntryId(self.ms, self.seq)

    @property
    def live(self) -> bool:
        """Begun and not ended."""
        return PHASE[self.status] is Phase.LIVE


def fold(state: State, entries: Iterable[Entry]) -> State:
    """The state after `entries`, which must be newer than `state` and in order.

    What this hub does not know changes nothing but the position.
    """
    own = False
    for entry in entries:
        if entry.channel is Channel.PARTICIPANTS and not own:
            # Changed in place from here on: a copy of 10,000 participants for each entry would take longer
            # than all the rest.
            state, own = replace(state, participants=dict(state.participants)), True
        state = _changed(state, entry)
    return state


def apply(state: State, entry: Entry) -> State:
    """The state after one entry."""
    return fold(state, (entry,))


def _changed(state: State, entry: Entry) -> State:
    ms, seq = entry.id
    change = _CHANGES.get(entry.type)
    if change is not None:
        # A word that a newer hub has added to an enumeration must not make the session unreadable.
        with suppress(ValueError):
            state = change(state, entry)
    if entry.channel is Channel.LOGS:
        return replace(state, ms=ms, seq=seq)
    return replace(state, ms=ms, seq=seq, updated=ms)


def _created(state: State, entry: Entry) -> State:
    data = entry.decoded()
    user = data.get("user")
    platform = data.get("platform")
    return replace(
        state,
        number=data["number"],
        status=Status(data["status"]),
        title=data.get("title"),
        meeting_id=data.get("meeting_id"),
        meeting_link=data.get("meeting_link"),
        platform=None if platform is None else Platform(platform),
        bot_name=data.get("bot_name"),
        transcription_enabled=data.get("transcription_enabled", True),
        transcription_language=data.get("transcription_language"),
        scheduled_for=data.get("scheduled_for"),
        user=_user(user),
        metadata=data.get("metadata", {}),
        created=entry.id.ms,
    )


def _user(data: dict[str, Any] | None) -> User | None:
    if data is None:
        return None
    return User(**{name: data[name] for name in User.__struct_fields__ if name in data})


def _status_changed(state: State, entry: Entry) -> State:
    data = entry.decoded()
    status = Status(data["status"])
    ms = entry.id.ms
    started = state.started
    if started is None and status in (Status.ACTIVE, Status.RECORDING):
        started = ms
    state = replace(state, status=status, started=started)
    if status not in TERMINAL:
        return state
    end = session.End(
        reason=data.get("reason"),
        code=data.get("code"),
        message=data.get("message"),
        stage=data.get("stage"),
    )
    people = {key: participants.left_all(who, ms) for key, who in state.participants.items()}
    return replace(state, ended=ms, end=end, participants=people, live_count=0)


def _updated(state: State, entry: Entry) -> State:
    data = entry.decoded()
    names = (
        "title",
        "bot_name",
        "transcription_enabled",
        "transcription_language",
        "scheduled_for",
        "metadata",
    )
    changes = {name: data[name] for name in names if name in data}
    if "user" in data:
        changes["user"] = _user(data["user"])
    return replace(state, **changes)


def _sealed(state: State, _entry: Entry) -> State:
    return replace(state, sealed=True)


def _deleted(state: State, _entry: Entry) -> State:
    return replace(state, deleted=True)


def _room_opened(state: State, entry: Entry) -> State:
    data = entry.decoded()
    room = session.BreakoutRoom(room_id=data["room_id"], title=data.get("title"), opened_at=entry.at)
    others = [old for old in state.rooms if old.room_id != room.room_id]
    return replace(state, rooms=[*others, room][-ROOMS:])


def _room_closed(state: State, entry: Entry) -> State:
    room_id = entry.decoded()["room_id"]
    return replace(
        state,
        rooms=[
            replace(room, closed_at=entry.at) if room.room_id == room_id else room for room in state.rooms
        ],
    )


def _with_participant(state: State, who: Participant) -> State:
    """`state` with `who`, whose participants are changed in place."""
    old = state.participants.get(who.participant_id)
    was_live = old is not None and old.live
    live_count = state.live_count + who.live - was_live
    state.participants[who.participant_id] = who
    return replace(
        state,
        live_count=live_count,
        peak_count=max(state.peak_count, live_count),
        total_count=state.total_count + (old is None),
    )


def _participant_joined(state: State, entry: Entry) -> State:
    data = entry.decoded()
    people = state.participants
    old = people.get(data["participant_id"])
    who = participants.joined(old, data, entry.id.ms)
    if old is None and len(people) >= participants.MAX_PARTICIPANTS:
        if state.live_count >= len(people):
            peak = max(state.peak_count, state.live_count + 1)
            return replace(state, peak_count=peak, total_count=state.total_count + 1)
        participants.forget(people)
    return _with_participant(state, who)


def _participant_updated(state: State, entry: Entry) -> State:
    data = entry.decoded()
    old = state.participants.get(data["participant_id"])
    return state if old is None else _with_participant(state, participants.updated(old, data))


def _participant_speaking(state: State, entry: Entry) -> State:
    data = entry.decoded()
    old = state.participants.get(data["participant_id"])
    if old is None:
        return state
    return _with_participant(state, replace(old, speaking=data["speaking"] and old.live))


def _participant_left(state: State, entry: Entry) -> State:
    data = entry.decoded()
    old = state.participants.get(data["participant_id"])
    if old is None:
        return state
    return _with_participant(state, participants.left(old, data["connection_id"], entry.id.ms))


def _transcript(state: State, entry: Entry) -> State:
    if not entry.positions:
        return state
    window = {segment.position: segment for segment in state.segments}
    count = max(state.segment_count, entry.positions[-1] + 1)
    transcript.assemble(window, [entry])
    positions = sorted(p for p in window if p >= count - SEGMENTS)
    return replace(state, segments=[window[p] for p in positions], segment_count=count)


def _message(state: State, entry: Entry) -> State:
    data = entry.decoded()
    sender = data.get("sender")
    message = session.Message(
        message_id=data["message_id"],
        sender=None
        if sender is None
        else Speaker(name=sender["name"], participant_id=sender.get("participant_id")),
        text=data["text"],
        at=entry.at,
    )
    count = state.message_count + 1
    ids = [old.message_id for old in state.messages]
    if message.message_id in ids:
        index = ids.index(message.message_id)
        edited = replace(message, at=state.messages[index].at)
        messages = [*state.messages[:index], edited, *state.messages[index + 1 :]]
    else:
        messages = [*state.messages, message]
    return replace(
        state,
        messages=messages[-MESSAGES:],
        messages_cut=state.messages_cut or len(messages) > MESSAGES,
        message_count=count,
    )


def _chapter(state: State, entry: Entry) -> State:
    data = entry.decoded()
    chapter = session.Chapter(title=data["title"], start=data["start"], end=data.get("end"))
    others = [old for old in state.artifacts.chapters if old.start != chapter.start]
    chapters = sorted([*others, chapter], key=lambda old: old.start)
    artifacts = replace(
        state.artifacts,
        chapters=chapters[-CHAPTERS:],
        truncated=state.artifacts.truncated or len(chapters) > CHAPTERS,
    )
    return replace(state, artifacts=artifacts)


def _summary(state: State, entry: Entry) -> State:
    data = entry.decoded()
    summary = session.Summary(
        state=entry.type.removeprefix("summary."),
        text=data.get("text"),
        format=data.get("format", "text") if "text" in data else None,
        keywords=data.get("keywords", []),
        reason=data.get("reason"),
        updated_at=entry.at,
    )
    return replace(state, artifacts=replace(state.artifacts, summary=summary))


def _recording(state: State, entry: Entry) -> State:
    data = entry.decoded()
    recording = session.Recording(
        state=data["state"],
        url=data.get("url"),
        format=data.get("format"),
        duration=data.get("duration"),
        size=data.get("size"),
        updated_at=entry.at,
    )
    return replace(state, artifacts=replace(state.artifacts, recording=recording))


def _log(state: State, entry: Entry) -> State:
    data = entry.decoded()
    line = session.LogLine(
        id=str(entry.id),
        at=entry.at,
        level=LogLevel(data["level"]),
        message=data["message"],
        source=data.get("source"),
        fields=data.get("fields", {}),
    )
    return replace(state, lines=[*state.lines, line][-LINES:], log_count=state.log_count + 1)


_CHANGES: dict[str, Callable[[State, Entry], State]] = {
    "session.created": _created,
    "session.status_changed": _status_changed,
    "session.updated": _updated,
    "session.sealed": _sealed,
    "session.deleted": _deleted,
    "breakout.opened": _room_opened,
    "breakout.closed": _room_closed,
    "participant.joined": _participant_joined,
    "participant.updated": _participant_updated,
    "participant.speaking": _participant_speaking,
    "participant.left": _participant_left,
    "transcript.segment": _transcript,
    "transcript.retracted": _transcript,
    "transcript.speaker_corrected": _transcript,
    "chat.message": _message,
    "chapter.added": _chapter,
    "summary.requested": _summary,
    "summary.ready": _summary,
    "summary.failed": _summary,
    "recording.updated": _recording,
    "log.entry": _log,
}


def initial(session_id: str) -> State:
    """The state before the first entry."""
    return State(session_id=session_id, ms=ORIGIN.ms, seq=ORIGIN.seq)
