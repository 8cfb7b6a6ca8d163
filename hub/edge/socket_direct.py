"""The WebSocket by the direct writer; its frames are parsed by websockets' sans-I/O protocol.

A server's frames are not masked (RFC 6455, section 5.1), so the bytes of a message are the same for all who
are sent it.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any

import anyio
from starlette.types import Scope
from websockets.frames import Frame as WebSocketFrame
from websockets.frames import Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol

from hub.edge.auth import Credential
from hub.edge.direct import DirectConnection
from hub.edge.handover import Handover, WebSocketProtocol
from hub.edge.socket import AUTH_TIMEOUT, Operations, Socket, SocketSubscriber
from hub.live.frames import Frame, disconnect_frame
from hub.live.subscriber import Subscriber
from schemas.errors import DISCONNECTS

CLOSE_TIMEOUT = 10.0
"""Seconds for the client's answer to a Close frame."""
MAX_WAITING = 16
MAX_WAITING_BYTES = 1_048_576
"""Messages of one socket that wait for their turn; beyond that nothing more is read from it."""

_PING = WebSocketFrame(Opcode.PING, b"").serialize(mask=False)
_PONG = b"\x8a\x80"
"""How the answer to it begins; the masking key follows."""
_PONG_SIZE = 6
_UNKNOWN = 1 << 62


def messages(frames: Sequence[Frame]) -> bytes:
    """Frames as WebSocket messages."""
    return b"".join([_message(frame.json) for frame in frames])


def _message(json: bytes) -> bytes:
    return WebSocketFrame(Opcode.TEXT, json).serialize(mask=False)


