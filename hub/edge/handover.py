"""uvicorn's protocols, extended: a connection can be handed over to a protocol of the hub's own.

uvicorn forgets the connection then, and the ASGI task may end without the connection ending. Measured against
keeping both: a tenth of the memory for an SSE connection, a quarter of the time to set it up, and no
subscriber that is left behind when a client sends another request and resets the connection.
"""

import asyncio
from collections.abc import Callable
from typing import Any, ClassVar, Protocol, cast

from starlette.types import Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.server import ServerProtocol

MAX_HEAD = 64 * 1024
"""Bytes of a request's line and headers at most; httptools has no bound of its own."""

LOOKS = 5
"""How often `HttpProtocol.look` finds the same request still on its way before it gives up."""

_TIMEOUT = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_REFUSAL = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_BAD = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class Handover(Protocol):
    """The way to take over a connection; an extension of the ASGI scope."""

    KEY: ClassVar[str] = "hub.handover"

    def possible(self) -> bool:
        """Whether the connection can be taken over once the response has begun."""
        ...

    def take(self, make: Callable[[asyncio.Transport], asyncio.Protocol]) -> bool:
        """Hand the connection over.

        Args:
            make: The protocol for the transport, from now on told of all that happens there.

        Returns:
            False if it cannot be had any more; it is the ASGI server's to end then.
        """
        ...


