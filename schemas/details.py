"""What can be said of a session: at its creation, and later by `PATCH` or `session.updated`."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from schemas.codec import Id
from schemas.values import Anything, Code, Email, Identifier, Language, Line, Name, Short, StreamUrl, Url


class SessionType(StrEnum):
    """What kind of a session it is."""

    MEETING = "meeting"
    LIVESTREAM = "livestream"
    PARTICIPANT = "participant"
    """Of one participant alone."""
    LIVE_ANALYSIS = "live_analysis"
    """Of media that no meeting belongs to."""


class Platform(StrEnum):
    """Whose meeting it is, recognised from the meeting link."""

    ZOOM = "zoom"
    GOOGLE_MEET = "google_meet"
    TEAMS = "teams"
    WEBEX = "webex"
    OTHER = "other"


class Data(Struct, forbid_unknown_fields=True, omit_defaults=True, frozen=True):
    """What a publisher may say: a field that is not known is refused."""


class User(Data, frozen=True, kw_only=True):
    """Somebody outside of the session: who created it, who hosts it."""

    id: Identifier | None = None
    first_name: Annotated[str, Meta(max_length=256)] | None = None
    last_name: Annotated[str, Meta(max_length=256)] | None = None
    email: Annotated[str, Meta(max_length=320)] | None = None
    avatar_url: Url | None = None


class Attendee(Data, frozen=True, kw_only=True):
    """Who is expected, by the calendar."""

    email: Email
    name: Name | None = None
    response_status: Code | None = None
    """As the calendar says it, such as `accepted`, `declined`, `tentative`, `needsAction`."""


Moment = Annotated[datetime, Meta(tz=True)]


class CalendarEvent(Data, frozen=True, kw_only=True):
    """The calendar event that the session comes from."""

    id: Identifier
    """Of the calendar."""
    title: Annotated[str, Meta(max_length=1024)] | None = None
    organizer_email: Email | None = None
    meeting_link: Url | None = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None


class Source(Data, frozen=True, kw_only=True):
    """Where media of the session come from."""

    id: Identifier
    name: Name | None = None
    type: Code | None = None
    """Such as `video`, `audio`."""
    device: Code | None = None
    """Such as `local_camera`."""
    url: StreamUrl | None = None


class Details(Data, frozen=True, kw_only=True):
    """All that can be said of a session and changed later. What is left out stays, null takes it away.

    As JSON, `attendees` have at most 32 KiB, `metadata` and `config` 16 KiB each, the other lists 8 KiB each.
    """

    title: Name | None | UnsetType = UNSET
    type: SessionType | UnsetType = UNSET
    host: User | None | UnsetType = UNSET
    user: User | None | UnsetType = UNSET
    """Whom it belongs to; at creation by default the user of the API key."""
    bot_name: Name | None | UnsetType = UNSET
    bot_state: Short | None | UnsetType = UNSET
    """What the bot does, in its own words; a heartbeat may say it too."""
    bot_health: Short | None | UnsetType = UNSET
    location: Line | None | UnsetType = UNSET
    scheduled_for: Moment | None | UnsetType = UNSET
    """When the bot is to come."""
    starts_at: Moment | None | UnsetType = UNSET
    """When the meeting itself is to begin, or began: as it was planned, of a file also long ago."""
    calendar_event: CalendarEvent | None | UnsetType = UNSET
    attendees: list[Attendee] | None | UnsetType = UNSET
    """Null where nobody said who was asked; a list, also an empty one, where somebody did."""
    invited_emails: list[Email] | None | UnsetType = UNSET
    transcription_enabled: bool | UnsetType = UNSET
    transcription_language: Language | None | UnsetType = UNSET
    language: Language | None | UnsetType = UNSET
    """The one that is spoken."""
    topic_id: Id | None | UnsetType = UNSET
    keywords: Annotated[list[Name], Meta(max_length=100)] | None | UnsetType = UNSET
    speaker_count: Annotated[int, Meta(ge=1, le=10_000)] | None | UnsetType = UNSET
    """How many are expected to speak."""
    cluster_count: Annotated[int, Meta(ge=0, le=10_000)] | None | UnsetType = UNSET
    """How many voices were told apart."""
    product: Name | None | UnsetType = UNSET
    """By what it is analysed, in the publisher's own words."""
    sources: list[Source] | None | UnsetType = UNSET
    config: Anything | None | UnsetType = UNSET
    debug: bool | UnsetType = UNSET
    metadata: Anything | UnsetType = UNSET
