"""What a worker and its parent say to each other, over a socket that nobody else has."""

import asyncio
import socket
from asyncio import StreamReader, StreamWriter
from contextlib import suppress
from typing import Self

import msgspec
from msgspec import Struct

from hub.edge.totals import Family
from hub.settings import Settings


class Handover(Struct, frozen=True, tag=True, kw_only=True):
    """To the worker, first of all: what it needs. Neither its arguments nor its environment show it."""

    number: int
    """Which worker it is, from 1."""
    parent: int
    """The parent's process id."""
    listener: int
    """Descriptor of the socket to accept connections from."""
    settings: Settings
    redis_url: str
    api_key: str


class Up(Struct, frozen=True, tag=True):
    """To the parent: this worker takes connections."""


class Ask(Struct, frozen=True, tag=True):
    """To the worker: what have you counted?"""

    ref: int


class Counted(Struct, frozen=True, tag=True):
    """To the parent: the answer."""

    ref: int
    report: list[Family]


class Want(Struct, frozen=True, tag=True):
    """To the parent: what have all counted? With what this worker has."""

    ref: int
    report: list[Family]


class Total(Struct, frozen=True, tag=True):
    """To the worker: the answer, in the text format of Prometheus."""

    ref: int
    text: bytes


Message = Handover | Up | Ask | Counted | Want | Total

# Not JSON, which has no NaN.
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Message)
_SIZE = 4
"""Bytes before each message, which hold its length."""


class Link:
    """One end of it."""

    def __init__(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def over(cls, raw: socket.socket) -> Self:
        """The end that `raw` is."""
        return cls(*await asyncio.open_unix_connection(sock=raw))

    def send(self, message: Message) -> None:
        """Send, without waiting; does nothing when the other side is gone."""
        if not self._writer.is_closing():
            encoded = _encoder.encode(message)
            self._writer.write(len(encoded).to_bytes(_SIZE, "big") + encoded)

    async def receive(self) -> Message | None:
        """The next message; None when the other side is gone."""
        try:
            size = int.from_bytes(await self._reader.readexactly(_SIZE), "big")
            return _decoder.decode(await self._reader.readexactly(size))
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    async def close(self) -> None:
        """Say and hear nothing more; what was not taken yet is dropped."""
        self._writer.transport.abort()
        with suppress(ConnectionError):
            await self._writer.wait_closed()