class HttpProtocol(HttpToolsProtocol):
    """HTTP; requests have a bounded head and the extension `hub.handover`, short responses are one write."""

    _head = 0
    """Bytes of the request's head that the parser has told of."""
    _held = 0
    """Bytes since it last told of anything."""
    _coming = True
    """A request is not all there; also before the first one."""
    _looks = 0
    """How often it was seen to be so."""
    _answered: RequestResponseCycle | None = None
    """The request that is being answered, or was last."""

    def data_received(self, data: bytes) -> None:
        """Some bytes of the client."""
        self._held += len(data)
        super().data_received(data)
        # A header, or a trailer of a chunked body, is told of when it is complete; until then it is kept.
        if self._held > MAX_HEAD and not self.transport.is_closing():
            self._refuse()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        super().connection_lost(exc)
        # uvicorn tells the newest request only, which may wait for its turn.
        if self._answered is not None and not self._answered.response_complete:
            self._answered.disconnected = True
            self._answered.message_event.set()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answered = cycle
        super()._start_asgi_task(cycle, cast("Any", _WholeResponse(app, cycle)))

    def handle_websocket_upgrade(self) -> None:
        """It becomes a WebSocket."""
        super().handle_websocket_upgrade()
        if self.flow.write_paused:
            # Of an earlier response. The transport has told this protocol, and tells it once.
            cast("asyncio.Protocol", self.transport.get_protocol()).pause_writing()

    def on_message_begin(self) -> None:
        """A new request."""
        super().on_message_begin()
        self._head = self._held = self._looks = 0
        self._coming = True
        cast("dict[str, Any]", self.scope)["extensions"] = {Handover.KEY: self}

    def on_url(self, url: bytes) -> None:
        """A part of the request line."""
        self._grow(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        self._grow(len(name) + len(value))
        super().on_header(name, value)

    def on_message_complete(self) -> None:
        """The request is all there."""
        self._coming = False
        super().on_message_complete()

    def look(self) -> None:
        """See whether a request has been on its way for too long; to be called at even intervals.

        Neither uvicorn nor its parser has a limit of time: a connection on which nothing or ever less comes
        would be kept for good.
        """
        answered = self._answered
        if not self._coming or (
            # Another one is being answered before it.
            answered is not None and not answered.response_complete and not answered.more_body
        ):
            self._looks = 0
            return
        self._looks += 1
        if self._looks > LOOKS and not self.transport.is_closing():
            if self._head and (answered is None or answered.response_complete):
                self.transport.write(_TIMEOUT)
            self.transport.close()

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._held = 0
        super().on_body(body)

    def _grow(self, size: int) -> None:
        self._held = 0
        self._head += size
        if self._head > MAX_HEAD:
            # Stops the parser.
            raise OverflowError("the head of the request is too large")

    def send_400_response(self, msg: str) -> None:
        """The request cannot be parsed."""
        if self._head > MAX_HEAD:
            self._refuse()
        else:
            super().send_400_response(msg)

    def _refuse(self) -> None:
        self.transport.write(_REFUSAL)
        self.transport.close()

    def possible(self) -> bool:
        """Whether this is a plain request for a stream with nothing behind it."""
        cycle = self.cycle
        return (
            # Else another request has begun to come.
            cycle.scope is self.scope
            and cycle.scope["method"] == "GET"
            and cycle.scope["http_version"] == "1.1"
            and not self.pipeline
            and not cycle.more_body
            and not cycle.disconnected
            and not cycle.response_complete
            and not self.flow.write_paused
            and not self.transport.is_closing()
        )

    def take(self, make: Callable[[asyncio.Transport], asyncio.Protocol]) -> bool:
        """Hand the connection over."""
        if not self.possible() or not self.cycle.response_started:
            return False
        # For uvicorn the response is complete, and nothing follows.
        self.cycle.response_complete = True
        self.connections.discard(self)
        self._unset_keepalive_if_required()
        self.flow.resume_reading()
        transport = self.transport
        # Parser and protocol hold each other.
        self.parser = cast("Any", None)
        _give(transport, make(transport))
        return True


class _WholeResponse:
    """An application whose head of a response waits for the body; uvicorn writes them one by one.

    Two writes are two packets and two wake-ups of the client: a tenth of what it costs to take an event.
    """

    __slots__ = ("_app", "_cycle", "_send", "_start")

    def __init__(self, app: Any, cycle: RequestResponseCycle) -> None:
        self._app = app
        self._cycle = cycle
        self._start: Message | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._send = send
        await self._app(scope, receive, self._hold)

    async def _hold(self, message: Message) -> None:
        if message["type"] == "http.response.start" and self._start is None and _is_sized(message):
            self._start = message
            return
        start, self._start = self._start, None
        if start is not None:
            if message["type"] == "http.response.body" and self._written(start, message):
                return
            await self._send(start)
        await self._send(message)

    def _written(self, start: Message, end: Message) -> bool:
        cycle, body = self._cycle, end.get("body", b"")
        if (
            end.get("more_body")
            or not cycle.keep_alive
            or cycle.response_started
            or cycle.disconnected
            or cycle.flow.write_paused
            or cycle.access_log
            or cycle.scope["method"] == "HEAD"
        ):
            return False
        headers = [*cycle.default_headers, *start["headers"]]
        lines = [b"%b: %b\r\n" % header for header in headers]
        head = b"".join([STATUS_LINE[start["status"]], *lines, b"\r\n"])
        if head.count(b"\n") != len(headers) + 2 or b"content-length: %d\r\n" % len(body) not in lines:
            # Nonsense, for uvicorn to complain about.
            return False
        cycle.response_started = cycle.response_complete = True
        cycle.waiting_for_100_continue = False
        cycle.transport.write(head + body)
        cycle.message_event.set()
        cycle.on_response()
        return True


def _is_sized(start: Message) -> bool:
    names = [name for name, _value in start["headers"]]
    return b"content-length" in names and b"connection" not in names


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """WebSocket; a socket that was accepted can be handed over, with the state of its protocol."""

    _pieces = 0

    def data_received(self, data: bytes) -> None:
        """Some bytes of the client; the head of its request is one piece."""
        self._pieces += 1
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            # websockets has bounds of its own for it, and uvicorn does not look at what it says of them.
            self.transport.write(b"".join(self.conn.data_to_send()) or _BAD)
            self.transport.close()

    def handle_connect(self, event: Any) -> None:
        """The handshake."""
        super().handle_connect(event)
        scope: dict[str, Any] | None = getattr(self, "scope", None)
        if scope is not None:
            scope["extensions"][Handover.KEY] = self

    def possible(self) -> bool:
        """Whether it is open, with no message half here."""
        return not (
            self.disconnected
            or self.close_sent
            or self.frames
            or self.conn.extensions
            or not self.writable.is_set()
            or self.transport.is_closing()
        )

    @property
    def is_fresh(self) -> bool:
        """Nothing has come of the client since its handshake."""
        return self._pieces <= 1

    @property
    def past_handshake(self) -> ServerProtocol:
        """The WebSocket protocol of the connection."""
        return self.conn

    def waiting(self) -> list[str | bytes]:
        """Messages that came before the handover."""
        messages: list[str | bytes] = []
        while not self.queue.empty():
            event: Any = self.queue.get_nowait()
            if event["type"] == "websocket.receive":
                text = event.get("text")
                messages.append(event["bytes"] if text is None else text)
        return messages

    def take(self, make: Callable[[asyncio.Transport], asyncio.Protocol]) -> bool:
        """Hand the connection over."""
        if not self.possible() or not self.handshake_complete:
            return False
        self.stop_keepalive()
        # For uvicorn it is closed, and the application may return: with a timer of its own to close the
        # transport it would leave that alone.
        self.close_sent = True
        self.close_timer = self.loop.call_later(0, _nothing)
        self.connections.discard(self)
        transport = self.transport
        if self.read_paused:
            transport.resume_reading()
        _give(transport, make(transport))
        return True


def _give(transport: asyncio.Transport, protocol: asyncio.Protocol) -> None:
    transport.set_protocol(protocol)
    # Only now: what it sets for the transport may have this tell its protocol to pause at once.
    protocol.connection_made(transport)


def _nothing() -> None:
    return
