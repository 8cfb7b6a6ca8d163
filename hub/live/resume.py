"""From a cursor to live: replay up to the head, then go on, without a gap or a repetition at the seam.

The seam: a replay reads no further than the head of the live stream, and registers only when it has sent
up to exactly that head (or what the ring has beyond it), with no await in between.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from hub.core.entry_id import EntryId
from hub.errors import Unavailable
from hub.live.play import HELD, Play
from hub.live.stream import LiveStream
from hub.live.subscriber import Subscriber
from hub.store.streams import CHUNK, Streams

AT_ONCE = 2
"""Chunks replayed at once by one hub: a storm of those who resume must not hold up what is live."""
BYTES = 256 * 1024
"""Of data in one chunk of a replay, about."""
FIRST = 64
"""Items that a replay begins with, before it knows how large they are."""
CATCH_UP = 10.0
"""Seconds that this process may be behind an id which the store holds."""


async def resume(
    stream: LiveStream[Any],
    subscriber: Subscriber,
    after: str | None,
    *,
    streams: Streams,
    replays: asyncio.Semaphore,
    delivered: bool = False,
    play: Play | None = None,
) -> None:
    """Bring a subscriber to live and register it.

    Args:
        stream: A loaded stream.
        subscriber: Not registered yet.
        after: Its cursor; None for a snapshot.
        streams: To judge the cursor by.
        replays: How many chunks are read and encoded at once.
        delivered: This hub has delivered the cursor: where it is beyond the newest entry, the store has
            lost what was there.
        play: Send what is old by it; None: at once.

    Raises:
        Unavailable: the store went away; what was sent is good, and `subscriber.cursor` says how far.
    """
    if after is None:
        await subscriber.drained()
        stream.welcome(subscriber)
        return
    try:
        subscriber.cursor = EntryId.parse(after)
    except ValueError:
        stream.reset(subscriber, "malformed")
        return
    judged = None
    count = FIRST
    while not await _joined(stream, subscriber, play):
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
            continue
        cursor, head = subscriber.cursor, stream.head
        async with replays:
            items = await stream.read(cursor, subscriber.filter, count)
        # Not with a place among the replays taken: a client that reads slowly holds up itself only.
        await subscriber.drained()
        if subscriber.gone:
            return
        whole = len(stream.source.streams) == 1 or subscriber.filter.logs
        if not (_dense if whole else _rising)(cursor, items):
            # Fallen out of a capped stream, unless the store has lost what the cursor points at.
            stream.reset(subscriber, await streams.judge(stream.source, cursor) or "trimmed")
            return
        if items:
            limit = BYTES if play is None else HELD
            mean = sum(len(item.data) for item in items) // len(items) + 1
            count = min(CHUNK, max(1, limit // mean))
            items = _prefix(items, limit)
            if play is None:
                stream.replay(subscriber, items)
            else:
                await play.perform(stream, subscriber, items)
        elif stream.head == head:
            # Whoever does not follow logs has nothing to read between here and a head that is a log entry.
            subscriber.cursor = head


async def _joined(stream: LiveStream[Any], subscriber: Subscriber, play: Play | None) -> bool:
    """Whether it is registered or over; else there is more to read than is sent at once."""
    await subscriber.drained()
    if subscriber.gone:
        return True
    if play is None:
        return stream.splice(subscriber) or (await stream.fill() and stream.splice(subscriber))
    if subscriber.cursor == stream.head:
        return stream.splice(subscriber)
    # What is in the ring is old too, and not due yet.
    if stream.ended == "deleted":
        stream.conclude(subscriber)
        return True
    return False


def _prefix(items: Sequence[Any], limit: int) -> Sequence[Any]:
    """As many items as `limit` bytes allow, at least one."""
    size = 0
    for index, item in enumerate(items):
        size += len(item.data)
        if size > limit:
            return items[: max(index, 1)]
    return items


def _dense(cursor: EntryId, items: Sequence[Any]) -> bool:
    return bool(items) and all(item.id.seq == seq for seq, item in enumerate(items, cursor.seq + 1))


def _rising(cursor: EntryId, items: Sequence[Any]) -> bool:
    return not items or items[0].id.seq > cursor.seq
