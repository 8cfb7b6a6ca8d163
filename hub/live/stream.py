"""A followed stream: its state at the newest item, and everybody who is sent what comes.

Folding and fanning out happen without an await between them, so "take the snapshot and register the
subscriber" is atomic: a new subscriber gets the snapshot at entry id N, then every entry after N.

What everybody is sent is encoded once for each wire format. To hand it to one more subscriber takes one call
of its `write`, which for a connection of the direct writer is that of its transport.
"""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from hub.core.entry import Change, Entry
from hub.core.entry_id import ORIGIN, EntryId
from hub.errors import HubError
from hub.live.frames import (
    Address,
    Batch,
    Frame,
    Standing,
    Wire,
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
from hub.store.streams import CHUNK, Source
from schemas.events import Channel
from schemas.frames import EndReason, ResetReason, SnapshotData

_log = logging.getLogger("hub.live")

_Item = TypeVar("_Item", Entry, Change)

AT_ONCE = 256 * 1024
"""Bytes sent at once to one who resumes, about."""
WAYS = 256
"""Beginnings remembered at most until the next item comes: those who come back together are sent the same."""

_Group = dict[Subscriber, Callable[[Any], None]]
"""Subscribers with their `write`: a delivery touches nothing else of them, as it would wait for memory."""


class GapError(Exception):
    """The store did not go on where this stream was: the state is dropped and built again."""


class LiveStream(ABC, Generic[_Item]):
    """One stream inside this process.

    Args:
        source: What it reads.
        address: What its control frames say they are about.
        ring: Items kept in memory.
        observer: Who counts.
        standing: What the frames of its entries tell the state by; None for a feed.
    """

    def __init__(
        self,
        source: Source,
        address: Address,
        *,
        ring: int,
        observer: Observer,
        standing: Standing | None = None,
    ) -> None:
        self.source = source
        self.address = address
        self._standing = standing
        self.head: EntryId = ORIGIN
        """The newest item folded in."""
        self.ended: EndReason | None = None
        """There will be no more items."""
        self.over = False
        """What may still come is late: the session has ended."""
        self.generation = 0
        """How often the state was built anew."""
        self._capacity = ring
        self._observer = observer
        self._ring = Ring(ORIGIN, ring)
        self._filled = False
        self._filling = asyncio.Lock()
        self._detached: list[Subscriber] = []
        self._groups: dict[tuple[Filter, Wire], _Group] = {}
        self.failed = False
        """Its state could not be built: it is forgotten, and nobody may join any more."""
        self._shown: dict[tuple[frozenset[Channel], ResetReason | None], Batch] = {}
        self._ways: dict[tuple[EntryId, Filter], Batch | None] = {}
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
    async def newest(self, count: int) -> Sequence[_Item]:
        """The last items up to `head`, in order, at most `count` of each stream; for those who resume."""

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

    def ending(self, what: Filter) -> EndReason | None:
        """Why nothing more comes for those with this filter; None if something may."""
        return "ended" if self.ended is None and self.over and not what.late else self.ended

    def begin(self, head: EntryId, ended: EndReason | None, *, over: bool = False) -> None:
        """The state is loaded: go on from `head`. Whoever is registered is taken out, as `detach` does."""
        # At the head of before: whoever ended a replay while the state was loaded is there.
        self._detached = self.detach()
        self.generation += 1
        self.head = head
        self.ended = ended
        self.over = over
        self._ring = Ring(head, self._capacity)
        self._filled = False
        self._forget_shown()
        self._notify()

    def _forget_shown(self) -> None:
        self._shown.clear()
        self._ways.clear()

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
        frames = self._framed(items)
        self._ring.extend(frames)
        self._forget_shown()
        batches: dict[Filter, Batch] = {}
        for (what, wire), group in list(self._groups.items()):
            batch = batches.get(what)
            if batch is None:
                batch = batches[what] = Batch(what.select(frames))
            if batch.frames:
                self._send(group, batch, wire)
        if self.ended is not None or self.over:
            self._end_groups()
        self._notify()

    def _end_groups(self) -> None:
        for (what, _wire), group in list(self._groups.items()):
            reason = self.ending(what)
            if reason is not None:
                for subscriber in list(group):
                    self._end(subscriber, reason)

    def _framed(self, items: Sequence[_Item]) -> list[Frame]:
        return [entry_frame(item, self.address, self._standing) for item in items]

    def _send(self, group: _Group, batch: Batch, wire: Wire) -> None:
        """Hand one write to everybody in a group. Done for each delivery: nothing else may be done here."""
        data = batch.encoded(wire)
        if not data:
            return
        failed: list[Callable[[Any], None]] = []
        count = len(group)
        # A copy: whoever is cut for its backlog leaves the group meanwhile.
        for write in list(group.values()):
            try:
                write(data)
            except Exception:
                # One subscriber's connection must not stop the others.
                failed.append(write)
        self._observer.delivered(len(batch.frames) * count, count)
        if failed:
            self._give_up([subscriber for subscriber, write in group.items() if write in failed])

    def _give_up(self, subscribers: Sequence[Subscriber]) -> None:
        for subscriber in subscribers:
            _log.warning("a subscriber of %s cannot be written to", self.source.channel)
            subscriber.leave()
            subscriber.finish()

    def _deliver(self, subscriber: Subscriber, batch: Batch) -> None:
        """Send to one who may be registered or not."""
        if not subscriber.gone and batch.frames:
            self._send({subscriber: subscriber.write}, batch, subscriber.wire)

    def _end(self, subscriber: Subscriber, reason: EndReason) -> None:
        self._deliver(subscriber, Batch([end_frame(self.address, self.head, reason)]))
        self.remove(subscriber)
        subscriber.finish()

    def redirect(self, subscriber: Subscriber) -> None:
        """Use its new `write`."""
        self._groups[subscriber.filter, subscriber.wire][subscriber] = subscriber.write

    def remove(self, subscriber: Subscriber) -> None:
        """Send it nothing more."""
        if subscriber.stream is not self:
            return
        subscriber.cursor = self.head
        subscriber.stream = None
        key = (subscriber.filter, subscriber.wire)
        group = self._groups[key]
        del group[subscriber]
        if not group:
            del self._groups[key]

    def cut(self, code: str, subscribers: Sequence[Subscriber]) -> None:
        """Disconnect subscribers, to come back to a state that is built anew."""
        for subscriber in subscribers:
            frame = disconnect_frame(code, self.address, subscriber.position)
            self._deliver(subscriber, Batch([frame]))
            self.remove(subscriber)
            subscriber.finish()

    def detach(self) -> list[Subscriber]:
        """Take everybody out, to be resumed from their cursors."""
        everybody = [*self._detached, *self.subscribers]
        self._detached = []
        for subscriber in everybody:
            self.remove(subscriber)
        return everybody

    def _join(self, subscriber: Subscriber, batch: Batch) -> None:
        """Send `batch`, which brings the subscriber to `head`, and everything from now on.

        Raises:
            HubError: `internal`: the stream has failed meanwhile.
        """
        if self.failed:
            raise HubError("internal")
        if subscriber.gone:
            return
        subscriber.stream = self
        self._groups.setdefault((subscriber.filter, subscriber.wire), {})[subscriber] = subscriber.write
        self._deliver(subscriber, batch)
        reason = self.ending(subscriber.filter)
        if reason is not None and not subscriber.gone:
            self._end(subscriber, reason)

    def _beginning(self, channels: frozenset[Channel], reason: ResetReason | None) -> Batch:
        batch = self._shown.get((channels, reason))
        if batch is None:
            data = self._snapshot(channels)
            frame = (
                snapshot_frame(self.address, self.head, data)
                if reason is None
                else reset_frame(self.address, self.head, reason, data)
            )
            batch = self._shown[channels, reason] = Batch([frame, bookmark_frame(self.address, self.head)])
        return batch

    def welcome(self, subscriber: Subscriber) -> None:
        """Register with a snapshot."""
        self._join(subscriber, self._beginning(subscriber.filter.channels, None))

    def reset(self, subscriber: Subscriber, reason: ResetReason) -> None:
        """Register with a reset."""
        self._observer.reset(reason)
        self._join(subscriber, self._beginning(subscriber.filter.channels, reason))

    def splice(self, subscriber: Subscriber) -> bool:
        """Register one whose cursor is `head` or in the ring near it; False if it is not.

        What is sent at once is bounded: a longer way is replayed in chunks that wait for the client.
        """
        key = (subscriber.cursor, subscriber.filter)
        if key not in self._ways:
            if len(self._ways) >= WAYS:
                self._ways.clear()
            self._ways[key] = self._way(*key)
        batch = self._ways[key]
        if batch is None:
            return False
        self._join(subscriber, batch)
        return True

    def _way(self, cursor: EntryId, what: Filter) -> Batch | None:
        frames = [] if cursor == self.head else self._ring.after(cursor)
        if frames is None or sum(len(frame.json) for frame in frames) > AT_ONCE:
            return None
        return Batch([*what.select(frames), bookmark_frame(self.address, self.head)])

    async def fill(self) -> bool:
        """Read what came before `head` into the ring, once, so that not each of those who resume reads it.

        Returns:
            Whether there may be more in the ring than when it was called.

        Raises:
            Unavailable: the store cannot be read.
        """
        if self._filled:
            return False
        async with self._filling:
            if self._filled:
                return True
            generation = self.generation
            items = await self.newest(min(self._capacity, CHUNK))
            if generation == self.generation:
                self._filled = True
                self._ring.fill(self._framed(items), self.head)
                self._ways.clear()
        return True

    def replay(self, subscriber: Subscriber, items: Sequence[_Item]) -> None:
        """Send old items to one subscriber who is not registered yet."""
        self._deliver(subscriber, Batch(subscriber.filter.select(self._framed(items))))
        subscriber.cursor = items[-1].id

    def mark(self, subscriber: Subscriber) -> None:
        """Send a bookmark to one to whom old items are played, who is not registered yet."""
        frame = bookmark_frame(self.address, subscriber.cursor, playing=True)
        self._deliver(subscriber, Batch([frame]))

    def conclude(self, subscriber: Subscriber) -> None:
        """Tell one who is not registered yet that there will be no more items, as `ended` says."""
        self._join(subscriber, Batch([]))

    def ping(self) -> None:
        """Send everybody a bookmark."""
        batch = Batch([bookmark_frame(self.address, self.head)])
        for (_what, wire), group in list(self._groups.items()):
            self._send(group, batch, wire)

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
