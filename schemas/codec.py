"""How values are encoded: JSON, timestamps, canonical bytes."""

import hashlib
import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import msgspec

Timestamp = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$",
        description="ISO 8601, UTC, with milliseconds",
    ),
]
"""What the hub writes: `2026-01-31T09:30:00.000Z`."""

Id = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
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
    """Milliseconds since 1970 as ISO 8601 in UTC; `ms` from 0 to the end of the year 9999."""
    return (_EPOCH + timedelta(milliseconds=ms)).strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"


def milliseconds(text: str) -> int:
    """The inverse of `timestamp`.

    Raises:
        ValueError: `text` is not a timestamp.
    """
    return (datetime.fromisoformat(text) - _EPOCH) // timedelta(milliseconds=1)


def normalized(moment: datetime) -> str:
    """An aware `moment` as a timestamp in UTC, cut (not rounded) to the millisecond."""
    return timestamp((moment - _EPOCH) // timedelta(milliseconds=1))


def decode(data: bytes | str) -> Any:
    """JSON as plain Python values.

    Raises:
        msgspec.DecodeError: not JSON. UnicodeDecodeError: not UTF-8. RecursionError: nested too deep.
    """
    return msgspec.json.decode(data)
