"""Frames as a subscriber gets them: typed where the type is known, and nothing thrown away.

A frame may come from a newer hub. So `data` is plain values with every field that came, fields of the
frame itself that are not known are in `extra`, a type that is not known is an `UnknownFrame`, and `raw` is
the JSON as it arrived.
"""

from typing import Any, cast

import msgspec
from msgspec import Struct

from schemas import codec
from schemas.frames import FeedSnapshot
from schemas.session import Snapshot


class Frame(Struct, frozen=True, kw_only=True):
    """What all frames have."""

    type: str
    raw: str
    """JSON."""
    id: str | None = None
    """The cursor after this frame."""
    session_id: str | None = None
    feed: bool = False
    """Of the organization's feed, not of a session's stream."""
    data: dict[str, Any] = {}
    extra: dict[str, Any] = {}


class Entry(Frame, frozen=True, kw_only=True):
    """One entry of a session's stream, or with `feed` of the organization's feed."""

    at: str
    """When the stream took it."""
    occurred_at: str | None = None
    position: int | None = None
    """Of `transcript.segment`: the number of its segment by first appearance, from 0."""
    entry_id: str | None = None
    """Of the feed: the entry of the session that this reports."""


class SnapshotFrame(Frame, frozen=True, kw_only=True):
    """The state to go on from; sent first when there was no cursor."""

    def snapshot(self) -> Snapshot | FeedSnapshot:
        """`data` in the schema of this client.

        Raises:
            msgspec.ValidationError: a newer hub shows what this schema does not have.
        """
        return msgspec.convert(self.data, FeedSnapshot if self.feed else Snapshot)


class ResetFrame(Frame, frozen=True, kw_only=True):
    """The cursor could not be resumed from: entries were missed; go on from the snapshot."""

    reason: str

    def snapshot(self) -> Snapshot | FeedSnapshot:
        """The fresh state; raises as `SnapshotFrame.snapshot`."""
        return msgspec.convert(self.data["snapshot"], FeedSnapshot if self.feed else Snapshot)


class Bookmark(Frame, frozen=True, kw_only=True):
    """Caught up; later a sign of life. It only advances the cursor."""

    playing: bool = False
    """Not caught up: there is more, which is not due yet at the speed at which it is played."""


class Disconnect(Frame, frozen=True, kw_only=True):
    """The connection, or with `session_id` this subscription, was lost; the client comes back by itself.

    Either the hub said so, or the client noticed: then `code` is `connection_lost`, `unavailable`,
    or the hub's error code for a subscription that was refused.
    """

    code: str
    message: str
    reconnect: bool
    """False: this subscription is over; the others go on."""
    retry_ms: int
    """How long the client waits."""


class End(Frame, frozen=True, kw_only=True):
    """The session takes nothing more: no frame of it follows."""

    reason: str
    """`sealed` or `deleted`."""


class UnknownFrame(Frame, frozen=True, kw_only=True):
    """A frame of a type this client does not know."""


_COMMON = {"type", "id", "session_id", "feed", "data"}
_ENTRY = _COMMON | {"at", "occurred_at", "position", "entry_id"}


def frame_of(raw: str, fields: dict[str, Any]) -> Frame:
    """The frame whose JSON is `raw`, decoded to `fields`.

    Raises:
        ValueError: a field that the contract promises is missing or of a wrong type.
    """
    kind = fields.get("type")
    if not isinstance(kind, str):
        raise ValueError("a frame without a type")
    try:
        return _typed(kind, raw, fields)
    except (KeyError, msgspec.ValidationError) as error:
        raise ValueError(f"a `{kind}` frame that is not one: {error}") from error


def _typed(kind: str, raw: str, fields: dict[str, Any]) -> Frame:
    data = fields.get("data", {})
    known = _ENTRY if "." in kind else _COMMON
    made: dict[str, Any] = {name: fields[name] for name in known if name in fields}
    made |= {"raw": raw, "data": data, "extra": {k: v for k, v in fields.items() if k not in known}}
    match kind:
        case _ if "." in kind:
            shape: type[Frame] = Entry
        case "snapshot":
            shape = SnapshotFrame
        case "bookmark":
            shape = Bookmark
            made["playing"] = data.get("playing", False)
        case "reset":
            shape = ResetFrame
            made["reason"] = data["reason"]
        case "end":
            shape = End
            made["reason"] = data["reason"]
        case "disconnect":
            shape = Disconnect
            made |= {name: data[name] for name in ("code", "message", "reconnect", "retry_ms")}
        case _:
            shape = UnknownFrame
    return msgspec.convert(made, shape)


def noticed(code: str, message: str, *, wait: float | None, session_id: str | None = None) -> Disconnect:
    """The `Disconnect` for what the client noticed itself.

    Args:
        code: See `Disconnect`.
        message: For people.
        wait: Seconds until the client comes back; None if it does not.
        session_id: The one subscription that it is about.
    """
    data = {
        "code": code,
        "message": message,
        "reconnect": wait is not None,
        "retry_ms": round((wait or 0.0) * 1000),
    }
    fields: dict[str, Any] = {"type": "disconnect", "data": data}
    if session_id is not None:
        fields["session_id"] = session_id
    return cast("Disconnect", frame_of(codec.encode(fields).decode(), fields))
