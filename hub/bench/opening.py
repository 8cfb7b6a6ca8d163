"""A connection on its way to being ready."""

import os
import socket
import ssl
import time
from collections.abc import Sequence
from functools import partial

from hub.bench.dialling import Dialler, unreachable
from hub.bench.errors import BenchError
from hub.bench.streams import Chunked, Plain, Stream, WebSocket
from hub.bench.target import Target

_LONGEST_HEAD = 64 * 1024


class Refused(BenchError):
    """The server did not open a stream."""


class Opening:
    """Connects, asks, and waits until the connection is ready.

    Args:
        target: What to ask for.
        index: Which of all connections it is.
        dialler: Opens sockets.
    """

    def __init__(self, target: Target, index: int, dialler: Dialler) -> None:
        self._target = target
        self._index = index
        self._ready = _item(target.ready, index)
        self._server = dialler.server
        self._head: bytearray | None = None if target.framing == "plain" else bytearray()
        self._sentinel: Stream | None = None
        self.since = time.monotonic()
        self.socket = dialler.start(index)
        self.connecting = True
        self.count = 0
        """Markers seen."""
        if target.framing == "plain":
            self._begin(Plain(target.marker), Plain(self._ready) if self._ready else None)

    def _begin(self, stream: Stream, sentinel: Stream | None) -> None:
        self.stream = stream
        self._sentinel = sentinel

    def step(self, buffer: bytearray, view: memoryview) -> bool:
        """Go on, as the socket is ready; whether the connection is.

        Args:
            buffer: For what is read.
            view: Of `buffer`.

        Raises:
            OSError, Refused, StreamEnded: it never will be.
        """
        if self.connecting:
            return self._ask()
        try:
            received = self.socket.recv_into(view)
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        if not received:
            raise Refused("the server closed it")
        return self._take(buffer, received)

    def _ask(self) -> bool:
        failed = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if failed:
            raise unreachable(self._server, OSError(failed, os.strerror(failed)))
        self.connecting = False
        request = _item(self._target.requests, self._index)
        if request:
            send_all(self.socket, request)
        return self._head is None and not self._ready

    def _take(self, buffer: bytearray, received: int) -> bool:
        if self._head is None:
            return self._count(buffer, received)
        self._head += buffer[:received]
        end = self._head.find(b"\r\n\r\n")
        if end < 0:
            if len(self._head) > _LONGEST_HEAD:
                raise Refused("the server sends a head without an end")
            return False
        body = self._head[end + 4 :]
        head = bytes(self._head[: end + 4])
        self._head = None
        self._answered(head)
        return (self._count(body, len(body)) if body else False) or not self._ready or self._ready in head

    def _answered(self, head: bytes) -> None:
        status = head[9:12]
        target, ready = self._target, self._ready
        if target.framing == "websocket":
            if status != b"101":
                raise Refused(f"the server answered with status {status.decode('latin-1')}")
            pong = partial(send_all, self.socket)
            self._begin(WebSocket(target.marker, pong), WebSocket(ready, _silent) if ready else None)
            if target.then:
                send_all(self.socket, _item(target.then, self._index))
            return
        if not status.startswith(b"2") or status == b"204":
            raise Refused(f"the server answered with status {status.decode('latin-1')}")
        kind = Chunked if b"\r\ntransfer-encoding: chunked" in head.lower() else Plain
        self._begin(kind(target.marker), kind(ready) if ready else None)

    def _count(self, buffer: bytearray, end: int) -> bool:
        self.count += self.stream.take(buffer, end)
        return self._sentinel is None or self._sentinel.take(buffer, end) > 0


def send_all(connection: socket.socket, content: bytes) -> None:
    """Send all of a little to a non-blocking socket; waits at most 10 s."""
    connection.settimeout(10)
    try:
        connection.sendall(content)
    finally:
        connection.setblocking(False)


def _silent(_pong: bytes) -> None:
    return None


def _item(items: Sequence[bytes], index: int) -> bytes:
    return items[index % len(items)] if items else b""
