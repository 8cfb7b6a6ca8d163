"""Sockets whose connection the hub takes from the ASGI server, with clients that say whatever they like."""

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path

import pytest
from contract.streaming.raw import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    Raw,
    close,
    frame,
    handshake,
    nobody,
    on,
    publishes,
    said,
    socket_is_well,
    taken,
)
from contract.streaming.stage import Stage, custom, eventually, hub_with
from servers import RedisServer

pytestmark = pytest.mark.anyio

LIMIT = 1_048_576
"""Bytes of a message."""
SLOW = 30.0
"""Seconds within which a client is ended that answers nothing."""


@pytest.fixture
async def raw(stage: Stage) -> AsyncIterator[Raw]:
    async with on(stage.hub) as made:
        yield made


@pytest.fixture
async def open_socket(stage: Stage, raw: Raw) -> Raw:
    await raw.upgrade(handshake(stage.key))
    return raw


async def test_a_message_in_fragments(open_socket: Raw) -> None:
    text = '{"op":"ping","ref":"é€😀"}'.encode()
    pieces = [text[n : n + 1] for n in range(len(text))]
    await open_socket.send(frame(TEXT, fin=False))
    for piece in pieces:
        # One byte each, so that characters are cut, and nothing now and then.
        await open_socket.send(
            frame(CONTINUATION, piece, fin=False) + frame(CONTINUATION, fin=False) + frame(PING, piece)
        )
        assert await open_socket.message() == (PONG, piece)
    await open_socket.send(frame(CONTINUATION))
    assert await open_socket.text() == {"type": "reply", "ref": "é€😀", "ok": True}


FAILED: dict[str, tuple[bytes, int]] = {
    "unmasked": (frame(TEXT, b"{}", is_masked=False), 1002),
    "unmasked ping": (frame(PING, is_masked=False), 1002),
    "reserved bit 1": (frame(TEXT, b"{}", reserved=4), 1002),
    "reserved bit 2": (frame(TEXT, b"{}", reserved=2), 1002),
    "reserved bit 3": (frame(TEXT, b"{}", reserved=1), 1002),
    "reserved opcode": (frame(3), 1002),
    "reserved control": (frame(11), 1002),
    "continuation of nothing": (frame(CONTINUATION, b"{}"), 1002),
    "message within another": (frame(TEXT, b"{", fin=False) + frame(TEXT, b"}"), 1002),
    "close within a message": (frame(TEXT, b"{", fin=False) + close(1000), 1002),
    "fragmented ping": (frame(PING, fin=False), 1002),
    "long ping": (frame(PING, b"x" * 126), 1002),
    "not UTF-8": (frame(TEXT, b"\xff"), 1007),
    "half a character": (frame(TEXT, '"é"'.encode()[:2]), 1007),
    "a surrogate": (frame(TEXT, b'"\xed\xa0\x80"'), 1007),
    "not UTF-8 in fragments": (frame(TEXT, b"\xc3", fin=False) + frame(CONTINUATION, b"("), 1007),
    "not UTF-8 and more": (frame(TEXT, b"\xff") + frame(BINARY) + frame(TEXT, b"\xff"), 1007),
    "one byte too many": (frame(TEXT, length=LIMIT + 1), 1009),
    "2^63 bytes": (frame(TEXT, length=2**63), 1009),
    "2^64 - 1 bytes": (frame(BINARY, length=2**64 - 1), 1009),
    "too large together": (
        frame(TEXT, b" " * LIMIT, fin=False) + frame(CONTINUATION, length=1),
        1009,
    ),
    "close with one byte": (frame(CLOSE, b"x"), 1002),
    "close with 0": (close(0), 1002),
    "close with 999": (close(999), 1002),
    "close with 1005": (close(1005), 1002),
    "close with 1006": (close(1006), 1002),
    "close with 1015": (close(1015), 1002),
    "close with a reason that is not UTF-8": (close(1000, b"\xff"), 1007),
}


@pytest.mark.parametrize("what", FAILED)
async def test_a_client_that_breaks_the_protocol(open_socket: Raw, what: str) -> None:
    await socket_is_well(open_socket)
    data, code = FAILED[what]
    await open_socket.send(data)
    assert await open_socket.closed() == ([], code)
    assert await open_socket.rest() == b""


@pytest.mark.parametrize("payload", [b"", *(struct.pack("!H", n) for n in (1000, 1001, 3000, 4321))])
@pytest.mark.parametrize("reason", [b"", "Bye, René.".encode()])
async def test_a_close_frame_is_answered_by_the_same(open_socket: Raw, payload: bytes, reason: bytes) -> None:
    data = payload and payload + reason
    # What follows is not looked at.
    await open_socket.send(frame(CLOSE, data) + said(op="ping") + frame(PING, b"x") + b"\xff" * 1000)
    assert await open_socket.message() == (CLOSE, data)
    assert await open_socket.rest() == b""


