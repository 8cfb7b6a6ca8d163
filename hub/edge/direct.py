"""Connections that the ASGI server has handed over: what is sent goes straight to the transport.

There is no task and no queue: what waits for a client waits in the write buffer of its transport. That is
told by the transport's flow control: above a quarter of the limit each write is weighed first, and one that
finds more than the limit waiting cuts the slow consumer. What is written in one turn may be larger than the
limit: to cut for its size a client that keeps up would cut it again when it resumes over it, without an end.
"""

import asyncio
import socket
import struct
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable

from hub.edge.auth import Credential
from hub.edge.connections import Connections
from hub.live.subscriber import Subscriber

_RESET = struct.pack("ii", 1, 0)
"""Linger for no time."""


class DirectConnection(asyncio.Protocol, ABC):
    """What the direct ways of SSE and WebSocket have in common.

    Args:
        transport: Of the connection; from now on everything it hears comes here.
        connections: Is told of this one.
        credential: Whose it is, if that is known.
        backlog: Bytes that may wait.
    """

    __slots__ = ("_connections", "_limit", "_room", "_transport", "closing", "credential", "write")

    def __init__(
        self,
        transport: asyncio.Transport,
        *,
        connections: Connections,
        credential: Credential | None,
        backlog: int,
    ) -> None:
        self._transport = transport
        self._connections = connections
        self._limit = backlog
        self._room: asyncio.Event | None = None
        """Set once there is room; None while there is."""
        self.credential = credential
        self.closing = False
        """Nothing more is sent."""
        self.write: Callable[[bytes], None] = transport.write

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The transport has this as its protocol now."""
        self._transport.set_write_buffer_limits(high=self._limit // 4, low=self._limit // 8)

    @property
    @abstractmethod
    def transport(self) -> str:
        """`sse` or `websocket`."""

    @property
    @abstractmethod
    def subscribers(self) -> Iterable[Subscriber]:
        """Who is sent something over it."""

    @abstractmethod
    def disconnect(self, code: str) -> None:
        """Say why, then end it."""

    def pause_writing(self) -> None:
        """More than a quarter of the limit waits."""
        self._room = asyncio.Event()
        self._write_by(self._weigh)

    def resume_writing(self) -> None:
        """There is room again."""
        self._let_go()
        self._write_by(self._transport.write)

    def _write_by(self, write: Callable[[bytes], None]) -> None:
        self.write = write
        for subscriber in self.subscribers:
            subscriber.write_by(write)

    def _weigh(self, data: bytes) -> None:
        if self._transport.get_write_buffer_size() > self._limit:
            self._connections.end(self, "slow_consumer")
            # The client does not read: there is no way to tell it why.
            self.abort()
        else:
            self._transport.write(data)

    def _let_go(self) -> None:
        if self._room is not None:
            self._room.set()
            self._room = None

    async def drained(self) -> None:
        """Wait until there is room, or it is over."""
        # Even when there is room: a replay must let other connections have their turn.
        await asyncio.sleep(0)
        while self._room is not None and not self.closing:
            await self._room.wait()

    def _close(self) -> None:
        """Close once all is sent. Subscribers have left by now, so nothing can follow."""
        self.closing = True
        self._transport.close()

    def abort(self) -> None:
        """End it at once, with a reset: what the client has not taken yet must not stay with the kernel."""
        self.closing = True
        for subscriber in list(self.subscribers):
            subscriber.leave()
        connection: socket.socket | None = self._transport.get_extra_info("socket")
        if connection is not None and not self._transport.is_closing():
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._transport.abort()

    def eof_received(self) -> None:
        """The client is done, so the connection is: half-open ones are not kept."""

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self.closing = True
        for subscriber in list(self.subscribers):
            subscriber.leave()
        self._let_go()
        self._connections.discard(self)
