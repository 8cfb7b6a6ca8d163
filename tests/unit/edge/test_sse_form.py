"""Forms of Server-Sent Events: whatever is not sent leaves no trace in the body."""

from hub.edge.sse import NAMED, UNNAMED, SseForm
from hub.live.frames import Frame

FRAMES = [Frame("x.a", "1-1", b'{"a":1}'), Frame("disconnect", None, b"{}", 500)]


def test_the_native_forms() -> None:
    events = b'event: x.a\nid: 1-1\ndata: {"a":1}\n\nevent: disconnect\nretry: 500\ndata: {}\n\n'
    assert NAMED.plain(FRAMES) == events
    assert NAMED.chunked(FRAMES) == b"%x\r\n%b\r\n" % (len(events), events)
    assert UNNAMED.plain(FRAMES[:1]) == b'id: 1-1\ndata: {"a":1}\n\n'
    assert UNNAMED.chunked(FRAMES[:1]) == b"17\r\n" + UNNAMED.plain(FRAMES[:1]) + b"\r\n"


def test_nothing_is_no_chunk_as_an_empty_one_would_end_the_body() -> None:
    form = SseForm.of(lambda frames: b"".join(b": %d\n\n" % len(frame.json) for frame in frames if frame.id))
    assert (form.plain(FRAMES), form.chunked(FRAMES)) == (b": 7\n\n", b"5\r\n: 7\n\n\r\n")
    assert (form.plain(FRAMES[1:]), form.chunked(FRAMES[1:])) == (b"", b"")