BEHIND = {
    "nothing": b"",
    "close": close(1000),
    "unmasked": frame(TEXT, is_masked=False),
    "more": frame(BINARY),
}


@pytest.mark.parametrize("behind", BEHIND)
@pytest.mark.parametrize("fin", [True, False])
async def test_a_binary_message_ends_the_socket(
    stage: Stage, open_socket: Raw, behind: str, fin: bool
) -> None:
    await open_socket.send(frame(BINARY, b"{}", fin=fin) + BEHIND[behind])
    frames, code = await open_socket.closed()
    if behind in ("nothing", "more") and (fin or behind == "nothing"):
        assert ([frame["data"]["code"] for frame in frames], code) == (["protocol_error"], 4503)
        await open_socket.send(close(4503))
    else:
        # It was over already, for what came with it.
        assert (frames, code) == ([], 1000 if (fin and behind == "close") else 1002)
    assert await open_socket.rest() == b""
    await nobody(stage)
    assert "Traceback" not in stage.hub.log.read_text()


async def test_pings_are_answered_and_pongs_are_not(open_socket: Raw) -> None:
    for payload in (b"", b"hello", b"\x00\xff" * 62 + b"x"):
        await open_socket.send(frame(PONG, payload) + frame(PING, payload))
        assert await open_socket.message() == (PONG, payload)
    await open_socket.send(frame(PONG, b"x") * 100)
    await socket_is_well(open_socket)


async def test_what_looks_like_a_pong_inside_a_message_is_part_of_it(open_socket: Raw) -> None:
    pong = b"\x8a\x80"
    for ref in range(5):
        # An empty pong is told by how it begins: let the masking key begin so, in a piece of its own.
        key = pong + bytes((ref, 1))
        text = b'{"op":"ping","ref":%d}' % ref
        masked = bytes(byte ^ key[index % 4] for index, byte in enumerate(text))
        await open_socket.send(bytes((0x81, 0x80 | len(text))))
        await asyncio.sleep(0.02)
        await open_socket.send(key + masked[:2])
        await asyncio.sleep(0.02)
        await open_socket.send(masked[2:] + pong + key)
        assert (await open_socket.text())["ref"] == ref
        await open_socket.send(pong + key)
    await socket_is_well(open_socket)


async def test_1000_messages_at_once_are_answered_in_order(stage: Stage, open_socket: Raw) -> None:
    await open_socket.send(b"".join(said(op="ping", ref=ref) for ref in range(1000)))
    assert [(await open_socket.text())["ref"] for _ in range(1000)] == list(range(1000))
    session_id = await stage.create()
    await open_socket.send(
        b"".join(
            said(op="publish", ref=ref, session_id=session_id, events=[custom(ref)]) for ref in range(1000)
        )
    )
    replies = [await open_socket.text() for _ in range(1000)]
    assert sorted(reply["ref"] for reply in replies if reply["ok"]) == list(range(1000))
    numbers = [entry["data"]["number"] for entry in stage.stored(session_id) if entry["type"] == "x.number"]
    assert numbers == list(range(1000))


async def test_messages_that_come_before_the_handshake_is_answered(
    tmp_path: Path, own_redis: RedisServer
) -> None:
    async with hub_with(tmp_path / "hub", own_redis, STORE_TIMEOUT="0.3") as stage:
        early = [said(op="ping", ref=ref) for ref in range(40)]
        async with on(stage.hub) as whole, on(stage.hub) as cut, on(stage.hub) as binary:
            # Nobody has asked for this key yet.
            key = stage.hub.make_key(stage.organization)
            own_redis.pause()
            for raw, data in ((whole, early), (cut, early), (binary, [frame(BINARY), *early])):
                await raw.send(handshake(key))
                # It may be read with the handshake otherwise, and is lost then: no client may send so early.
                await eventually(lambda raw=raw: taken(raw), "the hub has read the handshake")
                await raw.send(b"".join(data)[: -5 if raw is cut else None])
            own_redis.resume()
            assert (await whole.head()).status == (await cut.head()).status == 101
            await cut.send(early[-1][-5:])
            for raw in (whole, cut):
                assert [(await raw.text())["ref"] for _ in range(40)] == list(range(40))
            assert (await binary.head()).status == 101
            frames, code = await binary.closed()
            assert ([frame["data"]["code"] for frame in frames], code) == (["protocol_error"], 4503)
            # Those behind it are not taken, and do not keep the hub from reading the answer.
            await binary.send(close(4503))
            async with asyncio.timeout(5):
                assert await binary.rest() == b""


