"""What meemo shows of meetings, and how it comes from native sessions."""

from collections.abc import Iterable, Iterator
from typing import Literal

from msgspec import Struct

from hub.core.export import Heading, json_array
from hub.core.lifecycle import PHASE, Phase
from hub.core.stand_in import number_of
from schemas import codec, directory, session
from schemas.events import Status as NativeStatus

UNKNOWN = "Unknown"
"""Who speaks or hosts, where nobody said it."""

Status = Literal["upcoming", "ongoing", "recording", "past"]


class Attendee(Struct, frozen=True, kw_only=True):
    """Somebody whom the calendar event names."""

    email: str
    display_name: str | None
    response_status: str | None


class CalendarEvent(Struct, frozen=True, kw_only=True):
    """The calendar event behind a meeting."""

    event_id: str
    summary: str | None
    organizer_email: str | None
    attendees: list[Attendee]
    meeting_link: str | None
    start_time: codec.Timestamp | None
    end_time: codec.Timestamp | None


class ListedMeeting(Struct, frozen=True, kw_only=True):
    """A meeting in a list."""

    id: int
    title: str
    start_time: codec.Timestamp
    """When it started, else is to start, else was created."""
    end_time: codec.Timestamp | None
    created_at: codec.Timestamp
    status: Status
    summary_complete: bool
    host_name: str
    calendar_event: CalendarEvent | None


class MeetingPage(Struct, frozen=True, kw_only=True):
    """A page of meetings."""

    count: int
    """On all pages."""
    next: str | None
    previous: str | None
    results: list[ListedMeeting]


class Host(Struct, frozen=True, kw_only=True):
    """Whose meeting it is."""

    id: int
    name: str
    email: str


class Meeting(Struct, frozen=True, kw_only=True):
    """A meeting."""

    id: int
    title: str
    start_time: codec.Timestamp
    end_time: codec.Timestamp | None
    created_at: codec.Timestamp
    location: str
    status: Status
    summary_complete: bool
    host: Host
    language: str
    keywords: list[str]
    participant_count: int
    duration_seconds: float | None
    num_cluster: int
    calendar_event: CalendarEvent | None


class Segment(Struct, frozen=True, kw_only=True):
    """What somebody said; times in seconds from the start."""

    speaker: str
    text: str
    start_time: float
    end_time: float


class Transcript(Struct, frozen=True, kw_only=True):
    """All that was said, by time."""

    meeting_id: int
    title: str
    total_segments: int
    transcripts: list[Segment]


class Summary(Struct, frozen=True, kw_only=True):
    """The summary; null until there is one."""

    meeting_id: int
    title: str
    summary: str | None
    notes: str
    keywords: list[str]


class Participant(Struct, frozen=True, kw_only=True):
    """Who takes part, or took part."""

    id: int | None
    """Null of a guest, of whom no user is known."""
    name: str
    email: str | None
    position: str
    department: str


class Participants(Struct, frozen=True, kw_only=True):
    """All who take part, or took part."""

    meeting_id: int
    title: str
    total_participants: int
    participants: list[Participant]


class Recording(Struct, frozen=True, kw_only=True):
    """The recording; without a URL until there is one."""

    meeting_id: int
    title: str
    recording_url: str | None
    duration: float
    format: str


class Organization(Struct, frozen=True, kw_only=True):
    """An organization that the caller has access to."""

    id: int
    name: str


class Topic(Struct, frozen=True, kw_only=True):
    """What meetings are about."""

    id: int
    name: str
    alias: str
    language: str


def _status(found: session.Session) -> Status:
    phase = PHASE[found.status]
    if phase is Phase.WAITING:
        return "upcoming"
    if phase is not Phase.LIVE:
        return "past"
    return "recording" if found.status is NativeStatus.RECORDING else "ongoing"


def _start(found: session.Session) -> str:
    """As `Sort.START` orders them."""
    return found.started_at or found.starts_at or found.scheduled_for or found.created_at


