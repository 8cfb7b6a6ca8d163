"""What can be published: the event types, their channels and their data.

The structs here are for publishers and refuse fields they do not know. Readers of the stream must not
use them to decode: an entry may come from a newer hub, so a reader keeps and passes on what it does not
know.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from schemas.codec import END

Identifier = Annotated[
    str, Meta(pattern=r"^[^\s\x00-\x1f\x7f]{1,128}" + END, description="an id of the publisher's own")
]
Name = Annotated[str, Meta(min_length=1, max_length=256)]
Line = Annotated[str, Meta(max_length=1024)]
Code = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.-]{1,64}" + END)]
Text = Annotated[str, Meta(max_length=16_384)]
Url = Annotated[str, Meta(max_length=2048, pattern=r"^https?://[^\s\x00-\x1f\x7f]+" + END)]
Seconds = Annotated[float, Meta(ge=0, le=31_536_000, description="seconds since `started_at`")]
Language = Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]{1,35}" + END, description="a BCP 47 language tag")]
Probability = Annotated[float, Meta(ge=0, le=1)]
IdempotencyKey = Annotated[str, Meta(pattern=r"^[\x21-\x7e]{1,128}" + END)]


class Channel(StrEnum):
    """What a subscriber chooses among; every event type belongs to exactly one."""

    STATUS = "status"
    PARTICIPANTS = "participants"
    TRANSCRIPT = "transcript"
    CHAT = "chat"
    ARTIFACTS = "artifacts"
    LOGS = "logs"
    CUSTOM = "custom"


class Status(StrEnum):
    """Where a session is in its life; `hub.core.lifecycle` says which step may follow which."""

    SCHEDULED = "scheduled"
    INITIALIZING = "initializing"
    JOINING = "joining"
    WAITING_ROOM = "waiting_room"
    ACTIVE = "active"
    RECORDING = "recording"
    LEAVING = "leaving"
    COMPLETED = "completed"
    FAILED = "failed"


class ConnectionKind(StrEnum):
    """What a connection of a participant carries."""

    MAIN = "main"
    SCREENSHARE = "screenshare"


class LogLevel(StrEnum):
    """How much a log entry matters, least first."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Platform(StrEnum):
    """Whose meeting it is, recognised from the meeting link."""

    ZOOM = "zoom"
    GOOGLE_MEET = "google_meet"
    TEAMS = "teams"
    WEBEX = "webex"
    OTHER = "other"


class _Data(Struct, forbid_unknown_fields=True, omit_defaults=True, frozen=True):
    """The data of one event type, as a publisher may send it."""


class User(_Data, frozen=True, kw_only=True):
    """Who a session belongs to."""

    id: Identifier | None = None
    first_name: Annotated[str, Meta(max_length=256)] | None = None
    last_name: Annotated[str, Meta(max_length=256)] | None = None
    email: Annotated[str, Meta(max_length=320)] | None = None
    avatar_url: Url | None = None


Metadata = Annotated[dict[str, Any], Meta(description="at most 16 KiB as JSON")]


class SessionCreated(_Data, frozen=True, kw_only=True):
    """`session.created`: written by the hub when a session is created; entry 1 of every stream."""

    number: int
    status: Status
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


class StatusChanged(_Data, frozen=True, kw_only=True):
    """`session.status_changed`: the session takes a step forward."""

    status: Status
    reason: Annotated[str, Meta(max_length=256)] | None = None
    code: Code | None = None
    """Machine-readable reason, such as `BOT_LOST`."""
    message: Line | None = None
    stage: Code | None = None
    """Where in the bot's work it happened."""


class SessionUpdated(_Data, frozen=True, kw_only=True):
    """`session.updated`: new values for what was said at creation; what is left out stays."""

    title: Name | None | UnsetType = UNSET
    bot_name: Name | None | UnsetType = UNSET
    transcription_enabled: bool | UnsetType = UNSET
    transcription_language: Language | None | UnsetType = UNSET
    scheduled_for: Annotated[datetime, Meta(tz=True)] | None | UnsetType = UNSET
    user: User | None | UnsetType = UNSET
    metadata: Metadata | UnsetType = UNSET


class SessionSealed(_Data, frozen=True, kw_only=True):
    """`session.sealed`: the session takes nothing more but artifacts; written by the hub."""

    reason: Code


