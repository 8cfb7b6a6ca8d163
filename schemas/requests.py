"""What the HTTP API takes and answers, beside the resources in `schemas.session`."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from schemas.bots import Stop
from schemas.codec import Id, Timestamp
from schemas.details import Details, User
from schemas.dispatch import Dispatch
from schemas.events import Channel
from schemas.frames import Appended
from schemas.session import Session
from schemas.values import FileUrl, Identifier, MeetingLink, Name, Short

Scope = Literal["publish", "subscribe", "manage", "admin"]
"""`publish` events and heartbeats · `subscribe` and read · `manage`: create, stop, seal, delete · `admin`:
all of these and API keys."""


class CreateSession(Details, frozen=True, kw_only=True):
    """`POST /v1/sessions`. With `scheduled_for`, a time to come, it starts `scheduled`."""

    meeting_link: MeetingLink | None = None
    """An https URL; the platform is recognised from it."""
    file_url: FileUrl | None = None
    """An https URL of a WebVTT, SubRip or JSON transcript, or of audio or video: the session is made from it.
    It starts `scheduled`; neither `meeting_link` nor `scheduled_for` go with it."""
    meeting_id: Id | None = None
    """Groups the sessions of one meeting."""
    dispatch: Dispatch | None = None
    """A bot is to take it: now, or in time for `scheduled_for`. Null: whoever publishes to it."""


class UpdateSession(Details, frozen=True, kw_only=True):
    """`PATCH /v1/sessions/{id}`: what is left out stays, null takes it away."""


class SessionList(Struct, frozen=True):
    """`GET /v1/sessions`."""

    data: list[Session]
    next: str | None
    """Pass as `cursor`, with the same filters and order, for the next page; null on the last one."""
    count: int
    """Sessions on all pages, exactly."""


class PublishResult(Struct, frozen=True):
    """`POST /v1/sessions/{id}/events`, in the order of the events."""

    entries: list[Appended]


class Heartbeat(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`POST /v1/sessions/{id}/heartbeat`: the bot is alive."""

    state: Short | None = None
    """What the bot does; appended as `session.updated` when it is another than before."""
    health: Short | None = None


class HeartbeatResult(Struct, frozen=True, kw_only=True):
    """Until when the session counts as live without another sign of life."""

    session_id: str
    at: Timestamp
    expires_at: Timestamp
    stop: Stop | None = None
    """With a lease: the bot is to leave, and how; null while the session goes on."""


class CreateToken(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`POST /v1/tokens`: a read-only stream token for a browser."""

    session_id: Id | None = None
    """The one session it opens; without it, the organization's feed."""
    channels: list[Channel] | None = None
    """By default all."""
    expires_in: Annotated[int, Meta(ge=10, le=86_400)] = 900
    """Seconds; a stream opened with it is cut then."""


class Token(Struct, frozen=True, kw_only=True):
    """A stream token; shown once."""

    token: str
    expires_at: Timestamp


class DownloadUrl(Struct, frozen=True, kw_only=True):
    """`GET /v1/sessions/{id}/<what>/url`: downloads it without a key."""

    url: str
    """From the root of the hub's address: path and query."""
    expires_at: Timestamp


class CreateKey(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`POST /v1/keys`."""

    name: Name | None = None
    scopes: Annotated[tuple[Scope, ...], Meta(min_length=1)] = ("publish", "subscribe", "manage")
    organization: Id | None = None
    """Only an admin of the organization `default` may name another than its own."""
    user: User | None = None


class Key(Struct, frozen=True, kw_only=True):
    """An API key without its secret."""

    id: str
    organization: str
    name: str | None
    scopes: tuple[Scope, ...]
    user: User | None
    created_at: Timestamp


class CreatedKey(Key, frozen=True, kw_only=True):
    """The answer to `POST /v1/keys`: the only time the secret is shown."""

    key: str


class KeyList(Struct, frozen=True):
    """`GET /v1/keys`."""

    data: list[Key]
    next: Identifier | None = None


class Health(Struct, frozen=True, kw_only=True):
    """`GET /healthz` and `GET /readyz`."""

    status: Literal["ok", "unavailable"]
    problems: list[str] = []


class StopSession(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`POST /v1/sessions/{id}/stop`; the body may be left out."""

    reason: Annotated[str, Meta(min_length=1, max_length=256)] | None = None
