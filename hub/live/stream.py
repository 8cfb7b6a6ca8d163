"""A followed stream: its state at the newest item, and everybody who is sent what comes.

Folding and fanning out happen without an await between them, so "take the snapshot and register the
subscriber" is atomic: a new subscriber gets the snapshot at entry id N, then every entry after N.
"""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Generic, TypeVar

from hub.core.entry import Change, Entry
from hub.core.entry_id import ORIGIN, EntryId
from hub.errors import HubError
from hub.live.frames import (
    Address,
    Batch,
    Frame,
    bookmark_frame,
    disconnect_frame,
    end_frame,
    entry_frame,
    reset_frame,
    snapshot_frame,
)
from hub.live.observer import Observer
from hub.live.ring import Ring
from hub.live.subscriber import Filter, Subscriber
from hub.store.streams import Source
from schemas.events import Channel
from schemas.frames import EndReason, ResetReason, SnapshotData

_log = logging.getLogger("hub.live")

_Item = TypeVar("_Item", Entry, Change)

AT_ONCE = 256 * 1024
"""Bytes sent at once to one who resumes, about."""
ENVELOPE = 200
"""Bytes of a frame around its data, about."""


class GapError(Exception):
    """The store did not go on where this stream was: the state is dropped and built again."""


class LiveStream(ABC, Generic[_Item]):
    """One stream inside this process.

    Args:
        source: What it reads.
        address: What its control frames say they are about.
        ring: Items kept in memory.
        observer: Who counts.
    """

    def __init__(self, source: Source, address: Address, *, ring: int, observer: Observer) -> None:
        self.source = source
        self.address = address
        self.head: EntryId = ORIGIN
        """The newest item folded in."""
        self.ended: EndReason | None = None
        """There will be no more items."""
        self.generation = 0
        """How often the state was built anew."""
        self._capacity = ring
        self._observer = observer
        self._ring: Ring[_Item] = Ring(ORIGIN, ring)
        self._groups: dict[Filter, set[Subscriber]] = {}
        self.failed = False
        """Its state could not be built: it is forgotten, and nobody may join any more."""
        self._snapshots: dict[tuple[frozenset[Channel], ResetReason | None], Frame] = {}
        self._moved = asyncio.Event()

    @abstractmethod
    async def load(self) -> None:
        """Build the state anew from the store.

        Raises:
            HubError: `session_not_found`. Unavailable.
        """

    @abstractmethod
    async def read(self, after: EntryId, what: Filter, count: int) -> Sequence[_Item]:
        """Old items after a position, up to `head`, at most `count` of each stream; for a replay."""

    @abstractmethod
    def _fold(self, items: Sequence[_Item]) -> None:
        """Bring the state up to date."""

    @abstractmethod
    def _snapshot(self, channels: frozenset[Channel]) -> SnapshotData:
        """The state as it is shown."""

    @property
    def subscribers(self) -> list[Subscriber]:
        """Everybody who is sent what comes."""
        return [subscriber for group in self._groups.values() for subscriber in group]

    @property
    def watched(self) -> bool:
        """There is somebody."""
        return bool(self._groups)

    def begin(self, head: EntryId, ended: EndReason | None) -> None:
        """The state is loaded: go on from `head`."""
        self.generation += 1
        self.head = head
        self.ended = ended
        self._ring = Ring(head, self._capacity)
        self._snapshots.clear()
        self._notify()

    def advance(self, items: Sequence[_Item]) -> None:
        """Take the next items: fold them, then send them to everybody.

        Raises:
            GapError: they do not follow `head`.
        """
        for expected, item in enumerate(items, self.head.seq + 1):
            if item.id.seq != expected or item.id.ms < self.head.ms:
                raise GapError(f"expected entry {expected} of {self.source.channel}, got {item.id}")
        self._fold(items)
        self.head = items[-1].id
        self._ring.extend(list(items))
        self._snapshots.clear()
        for what, group in list(self._groups.items()):
            batch = self._batch(items, what)
            for subscriber in list(group):
                self._deliver(subscriber, batch)
        if self.ended is not None:
            for subscriber in self.subscribers:
                self._end(subscriber, self.ended)
        self._notify()

    def _batch(self, items: Sequence[_Item], what: Filter) -> Batch:
        return Batch([entry_frame(item, self.address) for item in what.select(items)])

    def _deliver(self, subscriber: Subscriber, batch: Batch) -> None:
        try:
            if subscriber.send(batch, self.head):
                self._observer.delivered(len(batch.frames))
                return
        except Exception:
            # One subscriber's connection must not stop the others.
            _log.exception("a subscriber of %s failed", self.source.channel)
        self.remove(subscriber)

    def _end(self, subscriber: Subscriber, reason: EndReason) -> None:
        self._deliver(subscriber, Batch([end_frame(self.address, self.head, reason)]))
        self.remove(subscriber)
        subscriber.sink.finish()

    def remove(self, subscriber: Subscriber) -> None:
        """Send it nothing more."""
        subscriber.gone = True
        group = self._groups.get(subscriber.filter)
        if group is not None:
            group.discard(subscriber)
            if not group:
                del self._groups[subscriber.filter]

    def cut(self, code: str, subscribers: Sequence[Subscriber]) -> None:
        """Disconnect subscribers, to come back to a state that is built anew."""
        for subscriber in subscribers:
            frame = disconnect_frame(code, self.address, subscriber.cursor)
            self._deliver(subscriber, Batch([frame]))
            self.remove(subscriber)
            subscriber.sink.finish()

    def detach(self) -> list[Subscriber]:
        """Take everybody out, to be resumed from their cursors."""
        everybody = self.subscribers
        self._groups.clear()
        return everybody

    def _join(self, subscriber: Subscriber, batch: Batch) -> None:
        """Send `batch`, which brings the subscriber to `head`, and everything from now on.

        Raises:
            HubError: `internal`: the stream has failed meanwhile.
        """
        if self.failed:
            raise HubError("internal")
        bookmark = bookmark_frame(self.address, self.head)
        self._groups.setdefault(subscriber.filter, set()).add(subscriber)
        self._deliver(subscriber, Batch([*batch.frames, bookmark]))
        if self.ended is not None and not subscriber.gone:
            self._end(subscriber, self.ended)

    def _shown(self, channels: frozenset[Channel], reason: ResetReason | None) -> Batch:
        frame = self._snapshots.get((channels, reason))
        if frame is None:
            data = self._snapshot(channels)
            frame = (
                snapshot_frame(self.address, self.head, data)
                if reason is None
                else reset_frame(self.address, self.head, reason, data)
            )
            self._snapshots[channels, reason] = frame
        return Batch([frame])

    def welcome(self, subscriber: Subscriber) -> None:
        """Register with a snapshot."""
        self._join(subscriber, self._shown(subscriber.filter.channels, None))

    def reset(self, subscriber: Subscriber, reason: ResetReason) -> None:
        """Register with a reset."""
        self._observer.reset(reason)
        self._join(subscriber, self._shown(subscriber.filter.channels, reason))

    def splice(self, subscriber: Subscriber) -> bool:
        """Register one whose cursor is `head` or in the ring near it; False if it is not.

        What is sent at once is bounded: a longer way is replayed in chunks that wait for the client.
        """
        items = [] if subscriber.cursor == self.head else self._ring.after(subscriber.cursor)
        if items is None or sum(len(item.data) + ENVELOPE for item in items) > AT_ONCE:
            return False
        self._join(subscriber, self._batch(items, subscriber.filter))
        return True

    def replay(self, subscriber: Subscriber, items: Sequence[_Item]) -> None:
        """Send old items to one subscriber who is not registered yet."""
        batch = self._batch(items, subscriber.filter)
        if subscriber.send(batch, items[-1].id):
            self._observer.delivered(len(batch.frames))

    def ping(self) -> None:
        """Send everybody a bookmark."""
        batch = Batch([bookmark_frame(self.address, self.head)])
        for subscriber in self.subscribers:
            self._deliver(subscriber, batch)

    async def reached(self, entry_id: EntryId, within: float) -> bool:
        """Wait until `head` is at `entry_id` or beyond; False if that takes longer than `within` seconds."""
        try:
            async with asyncio.timeout(within):
                while self.head < entry_id:
                    await self._moved.wait()
        except TimeoutError:
            return False
        return True

    def _notify(self) -> None:
        # Whoever waits holds the old event; each change has one of its own.
        self._moved.set()
        self._moved = asyncio.Event()
