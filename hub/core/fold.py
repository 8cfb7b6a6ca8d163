"""The fold: from a state and entries to the next state. Pure: no I/O, no clock, no change of what was given.

The state is bounded, however long the session is: it holds the newest segments, messages and log lines; the
whole transcript is assembled beside it (`hub.core.transcript`) with the same laws.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from copy import copy
from typing import Any

from msgspec import Struct, ValidationError, convert
from msgspec.structs import fields, force_setattr, replace

from hub.core import participants, said, transcript
from hub.core.entry import Entry
from hub.core.entry_id import ORIGIN, EntryId
from hub.core.lifecycle import PHASE, TERMINAL, Phase
from hub.core.moment import moment
from hub.core.participants import Participant
from hub.core.transcript import Segment
from schemas import codec, session
from schemas.events import Channel, Status

SEGMENTS = 100
MESSAGES = 50
LINES = 50
CHAPTERS = 500
ROOMS = 100
STEPS = 50
"""How many of each the state keeps; the oldest go first."""


class State(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A session as it stands after the entry `entry_id`. Times are milliseconds since 1970."""

    about: session.About
    ms: int = 0
    seq: int = 0
    """Of the newest entry folded in."""
    updated: int = 0
    status: Status = Status.INITIALIZING
    sealed: bool = False
    deleted: bool = False
    created: int = 0
    started: int | None = None
    left: int | None = None
    ended: int | None = None
    end: session.End | None = None
    steps: list[session.StatusStep] = []
    """The status at creation and the newest changes of it."""
    present: int = 0
    """Milliseconds that all participants were there, without the stretches that go on."""
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
    def session_id(self) -> str:
        """Whose state this is."""
        return self.about.id

    @property
    def entry_id(self) -> EntryId:
        """The entry this state reflects."""
        return EntryId(self.ms, self.seq)

    @property
    def live(self) -> bool:
        """Begun and not ended."""
        return PHASE[self.status] is Phase.LIVE


def fold(state: State, entries: Iterable[Entry]) -> State:
    """The state after `entries`, which must be newer than `state` and in order; `state` stays as it is.

    What this hub does not know changes nothing but the position.
    """
    work = _Work(state)
    ms, seq, updated = state.ms, state.seq, state.updated
    for entry in entries:
        ms, seq = entry.id
        change = _CHANGES.get(entry.type)
        if change is not None:
            # A word that a newer hub has added to an enumeration must not make the session unreadable.
            with suppress(ValueError):
                change(work, entry)
        if entry.channel is not Channel.LOGS:
            updated = ms
    work.set(ms=ms, seq=seq, updated=updated)
    return work.done()


def apply(state: State, entry: Entry) -> State:
    """The state after one entry."""
    return fold(state, (entry,))


class _Work:
    """A state while entries are folded in: a copy that nobody else has seen, changed in place.

    A change sets nothing before it has computed all: when it gives up half-way, nothing has happened.
    """

    __slots__ = ("_people", "_segments", "state")

    def __init__(self, state: State) -> None:
        self.state = copy(state)
        self._people: dict[str, Participant] | None = None
        self._segments: list[Segment] | None = None

    def set(self, **values: Any) -> None:
        """Set fields of the state."""
        for name, value in values.items():
            force_setattr(self.state, name, value)

    @property
    def people(self) -> dict[str, Participant]:
        """The participants, to be changed in place: copied once, as there may be 10,000."""
        if self._people is None:
            self._people = dict(self.state.participants)
            self.set(participants=self._people)
        return self._people

    @property
    def segments(self) -> list[Segment]:
        """The newest segments by position, to be changed in place; cut to size at the end."""
        if self._segments is None:
            self._segments = list(self.state.segments)
        return self._segments

    def done(self) -> State:
        """The state, not to be changed any more."""
        if self._segments is not None:
            first = transcript.place(self._segments, self.state.segment_count - SEGMENTS)
            self.set(segments=self._segments[first:])
        return self.state


Change = Callable[[_Work, Entry], None]

_SAID = {field.name: field.type for field in fields(session.About) if field.name not in ("id", "version")}


