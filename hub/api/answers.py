"""How a resource is answered."""

from collections.abc import Mapping

from starlette.responses import Response
from starlette.types import Send

from schemas import codec

_HEADERS = [(b"cache-control", b"no-store"), (b"content-type", b"application/json")]


def answer(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """`body` as JSON; not to be kept by caches, as it is already history when it arrives."""
    return Response(
        codec.encode(body),
        status,
        {"Cache-Control": "no-store", **(headers or {})},
        media_type="application/json",
    )


async def send_answer(send: Send, body: object) -> None:
    """What `answer` makes of a body, sent without a `Response`, which costs as much as to append an event."""
    encoded = codec.encode(body)
    headers = [*_HEADERS, (b"content-length", b"%d" % len(encoded))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": encoded})
