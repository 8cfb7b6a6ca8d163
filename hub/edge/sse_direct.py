"""Server-Sent Events by the direct writer: each write is a chunk that was encoded once for all."""

import asyncio
from collections.abc import Iterable

import anyio
from starlette.types import Scope, Send

from hub.edge.connections import Connections
from hub.edge.direct import DirectConnection
from hub.edge.handover import Handover
from hub.edge.sse import HEADERS, LAST_CHUNK, MEDIA_TYPE, SseForm, Wanted
from hub.edge.subscription import follow
from hub.live.frames import disconnect_frame
from hub.live.registry import Registry
from hub.live.subscriber import Filter, Subscriber

_HEAD = [
    (b"content-type", MEDIA_TYPE.encode()),
    *((name.lower().encode(), value.encode()) for name, value in HEADERS.items()),
    # It closes at its end; whoever would use it for another request is told so.
    (b"connection", b"close"),
]


class _Subscriber(Subscriber):
    """The one subscriber of a stream."""

    __slots__ = ("_connection",)

    def __init__(self, what: Filter, form: SseForm, connection: "SseConnection") -> None:
        super().__init__(what, form.chunked, connection.write)
        self._connection: SseConnection | None = connection

    def finish(self) -> None:
        """End the response once all is sent."""
        if self._connection is not None:
            self._connection.finish()

    async def drained(self) -> None:
        """Wait for room."""
        if self._connection is not None:
            await self._connection.drained()

    def release(self) -> None:
        """The connection is gone. Without the cycle both are freed at once; the collector would come late."""
        self._connection = None


class SseConnection(DirectConnection):
    """One SSE stream on a connection that was handed over.

    Args:
        transport: Of the connection.
        wanted: What it is a stream of.
        connections: Is told of this one.
        backlog: Bytes that may wait.
    """

    __slots__ = ("_setup", "subscriber")

    def __init__(
        self,
        transport: asyncio.Transport,
        wanted: Wanted,
        *,
        connections: Connections,
        backlog: int,
    ) -> None:
        self._setup: anyio.CancelScope | None = None
        super().__init__(transport, connections=connections, credential=wanted.credential, backlog=backlog)
        self.subscriber = _Subscriber(wanted.what, wanted.form, self)

    @property
    def transport(self) -> str:
        """What it is counted as."""
        return "sse"

    @property
    def subscribers(self) -> Iterable[Subscriber]:
        """The one."""
        return (self.subscriber,)

    async def follow(self, registry: Registry, wanted: Wanted) -> None:
        """Bring it to live; ends early when the client goes."""
        if self.closing:
            return
        with anyio.CancelScope() as self._setup:
            await follow(registry, wanted.key, self.subscriber, wanted.after, wanted.speed)
        self._setup = None

    def data_received(self, data: bytes) -> None:
        """Bytes after the request of a stream, which has no end: not something to wait with."""
        self.abort()

    def finish(self) -> None:
        """End the response once all is sent."""
        if not self.closing:
            self.subscriber.leave()
            self.write(LAST_CHUNK)
            self._close()

    def disconnect(self, code: str) -> None:
        """Send a `disconnect`, then end."""
        if not self.closing:
            position = self.subscriber.position
            frame = disconnect_frame(code, None, position if position.seq else None)
            self.write(self.subscriber.wire([frame]))
            self.finish()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        super().connection_lost(exc)
        if self._setup is not None:
            self._setup.cancel()
        self.subscriber.release()


async def respond(
    handover: Handover,
    send: Send,
    registry: Registry,
    connections: Connections,
    wanted: Wanted,
    *,
    backlog: int,
) -> None:
    """Begin the response by way of the ASGI server, so that its head is complete, then take the connection.

    Args:
        handover: Of the request.
        send: Of the request.
        registry: Knows the streams.
        connections: Is told of the new one.
        wanted: What is asked for.
        backlog: Bytes that may wait.
    """
    await send({"type": "http.response.start", "status": 200, "headers": _HEAD})
    taken: list[SseConnection] = []

    def take(transport: asyncio.Transport) -> asyncio.Protocol:
        taken.append(SseConnection(transport, wanted, connections=connections, backlog=backlog))
        return taken[0]

    if not handover.take(take):
        # The client went away, or sent more, in this very moment.
        await send({"type": "http.response.body", "body": b""})
        return
    connection = taken[0]
    connections.add(connection)
    if wanted.credential.expired:
        connections.end(connection, "token_expired")
    if wanted.speed is None:
        await connection.follow(registry, wanted)
    else:
        # A play may take hours: what the ASGI server has made for the request must not live as long.
        connections.start(connection.follow, registry, wanted)


def handover_of(scope: Scope) -> Handover | None:
    """The way to take the connection of a request for a stream; None if it cannot be taken."""
    handover: Handover | None = scope.get("extensions", {}).get(Handover.KEY)
    return handover if handover is not None and handover.possible() else None
