"""What readers ask a server for, and what a delivery is."""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from hub.bench.dialling import Server

Framing = Literal["http", "websocket", "plain"]
Sampling = Literal["none", "some", "every"]


class Target(Struct, frozen=True):
    """What each connection sends, and how what comes back is counted.

    Connection `i` takes item `i` modulo their number of each list.

    Args:
        server: Where to connect.
        requests: Bytes sent first, all of an HTTP request or of a WebSocket handshake.
        ready: When the connection is ready: these bytes have come. An empty one: once the head of the
            answer has come, or with `plain`, once it is connected.
        marker: Bytes that each delivery holds once; a `Marker`.
        framing: `http`: an answer with a head, whose status is 2xx, and a body, in chunks or not;
            `websocket`: status 101, then messages (pings are answered); `plain`: bytes without a head.
        then: Sent once the head has come; masked WebSocket messages (`hub.bench.streams.masked`).
    """

    server: Server
    requests: Sequence[bytes]
    ready: Sequence[bytes]
    marker: bytes
    framing: Framing = "http"
    then: Sequence[bytes] = ()