async def test_a_message_in_one_segment_with_the_handshake_does_no_harm(stage: Stage, raw: Raw) -> None:
    await raw.upgrade(handshake(stage.key) + said(op="ping", ref=1))
    await socket_is_well(raw)


async def test_compression_is_offered_in_vain(stage: Stage, raw: Raw) -> None:
    offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, x-other"
    head = await raw.upgrade(handshake(stage.key, offer))
    assert "sec-websocket-extensions" not in head
    await socket_is_well(raw)


HANDSHAKES: dict[str, tuple[bytes, set[int]]] = {
    "long url": (handshake(None, path="/v1/ws?token=" + "x" * 10_000), {414}),
    "long header": (handshake(None, f"Cookie: {'x' * 10_000}"), {431}),
    "many headers": (handshake(None, *["X: y"] * 200), {431}),
    "body": (handshake(None, "Content-Length: 3") + b"abc", {400}),
    "post": (handshake(None, method="POST"), {400, 405}),
    "no key": (handshake(None).replace(b"Sec-WebSocket-Key", b"X-Key"), {400}),
    "old version": (handshake(None).replace(b"Version: 13", b"Version: 8"), {400, 426}),
    "elsewhere": (handshake(None, path="/v1/stream"), {403}),
    "large head": (handshake(None, f"Cookie: {'x' * 70_000}"), {431}),
}


@pytest.mark.parametrize("what", HANDSHAKES)
async def test_a_handshake_that_is_refused(raw: Raw, what: str) -> None:
    data, statuses = HANDSHAKES[what]
    await raw.send(data)
    assert (await raw.head()).status in statuses
    await raw.over()


async def test_clients_that_answer_nothing_are_ended(tmp_path: Path, own_redis: RedisServer) -> None:
    async with hub_with(tmp_path / "hub", own_redis, STORE_TIMEOUT="60") as stage:
        session_id = await stage.create()
        subscribed = asyncio.Event()

        async def no_pong() -> None:
            async with on(stage.hub) as raw:
                await raw.upgrade(handshake(stage.key))
                await raw.send(said(op="subscribe", session_id=session_id))
                told = [(await raw.text())["type"] for _ in range(3)]
                assert told == ["reply", "snapshot", "bookmark"]
                subscribed.set()
                assert (await raw.closed())[1] == 1011
                assert await raw.over() == "eof"

        async def not_read(until: asyncio.Event) -> None:
            async with on(stage.hub) as raw:
                await raw.upgrade(handshake(stage.key))
                await subscribed.wait()
                own_redis.pause()
                await raw.send(publishes(session_id, 200))
                # It answers no ping that comes meanwhile, as its messages are in the way.
                await until.wait()
                own_redis.resume()
                assert all([(await raw.text())["ok"] for _ in range(200)])

        async def a_word_now_and_then() -> None:
            async with on(stage.hub) as raw:
                await raw.upgrade(handshake(stage.key))
                for _ in range(2):
                    assert (await raw.message())[0] == PING
                    await raw.send(frame(PONG, b"of another ping"))
                await raw.send(close(1000))
                assert (await raw.closed())[1] == 1000

        async def no_close(key: str | None, data: bytes, code: str) -> None:
            async with on(stage.hub) as raw:
                await raw.upgrade(handshake(key))
                await raw.send(data)
                frames, _number = await raw.closed()
                assert [frame["data"]["code"] for frame in frames] == [code]
                # Pings are no answer.
                await raw.send(frame(PING, b"x"))
                await raw.over()

        async def within(work: Awaitable[None]) -> None:
            async with asyncio.timeout(SLOW):
                await work

        over = asyncio.Event()
        busy = asyncio.create_task(within(not_read(over)))
        await asyncio.gather(
            within(no_pong()),
            within(a_word_now_and_then()),
            within(no_close(stage.key, frame(BINARY), "protocol_error")),
            within(no_close(None, frame(BINARY), "protocol_error")),
            within(no_close("sk_a_b", b"", "invalid_credential")),
            within(no_close(None, b"", "auth_timeout")),
        )
        over.set()
        await busy
        await nobody(stage)
        # Each was ended once: no timer of another end has gone off.
        counts = {
            code: await stage.metric("hub_disconnects_total", code=code)
            for code in ("protocol_error", "invalid_credential", "auth_timeout")
        }
        assert counts == {"protocol_error": 2, "invalid_credential": 1, "auth_timeout": 1}
        assert "Traceback" not in stage.hub.log.read_text()
