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
from schemas.details import Data, Details, Platform
from schemas.dispatch import Dispatch
from schemas.values import (
    Code,
    Email,
    IdempotencyKey,
    Identifier,
    Language,
    Line,
    Name,
    Probability,
    Seconds,
    Text,
    Url,
)

Count = Annotated[int, Meta(ge=0, le=1_000_000_000_000_000)]


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


class SessionCreated(Details, frozen=True, kw_only=True):
    """`session.created`: written by the hub when a session is created; entry 1 of every stream."""

    number: int
    status: Status
    organization: str = ""
    meeting_id: str | None = None
    meeting_link: str | None = None
    file_url: str | None = None
    """Of a recorded session: the file that it is made from, without the query, which may hold a secret."""
    platform: Platform | None = None
    dispatch: Dispatch | None = None


class StatusChanged(Data, frozen=True, kw_only=True):
    """`session.status_changed`: the session takes a step forward."""

    status: Status
    reason: Annotated[str, Meta(max_length=256)] | None = None
    code: Code | None = None
    """Machine-readable reason, such as `BOT_LOST`."""
    message: Line | None = None
    stage: Code | None = None
    """Where in the bot's work it happened."""


class SessionUpdated(Details, frozen=True, kw_only=True):
    """`session.updated`: new values for what was said at creation; what is left out stays."""


class SessionSealed(Data, frozen=True, kw_only=True):
    """`session.sealed`: the session takes nothing more but artifacts; written by the hub."""

    reason: Code


class SessionDeleted(Data, frozen=True, kw_only=True):
    """`session.deleted`: the session is about to be gone; written by the hub."""


class BotAssigned(Data, frozen=True, kw_only=True):
    """`bot.assigned`: a bot has taken the session; written by the hub."""

    bot_id: Identifier
    name: Name | None = None
    lease: Count | None = None
    """The number of its lease: each is higher than those before."""


class BotLost(Data, frozen=True, kw_only=True):
    """`bot.lost`: the bot has the session no more, and nobody sees who is in it; written by the hub."""

    bot_id: Identifier
    reason: Code | None = None
    """`expired`: it was silent for too long; else what it said when it let go."""
    lease: Count | None = None


class BreakoutOpened(Data, frozen=True, kw_only=True):
    """`breakout.opened`."""

    room_id: Identifier
    title: Name | None = None


class BreakoutClosed(Data, frozen=True, kw_only=True):
    """`breakout.closed`."""

    room_id: Identifier


class ParticipantJoined(Data, frozen=True, kw_only=True):
    """`participant.joined`: a connection of a participant is there.

    A participant is present while one of their connections is. Who comes back does so with a new
    connection id; then a late `left` of the old connection removes nobody.
    """

    participant_id: Identifier
    connection_id: Identifier
    kind: ConnectionKind = ConnectionKind.MAIN
    name: Name
    role: Code | None = None
    preset: Name | None = None
    """Of what they may do, by the name the meeting has for it."""
    custom_id: Identifier | None = None
    """Whoever made the participant calls them so."""
    user_id: Identifier | None = None
    email: Email | None = None
    avatar_url: Url | None = None
    device_type: Code | None = None
    """Such as `desktop`, `mobile`, `phone`."""
    position: Name | None = None
    """What they work as."""
    department: Name | None = None


class ParticipantUpdated(Data, frozen=True, kw_only=True):
    """`participant.updated`: new values; what is left out stays."""

    participant_id: Identifier
    name: Name | UnsetType = UNSET
    role: Code | None | UnsetType = UNSET
    preset: Name | None | UnsetType = UNSET
    custom_id: Identifier | None | UnsetType = UNSET
    user_id: Identifier | None | UnsetType = UNSET
    email: Email | None | UnsetType = UNSET
    avatar_url: Url | None | UnsetType = UNSET
    device_type: Code | None | UnsetType = UNSET
    position: Name | None | UnsetType = UNSET
    department: Name | None | UnsetType = UNSET


class ParticipantSpeaking(Data, frozen=True, kw_only=True):
    """`participant.speaking`: began or stopped to speak."""

    participant_id: Identifier
    speaking: bool


class ParticipantLeft(Data, frozen=True, kw_only=True):
    """`participant.left`: a connection of a participant is gone."""

    participant_id: Identifier
    connection_id: Identifier
    reason: Code | None = None


class Speaker(Data, frozen=True, kw_only=True):
    """Who speaks, as far as it is known."""

    name: Name
    participant_id: Identifier | None = None


class Word(Data, frozen=True, kw_only=True):
    """One word of a segment."""

    text: Annotated[str, Meta(max_length=256)]
    start: Seconds
    end: Seconds
    confidence: Probability | None = None


class TranscriptSegment(Data, frozen=True, kw_only=True):
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


class TranscriptRetracted(Data, frozen=True, kw_only=True):
    """`transcript.retracted`: the segment is withdrawn, for good."""

    segment_id: Identifier
    reason: Code | None = None


class SpeakerCorrected(Data, frozen=True, kw_only=True):
    """`transcript.speaker_corrected`: these segments were spoken by somebody else.

    It holds for the segments there are; later revisions of them keep the corrected speaker.
    """

    segment_ids: Annotated[list[Identifier], Meta(min_length=1, max_length=500)]
    speaker: Speaker


class ChatMessage(Data, frozen=True, kw_only=True):
    """`chat.message`: an upsert by `message_id`."""

    message_id: Identifier
    sender: Speaker | None = None
    text: Text


class ChapterAdded(Data, frozen=True, kw_only=True):
    """`chapter.added`: an upsert by `start`."""

    title: Name
    start: Seconds
    end: Seconds | None = None


class SummaryRequested(Data, frozen=True, kw_only=True):
    """`summary.requested`: somebody asked for a summary; written by the hub."""


class SummaryReady(Data, frozen=True, kw_only=True):
    """`summary.ready`."""

    text: Annotated[str, Meta(min_length=1, max_length=32_768)]
    format: Code = "text"
    """Such as `text`, `markdown`."""
    notes: Annotated[str, Meta(min_length=1, max_length=32_768)] | None = None
    keywords: Annotated[list[Name], Meta(max_length=100)] = []
    model: Name | None = None
    """What wrote it: a model's name, `extractive` for the hub's own."""


class SummaryFailed(Data, frozen=True, kw_only=True):
    """`summary.failed`."""

    reason: Line


class RecordingUpdated(Data, frozen=True, kw_only=True):
    """`recording.updated`: replaces what was known of the recording."""

    state: Code
    url: Url | None = None
    format: Code | None = None
    duration: Seconds | None = None
    """Seconds."""
    size: Count | None = None
    """Bytes of all files."""
    segment_count: Count | None = None
    """Pieces it was recorded in."""
    audio_file_count: Count | None = None
    video_file_count: Count | None = None
    output_directory: Line | None = None
    """Where its files are kept, in the publisher's own words."""


class PeerReport(Data, frozen=True, kw_only=True):
    """`peer.report`: how a participant's connection is; replaces the report before."""

    participant_id: Identifier
    connection_id: Identifier | None = None
    device: dict[str, Any] | None = None
    network: dict[str, Any] | None = None
    precall: dict[str, Any] | None = None
    """What was found of the network before the call."""
    quality: dict[str, Any] | None = None
    """Statistics of audio, video and screen."""


class LogEntry(Data, frozen=True, kw_only=True):
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
