"""From a subscription that was asked for to a live stream, also while the store is away."""

import asyncio
import logging
import time

from hub.core.entry_id import ORIGIN
from hub.errors import HubError, Unavailable
from hub.live.frames import Address, Frame, disconnect_frame, end_frame
from hub.live.play import Play
from hub.live.registry import Key, Registry
from hub.live.subscriber import Subscriber

_log = logging.getLogger("hub.edge")

PATIENCE = 10.0
"""Seconds that a new subscription waits for a store that is away."""
PAUSE = 0.25
"""Seconds between attempts meanwhile."""


async def follow(
    registry: Registry, key: Key, subscriber: Subscriber, after: str | None, speed: float | None = None
) -> None:
    """Bring a subscriber to live; returns when it is registered, or over.

    Args:
        registry: Knows the streams.
        key: Which one.
        subscriber: Not registered yet.
        after: Its cursor; None for a snapshot, or with a speed for all there is.
        speed: At which what is old is played (`hub.core.pace`); None: it is sent at once.
    """
    deadline = time.monotonic() + PATIENCE
    address = Address(key[1])
    play = None
    if speed is not None:
        play = Play(speed, registry.ping_interval)
        after = str(ORIGIN) if after is None else after
    reached = subscriber.cursor
    while not subscriber.gone:
        try:
            async with registry.following(key, max(0.1, deadline - time.monotonic())) as stream:
                await registry.attach(stream, subscriber, after, play=play)
                return
        except Unavailable:
            if subscriber.cursor != reached:
                # It was there meanwhile: a replay may take long, and a play for hours.
                reached, deadline = subscriber.cursor, time.monotonic() + PATIENCE
            if time.monotonic() >= deadline:
                cursor = subscriber.cursor if subscriber.cursor.seq else None
                _last(subscriber, disconnect_frame("store_unavailable", address, cursor))
                return
            if subscriber.cursor.seq:
                after = str(subscriber.cursor)
            await asyncio.sleep(PAUSE)
        except Exception as error:
            gone = isinstance(error, HubError) and error.code == "session_not_found"
            if not isinstance(error, HubError):
                # Only this subscription ends; it may find a better world when it comes back.
                _log.exception("unexpected failure of a subscription")
            _last(
                subscriber,
                end_frame(address, subscriber.cursor, "deleted")
                if gone
                else disconnect_frame("internal", address),
            )
            return


def _last(subscriber: Subscriber, frame: Frame) -> None:
    if not subscriber.gone:
        subscriber.write(subscriber.wire([frame]))
        subscriber.finish()
