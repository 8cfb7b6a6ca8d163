"""Playing old entries at a speed: each is sent when it is due, and bookmarks in the gaps between them.

While it waits, a play holds no place among the replays, and a few entries only.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

from hub.core.pace import Pace
from hub.live.stream import LiveStream
from hub.live.subscriber import Subscriber

HELD = 32 * 1024
"""Bytes of data that a play holds, about."""
_LEAST = 0.01
"""Seconds of a wait at least, so that what is played fast is written together."""


class Play:
    """How one subscriber is played what is old, over all attempts to bring it to live.

    Args:
        speed: How many times as fast as it was.
        every: Seconds after which a subscriber who was sent nothing is sent a bookmark.
        clock: Monotonic, in seconds.
    """

    def __init__(self, speed: float, every: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._pace = Pace(speed)
        self._every = every
        self._clock = clock
        self._told = clock()

    async def perform(self, stream: LiveStream[Any], subscriber: Subscriber, items: Sequence[Any]) -> None:
        """Send the next items, each when it is due. Ends early when they may be no longer what comes next.

        What the subscriber does not follow is passed over without a wait.
        """
        generation, sent = stream.generation, 0
        while sent < len(items):
            ready = self._ready(subscriber, items, sent)
            if ready > sent:
                stream.replay(subscriber, items[sent:ready])
                sent = ready
            else:
                await self._wait(stream, subscriber, items[sent].id.ms)
            await subscriber.drained()
            if subscriber.gone or stream.ended == "deleted" or stream.generation != generation:
                return

    def _ready(self, subscriber: Subscriber, items: Sequence[Any], sent: int) -> int:
        """Up to where the items after `sent` are due."""
        now = self._clock()
        for index in range(sent, len(items)):
            if subscriber.filter.takes(items[index]):
                if self._pace.due(items[index].id.ms, now) > now:
                    return index
                self._told = now
        return len(items)

    async def _wait(self, stream: LiveStream[Any], subscriber: Subscriber, ms: int) -> None:
        """Wait until an item is due, or for as long as nothing may be said."""
        now = self._clock()
        bookmark = self._told + self._every
        await asyncio.sleep(max(_LEAST, min(self._pace.due(ms, now), bookmark) - now))
        now = self._clock()
        if bookmark <= now < self._pace.due(ms, now) and not subscriber.gone:
            stream.mark(subscriber)
            self._told = now
