"""Sessions and their transcripts as meeting_buddy shows them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any, Literal, NamedTuple

from msgspec import Meta, Struct

from hub.compat import ids
from hub.core.export import Format, Heading, json_array
from hub.core.fold import State
from hub.core.lifecycle import TERMINAL
from schemas import codec, session
from schemas.details import Platform
from schemas.events import Status as Native
from schemas.values import Anything, Language, Name

SESSION, TRANSCRIPT = "mbsess_", "mbtrans_"
"""What ids begin with."""
BOT_NAME, LANGUAGE = "Meeting Buddy", "en"
"""Where nobody said another one."""

Time = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z(?!\n)$",
        description="ISO 8601, UTC, to the second",
    ),
]
Event = Literal["joined", "left"]
Status = Literal["initializing", "joining", "active", "recording", "leaving", "completed", "failed"]
STATUSES: dict[Native, Status] = {
    Native.SCHEDULED: "initializing",
    Native.INITIALIZING: "initializing",
    Native.JOINING: "joining",
    Native.WAITING_ROOM: "joining",
    Native.ACTIVE: "active",
    Native.RECORDING: "recording",
    Native.LEAVING: "leaving",
    Native.COMPLETED: "completed",
    Native.FAILED: "failed",
}
"""What each native status is here."""


class StartSession(Struct, kw_only=True):
    """Which meeting a bot is to join, and how."""

    meeting_link: str
    """An HTTPS URL of Teams, Zoom, Google Meet or Webex."""
    bot_name: Name = BOT_NAME
    transcription_enabled: bool = True
    transcription_language: Language = LANGUAGE
    debug_mode: bool = False
    metadata: Anything = {}


class Present(Struct, frozen=True, kw_only=True):
    """Somebody who is there."""

    name: str
    joined_at: Time


class Passage(Struct, frozen=True, kw_only=True):
    """Somebody came or went."""

    participant_id: str
    participant_name: str
    event: Event
    timestamp: Time


class Session(Struct, frozen=True, kw_only=True):
    """A bot in a meeting."""

    session_id: str
    organization_id: str
    user_id: str
    meeting_link: str
    platform: str
    bot_name: str
    status: Status
    transcription_enabled: bool
    transcription_language: str
    debug_mode: bool
    created_at: Time
    updated_at: Time
    join_timestamp: Time | None
    leave_timestamp: Time | None
    total_duration_seconds: float | None
    segment_count: int | None
    """Pieces of the recording."""
    audio_file_count: int | None
    video_file_count: int | None
    total_size_bytes: int | None
    output_directory: str | None
    error_message: str | None
    error_code: str | None
    metadata: dict[str, Any]
    current_participants: dict[str, Present]
    """By participant id."""
    participant_history: list[Passage]


class Sessions(Struct, frozen=True, kw_only=True):
    """A page of sessions, newest first."""

    sessions: list[Session]
    total: int
    limit: int
    offset: int


class Transcript(Struct, frozen=True, kw_only=True):
    """A segment of the transcript; times in seconds since the start of the session."""

    transcript_id: str
    text: str
    confidence: float | None
    start_time: float
    end_time: float
    speaker: str | None
    language_code: str
    created_at: Time


def second(at: str) -> Time:
    """A native timestamp to the second."""
    return f"{at[:19]}Z"


def transcript_id(session_id: str, position: int) -> str:
    """The id of a segment, the same in all its revisions."""
    return f"{ids.to_prefixed(session_id, TRANSCRIPT)}_{position}"


class Crossing(NamedTuple):
    """When somebody came or went, and with which connection."""

    at: str
    event: Event
    connection_id: str


def crossings(connections: Iterable[session.Connection]) -> list[Crossing]:
    """When somebody came and went: a connection beside another one, or right after it, is neither."""
    found: list[Crossing] = []
    leaves: Crossing | None = None
    is_there = False
    for one in sorted(connections, key=lambda connection: connection.joined_at):
        if not is_there and (leaves is None or one.joined_at > leaves.at):
            if leaves is not None:
                found.append(leaves)
                leaves = None
            found.append(Crossing(one.joined_at, "joined", one.connection_id))
        is_there = is_there or one.left_at is None
        if one.left_at is not None and (leaves is None or one.left_at >= leaves.at):
            leaves = Crossing(one.left_at, "left", one.connection_id)
    if leaves is not None and not is_there:
        found.append(leaves)
    return found


def shown(
    found: session.Session, people: Sequence[session.Participant], recording: session.Recording | None
) -> Session:
    """A native session as this system shows it, with who takes part or took part, and what is recorded."""
    end = found.end if found.status is Native.FAILED else None
    session_id = ids.to_prefixed(found.id, SESSION)
    directory = None if recording is None else recording.output_directory
    return Session(
        session_id=session_id,
        organization_id=found.organization,
        user_id=(found.user and found.user.id) or "",
        meeting_link=found.meeting_link or "",
        platform=found.platform or Platform.OTHER,
        bot_name=found.bot_name or BOT_NAME,
        status=STATUSES[found.status],
        transcription_enabled=found.transcription_enabled,
        transcription_language=found.transcription_language or LANGUAGE,
        debug_mode=found.debug,
        created_at=second(found.created_at),
        updated_at=second(found.updated_at),
        join_timestamp=found.started_at and second(found.started_at),
        # A bot that never got in has not left either.
        leave_timestamp=second(found.left_at) if found.started_at and found.left_at else None,
        total_duration_seconds=found.duration,
        segment_count=recording and recording.segment_count,
        audio_file_count=recording and recording.audio_file_count,
        video_file_count=recording and recording.video_file_count,
        total_size_bytes=recording and recording.size,
        output_directory=directory or f"recordings/{found.organization}/{session_id}",
        error_message=end and end.message,
        error_code=end and end.code,
        metadata=found.metadata,
        current_participants={
            who.participant_id: Present(name=who.name, joined_at=second(who.present_since))
            for who in people
            if who.present_since is not None
        },
        participant_history=_history(people),
    )


def _history(people: Iterable[session.Participant]) -> list[Passage]:
    passed = [(moment, who) for who in people for moment in crossings(who.connections)]
    passed.sort(key=lambda one: one[0].at)
    return [
        Passage(
            participant_id=who.participant_id,
            participant_name=who.name,
            event=moment.event,
            timestamp=second(moment.at),
        )
        for moment, who in passed
    ]


def transcripts(state: State) -> Format:
    """How the transcript of a session is written down: as an array, of finals."""

    def pieces(_heading: Heading, segments: Iterable[session.Segment]) -> Iterator[str]:
        # What is a partial when the session has ended has nobody who will finish it.
        over = state.status in TERMINAL
        return json_array(_transcript(state, one) for one in segments if one.final or over)

    return Format("application/json", pieces)


def _transcript(state: State, one: session.Segment) -> Transcript:
    # Until the session has started, its own clock is all there is to count from.
    said = one.ended_at or codec.timestamp(state.created + round(one.end * 1000))
    return Transcript(
        transcript_id=transcript_id(state.session_id, one.position),
        text=one.text,
        confidence=one.confidence,
        start_time=one.start,
        end_time=one.end,
        speaker=one.speaker and one.speaker.name,
        language_code=one.language or state.about.transcription_language or LANGUAGE,
        created_at=second(said),
    )
