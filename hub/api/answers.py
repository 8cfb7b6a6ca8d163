"""How a resource is answered."""

from collections.abc import Mapping

from starlette.responses import Response

from schemas import codec


def answer(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """`body` as JSON; not to be kept by caches, as it is already history when it arrives."""
    return Response(
        codec.encode(body),
        status,
        {"Cache-Control": "no-store", **(headers or {})},
        media_type="application/json",
    )
