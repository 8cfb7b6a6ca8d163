"""The place of a stream in the registry: whether it is up, who uses it, and how far it has been read."""

import asyncio
from typing import Any

from hub.errors import HubError
from hub.live.stream import LiveStream

Key = tuple[str, str | None]
"""Organization and session id; None for the organization's feed."""

PATIENCE = 1.0
"""Seconds that a new subscriber waits for the newest entries; later it is sent them as they come."""


class Slot:
    """A stream that is being started, or is followed."""

    def __init__(self, key: Key, stream: LiveStream[Any]) -> None:
        self.key = key
        self.stream = stream
        self.started = asyncio.Event()
        self.failure: HubError | None = None
        self.users = 0
        self.used = 0.0
        """When it was last seen in use."""
        self.reloading = False
        self.acknowledged = 0
        """The `seq` of the newest entry that this process has acknowledged."""
        self._reading = False
        self._reads = 0
        self._progress: asyncio.Event | None = None

    def reading(self) -> None:
        """A read after the head of the stream has begun."""
        self._reading = True

    def read(self, *, done: bool) -> None:
        """It has come back; `done`: with what there was."""
        self._reading = False
        self._reads += done
        if self._progress is not None:
            self._progress.set()
            self._progress = None

    async def current(self, *, woken: bool) -> None:
        """Wait until what was acknowledged, or told of, before now is read.

        Args:
            woken: A wakeup waits to be read on.
        """
        # A read that is under way may have begun too early for the wakeup.
        reads = self._reads + self._reading + woken
        acknowledged = self.acknowledged
        if self._reads >= reads and self.stream.head.seq >= acknowledged:
            return
        try:
            async with asyncio.timeout(PATIENCE):
                while self._reads < reads or self.stream.head.seq < acknowledged:
                    if self._progress is None:
                        self._progress = asyncio.Event()
                    await self._progress.wait()
        except TimeoutError:
            # The store is away, or slow. What is sent now is true all the same.
            return
