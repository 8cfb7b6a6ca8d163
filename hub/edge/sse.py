"""Server-Sent Events in the portable way, by sse-starlette.

Source of the format: https://html.spec.whatwg.org/multipage/server-sent-events.html. The JSON of a frame has
no line break, so one `data:` line carries it, and no field can be broken out of.
"""

from collections.abc import AsyncIterator, Sequence

import anyio
from sse_starlette import EventSourceResponse
from sse_starlette.sse import AppStatus
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from hub.edge.auth import Credential
from hub.edge.connections import Connections
from hub.edge.outbox import Outbox
from hub.edge.subscription import follow
from hub.live.frames import Batch, Frame, disconnect_frame
from hub.live.registry import Key, Registry
from hub.live.subscriber import Filter, Subscriber

# sse-starlette replaces uvicorn's signal handler when it is imported, to cut streams at once; here they are
# drained, each with a `disconnect`.
AppStatus.disable_automatic_graceful_drain()

HEADERS = {
    "Cache-Control": "no-store, no-transform",
    "X-Accel-Buffering": "no",
    "X-Content-Type-Options": "nosniff",
}


def named(frames: Sequence[Frame]) -> bytes:
    """Frames as events with their type as the event's name."""
    return b"".join(_event(frame, b"event: %b\n" % frame.type.encode()) for frame in frames)


def unnamed(frames: Sequence[Frame]) -> bytes:
    """Frames as events without a name: an EventSource has no wildcard for named ones."""
    return b"".join(_event(frame, b"") for frame in frames)


def _event(frame: Frame, name: bytes) -> bytes:
    identity = b"" if frame.id is None else b"id: %b\n" % frame.id.encode()
    retry = b"" if frame.retry_ms is None else b"retry: %d\n" % frame.retry_ms
    return b"%b%b%bdata: %b\n\n" % (name, identity, retry, frame.json)


def store_away(is_named: bool) -> Response:
    """A stream of one `disconnect`, for whom nothing is known of while the store is away."""
    frame = disconnect_frame("store_unavailable")
    body = (named if is_named else unnamed)([frame])
    return Response(body, headers=HEADERS, media_type="text/event-stream")


class SseStream:
    """One SSE stream: the ASGI response, the live side's sink, and a connection that can be ended.

    Args:
        registry: Knows the streams.
        connections: Is told of this one.
        key: What to follow.
        what: What of it.
        after: From where; None for a snapshot.
        credential: Whose it is.
        is_named: With the frame's type as the event's name.
        backlog: Bytes that may wait.
    """

    transport = "sse"

    def __init__(
        self,
        registry: Registry,
        connections: Connections,
        *,
        key: Key,
        what: Filter,
        after: str | None,
        credential: Credential,
        is_named: bool,
        backlog: int,
    ) -> None:
        self._registry = registry
        self._connections = connections
        self._key = key
        self._after = after
        self._encode = named if is_named else unnamed
        self._outbox: Outbox[bytes] = Outbox(backlog, self._overflow)
        self._subscriber = Subscriber(self, what)
        self._cancel = anyio.CancelScope()
        self.credential = credential

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request."""
        response = EventSourceResponse(self._chunks(), ping=0, sep="\n", headers=HEADERS)
        with self._connections.opened(self), self._cancel:
            async with anyio.create_task_group() as tasks:
                if scope["method"] != "HEAD":
                    tasks.start_soon(self._follow, name="sse follow")
                await response(scope, receive, send)
                self._outbox.close()
                tasks.cancel_scope.cancel()

    async def _follow(self) -> None:
        if self.credential.expired:
            self._connections.end(self, "token_expired")
        if not self._outbox.finished:
            await follow(self._registry, self._key, self._subscriber, self._after)

    async def _chunks(self) -> AsyncIterator[bytes]:
        while chunks := await self._outbox.take():
            yield b"".join(chunks)
        self._outbox.close()

    @property
    def closed(self) -> bool:
        """Nothing more can be sent."""
        return self._outbox.closed or self._outbox.finished

    def send(self, batch: Batch) -> None:
        """Take frames."""
        self._outbox.put(batch.encoded(self._encode))

    def finish(self) -> None:
        """End the response once all is sent."""
        self._outbox.finish()

    async def drained(self) -> None:
        """Wait for room."""
        await self._outbox.drained()

    async def over(self) -> None:
        """Wait for the end."""
        await self._outbox.over()

    def _overflow(self) -> None:
        # The client does not read: there is no way to tell it why.
        self._connections.end(self, "slow_consumer")
        self._cancel.cancel()

    def disconnect(self, code: str) -> None:
        """Send a `disconnect`, then end."""
        cursor = self._subscriber.cursor if self._subscriber.cursor.seq else None
        self._outbox.put(self._encode([disconnect_frame(code, None, cursor)]))
        self._outbox.finish()

    def abort(self) -> None:
        """End now."""
        self._outbox.close()
        self._cancel.cancel()
