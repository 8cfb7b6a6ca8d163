"""Streams of frames on a connection, decoded just as far as counting needs.

`take(buffer, end)` gets the next bytes of the connection, `buffer[:end]`, and returns how many markers they
complete.
"""

from collections.abc import Callable
from typing import Protocol

from hub.bench.errors import BenchError
from hub.bench.marker import Marker

_LONGEST_SIZE_LINE = 256


class StreamEnded(BenchError):
    """The server has ended the stream."""


class Stream(Protocol):
    """Counts markers in what comes from one connection."""

    at_border: bool
    """The next bytes begin a frame, so that the same bytes would count the same for another such stream."""

    def take(self, buffer: bytearray, end: int) -> int:
        """Markers that are complete with these bytes.

        Raises:
            StreamEnded: the stream is over.
        """
        ...


class Plain:
    """Bytes that are not framed any further."""

    __slots__ = ("_marker", "at_border")

    def __init__(self, marker: bytes) -> None:
        self._marker = Marker(marker)
        self.at_border = True

    def take(self, buffer: bytearray, end: int) -> int:
        """Markers that are complete with these bytes."""
        found = self._marker.count(buffer, end)
        self.at_border = not self._marker.tail
        return found


class Chunked:
    """A body in chunks (RFC 9112, section 7.1), which may split a marker anywhere."""

    __slots__ = ("_left", "_line", "_marker", "at_border")

    def __init__(self, marker: bytes) -> None:
        self._marker = Marker(marker)
        self.at_border = True
        self._left = 0
        """Bytes of the chunk to come, with the line end after it."""
        self._line = b""
        """A size line that has not all come yet."""

    def take(self, buffer: bytearray, end: int) -> int:
        """Markers that are complete with these bytes."""
        marker = self._marker
        inside = marker.inside
        # Whole ones are counted at once; of a chunk only the borders are looked at.
        found = buffer.count(marker.text, 0, end)
        at, left = 0, self._left
        while at < end:
            if not left:
                line_end = buffer.find(b"\r\n", at, end)
                if line_end < 0 or self._line:
                    at = self._broken_line(buffer, at, end)
                    left = self._left
                    continue
                left = _chunk(buffer[at:line_end])
                at = line_end + 2
            stop = at + left
            # The last two bytes are the line end after the chunk.
            body = stop - 2 if stop - 2 < end else end
            if body > at:
                if marker.tail:
                    found += marker.across(buffer, at, body)
                elif buffer[body - 1] in inside:
                    marker.keep(buffer, at, body)
            left = stop - end if stop > end else 0
            at = stop
        self._left = left
        self.at_border = not (left or self._line or marker.tail)
        return found

    def _broken_line(self, buffer: bytearray, at: int, end: int) -> int:
        """Read on a size line that came in pieces; returns where to go on."""
        line_end = buffer.find(b"\n", at, end)
        stop = end if line_end < 0 else line_end + 1
        self._line += buffer[at:stop]
        self._left = 0
        if len(self._line) > _LONGEST_SIZE_LINE:
            raise BenchError("the server sends chunks without a size")
        if line_end >= 0:
            self._left = _chunk(bytearray(self._line[:-2]))
            self._line = b""
        return stop


def _chunk(line: bytearray) -> int:
    """Bytes that follow a size line, with the line end after them."""
    try:
        size = int(line.partition(b";")[0] if b";" in line else line, 16)
    except ValueError:
        raise BenchError(f"the server sends a chunk of size {bytes(line[:40])!r}") from None
    if not size:
        raise StreamEnded("the server ended the stream")
    return size + 2


class WebSocket:
    """Messages of a server (RFC 6455, section 5.2: not masked); none is taken for split into fragments.

    Args:
        marker: In each message to be counted.
        pong: Called with the frame that answers a ping.
    """

    __slots__ = ("_header", "_left", "_marker", "_ping", "_pong", "at_border")

    def __init__(self, marker: bytes, pong: Callable[[bytes], None]) -> None:
        self._marker = Marker(marker)
        self._pong = pong
        self.at_border = True
        self._left = 0
        """Bytes of the message to come."""
        self._header = b""
        """A header that has not all come yet."""
        self._ping: bytes | None = None
        """What has come of a ping's content."""

    def take(self, buffer: bytearray, end: int) -> int:
        """Markers that are complete with these bytes."""
        left, at = self._left, 0
        answered = False
        while at < end:
            if left:
                stop = min(at + left, end)
                if self._ping is not None:
                    self._ping += buffer[at:stop]
                left -= stop - at
                at = stop
            elif self._header or end - at < 10 or buffer[at] & 8:
                at = self._slow_header(buffer, at, end)
                left = self._left
            else:
                left = buffer[at + 1]
                at += 2
                if left > 125:
                    size = 2 if left == 126 else 8
                    left = int.from_bytes(buffer[at : at + size], "big")
                    at += size
            if not left and self._ping is not None:
                self._pong(masked(self._ping, opcode=10))
                self._ping = None
                answered = True
        self._left = left
        found = self._marker.count(buffer, end)
        # Bytes with a ping are not only counted, so they are not to be taken for the same as others.
        self.at_border = not (left or self._header or answered or self._marker.tail)
        return found

    def _slow_header(self, buffer: bytearray, at: int, end: int) -> int:
        """Read on a header that may come in pieces, or that of a control frame; returns where to go on."""
        self._left = 0
        while at < end:
            self._header += buffer[at : at + 1]
            at += 1
            header = self._header
            if len(header) < 2 or len(header) < {126: 4, 127: 10}.get(header[1], 2):
                continue
            self._left = int.from_bytes(header[2:], "big") if len(header) > 2 else header[1]
            self._ping = b"" if header[0] & 15 == 9 else None
            self._header = b""
            break
        return at


def masked(content: bytes, *, opcode: int = 1) -> bytes:
    """A frame of a client; its masking key is zero, so that the content can be found and stamped in it."""
    size = len(content)
    if size < 126:
        length = bytes((0x80 | size,))
    elif size < 1 << 16:
        length = b"\xfe" + size.to_bytes(2, "big")
    else:
        length = b"\xff" + size.to_bytes(8, "big")
    return bytes((0x80 | opcode,)) + length + b"\0\0\0\0" + content
