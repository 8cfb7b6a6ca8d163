"""One connection to Redis: packed commands out, replies in their order back.

redis-py connects, authenticates and secures it. What is asked then goes past redis-py, whose pipelines cost
more than all else that the hub does for an event.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, cast

import hiredis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import InvalidResponse, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

Argument = str | bytes | int | float
"""What a command may be made of."""

_CHUNK = 256 * 1024
"""Bytes read at once at most."""
_UNFINISHED = object()
"""What the parser says while a reply is not all there."""


# Its own types say little, and of `pack_command` the wrong thing.
_pack: Callable[[tuple[Argument, ...]], bytes] = cast("Any", hiredis).pack_command


def packed(command: Sequence[Argument]) -> bytes:
    """A command as Redis reads it (RESP2)."""
    return _pack(tuple(command))


class Wire:
    """A connection that whoever holds it has to themselves.

    Args:
        connection: A connection of redis-py that is not connected yet.
        timeout: Seconds for an answer.
    """

    def __init__(self, connection: Any, timeout: float) -> None:
        self._connection = connection
        self._timeout = timeout
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._parser = hiredis.Reader()
        self.incarnation = 0
        """How often it was connected. What was learnt of the server holds for one of them."""

    @property
    def open(self) -> bool:
        """It is connected, and nothing is known of an end."""
        reader, writer = self._reader, self._writer
        return not (reader is None or writer is None or reader.at_eof() or writer.is_closing())

    async def connect(self) -> None:
        """Connect, unless it is connected and the server has not closed it meanwhile.

        Raises:
            RedisError, OSError.
        """
        if self.open:
            return
        self.close()
        try:
            await self._connection.connect()
        except BaseException:
            self.close()
            raise
        self._reader, self._writer = self._connection._reader, self._connection._writer
        self._parser = hiredis.Reader(
            protocolError=InvalidResponse, replyError=ResponseError, notEnoughData=_UNFINISHED
        )
        self.incarnation += 1

    async def exchange(self, commands: Sequence[bytes]) -> list[Any]:
        """Send packed commands in one go; an error that answers one of them is its reply, not raised.

        Raises:
            RedisError, OSError: the connection failed and is closed; nothing is known of any of them.
        """
        await self.connect()
        replies: list[Any] = []
        try:
            async with asyncio.timeout(self._timeout):
                await self.send(b"".join(commands))
                while len(replies) < len(commands):
                    replies += await self.receive()
            return replies
        except TimeoutError:
            self.close()
            raise RedisTimeoutError(f"no answer within {self._timeout:g} s") from None
        except BaseException:
            # Also when cancelled: an answer that is still under way would be taken for that of another.
            self.close()
            raise

    async def send(self, data: bytes) -> None:
        """Write packed commands.

        Raises:
            RedisError, OSError.
        """
        if self._writer is None:
            raise RedisConnectionError("not connected")
        self._writer.write(data)
        await self._writer.drain()

    async def receive(self) -> list[Any]:
        """Wait for replies: all that have come, at least one. An error is a reply too.

        Raises:
            RedisError, OSError: the connection failed.
        """
        gets = self._parser.gets
        replies: list[Any] = []
        while True:
            reply = gets()
            if reply is not _UNFINISHED:
                replies.append(reply)
            elif replies:
                return replies
            else:
                data = await self._reader.read(_CHUNK) if self._reader is not None else b""
                if not data:
                    raise RedisConnectionError("Redis closed the connection")
                self._parser.feed(data)

    def close(self) -> None:
        """Drop the connection; it can be connected again."""
        writer, self._reader, self._writer = self._writer, None, None
        if writer is not None:
            # What was not sent yet is not to be sent any more.
            writer.transport.abort()
        self._connection._close()
