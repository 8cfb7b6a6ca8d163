"""The counting of the load generator, whatever pieces the bytes come in."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.bench import stamp
from hub.bench.answers import Answer, HttpAnswers, WebSocketAnswers
from hub.bench.errors import BenchError
from hub.bench.marker import Marker
from hub.bench.spread import Spread
from hub.bench.streams import Chunked, Plain, Stream, StreamEnded, WebSocket, masked

MARKER = b':"x.bench"'
# Made of the marker's own bytes, so that beginnings of it are everywhere.
near = st.lists(
    st.sampled_from([MARKER, MARKER[:3], MARKER[:-1], MARKER[4:], b":", b"\n", b"data"]), max_size=12
)
bodies = near.map(b"".join)
cuts = st.lists(st.integers(min_value=1, max_value=9), min_size=1, max_size=30)


def pieces(content: bytes, sizes: list[int]) -> Iterator[bytes]:
    """`content` in pieces of `sizes`, over and over."""
    at = number = 0
    while at < len(content):
        size = sizes[number % len(sizes)]
        yield content[at : at + size]
        at, number = at + size, number + 1


def fed(stream: Stream, content: bytes, sizes: list[int]) -> int:
    # What a buffer held before must not be looked at.
    buffer = bytearray(MARKER * 20_000)
    found = 0
    for piece in pieces(content, sizes):
        buffer[: len(piece)] = piece
        found += stream.take(buffer, len(piece))
    return found


def server_frame(opcode: int, content: bytes) -> bytes:
    size = len(content)
    if size < 126:
        length = bytes((size,))
    else:
        length = b"\x7e" + size.to_bytes(2, "big") if size < 65_536 else b"\x7f" + size.to_bytes(8, "big")
    return bytes((0x80 | opcode,)) + length + content


@given(bodies, cuts)
def test_markers_are_counted_in_any_pieces(body: bytes, sizes: list[int]) -> None:
    assert fed(Plain(MARKER), body, sizes) == body.count(MARKER)


@given(bodies, cuts, cuts, st.sampled_from([b"", b";x=1"]))
def test_chunks_may_split_a_marker_anywhere(
    body: bytes, chunks: list[int], sizes: list[int], extension: bytes
) -> None:
    sent = b"".join(b"%x%b\r\n%b\r\n" % (len(c), extension, c) for c in pieces(body, chunks))
    assert fed(Chunked(MARKER), sent, sizes) == body.count(MARKER)


@given(st.lists(st.tuples(bodies, st.none() | st.binary(max_size=20)), max_size=6), cuts)
def test_messages_are_counted_and_pings_answered(
    messages: list[tuple[bytes, bytes | None]], sizes: list[int]
) -> None:
    sent = b"".join(
        server_frame(1, body) + (b"" if ping is None else server_frame(9, ping)) for body, ping in messages
    )
    pongs: list[bytes] = []
    assert fed(WebSocket(MARKER, pongs.append), sent, sizes) == sum(b.count(MARKER) for b, _ in messages)
    assert pongs == [masked(ping, opcode=10) for _, ping in messages if ping is not None]


@pytest.mark.parametrize("size", [125, 126, 65_535, 65_536])
@pytest.mark.parametrize("read", [3, 1000, 200_000])
def test_messages_of_every_length(size: int, read: int) -> None:
    message = server_frame(1, MARKER.ljust(size, b"-"))
    pongs: list[bytes] = []
    sent = (message + server_frame(9, b"p")) * 2
    assert fed(WebSocket(MARKER, pongs.append), sent, [read]) == 2
    assert len(pongs) == 2


def test_the_last_chunk_ends_the_stream() -> None:
    content = b"%x\r\n%b\r\n0\r\n\r\n" % (len(MARKER), MARKER)
    with pytest.raises(StreamEnded):
        Chunked(MARKER).take(bytearray(content), len(content))


def test_what_is_no_chunk_is_told() -> None:
    with pytest.raises(BenchError, match="chunk of size"):
        Chunked(MARKER).take(bytearray(b"event: x\r\n"), 10)


@pytest.mark.parametrize("text", [b"", b"x", b'"t"', b"abcab", b"a\r\nb"])
def test_a_marker_must_be_countable(text: bytes) -> None:
    with pytest.raises(ValueError, match="a marker"):
        Marker(text)


ANSWERS = [
    (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", Answer(200, b"{}")),
    (b"HTTP/1.1 409 Conflict\r\ncontent-type: x\r\ncontent-length:4\r\n\r\nnope", Answer(409, b"nope")),
    (b"HTTP/1.1 204 No Content\r\n\r\n", Answer(204, b"")),
    (
        b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        Answer(202, b"3\r\nabc\r\n0\r\n\r\n"),
    ),
    (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", Answer(200, b"0\r\n\r\n")),
]


@given(st.lists(st.sampled_from(ANSWERS), max_size=5), cuts)
def test_answers_over_http(sent: list[tuple[bytes, Answer]], sizes: list[int]) -> None:
    answers = HttpAnswers()
    found = [a for p in pieces(b"".join(raw for raw, _ in sent), sizes) for a in answers.take(p)]
    assert found == [answer for _, answer in sent]


@given(st.lists(st.sampled_from(["ok", "refused", "frame", "ping"]), max_size=8), cuts)
def test_answers_over_a_websocket(sent: list[str], sizes: list[int]) -> None:
    wire = {
        "ok": server_frame(1, b'{"type":"reply","ref":1,"ok":true,"entries":[' + b"1" * 200 + b"]}"),
        "refused": server_frame(1, b'{"type":"reply","ref":1,"ok":false}'),
        "frame": server_frame(1, b'{"type":"x.bench"}'),
        "ping": server_frame(9, b"p"),
    }
    pongs: list[bytes] = []
    answers = WebSocketAnswers(pongs.append)
    found = [a.status for p in pieces(b"".join(wire[kind] for kind in sent), sizes) for a in answers.take(p)]
    assert found == [{"ok": 200, "refused": 400}[kind] for kind in sent if kind in ("ok", "refused")]
    assert len(pongs) == sent.count("ping")


def test_a_closed_websocket_is_told() -> None:
    with pytest.raises(BenchError, match="code 4000"):
        WebSocketAnswers(lambda _: None).take(server_frame(8, (4000).to_bytes(2, "big")))


def test_stamps_are_found_when_they_are_whole() -> None:
    now = stamp.now()
    content = bytearray(b'{"t":%d,"pad":""} {"t":%d' % (now, now + 1))
    assert len(str(now)) == len(stamp.STAMP)
    assert stamp.newest(content, len(content)) == now + 1
    assert stamp.all_stamps(content, len(content)) == [now, now + 1]
    assert stamp.newest(content, len(content) - 1) is None
    assert stamp.all_stamps(content, len(content) - 1) == [now]
    assert stamp.newest(bytearray(b"nothing"), 7) is None


def test_percentiles_are_values_that_were_seen() -> None:
    assert Spread.of([]) is None
    assert Spread.of(float(n) for n in range(1, 101)) == Spread(100, 50.0, 95.0, 99.0, 100.0)
    assert Spread.of([2.0], 1000) == Spread(1, 2000.0, 2000.0, 2000.0, 2000.0)
