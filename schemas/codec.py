"""How values are encoded: JSON, timestamps, canonical bytes."""

import hashlib
import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import msgspec

END = r"(?!\n)$"
"""How a pattern ends. Python's `$` alone also matches before a closing newline, which would break a frame
of SSE; `\\Z` is not known to JSON Schema."""

Timestamp = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z" + END,
        description="ISO 8601, UTC, with milliseconds",
    ),
]
"""What the hub writes: `2026-01-31T09:30:00.000Z`."""

Id = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,64}" + END)]
"""An id that may become part of a Redis key."""

ID_PATTERN = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_encoder = msgspec.json.Encoder()
_canonical = msgspec.json.Encoder(order="sorted")


def encode(value: object) -> bytes:
    """`value` as compact JSON in UTF-8; fields of structs in the order of their declaration."""
    return _encoder.encode(value)


def canonical(value: object) -> bytes:
    """`value` as JSON with every object's keys sorted: equal content gives equal bytes."""
    return _canonical.encode(value)


def digest(*parts: bytes) -> bytes:
    """16 bytes that identify `parts`, told apart from any other split of the same bytes."""
    state = hashlib.blake2b(digest_size=16)
    for part in parts:
        state.update(len(part).to_bytes(8, "big"))
        state.update(part)
    return state.digest()


def timestamp(ms: int) -> str:
    """Milliseconds since 1970 as ISO 8601 in UTC; `ms` from the year 1 to the end of the year 9999.

    Raises:
        OverflowError: `ms` is outside of these years.
    """
    moment = _EPOCH + timedelta(milliseconds=ms)
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def milliseconds(text: str) -> int:
    """The inverse of `timestamp`.

    Raises:
        ValueError: `text` is not a timestamp.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"not a timestamp: {text[:64]!r}")
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def normalized(moment: datetime) -> str:
    """An aware `moment` as a timestamp in UTC, cut (not rounded) to the millisecond.

    Raises:
        OverflowError: in UTC it falls before the year 1 or after the year 9999.
    """
    return timestamp((moment - _EPOCH) // timedelta(milliseconds=1))


def decode(data: bytes | str) -> Any:
    """JSON as plain Python values.

    Raises:
        msgspec.DecodeError: not JSON. UnicodeDecodeError: not UTF-8. RecursionError: nested too deep.
    """
    return msgspec.json.decode(data)