def _said(old: session.About, data: dict[str, Any]) -> session.About:
    """`old` with what `data` says of the session; a value that this hub cannot read changes nothing."""
    new: dict[str, Any] = {}
    for name, kind in _SAID.items():
        if name in data:
            with suppress(ValidationError):
                new[name] = convert(data[name], kind)
    return replace(old, **new)


def _created(work: _Work, entry: Entry) -> None:
    data = entry.decoded()
    status = Status(data["status"])
    work.set(
        about=_said(session.About(id=work.state.session_id), data),
        status=status,
        created=entry.id.ms,
        steps=[session.StatusStep(status=status, at=entry.at)],
    )


def _status_changed(work: _Work, entry: Entry) -> None:
    data = entry.decoded()
    state = work.state
    ms = moment(state.about, entry, after=state.started)
    status = Status(data["status"])
    step = session.StatusStep(status=status, at=codec.timestamp(ms), code=data.get("code"))
    started, gone = state.started, state.left
    if started is None and status in (Status.ACTIVE, Status.RECORDING):
        started = ms
    if gone is None and (status is Status.LEAVING or status in TERMINAL):
        gone = ms
    work.set(status=status, started=started, left=gone, steps=[*state.steps, step][-STEPS:])
    if status not in TERMINAL:
        return
    end = session.End(
        reason=data.get("reason"),
        code=data.get("code"),
        message=data.get("message"),
        stage=data.get("stage"),
    )
    _everyone_left(work, ms)
    work.set(ended=ms, end=end)


def _updated(work: _Work, entry: Entry) -> None:
    work.set(about=_said(work.state.about, entry.decoded()))


def _sealed(work: _Work, _entry: Entry) -> None:
    work.set(sealed=True)


def _deleted(work: _Work, _entry: Entry) -> None:
    work.set(deleted=True)


def _assigned(work: _Work, entry: Entry) -> None:
    work.set(about=replace(work.state.about, bot_id=str(entry.decoded()["bot_id"])))


def _bot_lost(work: _Work, entry: Entry) -> None:
    """Whoever was in the meeting counts as gone: nobody sees them any more."""
    work.set(about=replace(work.state.about, bot_id=None))
    _everyone_left(work, entry.id.ms)


def _everyone_left(work: _Work, ms: int) -> None:
    people, state = work.people, work.state
    before = sum(who.present for who in people.values())
    people.update({key: participants.left_all(who, max(ms, who.updated)) for key, who in people.items()})
    present = state.present + sum(who.present for who in people.values()) - before
    work.set(live_count=0, present=present)


def _room_opened(work: _Work, entry: Entry) -> None:
    data = entry.decoded()
    room = session.BreakoutRoom(room_id=data["room_id"], title=data.get("title"), opened_at=entry.at)
    others = [old for old in work.state.rooms if old.room_id != room.room_id]
    work.set(rooms=[*others, room][-ROOMS:])


def _room_closed(work: _Work, entry: Entry) -> None:
    room_id = entry.decoded()["room_id"]
    rooms = work.state.rooms
    work.set(rooms=[replace(room, closed_at=entry.at) if room.room_id == room_id else room for room in rooms])


def _take(work: _Work, who: Participant) -> None:
    """Put `who` in the place of who was there with that id."""
    state = work.state
    old = work.people.get(who.participant_id)
    was_live = old is not None and old.live
    live_count = state.live_count + who.live - was_live
    work.people[who.participant_id] = who
    work.set(
        live_count=live_count,
        peak_count=max(state.peak_count, live_count),
        total_count=state.total_count + (old is None),
        present=state.present + who.present - (0 if old is None else old.present),
    )


def _participant_joined(work: _Work, entry: Entry) -> None:
    data = entry.decoded()
    state, people = work.state, work.people
    old = people.get(data["participant_id"])
    who = participants.joined(old, data, moment(state.about, entry, after=old.updated if old else None))
    if old is None and len(people) >= participants.MAX_PARTICIPANTS:
        if state.live_count >= len(people):
            peak = max(state.peak_count, state.live_count + 1)
            work.set(peak_count=peak, total_count=state.total_count + 1)
            return
        participants.forget(people)
    _take(work, who)


