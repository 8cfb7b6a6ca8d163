"""Subscribers: who is sent a stream, what of it, and where they are in it."""

from collections.abc import Iterable
from typing import Protocol

from msgspec import Struct

from hub.core.entry import Change, Entry
from hub.core.entry_id import ORIGIN, EntryId
from hub.live.frames import Batch
from schemas.events import Channel, LogLevel
from schemas.frames import Partials

ALL = frozenset(Channel)
_LEVELS = {level: rank for rank, level in enumerate(LogLevel)}


class Sink(Protocol):
    """Where a subscriber's frames go: one connection, seen from the live side.

    A sink decides by itself when its backlog is too large; it then closes, and the live side forgets it.
    """

    @property
    def closed(self) -> bool:
        """Nothing more can be sent."""
        ...

    def send(self, batch: Batch) -> None:
        """Take frames; never waits."""
        ...

    def finish(self) -> None:
        """No more frames will come; close once all are sent."""
        ...

    async def drained(self) -> None:
        """Wait until the backlog is small enough to go on with a replay, or the sink has closed."""
        ...

    async def over(self) -> None:
        """Wait until the sink has closed, or was finished and all has been sent."""
        ...


class Filter(Struct, frozen=True):
    """What of a stream is delivered. Equal filters share their frames."""

    channels: frozenset[Channel] = ALL
    partials: Partials = "all"
    level: LogLevel = LogLevel.DEBUG
    """Log entries below it are left out."""

    @property
    def logs(self) -> bool:
        """Whether log entries are among it."""
        return Channel.LOGS in self.channels

    def select(self, items: Iterable[Entry | Change]) -> list[Entry | Change]:
        """Those of `items` that are delivered."""
        kept = [item for item in items if isinstance(item, Change) or item.channel in self.channels]
        if self.level is not LogLevel.DEBUG:
            least = _LEVELS[self.level]
            kept = [item for item in kept if item.type != "log.entry" or _rank(item) >= least]
        if self.partials != "all":
            kept = self._without_partials(kept)
        return kept

    def _without_partials(self, items: list[Entry | Change]) -> list[Entry | Change]:
        kept: list[Entry | Change] = []
        newest: dict[int, tuple[bool, int]] = {}
        for item in reversed(items):
            if isinstance(item, Entry) and item.type == "transcript.segment":
                position, data = item.positions[0], item.decoded()
                standing = (data["final"], data.get("revision", 0))
                superseded = newest.get(position, (False, -1)) >= standing
                if not data["final"] and (self.partials == "none" or superseded):
                    continue
                newest[position] = max(newest.get(position, standing), standing)
            kept.append(item)
        kept.reverse()
        return kept


def _rank(item: Entry | Change) -> int:
    if isinstance(item, Change):
        return 0
    try:
        return _LEVELS[LogLevel(item.decoded()["level"])]
    except ValueError:
        # A level of a newer hub: deliver rather than leave out.
        return len(_LEVELS)


class Subscriber:
    """One subscription: a sink, a filter, and the cursor up to which everything was sent."""

    __slots__ = ("cursor", "filter", "gone", "sink")

    def __init__(self, sink: Sink, what: Filter) -> None:
        self.sink = sink
        self.filter = what
        self.cursor: EntryId = ORIGIN
        self.gone = False
        """Unsubscribed, or its sink has failed; a replay under way stops."""

    def send(self, batch: Batch, cursor: EntryId) -> bool:
        """Send `batch`, after which everything up to `cursor` has been sent.

        Returns:
            False if the sink is closed or has failed; the subscriber is then gone.
        """
        if self.gone or self.sink.closed:
            self.gone = True
            return False
        if batch.frames:
            self.sink.send(batch)
        self.cursor = cursor
        return True
