"""Subscribers that write down every frame they are sent, over SSE and WebSocket, behind one interface.

They speak httpx and websockets directly, not the hub's own client, and check what the format of their
transport promises for each frame.
"""

import asyncio
import itertools
import json
import socket
import struct
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Literal

import httpx
import websockets
from websockets.asyncio.client import ClientConnection

PATIENCE = 20.0
"""Seconds within which what is waited for must happen; a test that waits as long has failed."""

Transport = Literal["sse", "websocket"]
TRANSPORTS: tuple[Transport, ...] = ("sse", "websocket")
Frame = dict[str, Any]

CONTROLS = ("snapshot", "bookmark", "reset", "disconnect", "end")
RECEIVE_BUFFER = 64 * 1024
"""Bytes of the socket of a subscriber that is to fall behind.

With less than a segment of the loopback device the kernel sends the rest of a stream in seconds-long steps.
"""


class Follower(ABC):
    """One connection. `frames` holds everything it was sent; `next` and `until` go through it in order."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.arrived: list[float] = []
        """When each of them came, by the monotonic clock."""
        self.is_closed = False
        """The hub has closed the connection."""
        self.failure: Exception | None = None
        """What it broke with, if it did not come to its end in order."""
        self._read = 0
        self._news = asyncio.Condition()
        self._open = asyncio.Event()
        self._open.set()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        try:
            await self._receive()
        except (httpx.TransportError, websockets.ConnectionClosedError, OSError) as error:
            self.failure = error
        finally:
            self.is_closed = True
            await self._tell()

    @abstractmethod
    async def _receive(self) -> None: ...

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def _took(self, frame: Frame) -> None:
        self.frames.append(frame)
        self.arrived.append(time.monotonic())
        await self._tell()
        await self._open.wait()

    def stall(self) -> None:
        """Read no more from the connection."""
        self._open.clear()

    def go_on(self) -> None:
        """Read again."""
        self._open.set()

    async def wait(self, condition: Callable[[], Any], what: str) -> Any:
        """Wait until `condition` is true of what has been received."""
        try:
            async with asyncio.timeout(PATIENCE), self._news:
                return await self._news.wait_for(condition)
        except TimeoutError:
            tail = [(frame["type"], frame.get("id")) for frame in self.frames[-8:]]
            raise AssertionError(f"never came: {what}; the last frames: {tail}, {self.failure!r}") from None

    async def next(self) -> Frame:
        """The next frame."""
        await self.wait(lambda: len(self.frames) > self._read or self.is_closed, "another frame")
        assert len(self.frames) > self._read, f"the connection is over: {self.failure!r}"
        self._read += 1
        return self.frames[self._read - 1]

    async def until(self, kind: str) -> list[Frame]:
        """The next frames up to and including the first of type `kind`."""
        return await self._through(lambda frame: frame["type"] == kind, kind)

    async def reach(self, entry_id: str) -> list[Frame]:
        """The next frames up to the first one, of whatever type, that stands at `entry_id`."""
        return await self._through(lambda frame: frame.get("id") == entry_id, entry_id)

    async def _through(self, is_last: Callable[[Frame], bool], what: str) -> list[Frame]:
        # Bookmarks come for ever, so that to wait for a next frame is not enough of a limit.
        end = time.monotonic() + PATIENCE
        taken = [await self.next()]
        while not is_last(taken[-1]):
            assert time.monotonic() < end, f"never came: {what}; {[f['type'] for f in taken[-8:]]}"
            taken.append(await self.next())
        return taken

    async def over(self) -> list[Frame]:
        """Wait until the hub has closed the connection; the frames that were not read yet."""
        await self.wait(lambda: self.is_closed, "the end of the connection")
        rest, self._read = self.frames[self._read :], len(self.frames)
        return rest

    @property
    def entries(self) -> list[Frame]:
        """All entries among the frames."""
        return entries(self.frames)

    @property
    def cursor(self) -> str:
        """The last id it was sent."""
        return next(frame["id"] for frame in reversed(self.frames) if "id" in frame)

    async def close(self) -> None:
        """Leave."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    @abstractmethod
    def abort(self) -> None:
        """Leave without a word: the connection is reset."""


def entries(frames: Sequence[Frame]) -> list[Frame]:
    """Those that are not control frames."""
    return [frame for frame in frames if frame["type"] not in CONTROLS]


def ids(frames: Sequence[Frame]) -> list[str]:
    """The ids of the entries among them."""
    return [frame["id"] for frame in entries(frames)]