class DirectSocket(DirectConnection, Socket):
    """One WebSocket connection that was handed over.

    Args:
        transport: Of the connection.
        protocol: Past its handshake.
        operations: What it can do.
        backlog: Bytes that may wait.
        credential: From the handshake, if it had one.
        is_fresh: Nothing has come of the client since.
    """

    __slots__ = (
        "_heard",
        "_operations",
        "_partial",
        "_protocol",
        "_pumping",
        "_timer",
        "_unparsed",
        "_waiting",
        "_waiting_bytes",
        "publishing",
        "subscriptions",
    )

    wire = staticmethod(messages)

    def __init__(
        self,
        transport: asyncio.Transport,
        protocol: ServerProtocol,
        operations: Operations,
        *,
        backlog: int,
        credential: Credential | None,
        is_fresh: bool,
    ) -> None:
        self._protocol = protocol
        self._operations = operations
        self._partial: bytearray | None = None
        """What is here of a text message that is not complete."""
        self._waiting: deque[str | bytes] | None = None
        """Messages to be taken; None while there is nothing to do."""
        self._waiting_bytes = 0
        self._heard = True
        self._unparsed = 0 if is_fresh else _UNKNOWN
        """Bytes of a frame that is not all here; 0: the next one begins a frame."""
        self._timer: asyncio.TimerHandle | None = None
        self.subscriptions: dict[str | None, SocketSubscriber] = {}
        self.publishing: anyio.Semaphore | None = None
        super().__init__(
            transport, connections=operations.connections, credential=credential, backlog=backlog
        )
        if credential is None:
            self._after(AUTH_TIMEOUT, self._auth_timeout)

    @property
    def transport(self) -> str:
        """What it is counted as."""
        return "websocket"

    @property
    def subscribers(self) -> Iterable[Subscriber]:
        """All of its subscriptions."""
        return self.subscriptions.values()

    def _after(self, seconds: float, work: Callable[[], None]) -> None:
        self._forget_timer()
        self._timer = asyncio.get_running_loop().call_later(seconds, work)

    def _forget_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _auth_timeout(self) -> None:
        self._connections.end(self, "auth_timeout")

    def begin(self, waiting: Iterable[str | bytes]) -> None:
        """It is known to the connections: take what has come already."""
        self._connections.keepalive.add(self)
        for message in waiting:
            if self.closing:
                return
            if isinstance(message, str):
                self._receive(message)
            else:
                self._connections.end(self, "protocol_error")

    def data_received(self, data: bytes) -> None:
        """Some bytes of the client."""
        self._heard = True
        if len(data) == _PONG_SIZE and not self._unparsed and data.startswith(_PONG):
            # All that most sockets ever send: of 10,000 it would take the parser 2 % of a core.
            return
        protocol = self._protocol
        protocol.receive_data(data)
        self._unparsed += len(data)
        for event in protocol.events_received():
            if isinstance(event, WebSocketFrame):
                self._unparsed -= _size(event)
                if not self.closing:
                    self._handle(event)
        output = protocol.data_to_send()
        if output:
            self._answer(output)

    def _answer(self, output: list[bytes]) -> None:
        """Send what the protocol wants sent: pongs, Close frames, and at the end nothing more."""
        if self._protocol.state is not State.OPEN:
            # Nothing may follow a Close frame.
            self._leave()
        if not self._transport.is_closing():
            self.write(b"".join(output))
            if b"" in output:
                self._close()

    def _handle(self, frame: WebSocketFrame) -> None:
        data = bytes(frame.data)
        match frame.opcode:
            case Opcode.TEXT if frame.fin:
                self._receive(data)
            case Opcode.TEXT:
                self._partial = bytearray(data)
            case Opcode.CONT if self._partial is not None:
                # Not a list: it would grow with fragments that are empty, of which there may be any number.
                self._partial += data
                if frame.fin:
                    whole, self._partial = bytes(self._partial), None
                    self._receive(whole)
            case Opcode.BINARY:
                self._connections.end(self, "protocol_error")
            case _:
                return

    def _receive(self, message: str | bytes) -> None:
        if isinstance(message, bytes) and not message.isascii():
            try:
                message.decode()
            except UnicodeDecodeError:
                # RFC 6455, section 8.1.
                self._leave()
                self._protocol.fail(1007, "not UTF-8")
                return
        if self._waiting is None:
            self._waiting = deque()
            self._connections.start(self._pump)
        self._waiting.append(message)
        self._waiting_bytes += len(message)
        if self._full():
            self._transport.pause_reading()

    def _full(self) -> bool:
        return self._waiting is not None and (
            len(self._waiting) >= MAX_WAITING or self._waiting_bytes >= MAX_WAITING_BYTES
        )

    async def _pump(self) -> None:
        """Take the messages that wait, in order."""
        while self._waiting and not self.closing:
            was_full = self._full()
            message = self._waiting.popleft()
            self._waiting_bytes -= len(message)
            if was_full and not self._full():
                # The answer to a ping may be behind what was not read.
                self._heard = True
                self._transport.resume_reading()
            await self._operations.take(self, message)
        self._waiting = None
        self._waiting_bytes = 0

    def reply(self, json: bytes) -> None:
        """Send a reply."""
        if not self.closing:
            self.write(_message(json))

    def start(self, work: Callable[..., Coroutine[Any, Any, None]], *arguments: Any) -> None:
        """Do some work meanwhile."""
        self._connections.start(work, *arguments)

    def authenticated(self) -> None:
        """It has a credential now."""
        if not self.closing:
            self._forget_timer()

    def ping(self) -> None:
        """Send a ping, unless the last one was not answered."""
        if self.closing or self._full():
            # While nothing is read, no answer is heard.
            return
        if not self._heard:
            self._leave()
            self._protocol.fail(1011, "keepalive ping timeout")
            self._answer(self._protocol.data_to_send())
            return
        self._heard = False
        self.write(_PING)

    def disconnect(self, code: str) -> None:
        """Send a `disconnect`, then close."""
        if self.closing or self._protocol.state is not State.OPEN:
            # Something behind the message that is the reason, in the same bytes, has ended it already.
            return
        self._leave()
        self.write(_message(disconnect_frame(code).json))
        self._protocol.send_close(DISCONNECTS[code].number)
        self.write(b"".join(self._protocol.data_to_send()))
        self.closing = True
        self._let_go()
        # The answer is to be read, however many messages wait.
        self._transport.resume_reading()
        self._after(CLOSE_TIMEOUT, self._overdue)

    def _overdue(self) -> None:
        if self._transport.get_write_buffer_size():
            # To close it would wait until the client has read that.
            self.abort()
        else:
            self._transport.close()

    def _leave(self) -> None:
        for subscription in list(self.subscriptions.values()):
            subscription.leave()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        super().connection_lost(exc)
        self._connections.keepalive.discard(self)
        self._forget_timer()


def _size(frame: WebSocketFrame) -> int:
    """Bytes of a client's frame on the wire, by the shortest encoding (RFC 6455, section 5.2)."""
    length = len(frame.data)
    return 6 + length + (0 if length < 126 else 2 if length < 1 << 16 else 8)


def take_over(
    scope: Scope,
    operations: Operations,
    *,
    backlog: int,
    credential: Credential | None,
    refusal: str | None,
) -> bool:
    """Take over a socket that was just accepted.

    Args:
        scope: Of its handshake.
        operations: What it can do.
        backlog: Bytes that may wait.
        credential: From the handshake, if it had one.
        refusal: The code with which to end it at once, as its credential was no good.

    Returns:
        False if this is not the server for it, or the client has gone away.
    """
    handover = scope.get("extensions", {}).get(Handover.KEY)
    if not isinstance(handover, WebSocketProtocol):
        return False
    taken: list[DirectSocket] = []

    def take(transport: asyncio.Transport) -> asyncio.Protocol:
        taken.append(
            DirectSocket(
                transport,
                handover.past_handshake,
                operations,
                backlog=backlog,
                credential=credential,
                is_fresh=handover.is_fresh,
            )
        )
        return taken[0]

    if not handover.take(take):
        return False
    socket = taken[0]
    operations.connections.add(socket)
    if credential is not None and credential.expired:
        refusal = "token_expired"
    if refusal is not None:
        operations.connections.end(socket, refusal)
    socket.begin(handover.waiting())
    return True
