"""What sessions belong to: meetings, and the topics of an organization."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from schemas.codec import Timestamp
from schemas.details import Data
from schemas.session import User
from schemas.values import Code, Identifier, Language, Name, Url

Description = Annotated[str, Meta(max_length=4096)]


class PutMeeting(Data, frozen=True, kw_only=True):
    """`PUT /v1/meetings/{id}`: all that is said of the meeting; what is left out is not said any more."""

    title: Name | None = None
    description: Description | None = None
    external_id: Identifier | None = None
    """What another system calls it."""
    source: Code | None = None
    """Which one, such as `google_calendar`."""
    link: Url | None = None


class Meeting(Struct, frozen=True, kw_only=True):
    """A meeting: there once it was put, or a session has named it."""

    id: str
    number: int
    """Counts the organization's meetings from 1."""
    title: str | None = None
    description: str | None = None
    external_id: str | None = None
    source: str | None = None
    link: str | None = None
    user: User | None = None
    """Of the API key that put it first; null if only sessions have named it."""
    metadata_version: int
    """How often it was put."""
    created_at: Timestamp
    updated_at: Timestamp


class MeetingList(Struct, frozen=True):
    """`GET /v1/meetings`, newest first."""

    data: list[Meeting]
    next: str | None
    """Pass as `cursor` for the next page; null on the last one."""
    count: int
    """Meetings on all pages."""


class CreateTopic(Data, frozen=True, kw_only=True):
    """`POST /v1/topics`."""

    name: Name
    alias: Name | None = None
    language: Language | None = None


class UpdateTopic(Data, frozen=True, kw_only=True):
    """`PATCH /v1/topics/{id}`: what is left out stays, null takes it away."""

    name: Name | UnsetType = UNSET
    alias: Name | None | UnsetType = UNSET
    language: Language | None | UnsetType = UNSET


class Topic(Struct, frozen=True, kw_only=True):
    """What sessions of an organization are about."""

    id: str
    number: int
    """Counts the organization's topics from 1."""
    name: str
    alias: str | None = None
    language: str | None = None
    created_at: Timestamp
    updated_at: Timestamp


class TopicList(Struct, frozen=True):
    """`GET /v1/topics`, newest first."""

    data: list[Topic]
    next: str | None
    """Pass as `cursor` for the next page; null on the last one."""
    count: int
    """Topics on all pages."""