class SessionDeleted(_Data, frozen=True, kw_only=True):
    """`session.deleted`: the session is about to be gone; written by the hub."""


class BotAssigned(_Data, frozen=True, kw_only=True):
    """`bot.assigned`: a bot has taken the session; written by the hub."""

    bot_id: Identifier
    name: Name | None = None


class BotLost(_Data, frozen=True, kw_only=True):
    """`bot.lost`: the bot of the session is not heard any more; written by the hub."""

    bot_id: Identifier
    reason: Code | None = None


class BreakoutOpened(_Data, frozen=True, kw_only=True):
    """`breakout.opened`."""

    room_id: Identifier
    title: Name | None = None


class BreakoutClosed(_Data, frozen=True, kw_only=True):
    """`breakout.closed`."""

    room_id: Identifier


class ParticipantJoined(_Data, frozen=True, kw_only=True):
    """`participant.joined`: a connection of a participant is there.

    A participant is present while one of their connections is. Who comes back does so with a new
    connection id; then a late `left` of the old connection removes nobody.
    """

    participant_id: Identifier
    connection_id: Identifier
    kind: ConnectionKind = ConnectionKind.MAIN
    name: Name
    role: Code | None = None
    user_id: Identifier | None = None
    email: Annotated[str, Meta(max_length=320)] | None = None
    avatar_url: Url | None = None


class ParticipantUpdated(_Data, frozen=True, kw_only=True):
    """`participant.updated`: new values; what is left out stays."""

    participant_id: Identifier
    name: Name | UnsetType = UNSET
    role: Code | None | UnsetType = UNSET
    user_id: Identifier | None | UnsetType = UNSET
    email: Annotated[str, Meta(max_length=320)] | None | UnsetType = UNSET
    avatar_url: Url | None | UnsetType = UNSET


class ParticipantSpeaking(_Data, frozen=True, kw_only=True):
    """`participant.speaking`: began or stopped to speak."""

    participant_id: Identifier
    speaking: bool


class ParticipantLeft(_Data, frozen=True, kw_only=True):
    """`participant.left`: a connection of a participant is gone."""

    participant_id: Identifier
    connection_id: Identifier
    reason: Code | None = None


class Speaker(_Data, frozen=True, kw_only=True):
    """Who speaks, as far as it is known."""

    name: Name
    participant_id: Identifier | None = None


class Word(_Data, frozen=True, kw_only=True):
    """One word of a segment."""

    text: Annotated[str, Meta(max_length=256)]
    start: Seconds
    end: Seconds
    confidence: Probability | None = None


class TranscriptSegment(_Data, frozen=True, kw_only=True):
    """`transcript.segment`: an upsert by `segment_id`.

    A higher revision replaces a lower one, the later of two equal ones the earlier; a final is never
    replaced by a partial.
    """

    segment_id: Identifier
    revision: Annotated[int, Meta(ge=0, le=1_000_000_000)] = 0
    final: bool
    speaker: Speaker | None = None
    text: Text
    start: Seconds
    end: Seconds
    language: Language | None = None
    confidence: Probability | None = None
    words: Annotated[list[Word], Meta(max_length=1000)] | None = None

    def __post_init__(self) -> None:
        """A segment does not end before it starts."""
        if self.end < self.start:
            raise ValueError("`end` must not be before `start`")


class TranscriptRetracted(_Data, frozen=True, kw_only=True):
    """`transcript.retracted`: the segment is withdrawn, for good."""

    segment_id: Identifier
    reason: Code | None = None


class SpeakerCorrected(_Data, frozen=True, kw_only=True):
    """`transcript.speaker_corrected`: these segments were spoken by somebody else.

    It holds for the segments there are; later revisions of them keep the corrected speaker.
    """

    segment_ids: Annotated[list[Identifier], Meta(min_length=1, max_length=500)]
    speaker: Speaker


class ChatMessage(_Data, frozen=True, kw_only=True):
    """`chat.message`: an upsert by `message_id`."""

    message_id: Identifier
    sender: Speaker | None = None
    text: Text


class ChapterAdded(_Data, frozen=True, kw_only=True):
    """`chapter.added`: an upsert by `start`."""

    title: Name
    start: Seconds
    end: Seconds | None = None


class SummaryRequested(_Data, frozen=True, kw_only=True):
    """`summary.requested`: somebody asked for a summary; written by the hub."""


