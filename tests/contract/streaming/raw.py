"""TCP connections to a hub that say exactly the bytes they are told to, and what is read from them."""

import asyncio
import base64
import json
import os
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import h11
from contract.streaming.followers import PATIENCE, Frame, linger, parsed
from contract.streaming.stage import Stage, custom, eventually
from servers import HubServer

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
CONTINUATION = 0


class Raw:
    """One connection; `on` makes one."""

    def __init__(self, raw: socket.socket) -> None:
        self.socket = raw
        self.ending: str | None = None
        """`eof` or `reset`, once it has been read that far."""
        self._data = bytearray()

    async def send(self, data: bytes) -> None:
        async with asyncio.timeout(PATIENCE):
            await asyncio.get_running_loop().sock_sendall(self.socket, data)

    async def send_what_is_taken(self, data: bytes, times: int) -> None:
        """The same bytes again and again, until the hub has ended the connection."""
        for _ in range(times):
            try:
                await self.send(data)
            except ConnectionError:
                return
        raise AssertionError(f"the hub took {times * len(data)} bytes")

    async def _more(self) -> bool:
        if self.ending is None:
            try:
                async with asyncio.timeout(PATIENCE):
                    data = await asyncio.get_running_loop().sock_recv(self.socket, 65536)
            except TimeoutError:
                raise AssertionError(f"nothing came; what did is {bytes(self._data)[-500:]!r}") from None
            except ConnectionError:
                self.ending = "reset"
                return False
            if data:
                self._data += data
            else:
                self.ending = "eof"
        return self.ending is None

    async def take(self, count: int) -> bytes:
        """So many bytes."""
        while len(self._data) < count:
            assert await self._more(), f"{self.ending} after {bytes(self._data)[-500:]!r}"
        data = bytes(self._data[:count])
        del self._data[:count]
        return data

    async def until(self, mark: bytes) -> bytes:
        """All up to and including `mark`."""
        # Bookmarks come for ever, so that to wait for more is not enough of a limit.
        async with asyncio.timeout(PATIENCE):
            while mark not in self._data:
                assert await self._more(), f"{self.ending} after {bytes(self._data)[-500:]!r}"
        return await self.take(self._data.index(mark) + len(mark))

    async def rest(self) -> bytes:
        """All up to the end of the connection."""
        async with asyncio.timeout(PATIENCE):
            while await self._more():
                pass
        return await self.take(len(self._data))

    async def head(self) -> "Head":
        """The head of a response."""
        status, *lines = (await self.until(b"\r\n\r\n")).decode().rstrip().split("\r\n")
        return Head(int(status.split()[1]), [tuple(line.split(": ", 1)) for line in lines])

    async def answer(self) -> tuple["Head", bytes]:
        """A response with its length in the head."""
        head = await self.head()
        return head, await self.take(int(head["content-length"]))

    async def over(self) -> str:
        """How it ends."""
        await self.rest()
        assert self.ending is not None
        return self.ending

    def reset(self) -> None:
        linger(self.socket)
        self.socket.close()

    # WebSocket.

    async def upgrade(self, request: bytes) -> "Head":
        """Send a handshake, which must be accepted."""
        await self.send(request)
        head = await self.head()
        assert head.status == 101, head
        return head

    async def message(self) -> tuple[int, bytes]:
        """The next frame of the hub, which neither masks nor fragments: its opcode and payload."""
        first, second = await self.take(2)
        assert first & 0xF0 == 0x80
        assert second < 0x80
        size = {126: "!H", 127: "!Q"}.get(second)
        length = second if size is None else struct.unpack(size, await self.take(struct.calcsize(size)))[0]
        return first & 0x0F, await self.take(length)

    async def text(self) -> Frame:
        """The JSON of the next frame, which must be text; pings are passed over."""
        opcode, data = await self.message()
        while opcode == PING:
            opcode, data = await self.message()
        assert opcode == TEXT, (opcode, data)
        return json.loads(data)

    async def closed(self) -> tuple[list[Frame], int | None]:
        """The messages up to the Close frame, after which nothing may come, and its code."""
        frames: list[Frame] = []
        while True:
            opcode, data = await self.message()
            if opcode == TEXT:
                frames.append(json.loads(data))
            elif opcode == CLOSE:
                return frames, struct.unpack("!H", data[:2])[0] if data else None


