"""What a program that uses the hub can meet.

HubProblem               something did not work
├── HubRefused           the hub said no, and will say so again
│   ├── HubDisconnected  the hub ended the connection and said not to come back
│   └── LeaseLost        the bot does not have the session any more
├── HubUnavailable       no answer that settles it: unreachable, broken off, or a fault of the hub
└── VttError             a file is not WebVTT that can be replayed
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from schemas.errors import DISCONNECTS, ERRORS, Error, ErrorEnvelope

LEASE_LOST = "lease_lost"
_ENVELOPE = msgspec.json.Decoder(ErrorEnvelope)


class HubProblem(Exception):
    """Something did not work."""


class HubRefused(HubProblem):
    """The hub refused: the same request would be refused again.

    Args:
        code: A key of `schemas.errors.ERRORS`, or `http_<status>` when something else answered.
        message: For people.
        details: What and where: `field`, `index`, `status`, …
        status: HTTP status; None if it was said on a WebSocket.
        trace_id: Finds it in the hub's log.
        retry_after: Seconds after which a 429 may be tried again.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        details: Mapping[str, Any] | None = None,
        status: int | None = None,
        trace_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.details = dict(details or {})
        self.status = status
        self.trace_id = trace_id
        self.retry_after = retry_after


class HubDisconnected(HubRefused):
    """The hub ended the connection and said not to come back.

    Args:
        code: A key of `schemas.errors.DISCONNECTS`, or `close_<number>`.
        message: For people.
        number: The WebSocket close code, 4500-4999; None if only a frame said so.
    """

    def __init__(self, code: str, message: str, *, number: int | None = None) -> None:
        super().__init__(code, message)
        self.number = number


class LeaseLost(HubRefused):
    """The bot does not have the session any more: another may have it, or it has ended or is gone."""


def disconnected(number: int, reason: str) -> HubDisconnected:
    """The exception for a close code that says not to come back; `reason` is what came with it."""
    for code, row in DISCONNECTS.items():
        if row.number == number:
            return HubDisconnected(code, row.message, number=number)
    return HubDisconnected(f"close_{number}", reason or "The hub closed the connection.", number=number)


class HubUnavailable(HubProblem):
    """The hub cannot be reached, broke off, or failed; a request may or may not have taken effect.

    Args:
        message: For people.
        code: The error code, if the hub answered with one (503, 507, …).
        status: HTTP status, if there was an answer.
        trace_id: Finds it in the hub's log.
        retry_after: Seconds after which the hub asks to be tried again.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        status: int | None = None,
        trace_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}" if code else message)
        self.code = code
        self.message = message
        self.status = status
        self.trace_id = trace_id
        self.retry_after = retry_after


class VttError(HubProblem):
    """A file is not WebVTT, or has a cue that a transcript cannot hold."""


def problem(status: int, body: bytes, headers: Mapping[str, str]) -> HubRefused | HubUnavailable:
    """The exception for an answer with a status of 400 or more.

    Args:
        status: HTTP status.
        body: An error envelope; anything else came from something between here and the hub.
        headers: Looked at for `retry-after`, in seconds.
    """
    try:
        error = _ENVELOPE.decode(body).error
        code, message, details, trace_id = error.code, error.message, error.details, error.trace_id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        code, message, details, trace_id = f"http_{status}", f"HTTP status {status}.", {}, None
    after = headers.get("retry-after", "")
    retry_after = float(after) if after.isascii() and after.isdigit() else None
    if status >= 500:
        return HubUnavailable(message, code=code, status=status, trace_id=trace_id, retry_after=retry_after)
    refused = LeaseLost if code == LEASE_LOST else HubRefused
    return refused(code, message, details=details, status=status, trace_id=trace_id, retry_after=retry_after)


def told(fields: object) -> HubRefused | HubUnavailable:
    """The exception for the `error` of a reply on a WebSocket; it has the HTTP status of its code."""
    try:
        error = msgspec.convert(fields, Error)
    except msgspec.ValidationError as wrong:
        return HubUnavailable(f"The hub refused, in words that cannot be understood: {wrong}.")
    row = ERRORS.get(error.code)
    status = None if row is None else row.status
    if row is not None and row.fault == "server":
        return HubUnavailable(error.message, code=error.code, status=status, trace_id=error.trace_id)
    refused = LeaseLost if error.code == LEASE_LOST else HubRefused
    return refused(error.code, error.message, details=error.details, status=status, trace_id=error.trace_id)
