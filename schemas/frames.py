"""What a subscriber is sent.

The JSON of a frame is the same over both transports: the `data:` of an SSE event, the text of a WebSocket
message. An entry's `type` has a dot in it (`transcript.segment`); a control frame's has none.

Frames of the organization's feed carry `"feed": true`; their `id` is a position in the feed, and the
entry of the session that they report is `entry_id`.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from schemas.codec import Timestamp
from schemas.errors import Error
from schemas.events import Channel, Event, LogLevel
from schemas.session import Session, Snapshot


class Entry(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An event as the stream keeps it, and as it is delivered."""

    id: str
    """`<ms>-<seq>`; `seq` counts the session's entries from 1 without a hole."""
    type: str
    session_id: str
    at: Timestamp
    """When the stream took it; the `ms` of the id."""
    data: msgspec.Raw
    occurred_at: Timestamp | None = None
    """When it happened, if the publisher said so."""
    position: int | None = None
    """Of `transcript.segment`: the number of its segment by first appearance, from 0."""


class FeedEntry(Struct, frozen=True, kw_only=True):
    """A change of one session, as the organization's feed tells it.

    Its `type` is one of the status channel's, or `session.counts` (`participant_counts`,
    `segment_count` and `minutes_consumed`, told within a second after participants have come or gone).
    """

    id: str
    type: str
    session_id: str
    at: Timestamp
    data: msgspec.Raw
    entry_id: str
    feed: Literal[True] = True


class FeedSnapshot(Struct, frozen=True, kw_only=True):
    """The live sessions of the organization, newest first."""

    sessions: list[Session]
    truncated: bool
    """There are more: at most 500 are listed, and 256 KiB."""


SnapshotData = Snapshot | FeedSnapshot
ResetReason = Literal["trimmed", "rolled_back", "ahead", "malformed"]
EndReason = Literal["ended", "sealed", "deleted"]
ControlType = Literal["snapshot", "bookmark", "reset", "disconnect", "end"]


class Bookmark(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Everything up to here has been sent."""

    playing: bool = False
    """There is more, which is not due yet at the speed at which it is played."""


class Reset(Struct, frozen=True, kw_only=True):
    """Why a cursor could not be resumed from, and what to go on from instead."""

    reason: ResetReason
    """`trimmed`: a subscribed channel lost an entry after the cursor. `rolled_back`: the stream does not
    hold the cursor's id. `ahead`: it is beyond the newest entry. `malformed`: it is no entry id."""
    snapshot: SnapshotData


class Disconnect(Struct, frozen=True, kw_only=True):
    """The connection ends."""

    code: str
    """A key of `schemas.errors.DISCONNECTS`."""
    message: str
    reconnect: bool
    retry_ms: int
    """Jittered: how long to wait before coming back."""


class End(Struct, frozen=True, kw_only=True):
    """There will be no more entries."""

    reason: EndReason
    """`sealed`: the session takes nothing more. `ended`: it has ended, and what comes late was not asked for.
    `deleted`: it is gone."""


ControlData = SnapshotData | Bookmark | Reset | Disconnect | End


class Control(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A frame that is not an entry."""

    type: ControlType
    id: str | None = None
    """The cursor after this frame; left out only when there is none yet."""
    session_id: str | None = None
    feed: bool = False
    data: ControlData


SLOWEST, FASTEST = 0.1, 1000.0
"""Bounds of the speed at which a session is played; 1 is as fast as it was."""

Partials = Literal["all", "latest", "none"]
"""Which transcript partials to deliver: each one, only the newest of a segment that is waiting, none."""


class Subscribe(Struct, tag_field="op", tag="subscribe", forbid_unknown_fields=True, kw_only=True):
    """Follow a session, or without `session_id` the organization's feed.

    A second one for the same session replaces its channels and goes on from its own `after`.
    """

    ref: int | str | None = None
    session_id: str | None = None
    channels: Annotated[list[Channel], Meta(min_length=1)] | None = None
    after: str | None = None
    partials: Partials = "all"
    level: LogLevel = LogLevel.DEBUG
    """Log entries below it are left out."""
    late: bool = True
    """Also what comes after the session has ended, up to the seal."""
    speed: Annotated[float, Meta(ge=SLOWEST, le=FASTEST)] | None = None
    """Play what is old so many times as fast as it was, from `after` or the start on, then go on live."""


class Unsubscribe(Struct, tag_field="op", tag="unsubscribe", forbid_unknown_fields=True, kw_only=True):
    """Stop following a session, or without `session_id` the feed."""

    ref: int | str | None = None
    session_id: str | None = None


class Publish(Struct, tag_field="op", tag="publish", forbid_unknown_fields=True, kw_only=True):
    """Publish events of one session: all of them or, if one is refused, none."""

    ref: int | str | None = None
    session_id: str
    events: list[Event]


class Auth(Struct, tag_field="op", tag="auth", forbid_unknown_fields=True, kw_only=True):
    """Say who you are: an API key or a stream token; again later, to refresh a token."""

    ref: int | str | None = None
    token: str


class Ping(Struct, tag_field="op", tag="ping", forbid_unknown_fields=True, kw_only=True):
    """Ask for a reply."""

    ref: int | str | None = None


Operation = Subscribe | Unsubscribe | Publish | Auth | Ping


class Appended(Struct, frozen=True):
    """What became of one event."""

    id: str
    duplicate: bool
    """An earlier event with the same idempotency key is that entry; nothing was added."""


class Reply(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The answer to one WebSocket operation: `{"type": "reply", "ref", "ok", …}`."""

    type: Literal["reply"] = msgspec.field(default_factory=lambda: "reply")
    ref: int | str | None = None
    ok: bool
    error: Error | None = None
    entries: list[Appended] | None = None
    """Of `publish`, in the order of the events."""
