"""Answers to requests on one connection, understood just enough: a status each."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from hub.bench.errors import BenchError

_MOST = 1 << 20


class Answer(NamedTuple):
    """One answer; of a WebSocket, a reply counts as 200 if it is `ok`, else as 400."""

    status: int
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether the request was taken."""
        return 200 <= self.status < 300


class Answers(Protocol):
    """Cuts what comes from one connection into answers."""

    def take(self, content: bytes) -> list[Answer]:
        """Answers that are complete with `content`."""
        ...


class HttpAnswers:
    """Of HTTP/1.1: with a content-length, in chunks, or without a body."""

    def __init__(self) -> None:
        self._rest = b""

    def take(self, content: bytes) -> list[Answer]:
        """Answers that are complete with `content`."""
        rest = self._rest + content if self._rest else content
        answers: list[Answer] = []
        while (head_end := rest.find(b"\r\n\r\n")) >= 0:
            start = head_end + 4
            end = _body_end(rest[:head_end].lower(), rest, start)
            if end < 0 or end > len(rest):
                break
            answers.append(Answer(int(rest[9:12]), rest[start:end]))
            rest = rest[end:]
        if len(rest) > _MOST:
            raise BenchError("the server sends an answer without an end")
        self._rest = rest
        return answers


def _body_end(head: bytes, content: bytes, start: int) -> int:
    at = head.find(b"\r\ncontent-length:")
    if at >= 0:
        line_end = head.find(b"\r\n", at + 2)
        return start + int(head[at + 17 : line_end if line_end >= 0 else None])
    if b"\r\ntransfer-encoding: chunked" in head:
        end = start if content.startswith(b"0\r\n\r\n", start) else content.find(b"\r\n0\r\n\r\n", start) + 2
        return end + 5 if end > 1 else -1
    return start


class WebSocketAnswers:
    """Replies on a WebSocket after its handshake.

    Args:
        pong: Called with the content of a ping.
    """

    def __init__(self, pong: Callable[[bytes], None]) -> None:
        self._pong = pong
        self._rest = b""

    def take(self, content: bytes) -> list[Answer]:
        """Replies that are complete with `content`; other messages are left aside."""
        rest = self._rest + content
        answers: list[Answer] = []
        at = 0
        while len(rest) - at >= 2:
            size, start = rest[at + 1], at + 2
            if size > 125:
                start += 2 if size == 126 else 8
                size = int.from_bytes(rest[at + 2 : start], "big")
            if start + size > len(rest) or start > len(rest):
                break
            body = rest[start : start + size]
            opcode = rest[at] & 15
            at = start + size
            if opcode == 9:
                self._pong(body)
            elif opcode == 8:
                raise BenchError(f"the server closed a WebSocket with code {int.from_bytes(body[:2], 'big')}")
            elif b'"type":"reply"' in body[:64]:
                answers.append(Answer(200 if b'"ok":true' in body else 400, body))
        self._rest = rest[at:]
        if len(self._rest) > _MOST:
            raise BenchError("the server sends a message of more than 1 MiB")
        return answers