class Head(NamedTuple):
    """The head of a response."""

    status: int
    fields: list[Any]

    def __getitem__(self, name: Any) -> str:
        [value] = [value for key, value in self.fields if key.lower() == name]
        return value

    def __contains__(self, name: object) -> bool:
        return any(key.lower() == name for key, _value in self.fields)

    @property
    def is_direct(self) -> bool:
        """Whether the direct writer sends the body of this stream."""
        return [value for key, value in self.fields if key == "connection"] == ["close"]


@asynccontextmanager
async def on(hub: HubServer, *, receive_buffer: int | None = None) -> AsyncIterator[Raw]:
    """A new connection."""
    with socket.socket() as raw:
        if receive_buffer is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        raw.setblocking(False)
        await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", hub.port))
        yield Raw(raw)


def request(
    path: str, key: str | None = None, *headers: str, method: str = "GET", version: str = "1.1"
) -> bytes:
    """The head of a request."""
    lines = [f"{method} {path} HTTP/{version}", "Host: hub.test", *headers]
    if key is not None:
        lines.append(f"Authorization: Bearer {key}")
    return "\r\n".join([*lines, "", ""]).encode()


def handshake(key: str | None, *headers: str, path: str = "/v1/ws", method: str = "GET") -> bytes:
    """The head of a WebSocket handshake."""
    nonce = base64.b64encode(os.urandom(16)).decode()
    own = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13")
    return request(path, key, *own, f"Sec-WebSocket-Key: {nonce}", *headers, method=method)


def frame(
    opcode: int,
    data: bytes = b"",
    *,
    fin: bool = True,
    reserved: int = 0,
    is_masked: bool = True,
    length: int | None = None,
) -> bytes:
    """A frame of a client, whether it is valid or not; `length` is what it says of its payload."""
    first = fin << 7 | reserved << 4 | opcode
    size = len(data) if length is None else length
    bit = is_masked << 7
    if size < 126:
        head = struct.pack("!BB", first, bit | size)
    elif size < 65536:
        head = struct.pack("!BBH", first, bit | 126, size)
    else:
        head = struct.pack("!BBQ", first, bit | 127, size)
    mask = os.urandom(4) if is_masked else bytes(4)
    masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(data)) if any(mask) else data
    return head + (mask if is_masked else b"") + masked


def said(**operation: Any) -> bytes:
    """An operation as a text frame."""
    return frame(TEXT, json.dumps(operation).encode())


def close(code: int, reason: bytes = b"") -> bytes:
    return frame(CLOSE, struct.pack("!H", code) + reason)


def publishes(session_id: str, count: int) -> bytes:
    return b"".join(
        said(op="publish", ref=ref, session_id=session_id, events=[custom(ref)]) for ref in range(count)
    )


def body_of(response: bytes) -> tuple[h11.Response, bytes, bytes]:
    """The response in `response`, by the rules; its body, and what is behind its end."""
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method="GET", target="/", headers=[("Host", "hub.test")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(response)
    head = connection.next_event()
    assert isinstance(head, h11.Response), head
    body = b""
    while isinstance(event := connection.next_event(), h11.Data):
        body += event.data
    assert isinstance(event, h11.EndOfMessage), event
    return head, body, connection.trailing_data[0]


def events_of(body: bytes) -> list[Frame]:
    """The frames in the body of a stream."""
    *events, rest = body.decode().split("\n\n")
    assert not rest
    return [parsed(event) for event in events]


async def nobody(stage: Stage) -> None:
    """Wait until the hub counts no connection."""

    async def gone() -> bool:
        counts = [await stage.metric("hub_connections", transport=name) for name in ("sse", "websocket")]
        return counts == [0, 0]

    await eventually(gone, "no connection is counted")


async def taken(raw: Raw) -> bool:
    """Whether the hub has read all that was sent."""
    port = f":{raw.socket.getsockname()[1]:04X}"
    for row in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _number, _local, remote, _state, queues, *_rest = row.split()
        if remote.endswith(port):
            return queues.endswith(":00000000")
    return False


async def socket_is_well(raw: Raw, ref: int = 7) -> None:
    """The socket answers, and nothing else had been sent on it."""
    await raw.send(said(op="ping", ref=ref))
    assert await raw.text() == {"type": "reply", "ref": ref, "ok": True}