def linger(raw: socket.socket) -> None:
    """Make closing a reset."""
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def parsed(event: str, *, is_named: bool = True) -> Frame:
    """The frame that one event of SSE carries; its other lines must say the same."""
    fields: dict[str, str] = {}
    for line in event.split("\n"):
        name, _, value = line.partition(": ")
        assert name not in fields, f"two `{name}` lines in one event: {event[:200]}"
        fields[name] = value
    frame: Frame = json.loads(fields.pop("data"))
    assert fields.pop("event", None) == (frame["type"] if is_named else None)
    assert fields.pop("id", None) == frame.get("id")
    if frame["type"] in ("disconnect", "end"):
        retry = fields.pop("retry", None)
        assert frame["type"] == "end" or retry == str(frame["data"]["retry_ms"])
    assert not fields
    return frame


class SseFollower(Follower):
    """One SSE stream.

    Args:
        client: Its connections are used.
        path: With the query.
        headers: Of the request.
        is_named: Whether events are to carry their type as their name.
    """

    def __init__(
        self, client: httpx.AsyncClient, path: str, headers: dict[str, str], *, is_named: bool = True
    ) -> None:
        super().__init__()
        self._client = client
        self._path = path
        self._headers = headers
        self._is_named = is_named
        self._answer: httpx.Response | None = None

    @property
    def answer(self) -> httpx.Response:
        assert self._answer is not None
        return self._answer

    async def open(self) -> None:
        """Return when the hub has answered."""
        self.start()
        await self.wait(lambda: self._answer is not None or self.is_closed, "an answer")
        if self._answer is None:
            raise self.failure or AssertionError("no answer")

    async def _receive(self) -> None:
        async with self._client.stream("GET", self._path, headers=self._headers, timeout=None) as answer:
            if answer.status_code == 200:
                assert answer.headers["content-type"].startswith("text/event-stream")
                assert answer.headers["cache-control"] == "no-store, no-transform"
                assert answer.headers["x-accel-buffering"] == "no"
            else:
                await answer.aread()
            self._answer = answer
            await self._tell()
            if answer.status_code == 200:
                rest = ""
                async for text in answer.aiter_text():
                    *events, rest = (rest + text).split("\n\n")
                    for event in events:
                        await self._took(parsed(event, is_named=self._is_named))
                assert not rest, f"the stream ended within an event: {rest[:200]}"

    async def close(self) -> None:
        await super().close()
        if self._answer is not None:
            await self._answer.aclose()

    def abort(self) -> None:
        stream = self.answer.extensions["network_stream"]
        raw: socket.socket = stream.get_extra_info("socket")
        linger(raw)
        assert self._task is not None
        self._task.cancel()


class SocketFollower(Follower):
    """One WebSocket; operations are sent with a `ref` of their own.

    `messages` has the replies too, in the order in which they came.
    """

    def __init__(self, connection: ClientConnection) -> None:
        super().__init__()
        self.connection = connection
        self.messages: list[Frame] = []
        self._replies: dict[Any, Frame] = {}
        self._refs = itertools.count(1)
        self.start()

    @property
    def close_code(self) -> int | None:
        """What the hub closed with."""
        return self.connection.close_code

    async def _receive(self) -> None:
        async for text in self.connection:
            assert isinstance(text, str)
            message: Frame = json.loads(text)
            self.messages.append(message)
            if message["type"] == "reply":
                self._replies[message.get("ref")] = message
                await self._tell()
            else:
                await self._took(message)

    async def send(self, **operation: Any) -> int:
        """Send an operation without waiting for its reply; its `ref`."""
        ref = next(self._refs)
        await self.connection.send(json.dumps(operation | {"ref": ref}))
        return ref

    async def reply(self, ref: Any) -> Frame:
        """The reply to an operation."""
        await self.wait(lambda: ref in self._replies or self.is_closed, f"a reply to {ref}")
        return self._replies.pop(ref)

    async def ask(self, **operation: Any) -> Frame:
        """Send an operation and wait for its reply."""
        return await self.reply(await self.send(**operation))

    async def done(self, **operation: Any) -> Frame:
        """Send an operation that must not be refused."""
        reply = await self.ask(**operation)
        assert reply["ok"], reply
        return reply

    async def refused(self, **operation: Any) -> str:
        """Send an operation that must be refused; the code."""
        reply = await self.ask(**operation)
        assert not reply["ok"]
        assert reply["error"]["trace_id"]
        return reply["error"]["code"]

    async def close(self) -> None:
        await super().close()
        self.connection.transport.abort()
        await self.connection.wait_closed()

    def abort(self) -> None:
        raw = self.connection.transport.get_extra_info("socket")
        linger(raw)
        self.connection.transport.abort()
