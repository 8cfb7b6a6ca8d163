"""The WebSocket in the portable way, by Starlette: on any ASGI server."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import anyio
from anyio.abc import TaskGroup
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from hub.edge.auth import Credential
from hub.edge.body import MAX_BODY
from hub.edge.outbox import Outbox
from hub.edge.socket import AUTH_TIMEOUT, Operations, Socket, SocketSubscriber
from hub.live.frames import Frame, disconnect_frame
from schemas.errors import DISCONNECTS

_log = logging.getLogger("hub.websocket")


def texts(frames: Sequence[Frame]) -> list[str]:
    """Frames as the texts of WebSocket messages."""
    return [frame.json.decode() for frame in frames]


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


class PortableSocket(Socket):
    """One WebSocket connection.

    Args:
        websocket: Accepted already.
        operations: What it can do.
        backlog: Characters that may wait.
        credential: From the handshake, if it had one.
    """

    transport = "websocket"
    wire = staticmethod(texts)

    def __init__(
        self, websocket: WebSocket, operations: Operations, *, backlog: int, credential: Credential | None
    ) -> None:
        self._websocket = websocket
        self._operations = operations
        self._connections = operations.connections
        self._known = asyncio.Event()
        self._close_code = 1000
        self._cancel = anyio.CancelScope()
        self._tasks: TaskGroup | None = None
        self._outbox: Outbox[str] = Outbox(backlog, self._overflow)
        self.write = self._put
        self.credential = credential
        self.subscriptions: dict[str | None, SocketSubscriber] = {}
        self.publishing: anyio.Semaphore | None = None
        if credential is not None:
            self._known.set()

    async def run(self, refusal: str | None = None) -> None:
        """Serve the socket until it ends.

        Args:
            refusal: The code with which to end it at once, as its credential was no good.
        """
        try:
            with self._connections.opened(self), self._cancel:
                async with anyio.create_task_group() as self._tasks:
                    self.start(self._write, self._tasks.cancel_scope)
                    self.start(self._await_credential)
                    if self.credential is not None and self.credential.expired:
                        refusal = "token_expired"
                    if refusal is not None:
                        self._known.set()
                        self._connections.end(self, refusal)
                    await self._read()
                    self._outbox.close()
                    self._tasks.cancel_scope.cancel()
        finally:
            self._leave()

    def start(self, work: Callable[..., Coroutine[Any, Any, None]], *arguments: Any) -> None:
        """Do some work in the socket's task group."""
        if self._tasks is None:
            raise RuntimeError("the socket does not run")
        self._tasks.start_soon(work, *arguments, name=work.__name__)

    def _put(self, pieces: list[str]) -> None:
        self._outbox.put(*pieces)

    def reply(self, json: bytes) -> None:
        """Send a reply."""
        self._outbox.put(json.decode())

    async def drained(self) -> None:
        """Wait for room."""
        await self._outbox.drained()

    def authenticated(self) -> None:
        """It has a credential now."""
        self._known.set()

    async def _await_credential(self) -> None:
        with anyio.move_on_after(AUTH_TIMEOUT):
            await self._known.wait()
            return
        self._connections.end(self, "auth_timeout")

    async def _write(self, scope: anyio.CancelScope) -> None:
        try:
            while pieces := await self._outbox.take():
                for text in pieces:
                    await self._websocket.send_text(text)
            if self._websocket.application_state is WebSocketState.CONNECTED:
                await self._websocket.close(self._close_code, "")
        except (WebSocketDisconnect, RuntimeError, OSError) as error:
            _log.debug("socket gone: %s", error)
        self._outbox.close()
        scope.cancel()

    async def _read(self) -> None:
        while not self._outbox.closed:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            if self._outbox.finished:
                continue
            text = message.get("text")
            if text is None:
                self._connections.end(self, "protocol_error")
            elif _size(text) > MAX_BODY:
                # RFC 6455, section 7.4.1. Not all servers have a bound, or the same.
                self._end(1009)
            else:
                await self._operations.take(self, text)

    def _end(self, close_code: int) -> None:
        """Close once all is sent."""
        self._close_code = close_code
        self._leave()
        self._outbox.finish()

    def _overflow(self) -> None:
        self._connections.end(self, "slow_consumer")
        self.abort()

    def disconnect(self, code: str) -> None:
        """Send a `disconnect`, then close."""
        if not self._outbox.finished:
            self._outbox.put(disconnect_frame(code).json.decode())
            self._end(DISCONNECTS[code].number)

    def abort(self) -> None:
        """End now."""
        self._leave()
        self._outbox.close()
        self._cancel.cancel()

    def _leave(self) -> None:
        for subscription in list(self.subscriptions.values()):
            subscription.leave()
