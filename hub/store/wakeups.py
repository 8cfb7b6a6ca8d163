"""Wakeups: the signal that a stream has grown. It carries no data, so a lost one costs time only."""

import asyncio
import logging
import random
from collections.abc import Callable

from redis.exceptions import RedisError

from hub.errors import Unavailable
from hub.store.client import Client
from hub.store.wire import Wire, packed

_log = logging.getLogger("hub.wakeups")

LONGEST_PAUSE = 0.5
"""Seconds between attempts to connect at most."""


class Wakeups:
    """One supervised listener of Redis Pub/Sub; `run` is its long task.

    Args:
        client: For its own connection.
        woken: Called with a channel that has grown; also, after a reconnect, with each one that may have.
    """

    def __init__(self, client: Client, woken: Callable[[str], None]) -> None:
        self._client = client
        self._woken = woken
        self._confirmed: dict[str, asyncio.Event] = {}
        self._wire = client.wire()
        self._connected = False
        self._changed = asyncio.Event()

    @property
    def connected(self) -> bool:
        """There is a connection."""
        return self._connected

    async def subscribe(self, channel: str) -> None:
        """Listen to `channel`; returns once Redis has confirmed it, so that what comes after is heard.

        Raises:
            Unavailable: no confirmation within the client's time-out.
        """
        event = self._confirmed.get(channel)
        if event is None:
            event = self._confirmed[channel] = asyncio.Event()
            self._changed.set()
            await self._send("SUBSCRIBE", channel)
        try:
            async with asyncio.timeout(self._client.timeout):
                await event.wait()
        except TimeoutError:
            raise Unavailable(f"no confirmation of the subscription to {channel}") from None

    async def unsubscribe(self, channel: str) -> None:
        """Stop listening to `channel`."""
        if self._confirmed.pop(channel, None) is not None:
            await self._send("UNSUBSCRIBE", channel)

    async def _send(self, *command: str) -> None:
        if not self._connected:
            return
        # A failure here shows on the reading side too, which reconnects and subscribes to all again.
        try:
            await self._wire.send(packed(command))
        except (RedisError, OSError) as error:
            _log.debug("could not send %s: %s", command[0], error)

    async def run(self) -> None:
        """Listen until cancelled; reconnects by itself."""
        pause = 0.01
        while True:
            while not self._confirmed:
                self._changed.clear()
                await self._changed.wait()
            try:
                await self._wire.connect()
                self._connected = True
                for event in self._confirmed.values():
                    event.clear()
                await self._wire.send(packed(("SUBSCRIBE", *self._confirmed)))
                pause = 0.01
                await self._listen(self._wire)
            except (RedisError, OSError) as error:
                _log.warning("no connection for wakeups: %s", error)
            finally:
                self._connected = False
                self._wire.close()
            await asyncio.sleep(pause * random.uniform(0.5, 1))
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _listen(self, wire: Wire) -> None:
        while True:
            # Without a time-out: a quiet stream is none. TCP keepalive ends a connection whose peer is gone.
            for message in await wire.receive():
                if isinstance(message, Exception):
                    raise message
                kind, channel = message[0], message[1].decode()
                if kind == b"message":
                    self._woken(channel)
                elif kind == b"subscribe":
                    event = self._confirmed.get(channel)
                    if event is not None:
                        event.set()
                        self._woken(channel)