def _participant(change: Callable[[Participant, dict[str, Any], int], Participant]) -> Change:
    """The change of somebody who is known; what is said of others changes nothing."""

    def changed(work: _Work, entry: Entry) -> None:
        data = entry.decoded()
        old = work.people.get(data["participant_id"])
        if old is not None:
            _take(work, change(old, data, moment(work.state.about, entry, after=old.updated)))

    return changed


def _reported(work: _Work, entry: Entry) -> None:
    _participant(lambda old, _data, ms: participants.reported(old, entry.id, ms))(work, entry)


def _transcript(work: _Work, entry: Entry) -> None:
    if entry.positions:
        count = max(work.state.segment_count, entry.positions[-1] + 1)
        transcript.extend(work.segments, entry, count - SEGMENTS)
        work.set(segment_count=count)


def _message(work: _Work, entry: Entry) -> None:
    new, state = said.message(entry), work.state
    ids = [old.message_id for old in state.messages]
    if new.message_id in ids:
        index = ids.index(new.message_id)
        changed = said.edited(state.messages[index], new)
        messages = [*state.messages[:index], changed, *state.messages[index + 1 :]]
    else:
        messages = [*state.messages, new]
    work.set(
        messages=messages[-MESSAGES:],
        messages_cut=state.messages_cut or len(messages) > MESSAGES,
        message_count=state.message_count + 1,
    )


def _chapter(work: _Work, entry: Entry) -> None:
    data = entry.decoded()
    chapter = session.Chapter(title=data["title"], start=data["start"], end=data.get("end"))
    artifacts = work.state.artifacts
    others = [old for old in artifacts.chapters if old.start != chapter.start]
    chapters = sorted([*others, chapter], key=lambda old: old.start)
    truncated = artifacts.truncated or len(chapters) > CHAPTERS
    work.set(artifacts=replace(artifacts, chapters=chapters[-CHAPTERS:], truncated=truncated))


def _summary(work: _Work, entry: Entry) -> None:
    data = entry.decoded()
    ready: dict[str, Any] = {"format": "text"} if "text" in data else {}
    said = {name: data[name] for name in _SUMMARY if name in data}
    state = entry.type.removeprefix("summary.")
    summary = session.Summary(state=state, updated_at=entry.at, **ready | said)
    work.set(artifacts=replace(work.state.artifacts, summary=summary))


def _recording(work: _Work, entry: Entry) -> None:
    data = entry.decoded()
    said = {name: data[name] for name in _RECORDING if name in data}
    recording = session.Recording(updated_at=entry.at, **said)
    work.set(artifacts=replace(work.state.artifacts, recording=recording))


_SUMMARY = set(session.Summary.__struct_fields__) - {"state", "updated_at"}
_RECORDING = set(session.Recording.__struct_fields__) - {"updated_at"}


def _log(work: _Work, entry: Entry) -> None:
    state = work.state
    work.set(lines=[*state.lines, said.line(entry)][-LINES:], log_count=state.log_count + 1)


_CHANGES: dict[str, Change] = {
    "session.created": _created,
    "session.status_changed": _status_changed,
    "bot.assigned": _assigned,
    "bot.lost": _bot_lost,
    "session.updated": _updated,
    "session.sealed": _sealed,
    "session.deleted": _deleted,
    "breakout.opened": _room_opened,
    "breakout.closed": _room_closed,
    "participant.joined": _participant_joined,
    "participant.updated": _participant(participants.updated),
    "participant.speaking": _participant(participants.speaking),
    "participant.left": _participant(participants.disconnected),
    "transcript.segment": _transcript,
    "transcript.retracted": _transcript,
    "transcript.speaker_corrected": _transcript,
    "chat.message": _message,
    "chapter.added": _chapter,
    "summary.requested": _summary,
    "summary.ready": _summary,
    "summary.failed": _summary,
    "recording.updated": _recording,
    "peer.report": _reported,
    "log.entry": _log,
}


def initial(session_id: str) -> State:
    """The state before the first entry."""
    return State(about=session.About(id=session_id), ms=ORIGIN.ms, seq=ORIGIN.seq)