def _host(found: session.Session) -> Host:
    user = found.host or found.user or session.User()
    name = " ".join(part for part in (user.first_name, user.last_name) if part) or user.email or UNKNOWN
    return Host(id=number_of(user.id or user.email or name), name=name, email=user.email or "")


def _calendar(found: session.Session) -> CalendarEvent | None:
    event = found.calendar_event
    if event is None:
        return None
    return CalendarEvent(
        event_id=event.id,
        summary=event.title,
        organizer_email=event.organizer_email,
        attendees=[
            Attendee(email=one.email, display_name=one.name, response_status=one.response_status)
            for one in found.attendees or ()
        ],
        meeting_link=event.meeting_link,
        start_time=event.starts_at,
        end_time=event.ends_at,
    )


def listed_meeting(found: session.Session) -> ListedMeeting:
    """A session as it is shown in a list."""
    return ListedMeeting(
        id=found.number,
        title=found.title or "",
        start_time=_start(found),
        end_time=found.ended_at,
        created_at=found.created_at,
        status=_status(found),
        summary_complete=found.summary_state == "ready",
        host_name=_host(found).name,
        calendar_event=_calendar(found),
    )


def shown_meeting(found: session.Session, summary: session.Summary | None = None) -> Meeting:
    """A session as it is shown, with the summary that there may be."""
    return Meeting(
        id=found.number,
        title=found.title or "",
        start_time=_start(found),
        end_time=found.ended_at,
        created_at=found.created_at,
        location=found.location or "",
        status=_status(found),
        summary_complete=found.summary_state == "ready",
        host=_host(found),
        language=found.language or "",
        keywords=found.keywords or ([] if summary is None else summary.keywords),
        participant_count=found.participant_counts.total,
        duration_seconds=found.duration,
        num_cluster=found.cluster_count or 0,
        calendar_event=_calendar(found),
    )


def shown_summary(found: session.SessionDetail) -> Summary:
    """The summary of a session."""
    summary = found.artifacts.summary
    return Summary(
        meeting_id=found.number,
        title=found.title or "",
        summary=None if summary is None else summary.text,
        notes="" if summary is None else summary.notes or "",
        keywords=(None if summary is None else summary.keywords) or found.keywords or [],
    )


def shown_participants(
    found: session.SessionDetail, everybody: Iterable[session.Participant]
) -> Participants:
    """Everybody who takes part in a session, or took part."""
    return Participants(
        meeting_id=found.number,
        title=found.title or "",
        total_participants=found.participant_counts.total,
        participants=[
            Participant(
                id=None if who.user_id is None else number_of(who.user_id),
                name=who.name,
                email=who.email,
                position=who.position or "",
                department=who.department or "",
            )
            for who in everybody
        ],
    )


def shown_recording(found: session.SessionDetail) -> Recording:
    """The recording of a session."""
    recording = found.artifacts.recording
    return Recording(
        meeting_id=found.number,
        title=found.title or "",
        recording_url=None if recording is None else recording.url,
        duration=0.0 if recording is None else recording.duration or 0.0,
        format="" if recording is None else recording.format or "",
    )


def shown_topic(found: directory.Topic) -> Topic:
    """A topic."""
    return Topic(id=found.number, name=found.name, alias=found.alias or "", language=found.language or "")


def written_transcript(number: int, heading: Heading, segments: Iterable[session.Segment]) -> Iterator[str]:
    """A transcript as `Transcript`, segment by segment."""
    begin = Transcript(
        meeting_id=number, title=heading.title or "", total_segments=heading.segment_count, transcripts=[]
    )
    yield codec.encode(begin).decode().removesuffix("[]}")
    yield from json_array(
        Segment(
            speaker=UNKNOWN if one.speaker is None else one.speaker.name,
            text=one.text,
            start_time=one.start,
            end_time=one.end,
        )
        for one in segments
    )
    yield "}"
