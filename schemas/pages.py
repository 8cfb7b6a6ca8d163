"""What is read of a session by pages, and one of its parts by itself."""

from typing import Any

from msgspec import Raw, Struct

from schemas.codec import Timestamp
from schemas.events import ConnectionKind
from schemas.session import Chapter, LogLine, Message, Participant, Segment


class _Page(Struct, frozen=True, kw_only=True):
    """Some of many, in the order of the list."""

    next: str | None
    """Pass as `cursor` for the next page; null on the last one."""


class TranscriptPage(_Page, frozen=True, kw_only=True):
    """`GET /v1/sessions/{id}/transcript`: segments that are not retracted, by `position`."""

    session_id: str
    entry_id: str
    """The entry this reflects."""
    segments: list[Segment]


class ParticipantPage(_Page, frozen=True, kw_only=True):
    """`GET /v1/sessions/{id}/participants`."""

    data: list[Participant]
    count: int
    """How many there are on all pages."""
    entry_id: str
    """The entry this reflects."""


class PeerEvent(Struct, frozen=True, kw_only=True):
    """A connection of a participant came or went."""

    event: str
    """`joined` or `left`."""
    at: Timestamp
    connection_id: str
    kind: ConnectionKind


class ParticipantDetail(Participant, frozen=True, kw_only=True):
    """`GET /v1/sessions/{id}/participants/{participant_id}`, and `…/peers/{connection_id}`."""

    events: list[PeerEvent]
    """Of the connections that are kept, by time."""
    report: dict[str, Any] | None
    """The newest `peer.report` as it was published."""


class MessagePage(_Page, frozen=True, kw_only=True):
    """`GET /v1/sessions/{id}/chat`: messages as they were last edited, by time of their first version."""

    data: list[Message]
    count: int
    """How many there are on all pages."""
    entry_id: str
    """The entry this reflects."""


class LogPage(_Page, frozen=True, kw_only=True):
    """`GET /v1/sessions/{id}/logs`: the lines that are kept, oldest first or newest first."""

    data: list[LogLine]


class EntryPage(_Page, frozen=True, kw_only=True):
    """`GET /v1/sessions/{id}/events`: entries as streams send them, by entry id."""

    data: list[Raw]


class ChapterList(Struct, frozen=True, kw_only=True):
    """`GET /v1/sessions/{id}/chapters`: by start, the last 500."""

    data: list[Chapter]
    truncated: bool
    entry_id: str
    """The entry this reflects."""
