"""The format of Server-Sent Events, and the head of their response.

Source of the format: https://html.spec.whatwg.org/multipage/server-sent-events.html. The JSON of a frame has
no line break, so one `data:` line carries it, and no field can be broken out of.
"""

from collections.abc import Callable, Sequence
from typing import Self

from msgspec import Struct
from starlette.responses import Response

from hub.edge.auth import Credential
from hub.live.frames import Frame, disconnect_frame
from hub.live.registry import Key
from hub.live.subscriber import Filter

MEDIA_TYPE = "text/event-stream; charset=utf-8"
HEADERS = {
    "Cache-Control": "no-store, no-transform",
    "X-Accel-Buffering": "no",
    "X-Content-Type-Options": "nosniff",
}
LAST_CHUNK = b"0\r\n\r\n"
"""The end of a chunked body."""


class SseForm(Struct, frozen=True):
    """How frames are written as Server-Sent Events. What is sent is shared by those with the same form."""

    plain: Callable[[Sequence[Frame]], bytes]
    """Frames as events; empty if nothing of them is sent. Equal frames are written once for all who are sent
    them, so it may know of no connection."""
    chunked: Callable[[Sequence[Frame]], bytes]
    """The same as one chunk of a chunked body."""

    @classmethod
    def of(cls, plain: Callable[[Sequence[Frame]], bytes]) -> Self:
        """The form in which `plain` writes."""

        def chunked(frames: Sequence[Frame]) -> bytes:
            return chunk(plain(frames))

        return cls(plain, chunked)


class Wanted(Struct, frozen=True):
    """What a request for a stream asks for."""

    key: Key
    what: Filter
    after: str | None
    """From where; None for a snapshot."""
    speed: float | None
    """At which what is old is played; None: at once."""
    credential: Credential
    """Whose request it is."""
    form: SseForm
    """How it is written."""


def _named(frames: Sequence[Frame]) -> bytes:
    """Frames as events with their type as the event's name."""
    return b"".join([_event(frame, b"event: %b\n" % frame.type.encode()) for frame in frames])


def _unnamed(frames: Sequence[Frame]) -> bytes:
    """Frames as events without a name: an EventSource has no wildcard for named ones."""
    return b"".join([_event(frame, b"") for frame in frames])


def chunk(data: bytes) -> bytes:
    """One chunk of a chunked body (RFC 9112, section 7.1); nothing of nothing, as an empty one ends it."""
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""


def _event(frame: Frame, name: bytes) -> bytes:
    identity = b"" if frame.id is None else b"id: %b\n" % frame.id.encode()
    retry = b"" if frame.retry_ms is None else b"retry: %d\n" % frame.retry_ms
    return b"%b%b%bdata: %b\n\n" % (name, identity, retry, frame.json)


NAMED = SseForm.of(_named)
"""With a frame's type as the event's name."""
UNNAMED = SseForm.of(_unnamed)
"""Without a name, for `EventSource.onmessage`."""


def store_away(form: SseForm) -> Response:
    """A stream of one `disconnect`, for whom nothing is known of while the store is away."""
    frame = disconnect_frame("store_unavailable")
    return Response(form.plain([frame]), headers=HEADERS, media_type="text/event-stream")
