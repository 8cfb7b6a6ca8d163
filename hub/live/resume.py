"""From a cursor to live: replay up to the head, then go on, without a gap or a repetition at the seam.

The seam: a replay reads no further than the head of the live stream, and registers only when it has sent
up to exactly that head (or what the ring has beyond it), with no await in between.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from hub.core.entry_id import EntryId
from hub.errors import Unavailable
from hub.live.stream import LiveStream
from hub.live.subscriber import Subscriber
from hub.store.streams import Streams

AT_ONCE = 2
"""Chunks replayed at once by one hub: a storm of those who resume must not hold up what is live."""
CATCH_UP = 10.0
"""Seconds that this process may be behind an id which the store holds."""


async def resume(
    stream: LiveStream[Any],
    subscriber: Subscriber,
    after: str | None,
    *,
    streams: Streams,
    slots: asyncio.Semaphore,
    delivered: bool = False,
) -> None:
    """Bring a subscriber to live and register it.

    Args:
        stream: A loaded stream.
        subscriber: Not registered yet.
        after: Its cursor; None for a snapshot.
        streams: To judge the cursor by.
        slots: How many chunks are replayed at once.
        delivered: This hub has delivered the cursor: where it is beyond the newest entry, the store has
            lost what was there.

    Raises:
        Unavailable: the store went away; what was sent is good, and `subscriber.cursor` says how far.
    """
    if after is None:
        stream.welcome(subscriber)
        return
    try:
        subscriber.cursor = EntryId.parse(after)
    except ValueError:
        stream.reset(subscriber, "malformed")
        return
    judged = None
    while not subscriber.gone:
        await subscriber.sink.drained()
        if subscriber.sink.closed or stream.splice(subscriber):
            return
        # Also when the state was built anew meanwhile: the store may have lost what the replay has sent.
        if judged != stream.generation or stream.head < subscriber.cursor:
            judged = stream.generation
            reason = await streams.judge(stream.source, subscriber.cursor)
            if reason is not None:
                stream.reset(subscriber, "rolled_back" if delivered and reason == "ahead" else reason)
                return
            # The cursor may have been handed out by another hub that has read further than this one.
            if not await stream.reached(subscriber.cursor, CATCH_UP):
                raise Unavailable(f"{stream.source.channel} is behind {subscriber.cursor}")
        else:
            async with slots:
                if not await _step(stream, subscriber, streams):
                    return


async def _step(stream: LiveStream[Any], subscriber: Subscriber, streams: Streams) -> bool:
    """Replay one chunk; False if that was impossible and the subscriber was reset."""
    cursor, head = subscriber.cursor, stream.head
    items = await stream.read(cursor, subscriber.filter)
    if subscriber.gone:
        return False
    whole = len(stream.source.streams) == 1 or subscriber.filter.logs
    if not (_dense if whole else _rising)(cursor, items):
        # Fallen out of a capped stream, unless the store has lost what the cursor points at.
        stream.reset(subscriber, await streams.judge(stream.source, cursor) or "trimmed")
        return False
    if items:
        stream.replay(subscriber, items)
    elif stream.head == head:
        # Whoever does not follow logs has nothing to read between here and a head that is a log entry.
        subscriber.cursor = head
    return True


def _dense(cursor: EntryId, items: Sequence[Any]) -> bool:
    return bool(items) and all(item.id.seq == seq for seq, item in enumerate(items, cursor.seq + 1))


def _rising(cursor: EntryId, items: Sequence[Any]) -> bool:
    return not items or items[0].id.seq > cursor.seq
