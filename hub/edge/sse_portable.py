"""Server-Sent Events in the portable way, by sse-starlette: on any ASGI server."""

from collections.abc import AsyncIterator

import anyio
from sse_starlette import EventSourceResponse
from sse_starlette.sse import AppStatus
from starlette.types import Receive, Scope, Send

from hub.edge.connections import Connections
from hub.edge.outbox import Outbox
from hub.edge.sse import HEADERS, SseForm, Wanted
from hub.edge.subscription import follow
from hub.live.frames import disconnect_frame
from hub.live.registry import Registry
from hub.live.subscriber import Filter, Subscriber

# sse-starlette replaces uvicorn's signal handler when it is imported, to cut streams at once; here they are
# drained, each with a `disconnect`.
AppStatus.disable_automatic_graceful_drain()


class _Subscriber(Subscriber):
    """Writes to an outbox."""

    __slots__ = ("_outbox",)

    def __init__(self, what: Filter, form: SseForm, outbox: Outbox[bytes]) -> None:
        super().__init__(what, form.plain, outbox.put)
        self._outbox = outbox

    def finish(self) -> None:
        """End the response once all is sent."""
        self.leave()
        self._outbox.finish()

    async def drained(self) -> None:
        """Wait for room."""
        await self._outbox.drained()


class SseStream:
    """One SSE stream: the ASGI response, and a connection that can be ended.

    Args:
        registry: Knows the streams.
        connections: Is told of this one.
        wanted: What it is a stream of.
        backlog: Bytes that may wait.
    """

    transport = "sse"

    def __init__(self, registry: Registry, connections: Connections, wanted: Wanted, *, backlog: int) -> None:
        self._registry = registry
        self._connections = connections
        self._wanted = wanted
        self._outbox: Outbox[bytes] = Outbox(backlog, self._overflow)
        self._subscriber = _Subscriber(wanted.what, wanted.form, self._outbox)
        self._cancel = anyio.CancelScope()
        self.credential = wanted.credential

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request."""
        response = EventSourceResponse(self._chunks(), ping=0, sep="\n", headers=HEADERS)
        try:
            with self._connections.opened(self), self._cancel:
                async with anyio.create_task_group() as tasks:
                    if scope["method"] != "HEAD":
                        tasks.start_soon(self._follow, name="sse follow")
                    await response(scope, receive, send)
                    self._outbox.close()
                    tasks.cancel_scope.cancel()
        finally:
            self._subscriber.leave()

    async def _follow(self) -> None:
        if self.credential.expired:
            self._connections.end(self, "token_expired")
        wanted = self._wanted
        await follow(self._registry, wanted.key, self._subscriber, wanted.after, wanted.speed)

    async def _chunks(self) -> AsyncIterator[bytes]:
        while chunks := await self._outbox.take():
            yield b"".join(chunks)
        self._outbox.close()

    def _overflow(self) -> None:
        # The client does not read: there is no way to tell it why.
        self._connections.end(self, "slow_consumer")
        self.abort()

    def disconnect(self, code: str) -> None:
        """Send a `disconnect`, then end."""
        position = self._subscriber.position
        frame = disconnect_frame(code, None, position if position.seq else None)
        self._subscriber.write(self._subscriber.wire([frame]))
        self._subscriber.finish()

    def abort(self) -> None:
        """End now."""
        self._subscriber.leave()
        self._outbox.close()
        self._cancel.cancel()
