"""The shapes of realtimekit: what it answers, and what it is asked for."""

from typing import Annotated, Any, Generic, Literal, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType, field

from hub.api.operations.session_list import MAX_PAGE, MAX_TEXT
from schemas import codec

MINUTE = 60_000
"""Milliseconds."""
_Data = TypeVar("_Data")


class Problem(Struct, frozen=True, kw_only=True):
    """What is wrong."""

    code: int
    message: str


class Error(Struct, frozen=True, kw_only=True):
    """What a request that failed is answered with."""

    success: Literal[False] = False
    errors: list[Problem]
    messages: list[Problem] = []
    result: None = None


class Answer(Struct, Generic[_Data], frozen=True, kw_only=True):
    """What a request that did not fail is answered with."""

    data: _Data
    success: Literal[True] = True


class Room(Struct, frozen=True, kw_only=True):
    """A breakout room."""

    id: str
    title: str | None
    started_at: codec.Timestamp
    ended_at: codec.Timestamp | None


class Session(Struct, frozen=True, kw_only=True):
    """A session that has started."""

    id: str
    associated_id: str
    """The meeting; empty if it belongs to none."""
    created_at: codec.Timestamp
    live_participants: int
    max_concurrent_participants: int
    meeting_display_name: str
    minutes_consumed: float
    """Minutes that all participants were there; of who is there, up to now."""
    organization_id: str
    started_at: codec.Timestamp
    status: Literal["LIVE", "ENDED"]
    type: Literal["meeting", "livestream", "participant"]
    updated_at: codec.Timestamp
    breakout_rooms: list[Room] | UnsetType = UNSET
    ended_at: codec.Timestamp | UnsetType = UNSET
    meta: dict[str, Any] | UnsetType = UNSET


class SessionDetails(Session, frozen=True, kw_only=True):
    """A session as newer clients read it, and in it again as older ones do."""

    session: Session


class SessionList(Struct, frozen=True, kw_only=True):
    """A page of sessions."""

    sessions: list[Session]


class Paging(Struct, frozen=True, kw_only=True):
    """Which of all are on a page; counted from 1, both included, and both 0 if there are none."""

    end_offset: int
    start_offset: int
    total_count: int


class SessionPage(Struct, frozen=True, kw_only=True):
    """The list of sessions."""

    data: SessionList
    paging: Paging
    success: Literal[True] = True


EventName = Literal["PEER_CREATED", "PEER_JOINING", "PEER_LEAVING"]


class PeerEvent(Struct, frozen=True, kw_only=True):
    """A peer, which is a connection of a participant, came or went."""

    id: str
    created_at: codec.Timestamp
    event_name: EventName
    minutes_consumed: float
    participant_id: str
    peer_id: str
    preset_view_type: Literal["GROUP_CALL", "LIVESTREAM"]
    session_id: str
    socket_session_id: str
    updated_at: codec.Timestamp


class Participant(Struct, frozen=True, kw_only=True):
    """A participant, or one of their peers."""

    id: str
    created_at: codec.Timestamp
    custom_participant_id: str | UnsetType = UNSET
    display_name: str
    duration: float
    """Minutes they were there; up to now if they are."""
    joined_at: codec.Timestamp
    left_at: codec.Timestamp | UnsetType = UNSET
    peer_events: list[PeerEvent] | UnsetType = UNSET
    preset_name: str | UnsetType = UNSET
    updated_at: codec.Timestamp
    user_id: str | UnsetType = UNSET


class ParticipantList(Struct, frozen=True, kw_only=True):
    """A page of participants."""

    participants: list[Participant]


class ParticipantDetails(Struct, frozen=True, kw_only=True):
    """One participant."""

    participant: Participant


class PeerReport(Struct, frozen=True, kw_only=True):
    """How the connection of a peer was."""

    metadata: dict[str, Any] | UnsetType = UNSET
    quality: dict[str, Any] | UnsetType = UNSET


class Peer(Participant, frozen=True, kw_only=True):
    """A participant with the report of their connection."""

    peer_report: PeerReport
    session_id: str


class RoledPeer(Peer, frozen=True, kw_only=True):
    """A peer with their role."""

    role: str | UnsetType = UNSET


class PeerDetails(Peer, frozen=True, kw_only=True):
    """A peer as it was published, and in it again as the clients read it."""

    participant: RoledPeer


