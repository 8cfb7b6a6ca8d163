"""Pings for sockets: a peer that is gone without a word is noticed, and proxies see life."""

import asyncio
from typing import Protocol

INTERVAL = 10.0
"""Seconds between pings of one socket, and for the answer."""
PARTS = 20
"""The sockets are pinged in as many parts, so that many of them do not take a turn of the loop together."""


class Pinged(Protocol):
    """A socket."""

    def ping(self) -> None:
        """Send a ping; if nothing was heard since the last one, end the connection."""
        ...


class Keepalive:
    """Pings all sockets from one long task: a timer for each would cost more than they do."""

    def __init__(self) -> None:
        self._parts: list[set[Pinged]] = [set() for _ in range(PARTS)]

    def add(self, socket: Pinged) -> None:
        """Ping this one, too."""
        self._part(socket).add(socket)

    def discard(self, socket: Pinged) -> None:
        """Not any more."""
        self._part(socket).discard(socket)

    def _part(self, socket: Pinged) -> set[Pinged]:
        # Addresses of objects are multiples of 16.
        return self._parts[(id(socket) >> 4) % PARTS]

    async def run(self) -> None:
        """Ping until cancelled."""
        while True:
            for part in self._parts:
                await asyncio.sleep(INTERVAL / PARTS)
                for socket in list(part):
                    socket.ping()