class SummaryReady(_Data, frozen=True, kw_only=True):
    """`summary.ready`."""

    text: Annotated[str, Meta(min_length=1, max_length=32_768)]
    format: Code = "text"
    keywords: Annotated[list[Name], Meta(max_length=100)] = []


class SummaryFailed(_Data, frozen=True, kw_only=True):
    """`summary.failed`."""

    reason: Line


class RecordingUpdated(_Data, frozen=True, kw_only=True):
    """`recording.updated`: replaces what was known of the recording."""

    state: Code
    url: Url | None = None
    format: Code | None = None
    duration: Seconds | None = None
    """Seconds."""
    size: Annotated[int, Meta(ge=0)] | None = None
    """Bytes."""


class PeerReport(_Data, frozen=True, kw_only=True):
    """`peer.report`: device, network and quality of a participant's connection."""

    participant_id: Identifier
    connection_id: Identifier | None = None
    report: dict[str, Any]


class LogEntry(_Data, frozen=True, kw_only=True):
    """`log.entry`: a line of the bot's log."""

    level: LogLevel
    message: Text
    source: Annotated[str, Meta(max_length=128)] | None = None
    fields: dict[str, Any] = {}


class EventType(Struct, frozen=True):
    """One row of the table of event types."""

    channel: Channel
    data: type[Struct]
    reserved: bool = False
    """Written by the hub only; a publisher gets `reserved_type`."""


EVENT_TYPES: dict[str, EventType] = {
    "session.created": EventType(Channel.STATUS, SessionCreated, reserved=True),
    "session.status_changed": EventType(Channel.STATUS, StatusChanged),
    "session.updated": EventType(Channel.STATUS, SessionUpdated),
    "session.sealed": EventType(Channel.STATUS, SessionSealed, reserved=True),
    "session.deleted": EventType(Channel.STATUS, SessionDeleted, reserved=True),
    "bot.assigned": EventType(Channel.STATUS, BotAssigned, reserved=True),
    "bot.lost": EventType(Channel.STATUS, BotLost, reserved=True),
    "breakout.opened": EventType(Channel.STATUS, BreakoutOpened),
    "breakout.closed": EventType(Channel.STATUS, BreakoutClosed),
    "participant.joined": EventType(Channel.PARTICIPANTS, ParticipantJoined),
    "participant.updated": EventType(Channel.PARTICIPANTS, ParticipantUpdated),
    "participant.speaking": EventType(Channel.PARTICIPANTS, ParticipantSpeaking),
    "participant.left": EventType(Channel.PARTICIPANTS, ParticipantLeft),
    "transcript.segment": EventType(Channel.TRANSCRIPT, TranscriptSegment),
    "transcript.retracted": EventType(Channel.TRANSCRIPT, TranscriptRetracted),
    "transcript.speaker_corrected": EventType(Channel.TRANSCRIPT, SpeakerCorrected),
    "chat.message": EventType(Channel.CHAT, ChatMessage),
    "chapter.added": EventType(Channel.ARTIFACTS, ChapterAdded),
    "summary.requested": EventType(Channel.ARTIFACTS, SummaryRequested, reserved=True),
    "summary.ready": EventType(Channel.ARTIFACTS, SummaryReady),
    "summary.failed": EventType(Channel.ARTIFACTS, SummaryFailed),
    "recording.updated": EventType(Channel.ARTIFACTS, RecordingUpdated),
    "peer.report": EventType(Channel.ARTIFACTS, PeerReport),
    "log.entry": EventType(Channel.LOGS, LogEntry),
}

CUSTOM_PREFIX = "x."
"""Types that begin so are the publishers' own: any object, passed on."""


def channel_of(event_type: str) -> Channel:
    """The channel of an entry; types this hub does not know yet travel with `custom`."""
    row = EVENT_TYPES.get(event_type)
    return row.channel if row else Channel.CUSTOM


class Event(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What a publisher sends: `{"type", "data", "occurred_at"?, "idempotency_key"?}`."""

    type: Annotated[str, Meta(pattern=r"^[a-z][A-Za-z0-9_.-]{0,127}" + END)]
    data: msgspec.Raw = msgspec.Raw(b"{}")
    occurred_at: Annotated[datetime, Meta(tz=True)] | None = None
    idempotency_key: IdempotencyKey | None = None
