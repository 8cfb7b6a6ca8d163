"""Subscribers: who is sent a stream, what of it, and where they are in it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from msgspec import Struct

from hub.core.entry import Change, Entry
from hub.core.entry_id import ORIGIN, EntryId
from hub.live.frames import Frame, Wire
from schemas.events import Channel, LogLevel
from schemas.frames import Partials

ALL = frozenset(Channel)
_LEVELS = {level: rank for rank, level in enumerate(LogLevel)}


class Filter(Struct, frozen=True):
    """What of a stream is delivered. Equal filters share their frames."""

    channels: frozenset[Channel] = ALL
    partials: Partials = "all"
    level: LogLevel = LogLevel.DEBUG
    """Log entries below it are left out."""
    late: bool = True
    """Also what comes after the session has ended; else the stream is over then, not only at the seal."""

    @property
    def logs(self) -> bool:
        """Whether log entries are among it."""
        return Channel.LOGS in self.channels

    def select(self, frames: Sequence[Frame]) -> Sequence[Frame]:
        """Those of `frames`, each of an entry or a change, that are delivered."""
        kept = frames
        if self.channels != ALL:
            kept = [
                frame for frame in kept if isinstance(frame.item, Change) or _channel(frame) in self.channels
            ]
        if self.level is not LogLevel.DEBUG:
            least = _LEVELS[self.level]
            kept = [frame for frame in kept if frame.type != "log.entry" or _rank(frame.item) >= least]
        if self.partials != "all":
            kept = self._without_partials(kept)
        return kept

    def takes(self, item: Entry | Change) -> bool:
        """Whether an item is delivered when no other is sent with it."""
        return bool(self.select([Frame(item.type, None, b"", None, item)]))

    def _without_partials(self, frames: Sequence[Frame]) -> list[Frame]:
        kept: list[Frame] = []
        newest: dict[int, tuple[bool, int]] = {}
        for frame in reversed(frames):
            item = frame.item
            if isinstance(item, Entry) and item.type == "transcript.segment":
                position, data = item.positions[0], item.decoded()
                standing = (data["final"], data.get("revision", 0))
                superseded = newest.get(position, (False, -1)) >= standing
                if not data["final"] and (self.partials == "none" or superseded):
                    continue
                newest[position] = max(newest.get(position, standing), standing)
            kept.append(frame)
        kept.reverse()
        return kept


def _channel(frame: Frame) -> Channel | None:
    return frame.item.channel if isinstance(frame.item, Entry) else None


def _rank(item: Entry | Change | None) -> int:
    if not isinstance(item, Entry):
        return 0
    try:
        return _LEVELS[LogLevel(item.decoded()["level"])]
    except ValueError:
        # A level of a newer hub: deliver rather than leave out.
        return len(_LEVELS)


class Followed(Protocol):
    """The stream that a subscriber is registered with."""

    head: EntryId

    def redirect(self, subscriber: "Subscriber") -> None:
        """Use its new `write`."""
        ...

    def remove(self, subscriber: "Subscriber") -> None:
        """Send it nothing more."""
        ...


class Subscriber(ABC):
    """One subscription, as the live side sees it; how its frames go out is up to the edge, which derives one.

    Whoever is registered has been sent everything up to the head of its stream. A subscriber decides by
    itself when its backlog is too large, and leaves.

    Args:
        what: What of the stream it is sent.
        wire: The wire format of what `write` takes.
        write: Takes encoded frames; never waits.
    """

    __slots__ = ("cursor", "filter", "gone", "stream", "wire", "write")

    def __init__(self, what: Filter, wire: Wire, write: Callable[[Any], None]) -> None:
        self.filter = what
        self.wire = wire
        self.write = write
        self.cursor: EntryId = ORIGIN
        """Up to where everything was sent, while it is not registered."""
        self.stream: Followed | None = None
        """Where it is registered."""
        self.gone = False
        """It is over: nothing can be sent any more, and a replay under way stops."""

    @property
    def position(self) -> EntryId:
        """Up to where everything was sent; `ORIGIN` before there was anything."""
        return self.cursor if self.stream is None else self.stream.head

    def write_by(self, write: Callable[[Any], None]) -> None:
        """Write by another way from now on."""
        self.write = write
        if self.stream is not None:
            self.stream.redirect(self)

    def leave(self) -> None:
        """It is over, for whatever reason."""
        self.gone = True
        if self.stream is not None:
            self.stream.remove(self)

    @abstractmethod
    def finish(self) -> None:
        """No more frames will come: end it once all are sent."""

    @abstractmethod
    async def drained(self) -> None:
        """Wait until the backlog is small enough to go on with a replay, or it is over.

        Always lets other connections have their turn.
        """
