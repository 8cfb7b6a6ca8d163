"""All followed streams of this process, and the reading of them.

One listener hears wakeups, one reader reads every stream that was woken in a turn in one round trip, one
sweep finds the wakeups that were lost.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

from anyio import create_task_group
from anyio.abc import TaskGroup

from hub.errors import HubError, Unavailable
from hub.live.feed import LiveFeed
from hub.live.observer import Observer
from hub.live.play import Play
from hub.live.resume import AT_ONCE, resume
from hub.live.session import LiveSession
from hub.live.slot import Key, Slot
from hub.live.states import States
from hub.live.stream import GapError, LiveStream
from hub.live.subscriber import Subscriber
from hub.store.client import Client
from hub.store.directory import Directory
from hub.store.streams import CHUNK, Streams
from hub.store.wakeups import Wakeups

_log = logging.getLogger("hub.live")

TOGETHER = 256
"""Streams read in one round trip at most."""
COMPARED = 500
"""Heads compared in one call at most."""

TURNS = 4
"""Turns of the loop from a wakeup to the read: what the requests that wait already publish is appended before
it then, and delivered with it in one write. Costs nothing where nobody waits; more turns gained nothing."""

SHORTEST_PAUSE, LONGEST_PAUSE = 0.05, 0.5
"""Seconds between attempts to read from a store that refuses."""


class Registry:
    """Followed streams by key.

    Args:
        client: For the listener's connection.
        streams: To read with.
        states: To load with.
        directory: To load feeds with.
        observer: Who counts.
        ring: Items of a stream kept in memory.
        linger: Seconds a stream stays after its last subscriber left.
        ping_interval: Seconds between the bookmarks of a quiet stream.
    """

    def __init__(
        self,
        client: Client,
        *,
        streams: Streams,
        states: States,
        directory: Directory,
        observer: Observer,
        ring: int,
        linger: float,
        ping_interval: float,
    ) -> None:
        self._streams = streams
        self._states = states
        self._directory = directory
        self._observer = observer
        self._ring = ring
        self._linger = linger
        self.ping_interval = ping_interval
        self._wakeups = Wakeups(client, self._wake)
        self._slots: dict[Key, Slot] = {}
        self._by_channel: dict[str, Slot] = {}
        self._woken: dict[str, float] = {}
        self._bell = asyncio.Event()
        self._replays = asyncio.Semaphore(AT_ONCE)
        self._tasks: TaskGroup | None = None

    def __len__(self) -> int:
        return len(self._slots)

    async def run(self, *, sweep_interval: float) -> None:
        """Read, sweep and ping until cancelled."""
        async with create_task_group() as tasks:
            self._tasks = tasks
            tasks.start_soon(self._wakeups.run, name="wakeups")
            tasks.start_soon(self._read, name="reader")
            tasks.start_soon(_every, sweep_interval, self._sweep, name="live sweep")
            tasks.start_soon(_every, self.ping_interval, self._ping, name="ping")

    def peek(self, key: Key) -> LiveStream[Any] | None:
        """The stream if it is followed and up."""
        slot = self._slots.get(key)
        return slot.stream if slot is not None and slot.started.is_set() and not slot.reloading else None

    @asynccontextmanager
    async def following(self, key: Key, patience: float) -> AsyncGenerator[LiveStream[Any]]:
        """The stream of `key`, started by whoever comes first; it stays as long as it is watched afterwards.

        Raises:
            HubError: `session_not_found`. Unavailable, also if it is not up within `patience` seconds.
        """
        slot = self._slots.get(key)
        if slot is None:
            slot = self._slots[key] = Slot(key, self._stream(key))
            self._spawn(self._begin, slot)
        slot.users += 1
        try:
            try:
                async with asyncio.timeout(patience):
                    await slot.started.wait()
            except TimeoutError:
                raise Unavailable(f"{slot.stream.source.channel} is not up") from None
            if slot.failure is not None:
                raise slot.failure.__copy__()
            yield slot.stream
        finally:
            slot.users -= 1
            slot.used = time.monotonic()

    async def attach(
        self,
        stream: LiveStream[Any],
        subscriber: Subscriber,
        after: str | None,
        *,
        delivered: bool = False,
        play: Play | None = None,
    ) -> None:
        """Bring a subscriber to live; `delivered` and `play` as `resume` takes them.

        What was acknowledged before is among what it is sent before its first bookmark.

        Raises:
            Unavailable: the store went away meanwhile.
        """
        channel = stream.source.channel
        if (slot := self._by_channel.get(channel)) is not None:
            await slot.current(woken=channel in self._woken)
        await resume(
            stream,
            subscriber,
            after,
            streams=self._streams,
            replays=self._replays,
            delivered=delivered,
            play=play,
        )

    def acknowledged(self, key: Key, seq: int) -> None:
        """An entry was acknowledged by this process; the wakeup that tells of it may come later."""
        slot = self._slots.get(key)
        if slot is not None and slot.acknowledged < seq:
            slot.acknowledged = seq

    def _spawn(self, function: Callable[..., Any], *arguments: Any) -> None:
        if self._tasks is None:
            raise RuntimeError("the registry has not been started")
        self._tasks.start_soon(function, *arguments, name=function.__name__)

    def _stream(self, key: Key) -> LiveStream[Any]:
        organization, session_id = key
        if session_id is None:
            return LiveFeed(
                organization,
                streams=self._streams,
                states=self._states,
                directory=self._directory,
                ring=self._ring,
                observer=self._observer,
            )
        return LiveSession(
            organization,
            session_id,
            streams=self._streams,
            states=self._states,
            ring=self._ring,
            observer=self._observer,
        )

    async def _begin(self, slot: Slot) -> None:
        channel = slot.stream.source.channel
        try:
            # Subscribed first: what is appended after the load is heard of.
            await self._wakeups.subscribe(channel)
            await slot.stream.load()
        except HubError as error:
            slot.failure = error
            await self._forget(slot)
        except Exception:
            _log.exception("cannot build the state of %s", channel)
            slot.failure = HubError("internal")
            await self._forget(slot)
        else:
            self._by_channel[channel] = slot
            self._wake(channel)
        finally:
            slot.started.set()

    async def _forget(self, slot: Slot) -> None:
        if self._slots.get(slot.key) is not slot:
            return
        channel = slot.stream.source.channel
        del self._slots[slot.key]
        self._by_channel.pop(channel, None)
        self._woken.pop(channel, None)
        await self._wakeups.unsubscribe(channel)

    def _wake(self, channel: str) -> None:
        if channel in self._by_channel:
            self._woken.setdefault(channel, time.monotonic())
            self._bell.set()

    async def _read(self) -> None:
        pause = SHORTEST_PAUSE
        while True:
            await self._bell.wait()
            for _turn in range(TURNS):
                await asyncio.sleep(0)
            woken = list(self._woken.items())[:TOGETHER]
            for channel, _since in woken:
                del self._woken[channel]
            if not self._woken:
                self._bell.clear()
            slots = [
                (slot, since)
                for channel, since in woken
                if (slot := self._by_channel.get(channel)) is not None and not slot.reloading
            ]
            if not slots:
                continue
            for slot, _since in slots:
                slot.reading()
            try:
                positions = [(slot.stream.source, slot.stream.head) for slot, _since in slots]
                news = await self._streams.news(positions)
            except Unavailable as error:
                _log.warning("cannot read: %s", error.reason)
                for slot, _since in slots:
                    self._wake(slot.stream.source.channel)
                    slot.read(done=False)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
                continue
            failed = False
            for (slot, since), (_source, head), items in zip(slots, positions, news, strict=True):
                if isinstance(items, HubError):
                    failed = True
                    self._wake(slot.stream.source.channel)
                elif isinstance(items, Exception):
                    self._break(slot, items)
                elif items and slot.stream.head == head and not slot.reloading:
                    self._advance(slot, items)
                    self._observer.woken(time.monotonic() - since)
                slot.read(done=not isinstance(items, Exception))
            # A server that loads its data refuses at once: do not ask it all the time.
            await asyncio.sleep(pause if failed else 0)
            pause = min(pause * 2, LONGEST_PAUSE) if failed else SHORTEST_PAUSE

    def _advance(self, slot: Slot, items: list[Any]) -> None:
        try:
            slot.stream.advance(items)
        except GapError as error:
            _log.warning("%s; building the state anew", error)
            self._reload(slot)
        except Exception as error:
            self._break(slot, error)
        else:
            if len(items) >= CHUNK:
                self._wake(slot.stream.source.channel)

    def _break(self, slot: Slot, error: Exception) -> None:
        """What a stream holds cannot be read or folded: that must not stop the others."""
        _log.error("cannot go on with %s", slot.stream.source.channel, exc_info=error)
        slot.stream.cut("internal", slot.stream.subscribers)
        self._reload(slot)

    def _reload(self, slot: Slot) -> None:
        if not slot.reloading:
            slot.reloading = True
            slot.started.clear()
            self._spawn(self._rebuild, slot)

    async def _rebuild(self, slot: Slot) -> None:
        """Build the state anew, then bring every subscriber on from its cursor or reset it."""
        stream = slot.stream
        everybody = stream.detach()
        # The store may have lost it.
        slot.acknowledged = 0
        while True:
            try:
                await stream.load()
                break
            except Unavailable:
                await asyncio.sleep(LONGEST_PAUSE)
            except HubError:
                # It has gone: expired, or lost by the store.
                stream.ended = "deleted"
                break
            except Exception:
                _log.exception("cannot build the state of %s", stream.source.channel)
                slot.failure = HubError("internal")
                break
        # A replay that was under way may have ended meanwhile, at the head of before.
        everybody += stream.detach()
        slot.reloading = False
        slot.started.set()
        if slot.failure is not None:
            stream.failed = True
            stream.cut("internal", everybody)
            await self._forget(slot)
            return
        self._wake(stream.source.channel)
        for subscriber in everybody:
            # Nobody is registered until they are all through: it must not be forgotten meanwhile.
            slot.users += 1
            self._spawn(self._again, slot, subscriber)

    async def _again(self, slot: Slot, subscriber: Subscriber) -> None:
        try:
            await self._bring_on(slot.stream, subscriber)
        finally:
            slot.users -= 1

    async def _bring_on(self, stream: LiveStream[Any], subscriber: Subscriber) -> None:
        while not subscriber.gone:
            try:
                await self.attach(stream, subscriber, str(subscriber.cursor), delivered=True)
            except Unavailable:
                await asyncio.sleep(LONGEST_PAUSE)
            except Exception:
                _log.exception("cannot resume a subscriber of %s", stream.source.channel)
                stream.cut("internal", [subscriber])
                return
            else:
                return

    async def _sweep(self) -> None:
        now = time.monotonic()
        for slot in list(self._slots.values()):
            if slot.users or slot.stream.watched or slot.reloading or not slot.started.is_set():
                slot.used = now
            elif now - slot.used > self._linger:
                await self._forget(slot)
        slots = list(self._by_channel.values())
        for start in range(0, len(slots), COMPARED):
            await self._compare(slots[start : start + COMPARED])

    async def _compare(self, slots: list[Slot]) -> None:
        seen = [slot.stream.head for slot in slots]
        try:
            _run, heads = await self._streams.heads([slot.stream.source for slot in slots])
        except Unavailable as error:
            _log.warning("cannot compare heads: %s", error.reason)
            return
        for slot, before, head in zip(slots, seen, heads, strict=True):
            stream = slot.stream
            if slot.reloading or stream.head != before or head == before:
                continue
            if head is not None and head.seq > before.seq and head.ms >= before.ms:
                self._wake(stream.source.channel)
            elif stream.ended is None and (head is not None or before.seq > 0):
                _log.warning("%s was rolled back from %s to %s", stream.source.channel, before, head)
                self._reload(slot)

    async def _ping(self) -> None:
        for slot in list(self._by_channel.values()):
            if not slot.reloading:
                slot.stream.ping()


async def _every(seconds: float, work: Callable[[], Any]) -> None:
    while True:
        await asyncio.sleep(seconds)
        try:
            await work()
        except HubError as error:
            _log.warning("%s: %s", work.__name__, error)
        except Exception:
            # It is done again soon; whatever it was must not end all streams of the hub.
            _log.exception("%s has failed", work.__name__)
