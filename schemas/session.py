"""What is shown of a session: the resources of the HTTP API and the parts of a snapshot."""

from typing import Any

from msgspec import Struct

from schemas.codec import Timestamp
from schemas.details import Platform, SessionType
from schemas.dispatch import Dispatch
from schemas.events import ConnectionKind, LogLevel, Status

VERSION = 1
"""Of the session resource: grows when a field changes its meaning, not when one is added."""


class _Resource(Struct, frozen=True):
    """Part of an answer. Readers must accept fields they do not know."""


class User(_Resource, frozen=True, omit_defaults=True, kw_only=True):
    """Who a session belongs to."""

    id: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    avatar_url: str | None = None


class Attendee(_Resource, frozen=True, kw_only=True):
    """Who is expected, by the calendar."""

    email: str
    name: str | None = None
    response_status: str | None = None


class CalendarEvent(_Resource, frozen=True, kw_only=True):
    """The calendar event that the session comes from."""

    id: str
    title: str | None = None
    organizer_email: str | None = None
    meeting_link: str | None = None
    starts_at: Timestamp | None = None
    ends_at: Timestamp | None = None


class Source(_Resource, frozen=True, kw_only=True):
    """Where media of the session come from."""

    id: str
    name: str | None = None
    type: str | None = None
    device: str | None = None
    url: str | None = None


class Speaker(_Resource, frozen=True, omit_defaults=True, kw_only=True):
    """Who speaks, as far as it is known."""

    name: str
    participant_id: str | None = None


class Word(_Resource, frozen=True, omit_defaults=True, kw_only=True):
    """One word of a segment; times in seconds since `started_at`."""

    text: str
    start: float
    end: float
    confidence: float | None = None


class Counts(_Resource, frozen=True, kw_only=True):
    """How many participants there are."""

    live: int = 0
    """Present now, among the 10,000 participants that are kept."""
    peak: int = 0
    """The most that were present at the same time; 10,001 stands for any more."""
    total: int = 0
    """All who ever joined. Beyond 10,000, whoever is not kept counts again when they join again."""


class End(_Resource, frozen=True, kw_only=True):
    """Why a session ended."""

    reason: str | None = None
    code: str | None = None
    message: str | None = None
    stage: str | None = None


class BreakoutRoom(_Resource, frozen=True, kw_only=True):
    """A breakout room of the meeting."""

    room_id: str
    title: str | None = None
    opened_at: Timestamp
    closed_at: Timestamp | None = None


class StatusStep(_Resource, frozen=True, kw_only=True):
    """A status that the session has had."""

    status: Status
    at: Timestamp
    code: str | None = None


class About(_Resource, frozen=True, kw_only=True):
    """What a session is, and what was said of it (`schemas.details`): null where nobody said it."""

    id: str
    number: int = 0
    """Counts the organization's sessions from 1."""
    organization: str = ""
    version: int = VERSION
    """Of this schema."""
    meeting_id: str | None = None
    meeting_link: str | None = None
    file_url: str | None = None
    """The file it is made from, without the query. Of such a session, times are those of the recording."""
    platform: Platform | None = None
    dispatch: Dispatch | None = None
    """What was asked of the bot that is to take it; null if none is."""
    bot_id: str | None = None
    """The bot that has it."""
    title: str | None = None
    type: SessionType = SessionType.MEETING
    host: User | None = None
    user: User | None = None
    bot_name: str | None = None
    bot_state: str | None = None
    bot_health: str | None = None
    location: str | None = None
    scheduled_for: Timestamp | None = None
    starts_at: Timestamp | None = None
    calendar_event: CalendarEvent | None = None
    attendees: list[Attendee] | None = None
    invited_emails: list[str] | None = None
    transcription_enabled: bool = True
    transcription_language: str | None = None
    language: str | None = None
    topic_id: str | None = None
    keywords: list[str] | None = None
    speaker_count: int | None = None
    cluster_count: int | None = None
    product: str | None = None
    sources: list[Source] | None = None
    config: dict[str, Any] | None = None
    debug: bool = False
    metadata: dict[str, Any] = {}


class Session(About, frozen=True, kw_only=True):
    """A session without what grows with it; an item of a list, and the `session` of a snapshot."""

    status: Status
    live: bool
    """Derived: not scheduled any more and not ended yet."""
    sealed: bool
    last_entry_id: str
    """The entry this reflects; a cursor to follow from."""
    created_at: Timestamp
    updated_at: Timestamp
    """`at` of the last entry that is not a log."""
    started_at: Timestamp | None
    """When it first was active; transcript times count from here."""
    left_at: Timestamp | None
    """When the bot began to leave, or the session ended without that."""
    ended_at: Timestamp | None
    duration: float | None
    """Seconds from `started_at` to `ended_at`."""
    minutes_consumed: float
    """Minutes that all participants were there, without those stretches that go on."""
    end: End | None
    status_history: list[StatusStep]
    """The last 50 steps, the newest last."""
    participant_counts: Counts
    segment_count: int
    """Transcript segments ever begun, retracted ones included."""
    message_count: int
    """Chat messages published, edits of one counted again."""
    summary_state: str | None
    """Of the summary: `requested`, `ready`, `failed`; null if nobody asked for one."""
    breakout_rooms: list[BreakoutRoom]
    """The last 100 opened; in a snapshot as many of them as fit."""


