"""A new meeting of meemo, and what is said natively of it."""

from datetime import UTC, datetime
from typing import Annotated, Any

from msgspec import Meta, Struct, ValidationError, convert

from hub.core.event import invalid_field
from hub.errors import HubError
from schemas.requests import CreateSession
from schemas.values import Code, Email, FileUrl, Identifier, MeetingLink, Name, Url

Number = Annotated[int, Meta(ge=1, le=2**53)]


class NewAttendee(Struct, frozen=True, kw_only=True):
    """Somebody whom the calendar event names."""

    email: Email
    display_name: Annotated[str, Meta(max_length=256)] | None = None
    response_status: Code | None = None


class NewCalendarEvent(Struct, frozen=True, kw_only=True):
    """The calendar event behind a meeting."""

    event_id: Identifier
    summary: Annotated[str, Meta(max_length=1024)] | None = None
    organizer_email: Email | None = None
    attendees: list[NewAttendee] | None = None
    meeting_link: Url | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None


class NewMeeting(Struct, frozen=True, kw_only=True):
    """What is said of a new meeting; times without an offset are in UTC."""

    organization_id: Number
    title: Name
    start_time: datetime | None = None
    user_token: Annotated[str, Meta(max_length=512)] | None = None
    """An API key or access token of the user whose meeting it is."""
    topic_id: Number | None = None
    participants: list[Email] | None = None
    bot_meeting_url: MeetingLink | None = None
    file_url: FileUrl | None = None
    bot_join_at: datetime | None = None
    speaker_count: Annotated[int, Meta(ge=1, le=10_000)] | None = None
    calendar_event: NewCalendarEvent | None = None


def wrong_field(field: str, message: str) -> HubError:
    """The refusal of what is said of a meeting."""
    return HubError("invalid_field", message, field=field)


def native_of(asked: NewMeeting, now: datetime, **more: Any) -> CreateSession:
    """What is said natively of a new meeting.

    Args:
        asked: What is said of it here.
        now: What is to come must come later.
        more: Said of it beside: topic and user.

    Raises:
        HubError: `invalid_field`.
    """
    bot, event = asked.bot_meeting_url, asked.calendar_event
    start, joins = _utc("start_time", asked.start_time), _utc("bot_join_at", asked.bot_join_at)
    if bot is not None and asked.file_url is not None:
        raise wrong_field("file_url", "`bot_meeting_url` and `file_url` are mutually exclusive.")
    if joins is not None and bot is None:
        raise wrong_field("bot_join_at", "`bot_join_at` needs `bot_meeting_url`.")
    if joins is not None and joins <= now:
        raise wrong_field("bot_join_at", "`bot_join_at` must be in the future.")
    said: dict[str, Any] = {
        "title": asked.title,
        "invited_emails": asked.participants,
        "speaker_count": asked.speaker_count,
        "meeting_link": bot,
        "file_url": asked.file_url,
        "dispatch": None if bot is None else {},
        "scheduled_for": joins,
    }
    if event is not None:
        begins = _utc("calendar_event.start_time", event.start_time)
        start = start or begins
        said["calendar_event"] = {
            "id": event.event_id,
            "title": event.summary,
            "organizer_email": event.organizer_email,
            "meeting_link": event.meeting_link,
            "starts_at": begins,
            "ends_at": _utc("calendar_event.end_time", event.end_time),
        }
        said["attendees"] = [
            {"email": one.email, "name": one.display_name or None, "response_status": one.response_status}
            for one in event.attendees or ()
        ]
    said["starts_at"] = start
    if bot is None and asked.file_url is None and start is not None and start > now:
        # Nobody is there before.
        said["scheduled_for"] = start
    said = {name: value for name, value in (said | more).items() if value is not None}
    try:
        return convert(said, CreateSession)
    except ValidationError as error:
        raise invalid_field(error) from None


def _utc(field: str, moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise wrong_field(field, f"`{field}` is not within the years 1 to 9999 in UTC.") from None
