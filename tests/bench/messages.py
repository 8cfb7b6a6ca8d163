"""Requests, events and frames, of the same size for everyone who is compared."""

from hub.bench.stamp import STAMP
from hub.bench.wire import TYPE

FRAME = 230
"""Bytes of a frame as Server-Sent Event, without the size line of its chunk."""
SESSION = "ses_" + "0" * 20
IDENTITY = "1767225600000-100"


def request(method: str, path: str, key: str = "", body: bytes = b"") -> bytes:
    """A request over HTTP/1.1 that keeps the connection."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    if key:
        lines.append(f"Authorization: Bearer {key}")
    if method == "GET":
        lines.append("Accept: text/event-stream")
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def data(overhead: int) -> bytes:
    """What an event carries: when it was sent, and text up to a frame of `FRAME` bytes.

    Args:
        overhead: Bytes of the frame that are not these data.
    """
    bare = b'{"t":%b,"text":""}' % STAMP
    text = b"and so on " * FRAME
    return bare[:-2] + text[: FRAME - overhead - len(bare)] + bare[-2:]


def event(overhead: int) -> bytes:
    """An event as the hub takes it; `overhead` as of `data`."""
    return b'{"type":"%b","data":%b}' % (TYPE.encode(), data(overhead))


def frame(identity: str, session: str, content: bytes) -> bytes:
    """A frame as the hub sends it."""
    at = "2026-01-01T00:00:00.000Z"
    text = f'{{"id":"{identity}","type":"{TYPE}","session_id":"{session}","at":"{at}","data":'
    return f"event: {TYPE}\nid: {identity}\ndata: {text}".encode() + content + b"}\n\n"


def chunk(content: bytes) -> bytes:
    """A chunk of a body over HTTP/1.1."""
    return b"%x\r\n%b\r\n" % (len(content), content)


EVENT_LINES = len(f"event: {TYPE}\nid: {IDENTITY}\ndata: \n\n")
"""Bytes that a frame has less as a message of a WebSocket."""
OVERHEAD = len(frame(IDENTITY, SESSION, b""))
