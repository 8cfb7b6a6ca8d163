"""What bots say and are told: how they take sessions, hold them by a lease and let go of them.

A lease is numbered: each bot that takes a session gets a higher number than the one before (a fencing token),
and what it publishes carries that number, so that a bot that was taken for dead can do no more harm.
"""

from typing import Annotated, Any

from msgspec import Meta, Struct

from schemas.codec import Timestamp
from schemas.details import Platform
from schemas.dispatch import Label
from schemas.errors import Error
from schemas.events import Event, Status
from schemas.session import Session
from schemas.values import Code, Identifier, Name, Short

MAX_SLOTS = 1_000
LEASE_HEADER = "Hub-Lease"
"""The header with the number of the lease, on requests of a bot."""

MAX_LEASE = 2**31
Lease = Annotated[int, Meta(ge=1, le=MAX_LEASE)]


class Bot(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What a bot says of itself."""

    id: Identifier
    """Its own; one that connects again under the same id goes on with the sessions it holds."""
    name: Name | None = None
    platforms: Annotated[list[Platform], Meta(max_length=16)] | None = None
    """On which it can join; null: on all."""
    labels: Annotated[list[Label], Meta(max_length=32)] = []
    """What else it can do: a session that asks for labels goes to a bot that has them all."""
    media: bool = False
    """It can make a transcript of an audio or video file."""
    slots: Annotated[int, Meta(ge=0, le=MAX_SLOTS)] = 1
    """Sessions it takes at once."""


class Assignment(Struct, frozen=True, kw_only=True, tag="assign", tag_field="type"):
    """A session was given to the bot."""

    session: Session
    lease: int
    lease_seconds: float
    """How long the bot may stay silent."""
    file_url: str | None = None
    """The audio or video that is to be transcribed; null: a meeting is to be joined."""


class Stop(Struct, frozen=True, kw_only=True, tag="stop", tag_field="type"):
    """Leave: the session is being ended."""

    session_id: str
    lease: int
    status: Status
    """How it will end, whatever the bot says of it."""
    reason: str | None = None
    code: str | None = None
    deadline: Timestamp
    """When it is ended without the bot."""


class Lost(Struct, frozen=True, kw_only=True, tag="lost", tag_field="type"):
    """The bot does not hold the session any more: another may have it, or it has ended or is gone."""

    session_id: str
    lease: int


class BotReply(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="reply", tag_field="type"):
    """The answer to an operation: `result`, or `error` as in the error envelope.

    The result of `register` is `lease_seconds`, that of `publish` the `entries`, that of others empty.
    """

    ref: int | str | None = None
    result: dict[str, Any] | None = None
    error: Error | None = None


class BotDisconnect(Struct, frozen=True, kw_only=True, tag="disconnect", tag_field="type"):
    """The connection ends; its sessions stay with the bot until their leases run out."""

    code: str
    message: str
    retry_ms: int | None = None
    """When to come back; null: do not."""


BotMessage = Assignment | Stop | Lost | BotReply | BotDisconnect
"""What a bot is told on its WebSocket."""


class _Operation(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True, tag_field="op"):
    ref: int | str | None = None
    """Comes back in the reply."""


class Register(_Operation, frozen=True, kw_only=True, tag="register"):
    """Must come first; a later one replaces what was said, such as `slots`: 0 takes no more sessions."""

    bot: Bot


class Held(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """A session that the bot holds."""

    session_id: str
    lease: Lease
    state: Short | None = None
    """What the bot does; appended as `session.updated` when it is another than before."""
    health: Short | None = None


class Beat(_Operation, frozen=True, kw_only=True, tag="heartbeat"):
    """The bot is alive and has these sessions. Those that it has not any more are told by `lost`."""

    sessions: Annotated[list[Held], Meta(max_length=MAX_SLOTS)]


class BotPublish(_Operation, frozen=True, kw_only=True, tag="publish"):
    """Events of a session that the bot holds; as `publish` of `/v1/ws`."""

    session_id: str
    lease: Lease
    events: Annotated[list[Event], Meta(min_length=1)]


class Release(_Operation, frozen=True, kw_only=True, tag="release"):
    """Let go of a session: another bot takes it, unless it has ended. It does not count as a loss."""

    session_id: str
    lease: Lease
    reason: Code | None = None


BotOperation = Register | Beat | BotPublish | Release
"""What a bot may say on its WebSocket."""


class ClaimSession(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`POST /v1/bots/claim`: wait for a session; `slots` are not looked at, one is given."""

    bot: Bot
    wait: Annotated[float, Meta(ge=0, le=60)] = 20
    """Seconds."""


class ReleaseLease(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`POST /v1/sessions/{id}/release`, with the number of the lease in `Hub-Lease`."""

    reason: Code | None = None


class Queue(Struct, frozen=True, kw_only=True):
    """`GET /v1/bots`: sessions that wait for a bot."""

    waiting: int
    """All of them."""
    by_platform: dict[str, int]
    """`other` without a meeting link, `media` for files."""
    oldest_seconds: float | None
    """How long the first has been waiting; null if none is."""
