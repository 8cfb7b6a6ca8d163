"""What is read of a request: its body within limits, as the type it should be."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive

from hub.core.event import invalid_field, malformed
from hub.errors import HubError

MAX_BODY = 1_048_576
"""Bytes of a request at most."""

_Type = TypeVar("_Type")


async def read(request: Request, limit: int = MAX_BODY) -> bytes:
    """The body of a request.

    Raises:
        HubError: `body_too_large`, before it is all read; `unsupported_encoding`.
    """
    return await received(dict(reversed(request.headers.raw)), request.receive, limit)


async def received(headers: Mapping[bytes, bytes], receive: Receive, limit: int = MAX_BODY) -> bytes:
    """The body of a request with these headers; raises as `read` does."""
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise HubError("unsupported_encoding")
    announced = headers.get(b"content-length", b"0")
    if announced.isdigit() and int(announced) > limit:
        raise _too_large(limit)
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        chunks.append(chunk)
        if not message.get("more_body", False):
            return chunk if len(chunks) == 1 else b"".join(chunks)


def _too_large(limit: int) -> HubError:
    return HubError("body_too_large", f"At most {limit} bytes are taken.", limit=limit)


def decode(body: bytes, decoder: "msgspec.json.Decoder[_Type]", *, path: str = "$") -> _Type:
    """`body` as the decoder's type.

    Raises:
        HubError: `invalid_json`, `invalid_utf8`, `invalid_field` with its path.
    """
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise undecoded(error, path=path) from None


def undecoded(error: Exception, *, path: str) -> HubError:
    """The refusal of what a decoder did not take."""
    return invalid_field(error, path=path) if isinstance(error, msgspec.ValidationError) else malformed(error)
