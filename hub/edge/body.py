"""What is read of a request: its body within limits, as the type it should be."""

from typing import TypeVar

import msgspec
from starlette.requests import Request

from hub.core.event import invalid_field, malformed
from hub.errors import HubError

MAX_BODY = 1_048_576
"""Bytes of a request at most."""

_Type = TypeVar("_Type")


async def read(request: Request, limit: int = MAX_BODY) -> bytes:
    """The body.

    Raises:
        HubError: `body_too_large`, before it is all read; `unsupported_encoding`.
    """
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise HubError("unsupported_encoding")
    announced = request.headers.get("content-length", "0")
    too_large = HubError("body_too_large", f"At most {limit} bytes are taken.", limit=limit)
    if announced.isdigit() and int(announced) > limit:
        raise too_large
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise too_large
        chunks.append(chunk)
    return b"".join(chunks)


def decode(body: bytes, decoder: "msgspec.json.Decoder[_Type]", *, path: str = "$") -> _Type:
    """`body` as the decoder's type.

    Raises:
        HubError: `invalid_json`, `invalid_utf8`, `invalid_field` with its path.
    """
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise invalid_field(error, path=path) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise malformed(error) from None
