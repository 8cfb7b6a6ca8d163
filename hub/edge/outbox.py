"""Frames waiting for one connection, bounded in bytes."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

_Piece = TypeVar("_Piece", bytes, str)


class Outbox(Generic[_Piece]):
    """A queue between the live side, which never waits, and a writer that waits for its client.

    Args:
        limit: Bytes (characters of text). A client for whom more than that waits when there is something
            new is a slow consumer.
        overflow: Called once when that happens.
    """

    def __init__(self, limit: int, overflow: Callable[[], None]) -> None:
        self._limit = limit
        self._overflow = overflow
        self._pieces: deque[_Piece] = deque()
        self._filled = asyncio.Event()
        self._emptied = asyncio.Event()
        self._emptied.set()
        self._taken = 0
        self.backlog = 0
        """Bytes waiting, those included that the writer is writing."""
        self.finished = False
        """Nothing more will be put in."""
        self.closed = False
        """Nothing more will be taken out."""

    def put(self, *pieces: _Piece) -> None:
        """Add what belongs together; never waits.

        Only what waited before, and is not being written, counts: entries of one turn may be larger than the
        limit, and to cut for their size a client that keeps up would cut it again when it resumes over them,
        without an end.
        """
        if self.closed or self.finished:
            return
        # A writer that is not writing has had no turn yet since something was put: not the client's fault.
        if self._taken and self.backlog - self._taken > self._limit:
            self.close()
            self._overflow()
            return
        self._pieces.extend(piece for piece in pieces if piece)
        self.backlog += sum(map(len, pieces))
        self._filled.set()
        if self.backlog > self._limit // 4:
            self._emptied.clear()

    def finish(self) -> None:
        """Nothing more will be put in; the writer ends once it has written what is there."""
        self.finished = True
        self._filled.set()
        self._emptied.set()

    def close(self) -> None:
        """Drop what is there; the writer ends now."""
        self.closed = True
        self._pieces.clear()
        self._filled.set()
        self._emptied.set()

    async def take(self) -> list[_Piece]:
        """All that waits, once there is something; empty at the end. What was taken before is written."""
        self.backlog -= self._taken
        self._taken = 0
        if self.backlog <= self._limit // 4:
            self._emptied.set()
        while not self._pieces and not self.finished and not self.closed:
            self._filled.clear()
            await self._filled.wait()
        pieces = list(self._pieces)
        self._pieces.clear()
        self._taken = self.backlog
        return pieces

    async def drained(self) -> None:
        """Wait until no more than a quarter of the limit waits, or all is over."""
        # Even when there is room: a replay must let other connections have their turn.
        await asyncio.sleep(0)
        # Another replay into the same outbox may have filled it in this very turn.
        while not self._emptied.is_set():
            await self._emptied.wait()