class PeerData(Struct, frozen=True, kw_only=True, rename="camel"):
    """Who said something, in a transcript; all null if nobody knows."""

    id: str | None
    user_id: str | None
    display_name: str | None
    cpi: str | None
    """The custom id."""
    joined_at: codec.Timestamp | None
    left_at: codec.Timestamp | None


class Sentence(Struct, frozen=True, kw_only=True, rename="camel"):
    """What somebody said; times in milliseconds since the session started."""

    start_time: int
    end_time: int
    sentence: str
    peer_data: PeerData


class ChatUrl(Struct, frozen=True, kw_only=True):
    """Where the chat can be downloaded."""

    chat_download_url: str
    chat_download_url_expiry: codec.Timestamp


class TranscriptUrl(Struct, frozen=True, kw_only=True):
    """Where the transcript can be downloaded."""

    session_id: str = field(name="sessionId")
    transcript_download_url: str
    transcript_download_url_expiry: codec.Timestamp


class SummaryUrl(Struct, frozen=True, kw_only=True, rename="camel"):
    """Where the summary can be downloaded."""

    session_id: str
    summary_download_url: str
    summary_download_url_expiry: codec.Timestamp


class SummaryState(Struct, frozen=True, kw_only=True):
    """How far a summary is."""

    session_id: str
    status: str


class Pages(Struct, frozen=True, kw_only=True):
    """Which page; the clients send floats, and 0 for the first one too."""

    page_no: Annotated[float, Meta(ge=0, le=MAX_PAGE, multiple_of=1)] = 1
    """Counts from 1."""
    per_page: Annotated[float, Meta(ge=1, le=100, multiple_of=1)] = 20
    """How many are on it at most."""

    @property
    def skip(self) -> int:
        """How many come before."""
        return max(0, int(self.page_no) - 1) * self.limit

    @property
    def limit(self) -> int:
        """How many are on it at most."""
        return int(self.per_page)


class SessionQuery(Pages, frozen=True, kw_only=True):
    """Which sessions."""

    associated_id: codec.Id | None = None
    """Only those of this meeting."""
    start_time: str | None = None
    """Only those created then or later, a date or a timestamp."""
    end_time: str | None = None
    """Only those created then or earlier."""
    participants: str | None = None
    """Any of these was in it, separated by commas."""
    search: Annotated[str, Meta(max_length=MAX_TEXT)] = ""
    """Contained in the title or the id of the meeting, in any case; or the whole id of the session."""
    sort_by: Literal["minutesConsumed", "createdAt"] = "createdAt"
    """What they are sorted by."""
    sort_order: Literal["ASC", "DESC"] = "DESC"
    """Whether the least or the greatest comes first."""
    status: Literal["LIVE", "ENDED"] | None = None
    """Only those that are live, or only those that are not."""


class DetailsQuery(Struct, frozen=True, kw_only=True):
    """What of a session."""

    include_breakout_rooms: bool = False
    """With its breakout rooms."""


class EventsQuery(Struct, frozen=True, kw_only=True):
    """What of a participant."""

    include_peer_events: bool = False
    """With when their peers joined and left."""


class ParticipantQuery(Pages, frozen=True, kw_only=True):
    """Which participants, and what of them."""

    include_peer_events: bool = False
    """With when their peers joined and left."""
    search: Annotated[str, Meta(max_length=MAX_TEXT)] = ""
    """Contained in the name or in an id of the publisher's, in any case; or the whole id of a peer."""
    sort_by: Literal["joinedAt", "duration"] = "joinedAt"
    """What they are sorted by."""
    sort_order: Literal["ASC", "DESC"] = "ASC"
    """Whether the least or the greatest comes first."""
    view: Literal["raw", "consolidated"] = "consolidated"
    """`raw`: each connection by itself; `consolidated`: all of one participant together."""


Filter = Literal["device_info", "ip_information", "precall_network_information", "events", "quality_stats"]
"""What of the report of a peer."""


class PeerQuery(EventsQuery, frozen=True, kw_only=True):
    """What of a peer."""

    filters: Filter | None = None
    """Only this part of the report."""


class TranscriptQuery(Struct, frozen=True, kw_only=True):
    """Which transcript."""

    format: Literal["SRT", "VTT", "JSON", "CSV"] = "CSV"
    """What kind of a file it is."""


class DownloadQuery(Struct, frozen=True, kw_only=True):
    """What a download URL opens."""

    signature: str = ""
    """As it stands in the URL that was given out."""
