"""Prebuilt requests to a hub: the bytes that readers and writers send."""

import base64
from urllib.parse import urlsplit

import msgspec

from hub.bench.dialling import Server
from hub.bench.errors import BenchError
from hub.bench.load import Over, Transport
from hub.bench.stamp import STAMP
from hub.bench.streams import masked
from hub.bench.target import Target

TYPE = "x.bench"
MARKER = b':"x.bench"'
"""In the JSON of each frame of such an event once, over both transports; in no snapshot and no bookmark."""
_READY = b':"bookmark"'
_OVERHEAD = 204
"""Bytes of an SSE frame without what fills it up."""
_NONCE = base64.b64encode(b"a load generator").decode()


def event(size: int) -> bytes:
    """An event whose frame over SSE has about `size` bytes."""
    pad = "-" * max(0, size - _OVERHEAD)
    return b'{"type":"%b","data":{"t":%b,"pad":"%b"}}' % (TYPE.encode(), STAMP, pad.encode())


class Wire:
    """Requests to one hub with one API key.

    Args:
        url: Base URL of the hub.
        key: API key.

    Raises:
        BenchError: the URL has no host.
    """

    def __init__(self, url: str, key: str) -> None:
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            raise BenchError(f"the URL {url} has no valid port") from None
        if not parts.hostname:
            raise BenchError(f"the URL {url} has no host")
        tls = parts.scheme == "https"
        self.server = Server(parts.hostname, port or (443 if tls else 80), tls)
        self._prefix = parts.path.rstrip("/")
        self._headers = f"Host: {parts.netloc.rpartition('@')[2]}\r\nAuthorization: Bearer {key}\r\n"

    def streams(
        self, sessions: list[str], transport: Transport, cursors: dict[str, tuple[str, str]] | None = None
    ) -> Target:
        """Follow sessions; connection `i` follows session `i` modulo their number.

        Args:
            sessions: Their ids.
            transport: How.
            cursors: Of each session, the entry id to go on after, and the one that must have come for the
                connection to be ready.
        """
        known = [cursors[session] if cursors is not None else None for session in sessions]
        if transport == "sse":
            return Target(
                server=self.server,
                requests=[self._stream(*pair) for pair in zip(sessions, known, strict=True)],
                ready=[_READY if cursor is None else b"id: %b\n" % cursor[1].encode() for cursor in known],
                marker=MARKER,
            )
        return Target(
            server=self.server,
            requests=[self.handshake()],
            ready=[_READY if cursor is None else b':"%b"' % cursor[1].encode() for cursor in known],
            marker=MARKER,
            framing="websocket",
            then=[_subscribe(*pair) for pair in zip(sessions, known, strict=True)],
        )

    def _stream(self, session: str, cursor: tuple[str, str] | None) -> bytes:
        after = f"Last-Event-ID: {cursor[0]}\r\n" if cursor is not None else ""
        return self._request("GET", f"/v1/sessions/{session}/stream", f"Accept: text/event-stream\r\n{after}")

    def handshake(self) -> bytes:
        """Open a WebSocket."""
        return self._request(
            "GET",
            "/v1/ws",
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Protocol: hub.v1\r\nSec-WebSocket-Key: {_NONCE}\r\n",
        )

    def publish(self, session: str, events: list[bytes], over: Over) -> bytes:
        """Publish `events` in one request, or over a WebSocket in one message."""
        if over == "websocket":
            return masked(
                b'{"op":"publish","ref":1,"session_id":"%b","events":[%b]}'
                % (session.encode(), b",".join(events))
            )
        if over == "ndjson":
            kind, body = "application/x-ndjson", b"\n".join(events)
        else:
            kind = "application/json"
            body = events[0] if len(events) == 1 else b"[%b]" % b",".join(events)
        headers = f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        return self._request("POST", f"/v1/sessions/{session}/events", headers) + body

    def _request(self, method: str, path: str, headers: str) -> bytes:
        return f"{method} {self._prefix}{path} HTTP/1.1\r\n{self._headers}{headers}\r\n".encode()


def _subscribe(session: str, cursor: tuple[str, str] | None) -> bytes:
    operation = {"op": "subscribe", "ref": 1, "session_id": session}
    if cursor is not None:
        operation["after"] = cursor[0]
    return masked(msgspec.json.encode(operation))
