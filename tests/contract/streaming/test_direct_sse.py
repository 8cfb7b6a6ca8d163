"""Streams whose connection the hub takes from the ASGI server, asked for and left in every way there is."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from contract.streaming.descriptors import connections_of, resident
from contract.streaming.followers import RECEIVE_BUFFER
from contract.streaming.raw import Raw, body_of, events_of, nobody, on, request
from contract.streaming.stage import Stage, custom, eventually, hub_with
from servers import RedisServer

pytestmark = pytest.mark.anyio

HEALTH = request("/healthz")
BOUND = 64 * 1024


@pytest.fixture
async def raw(stage: Stage) -> AsyncIterator[Raw]:
    async with on(stage.hub) as made:
        yield made


def stream(stage: Stage, session_id: str, *headers: str, **options: str) -> bytes:
    return request(f"/v1/sessions/{session_id}/stream", stage.key, *headers, **options)


async def snapshot(raw: Raw) -> None:
    """Read up to the first bookmark of a stream."""
    await raw.until(b"event: snapshot\n")
    await raw.until(b"event: bookmark\n")


async def is_well(raw: Raw) -> None:
    """The connection takes another request."""
    await raw.send(HEALTH)
    head, _body = await raw.answer()
    assert head.status == 200


async def test_the_response_is_valid_and_ends_in_order(stage: Stage, raw: Raw) -> None:
    session_id = await stage.create()
    await raw.send(stream(stage, session_id))
    head = await raw.until(b"\r\n\r\n")
    begun = await raw.until(b"event: bookmark\n")
    told = await stage.publish(session_id, *(custom(number, body="é" * 30_000) for number in range(3)))
    await stage.end(session_id)
    response, body, behind = body_of(head + begun + await raw.rest())
    assert (raw.ending, behind) == ("eof", b"")
    fields = {name.decode(): value.decode() for name, value in response.headers}
    assert len(fields) == len(response.headers)
    assert "content-length" not in fields
    assert fields["transfer-encoding"] == "chunked"
    assert fields["content-type"] == "text/event-stream; charset=utf-8"
    assert fields["connection"] == "close"
    assert fields["x-trace-id"]
    frames = [frame for frame in events_of(body) if frame["type"] != "bookmark"]
    assert [frame["type"] for frame in frames] == [
        "snapshot", "x.number", "x.number", "x.number", "session.status_changed", "session.sealed", "end"
    ]  # fmt: skip
    assert [frame["id"] for frame in frames[1:4]] == told


async def test_the_head_is_the_same_on_both_ways(tmp_path: Path, own_redis: RedisServer) -> None:
    origin = "https://app.example"
    async with hub_with(tmp_path / "hub", own_redis, CORS_ORIGINS=origin) as stage:
        session_id = await stage.create()
        for headers in ((f"Origin: {origin}",), ("Origin: https://evil.example",), ()):
            async with on(stage.hub) as direct, on(stage.hub) as portable:
                await direct.send(stream(stage, session_id, *headers))
                await portable.send(stream(stage, session_id, *headers) + HEALTH)
                heads = [await direct.head(), await portable.head()]
                assert [head.is_direct for head in heads] == [True, False]
                differ = ("date", "x-trace-id", "connection")
                one, other = (
                    sorted(field for field in head.fields if field[0] not in differ) for head in heads
                )
                assert one == other
                allowed = [value for name, value in one if name == "access-control-allow-origin"]
                assert allowed == ([origin] if origin in "".join(headers) else [])


DIRECT: dict[str, tuple[tuple[str, ...], bytes]] = {
    "plain": ((), b""),
    "close": (("Connection: close",), b""),
    "keep-alive": (("Connection: keep-alive",), b""),
    "body": (("Content-Length: 5",), b"hello"),
    "no body": (("Content-Length: 0",), b""),
    "chunked body": (("Transfer-Encoding: chunked",), b"5\r\nhello\r\n0\r\n\r\n"),
    "upgrade to what is not known": (("Connection: Upgrade", "Upgrade: h2c"), b""),
    "large head": (tuple(f"X-{n}: {'x' * 1000}" for n in range(58)), b""),
}


@pytest.mark.parametrize("before", [False, True], ids=["first", "kept alive"])
@pytest.mark.parametrize("what", DIRECT)
async def test_requests_that_are_taken(stage: Stage, raw: Raw, what: str, before: bool) -> None:
    session_id = await stage.create()
    if before:
        body = b'{"type":"x.before","data":{}}'
        path = f"/v1/sessions/{session_id}/events"
        fields = ("Content-Type: application/json", f"Content-Length: {len(body)}")
        await raw.send(request(path, stage.key, *fields, method="POST") + body)
        head, _answer = await raw.answer()
        assert head.status == 200
    headers, body = DIRECT[what]
    await raw.send(stream(stage, session_id, *headers) + body)
    assert (await raw.head()).is_direct
    await snapshot(raw)
    [entry_id] = await stage.publish(session_id, custom(1))
    await raw.until(f"id: {entry_id}\n".encode())


async def test_a_request_that_comes_byte_by_byte(stage: Stage, raw: Raw) -> None:
    session_id = await stage.create()
    for byte in stream(stage, session_id):
        await raw.send(bytes([byte]))
    assert (await raw.head()).is_direct
    await snapshot(raw)


@pytest.mark.parametrize("cut", [1, 20, len(HEALTH)])
async def test_a_request_behind_a_stream_is_answered_after_it(stage: Stage, raw: Raw, cut: int) -> None:
    session_id = await stage.create()
    await raw.send(stream(stage, session_id) + HEALTH[:cut])
    head = await raw.until(b"\r\n\r\n")
    begun = await raw.until(b"event: bookmark\n")
    await raw.send(HEALTH[cut:])
    await stage.end(session_id)
    last = await raw.until(b"\r\n0\r\n\r\n")
    _response, body, behind = body_of(head + begun + last)
    assert (events_of(body)[-1]["type"], behind) == ("end", b"")
    answer, _body = await raw.answer()
    assert answer.status == 200
    await is_well(raw)


async def test_a_client_that_leaves_a_request_behind_its_stream(stage: Stage, raw: Raw) -> None:
    session_id = await stage.create()
    await raw.send(stream(stage, session_id) + HEALTH)
    await snapshot(raw)
    raw.reset()
    # It is not read from as long as the request waits: the next bookmarks find out. None fails.
    await nobody(stage)
    assert "Traceback" not in stage.hub.log.read_text()


async def test_http_1_0_is_served_too(stage: Stage, raw: Raw) -> None:
    await raw.send(stream(stage, await stage.create(), version="1.0"))
    assert not (await raw.head()).is_direct
    await snapshot(raw)


@pytest.mark.parametrize("length", ["Content-Length: 10", "Transfer-Encoding: chunked"])
async def test_a_body_that_has_not_come_when_the_stream_begins(stage: Stage, raw: Raw, length: str) -> None:
    await raw.send(stream(stage, await stage.create(), length))
    assert not (await raw.head()).is_direct
    await snapshot(raw)


async def test_a_head_request_ends_with_the_head(stage: Stage, raw: Raw) -> None:
    session_id = await stage.create()
    await raw.send(stream(stage, session_id, method="HEAD"))
    head = await raw.head()
    assert (head.status, head["content-type"]) == (200, "text/event-stream; charset=utf-8")
    await is_well(raw)
    await nobody(stage)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_other_methods_are_refused(stage: Stage, raw: Raw, method: str) -> None:
    session_id = await stage.create()
    await raw.send(stream(stage, session_id, "Content-Length: 2", method=method) + b"{}")
    head, body = await raw.answer()
    assert (head.status, b"method_not_allowed" in body) == (405, True)
    await is_well(raw)


@pytest.mark.parametrize(
    "data", [b"\r\n", b"\x00", HEALTH, b"x" * 300_000], ids=["line", "zero", "request", "much"]
)
async def test_whatever_follows_on_a_stream_ends_it(stage: Stage, raw: Raw, data: bytes) -> None:
    await raw.send(stream(stage, await stage.create()))
    await snapshot(raw)
    await raw.send(data)
    assert await raw.over() == "reset"
    await nobody(stage)


LARGE: dict[str, bytes] = {
    "many headers": b"GET / HTTP/1.1\r\n" + b"X: 0123456789\r\n" * 8_000,
    "one header": b"GET / HTTP/1.1\r\nX: " + b"x" * BOUND + b"\r\n\r\n",
    "url": b"GET /" + b"x" * BOUND,
    "query": b"GET /v1/stream?token=" + b"x" * BOUND + b" HTTP/1.1\r\n\r\n",
}
ENDLESS: dict[str, bytes] = {
    "header": b"GET / HTTP/1.1\r\nX: ",
    "name": b"GET / HTTP/1.1\r\n",
    "url": b"GET /",
    "trailer": b"POST /v1/keys HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ",
    "extension": b"POST /v1/keys HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;",
}


@pytest.mark.parametrize("before", [b"", HEALTH], ids=["first", "kept alive"])
@pytest.mark.parametrize("what", LARGE)
async def test_a_head_that_is_too_large(raw: Raw, what: str, before: bytes) -> None:
    if before:
        await is_well(raw)
    await raw.send(LARGE[what])
    assert (await raw.head()).status == 431
    await raw.over()


@pytest.mark.parametrize("what", ENDLESS)
async def test_a_head_without_an_end_is_not_read_on(raw: Raw, what: str) -> None:
    await raw.send(ENDLESS[what])
    # Twenty times what may be kept of it, and some that is on the way.
    await raw.send_what_is_taken(b"x" * 65_536, 200)


@pytest.mark.parametrize("size", [0, 1, 70_000, 400_000])
async def test_a_large_body_is_no_large_head(stage: Stage, raw: Raw, size: int) -> None:
    session_id = await stage.create()
    body = b'{"type":"x.large","data":{"a":""}}' + b" " * size
    head = request(
        f"/v1/sessions/{session_id}/events",
        stage.key,
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        method="POST",
    )
    # The end of the head comes with the body.
    await raw.send(head[:20])
    await raw.send(head[20:] + body)
    answer, _body = await raw.answer()
    assert answer.status == 200
    await is_well(raw)


@pytest.mark.parametrize(
    "line",
    [
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"\x00" * 100,
        b"GET\r\n\r\n",
        b"GET /v1/stream HTTP/9.9\r\n\r\n",
        b"GET v1/stream HTTP/1.1\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\n\r\n",
        b"GET http:// HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nNo colon\r\n\r\n",
        b"GET / HTTP/1.1\r\n: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"EXPLODE / HTTP/1.1\r\n\r\n",
        b"CONNECT hub.test:443 HTTP/1.1\r\n\r\n",
    ],
)
async def test_what_is_no_request_is_refused(stage: Stage, raw: Raw, line: bytes) -> None:
    await raw.send(line)
    assert (await raw.head()).status == 400
    await raw.over()
    assert "Traceback" not in stage.hub.log.read_text()


async def test_nothing_stays_of_clients_that_leave(tmp_path: Path, own_redis: RedisServer) -> None:
    async with hub_with(tmp_path / "hub", own_redis, LINGER="0.2", STORE_TIMEOUT="0.3") as stage:
        process = stage.hub.process
        assert process is not None
        session_id = await stage.create()
        await stage.publish(session_id, *(custom(n, body="x" * 60_000) for n in range(15)))
        ask = stream(stage, session_id)
        replay = stream(stage, session_id, "Last-Event-ID: 0-0")
        async with on(stage.hub) as raw:
            await raw.send(ask)
            await snapshot(raw)
        await nobody(stage)
        before = connections_of(process.pid)

        async def half_closed() -> None:
            async with on(stage.hub) as raw:
                await raw.send(ask)
                await snapshot(raw)
                raw.socket.shutdown(socket.SHUT_WR)
                assert await raw.over() == "eof"

        async def half_closed_at_once() -> None:
            async with on(stage.hub) as raw:
                await raw.send(ask)
                raw.socket.shutdown(socket.SHUT_WR)
                await raw.over()

        async def reset_at_once() -> None:
            async with on(stage.hub) as raw:
                await raw.send(ask)
                raw.reset()

        async def reset_within(request: bytes) -> None:
            async with on(stage.hub, receive_buffer=RECEIVE_BUFFER) as raw:
                await raw.send(request)
                await raw.until(b"event: ")
                raw.reset()

        for _ in range(10):
            await asyncio.gather(
                half_closed(),
                half_closed_at_once(),
                reset_at_once(),
                reset_within(ask),
                reset_within(replay),
            )
        await nobody(stage)

        async def freed() -> bool:
            return connections_of(process.pid) <= before

        await eventually(freed, "the descriptors are free")

        # And while the store is away, so that nothing has been sent yet but the head.
        other = await stage.create()
        own_redis.pause()
        async with on(stage.hub) as closed, on(stage.hub) as reset, on(stage.hub) as half:
            for raw in (closed, reset, half):
                await raw.send(stream(stage, other))
                assert (await raw.head()).is_direct
            reset.reset()
            half.socket.shutdown(socket.SHUT_WR)
            assert await half.over() == "eof"
        await nobody(stage)
        await eventually(freed, "the descriptors are free")
        own_redis.resume()
        async with on(stage.hub) as raw:
            await raw.send(stream(stage, other))
            await snapshot(raw)
        assert "Traceback" not in stage.hub.log.read_text()


async def test_200_streams_leave_no_trace(tmp_path: Path, own_redis: RedisServer) -> None:
    async with hub_with(tmp_path / "hub", own_redis, LINGER="0.2") as stage:
        process = stage.hub.process
        assert process is not None
        sizes: list[int] = []
        for _ in range(4):
            for _ in range(4):
                sessions = [await stage.create() for _ in range(5)]

                async def follow(session_id: str) -> None:
                    async with on(stage.hub) as raw:
                        await raw.send(stream(stage, session_id))
                        await snapshot(raw)

                await asyncio.gather(*(follow(session_id) for session_id in sessions for _ in range(10)))
            await nobody(stage)
            sizes.append(resident(process.pid))

        async def forgotten() -> bool:
            return await stage.metric("hub_followed_streams") == 0

        # Sooner than a bookmark would find out that nobody is there.
        await eventually(forgotten, "no session is followed any more", 5)
        # The first rounds fill what is kept for good.
        assert sizes[-1] - sizes[1] < 4 * 2**20, sizes


async def test_a_token_expires_while_the_store_is_away(tmp_path: Path, own_redis: RedisServer) -> None:
    async with hub_with(tmp_path / "hub", own_redis, STORE_TIMEOUT="60") as stage:
        session_id = await stage.create()
        async with on(stage.hub) as lasting, on(stage.hub) as expiring:
            await lasting.send(stream(stage, session_id))
            await snapshot(lasting)
            # Long enough that the hub asks for the key of the other one again, which nobody answers.
            token = await stage.token(session_id, seconds=3.5)
            await expiring.send(request(f"/v1/sessions/{session_id}/stream?token={token}"))
            await snapshot(expiring)
            own_redis.pause()
            try:
                assert b'"code":"token_expired"' in await expiring.rest()
            finally:
                own_redis.resume()
            assert expiring.ending == "eof"
            [entry_id] = await stage.publish(session_id, custom(1))
            await lasting.until(f"id: {entry_id}\n".encode())