class Connection(_Resource, frozen=True, kw_only=True):
    """One connection of a participant: a device, a rejoin, a screen share."""

    connection_id: str
    kind: ConnectionKind
    joined_at: Timestamp
    left_at: Timestamp | None = None


class Participant(_Resource, frozen=True, omit_defaults=True, kw_only=True):
    """Somebody who joined the session; what nobody said of them is left out."""

    participant_id: str
    name: str
    live: bool
    """Derived: one of the connections is there."""
    speaking: bool
    role: str | None = None
    preset: str | None = None
    custom_id: str | None = None
    user_id: str | None = None
    email: str | None = None
    avatar_url: str | None = None
    device_type: str | None = None
    position: str | None = None
    department: str | None = None
    joined_at: Timestamp
    """First joined."""
    left_at: Timestamp | None
    """When the last connection left; null while live."""
    updated_at: Timestamp
    """When something was last said of them."""
    duration: float
    """Seconds they were there, with any connection, before `present_since`."""
    present_since: Timestamp | None
    """When they came; null while they are not there."""
    speech_time: float | None = None
    """Seconds they spoke before `speaking_since`, by `participant.speaking`; left out if that never came."""
    speaking_since: Timestamp | None = None
    report_id: str | None = None
    """The entry of their newest `peer.report`."""
    connections: list[Connection]
    """The last 32 that are there and the last eight that are gone, by time of joining."""


class Segment(_Resource, frozen=True, kw_only=True):
    """A transcript segment, assembled from its revisions, corrections and retraction."""

    segment_id: str
    position: int
    """Number of the segment in the session by first appearance, from 0; given by the hub."""
    revision: int
    final: bool
    retracted: bool = False
    """In a snapshot only, where its text is empty; a transcript leaves retracted segments out."""
    corrected: bool = False
    """The speaker comes from a correction, and stays through later revisions."""
    speaker: Speaker | None
    text: str
    start: float
    end: float
    language: str | None
    confidence: float | None
    words: list[Word] | None
    started_at: Timestamp | None
    """`start` as a time of day; null until the session has started."""
    ended_at: Timestamp | None


class Message(_Resource, frozen=True, kw_only=True):
    """A chat message."""

    message_id: str
    sender: Speaker | None
    text: str
    at: Timestamp
    edited: bool = False
    """An older version had another text."""


class LogLine(_Resource, frozen=True, kw_only=True):
    """A line of the log."""

    id: str
    """Its entry id."""
    at: Timestamp
    level: LogLevel
    message: str
    source: str | None
    fields: dict[str, Any]


class Chapter(_Resource, frozen=True, kw_only=True):
    """A chapter of the meeting."""

    title: str
    start: float
    end: float | None


class Summary(_Resource, frozen=True, kw_only=True):
    """The state of the session's summary."""

    state: str
    """`requested`, `ready` or `failed`."""
    text: str | None = None
    format: str | None = None
    notes: str | None = None
    keywords: list[str] = []
    model: str | None = None
    """What wrote it, if it was said; `extractive` for the hub's own."""
    reason: str | None = None
    """Why it failed."""
    updated_at: Timestamp


class Recording(_Resource, frozen=True, kw_only=True):
    """The state of the session's recording."""

    state: str
    url: str | None = None
    format: str | None = None
    duration: float | None = None
    size: int | None = None
    segment_count: int | None = None
    audio_file_count: int | None = None
    video_file_count: int | None = None
    output_directory: str | None = None
    updated_at: Timestamp


class Artifacts(_Resource, frozen=True, kw_only=True):
    """What is made of a session."""

    chapters: list[Chapter] = []
    """By start; at most 500, and in a snapshot as many of the last ones as fit."""
    truncated: bool = False
    """There are more chapters."""
    summary: Summary | None = None
    recording: Recording | None = None


class ParticipantList(_Resource, frozen=True, kw_only=True):
    """Participants by time of joining: all of them if at most 500, else 500 of those who are live."""

    participants: list[Participant]
    truncated: bool


class TranscriptTail(_Resource, frozen=True, kw_only=True):
    """The newest segments by position, at most 100."""

    segments: list[Segment]
    truncated: bool


class ChatTail(_Resource, frozen=True, kw_only=True):
    """The newest chat messages, at most 50."""

    messages: list[Message]
    truncated: bool


class LogTail(_Resource, frozen=True, kw_only=True):
    """The newest log lines, at most 50."""

    lines: list[LogLine]
    truncated: bool


class Snapshot(_Resource, frozen=True, omit_defaults=True, kw_only=True):
    """Session and participants, and the tail of each channel that was asked for; at most 256 KiB."""

    session: Session
    participants: ParticipantList
    transcript: TranscriptTail | None = None
    chat: ChatTail | None = None
    logs: LogTail | None = None
    artifacts: Artifacts | None = None


class SessionDetail(Session, frozen=True, kw_only=True):
    """`GET /v1/sessions/{id}`: the session with its participants and artifacts."""

    participants: ParticipantList
    artifacts: Artifacts
    log_count: int
    """Log entries ever published, those that are not kept any more included."""
    heartbeat_at: Timestamp | None = None
    """When its bot was last heard by a heartbeat; null of a state of the past."""
    expires_at: Timestamp | None = None
    """When it is forgotten; null before it is sealed, and of a state of the past."""


class Transcript(_Resource, frozen=True, kw_only=True):
    """`GET /v1/sessions/{id}/transcript?format=json`: every segment that is not retracted, by `start`."""

    session_id: str
    entry_id: str
    """The entry this reflects."""
    segments: list[Segment]
