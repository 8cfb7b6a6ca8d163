"""Many requests, one round trip: those of one turn of the loop go to Redis together.

One batch is in flight at a time, so the order of a publisher is kept; each request is its own script call in
the pipeline, so the refusal of one fails no other. What waits is bounded: by number, by bytes and by age.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from copy import copy
from typing import Any, NamedTuple

from hub.errors import HubError, Unavailable
from hub.store.client import Client, failure, unknown_script
from hub.store.scripts import Call, Script

MAX_WAITING = 10_000
"""Requests that may wait; more are refused, as Redis is not keeping up."""
MAX_WAITING_BYTES = 64 * 1024 * 1024
"""What they may hold together."""
BATCH = 256
"""Requests in one round trip at most."""
BATCH_BYTES = 8 * 1024 * 1024
"""What they hold together at most, if they are more than one."""


class _Command(NamedTuple):
    """A script call that waits."""

    call: Call
    size: int
    since: float
    future: asyncio.Future[Any]


class Appender:
    """Runs script calls in batches, on a connection of its own; `run` is its long task.

    Appends go out in order, whatever else is asked meanwhile.
    """

    def __init__(self, client: Client) -> None:
        self._wire = client.wire()
        self._timeout = client.timeout
        self._incarnation = 0
        self._taught: set[Script] = set()
        """Scripts that the server knows, as long as nobody flushes them."""
        self._waiting: deque[_Command] = deque()
        self._waiting_bytes = 0
        self._wakeup = asyncio.Event()
        self._closed = False

    async def call(self, call: Call) -> Any:
        """Run a script with the next batch.

        Raises:
            Unavailable: nothing is known to have happened. StorageFull: nothing has happened.
        """
        if self._closed:
            raise Unavailable("the appender is closed")
        size = len(call.tail)
        if len(self._waiting) >= MAX_WAITING or self._waiting_bytes + size > MAX_WAITING_BYTES:
            raise Unavailable("too much waits")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._waiting.append(_Command(call, size, loop.time(), future))
        self._waiting_bytes += size
        self._wakeup.set()
        return await future

    async def run(self) -> None:
        """Send batches until cancelled; then whoever waits is told."""
        try:
            while True:
                await self._wakeup.wait()
                batch = self._next()
                if not self._waiting:
                    self._wakeup.clear()
                if batch:
                    await self._send(batch)
        finally:
            self._closed = True
            _answer(self._waiting, [Unavailable("the hub is stopping")] * len(self._waiting))

    def _next(self) -> list[_Command]:
        """The next batch; whoever has waited for too long is told so instead."""
        batch: list[_Command] = []
        late: list[_Command] = []
        size = 0
        earliest = asyncio.get_running_loop().time() - self._timeout
        while self._waiting and len(batch) < BATCH:
            command = self._waiting[0]
            if batch and size + command.size > BATCH_BYTES:
                break
            self._waiting.popleft()
            self._waiting_bytes -= command.size
            # While Redis does not answer, each batch takes a time-out: those behind must not add them up.
            if command.since < earliest:
                late.append(command)
            else:
                batch.append(command)
                size += command.size
        _answer(late, [Unavailable("waited too long to be sent")] * len(late))
        return batch

    async def _send(self, batch: list[_Command]) -> None:
        try:
            results = await self._execute(batch)
        except Exception as error:
            results = [error] * len(batch)
        except BaseException:
            _answer(batch, [Unavailable("the hub is stopping")] * len(batch))
            raise
        _answer(batch, results)

    async def _execute(self, batch: list[_Command]) -> list[Any]:
        # A server that does not know a script (restarted, flushed) would refuse it until another hub teaches
        # it, and run the rest: what is sent again comes too late. So its first use on a connection brings its
        # source.
        await self._wire.connect()
        if self._wire.incarnation != self._incarnation:
            self._incarnation = self._wire.incarnation
            self._taught.clear()
        replies = await self._wire.exchange(self._packed(batch))
        if all(map(unknown_script, replies)):
            # Flushed before this batch: nothing of it has run, so nothing can run twice or too late.
            self._taught.clear()
            replies = await self._wire.exchange(self._packed(batch))
        return [
            # Flushed within this batch. Later ones of the same publisher may have run.
            Unavailable("the scripts were flushed") if unknown_script(reply) else reply
            for reply in replies
        ]

    def _packed(self, batch: list[_Command]) -> list[bytes]:
        commands: list[bytes] = []
        for command in batch:
            call = command.call
            if call.script in self._taught:
                commands.append(call.command())
            else:
                commands.append(call.teaching_command())
                self._taught.add(call.script)
        return commands


def _answer(batch: Iterable[_Command], results: Sequence[Any]) -> None:
    for command, result in zip(batch, results, strict=True):
        future = command.future
        if future.done():
            continue
        if isinstance(result, Exception):
            explained = result if isinstance(result, HubError) else failure(result)
            # Each waiter gets an exception of its own: a shared one would collect all their tracebacks.
            future.set_exception(copy(explained) if explained else RuntimeError(str(result)))
        else:
            future.set_result(result)
