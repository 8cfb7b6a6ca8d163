"""Events on their way out, and how they are cut into requests."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from schemas import codec

MAX_EVENTS = 500
"""Events a request."""
MAX_BYTES = 1024 * 1024
"""Bytes a request."""


class Outgoing(msgspec.Struct, frozen=True):
    """One event, encoded."""

    body: bytes
    """JSON."""
    key: str
    """Its idempotency key."""


def outgoing(event: Mapping[str, Any], key: str) -> Outgoing:
    """Encode `event`; `key` is its idempotency key unless it has one of its own.

    Raises:
        TypeError: something in it has no JSON form.
    """
    own = event.get("idempotency_key")
    chosen = own if isinstance(own, str) else key
    return Outgoing(codec.encode({**event, "idempotency_key": own if own is not None else key}), chosen)


def fits(event: Outgoing, around: int = 2) -> bool:
    """Whether `event` can be sent at all; a request has so many bytes `around` its events."""
    return len(event.body) + around <= MAX_BYTES


def first_batch(events: Iterable[Outgoing], around: int = 2) -> list[Outgoing]:
    """The longest run from the front of `events` that one request may have; at least one of them.

    A request has so many bytes `around` its events.
    """
    batch: list[Outgoing] = []
    size = around
    for event in events:
        size += len(event.body) + bool(batch)
        if batch and (size > MAX_BYTES or len(batch) == MAX_EVENTS):
            break
        batch.append(event)
    return batch


def request_body(events: Iterable[Outgoing]) -> bytes:
    """The JSON array of `events`."""
    return b"[" + b",".join(event.body for event in events) + b"]"
