"""Somebody who listens to Server-Sent Events as browsers do, whatever the events are.

Source of how they are read: https://html.spec.whatwg.org/multipage/server-sent-events.html.
"""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any, NamedTuple, Self

import httpx
from contract.streaming.followers import PATIENCE


class Heard(NamedTuple):
    """One event."""

    name: str
    data: Any
    id: str
    """The last event id after it: what a browser comes back with."""
    named: bool
    """It has that id itself; else it is that of something before, such as a bookmark."""


class Listener:
    """One stream; leaves it at the end of the block.

    Args:
        client: Its connections are used.
        path: With the query.
        headers: Of the request.
    """

    def __init__(self, client: httpx.AsyncClient, path: str, **headers: str) -> None:
        self._client = client
        self._path = path
        self._headers = headers
        self.status = 0
        self.answer: httpx.Response | None = None
        self.events: list[Heard] = []
        self.comments: list[str] = []
        self.ids: list[str] = []
        """Of all `id` lines."""
        self.last_id = headers.get("Last-Event-ID", "")
        self.retry: int | None = None
        self.is_over = False
        self._read = 0
        self._news = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        await self.wait(lambda: self.answer is not None or self.is_over, "an answer")
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        try:
            async with self._client.stream("GET", self._path, headers=self._headers, timeout=None) as answer:
                if answer.status_code != 200:
                    await answer.aread()
                self.answer, self.status = answer, answer.status_code
                await self._tell()
                rest = ""
                async for text in answer.aiter_text():
                    *blocks, rest = (rest + text).split("\n\n")
                    for block in blocks:
                        self._take(block)
                    await self._tell()
                assert self.status != 200 or not rest, f"the stream ended within an event: {rest[:200]}"
        finally:
            self.is_over = True
            await self._tell()

    def _take(self, block: str) -> None:
        name, data, named = "message", "", False
        for line in block.split("\n"):
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            match field:
                case "":
                    self.comments.append(value)
                case "event":
                    name = value
                case "data":
                    data += value
                case "id":
                    self.last_id, named = value, True
                    self.ids.append(value)
                case "retry":
                    self.retry = int(value)
                case _:
                    raise AssertionError(f"unknown field: {line[:200]}")
        if data:
            self.events.append(Heard(name, json.loads(data), self.last_id, named))

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def wait(self, condition: Callable[[], Any], what: str) -> None:
        """Wait until `condition` is true of what was heard."""
        try:
            async with asyncio.timeout(PATIENCE), self._news:
                await self._news.wait_for(condition)
        except TimeoutError:
            raise AssertionError(f"never came: {what}; {self.status} {self.events[-5:]}") from None

    async def next(self) -> Heard:
        """The next event."""
        await self.wait(lambda: len(self.events) > self._read or self.is_over, "another event")
        assert len(self.events) > self._read, "the stream is over"
        self._read += 1
        return self.events[self._read - 1]

    async def take(self, count: int) -> list[Heard]:
        """The next events."""
        return [await self.next() for _ in range(count)]

    async def reach(self, entry_id: str) -> None:
        """Wait until a browser would come back with this id."""
        end = time.monotonic() + PATIENCE
        while self.last_id != entry_id:
            assert time.monotonic() < end, f"never came to {entry_id}: {self.ids[-5:]}"
            await asyncio.sleep(0.01)

    async def over(self) -> list[Heard]:
        """The events that were not read yet, up to the end of the stream."""
        await self.wait(lambda: self.is_over, "the end of the stream")
        rest, self._read = self.events[self._read :], len(self.events)
        return rest
