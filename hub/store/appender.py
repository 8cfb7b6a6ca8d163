"""Many requests, one round trip: those of one turn of the loop go to Redis together.

One batch is in flight at a time, so the order of a publisher is kept; each request is its own script call in
the pipeline, so the refusal of one fails no other.
"""

import asyncio
from collections.abc import Sequence
from copy import copy
from typing import Any

from redis.exceptions import NoScriptError

from hub.errors import HubError, Unavailable
from hub.store.client import Argument, Client, failure
from hub.store.scripts import Script

MAX_WAITING = 10_000
"""Requests that may wait; more are refused, as Redis is not keeping up."""
BATCH = 256
"""Requests in one round trip at most."""

_Command = tuple[Script, Sequence[str], Sequence[Argument], "asyncio.Future[Any]"]


class Appender:
    """Runs script calls in batches; `run` is its long task."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._waiting: list[_Command] = []
        self._wakeup = asyncio.Event()
        self._closed = False

    async def call(self, script: Script, keys: Sequence[str], arguments: Sequence[Argument]) -> Any:
        """Run `script` with the next batch.

        Raises:
            Unavailable: nothing is known to have happened. StorageFull: nothing has happened.
        """
        if self._closed or len(self._waiting) >= MAX_WAITING:
            raise Unavailable("the appender is closed" if self._closed else "too many requests wait")
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((script, keys, arguments, future))
        self._wakeup.set()
        return await future

    async def run(self) -> None:
        """Send batches until cancelled; then whoever waits is told."""
        try:
            while True:
                await self._wakeup.wait()
                batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
                if not self._waiting:
                    self._wakeup.clear()
                await self._send(batch)
        finally:
            self._closed = True
            for *_, future in self._waiting:
                if not future.done():
                    future.set_exception(Unavailable("the hub is stopping"))

    async def _send(self, batch: list[_Command]) -> None:
        try:
            results = await self._execute(batch)
            unknown = [index for index, result in enumerate(results) if isinstance(result, NoScriptError)]
            if unknown:
                for script in {batch[index][0] for index in unknown}:
                    await self._client.execute("SCRIPT", "LOAD", script.source)
                again = await self._execute([batch[index] for index in unknown])
                for index, result in zip(unknown, again, strict=True):
                    results[index] = result
        except Exception as error:
            results = [error] * len(batch)
        except BaseException:
            _answer(batch, [Unavailable("the hub is stopping")] * len(batch))
            raise
        _answer(batch, results)

    async def _execute(self, batch: list[_Command]) -> list[Any]:
        return await self._client.pipeline(
            [script.command(keys, arguments) for script, keys, arguments, _future in batch]
        )


def _answer(batch: list[_Command], results: Sequence[Any]) -> None:
    for (*_, future), result in zip(batch, results, strict=True):
        if future.done():
            continue
        if isinstance(result, Exception):
            explained = result if isinstance(result, HubError) else failure(result)
            # Each waiter gets an exception of its own: a shared one would collect all their tracebacks.
            future.set_exception(copy(explained) if explained else RuntimeError(str(result)))
        else:
            future.set_result(result)
