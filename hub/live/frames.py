"""Frames: what is sent to subscribers, encoded once for all of them."""

import random
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from hub.core.entry import Change, Entry
from hub.core.entry_id import EntryId
from hub.core.fold import State
from schemas import codec, frames
from schemas.errors import DISCONNECTS


class Standing:
    """The state of a session at the head of its stream.

    Frames have this rather than a state: a ring of them would keep as many states.
    """

    __slots__ = ("state",)

    def __init__(self, state: State) -> None:
        self.state = state


class Frame(Struct, frozen=True, gc=False):
    """One frame; `json` is the same on every transport."""

    type: str
    id: str | None
    """The cursor after it."""
    json: bytes
    retry_ms: int | None = None
    """When to come back, for transports that have a place for it."""
    item: Entry | Change | None = None
    """What it tells of; None for a control frame."""
    standing: Standing | None = None
    """Of the session that an entry is of."""

    @property
    def state(self) -> State | None:
        """Of an entry of a session: its state at the newest entry, also when this one is older."""
        return None if self.standing is None else self.standing.state


Wire = Callable[[Sequence[Frame]], Any]
"""A wire format: makes of frames what one write of a transport takes; empty if nothing of them is sent."""


class Batch:
    """Frames that are sent together; the same object goes to every subscriber who is sent the same."""

    __slots__ = ("_encoded", "frames")

    def __init__(self, frames: Sequence[Frame]) -> None:
        self.frames = frames
        self._encoded: dict[Wire, Any] = {}

    def encoded(self, wire: Wire) -> Any:
        """These frames in one wire format; each format is encoded once."""
        if wire not in self._encoded:
            self._encoded[wire] = wire(self.frames)
        return self._encoded[wire]


class Address(Struct, frozen=True):
    """Of which stream a control frame speaks."""

    session_id: str | None
    """None: the organization's feed."""


def entry_frame(item: Entry | Change, address: Address, standing: Standing | None = None) -> Frame:
    """The frame of an entry or of a change in the feed."""
    json = item.frame() if isinstance(item, Change) else item.frame(address.session_id or "")
    return Frame(item.type, str(item.id), json, None, item, standing)


def _control(
    kind: frames.ControlType, address: Address | None, cursor: EntryId | None, data: frames.ControlData
) -> Frame:
    cursor_text = None if cursor is None else str(cursor)
    body = frames.Control(
        type=kind,
        id=cursor_text,
        session_id=address.session_id if address else None,
        feed=address is not None and address.session_id is None,
        data=data,
    )
    return Frame(kind, cursor_text, codec.encode(body))


def snapshot_frame(address: Address, cursor: EntryId, data: frames.SnapshotData) -> Frame:
    """The state as of `cursor`."""
    return _control("snapshot", address, cursor, data)


def bookmark_frame(address: Address, cursor: EntryId, *, playing: bool = False) -> Frame:
    """Everything up to `cursor` has been sent; `playing`: what comes after it is not due yet."""
    return _control("bookmark", address, cursor, frames.Bookmark(playing=playing))


def reset_frame(
    address: Address, cursor: EntryId, reason: frames.ResetReason, data: frames.SnapshotData
) -> Frame:
    """Resuming was impossible; go on from this snapshot."""
    return _control("reset", address, cursor, frames.Reset(reason=reason, snapshot=data))


def end_frame(address: Address, cursor: EntryId, reason: frames.EndReason) -> Frame:
    """There will be no more entries."""
    return _control("end", address, cursor, frames.End(reason=reason))


def disconnect_frame(
    code: str, address: Address | None = None, cursor: EntryId | None = None, *, spread_ms: int = 2000
) -> Frame:
    """The connection ends.

    Args:
        code: A key of `DISCONNECTS`.
        address: The one subscription that ends; None: all of the connection.
        cursor: Where to resume from, if it is known.
        spread_ms: Over how many milliseconds those who come back spread.
    """
    row = DISCONNECTS[code]
    retry_ms = 500 + random.randrange(spread_ms)
    data = frames.Disconnect(code=code, message=row.message, reconnect=row.reconnect, retry_ms=retry_ms)
    frame = _control("disconnect", address, cursor, data)
    return Frame(frame.type, frame.id, frame.json, retry_ms)
