"""The lease under which a bot asks for something over HTTP."""

import re

from starlette.requests import Request

from hub.errors import HubError
from schemas.bots import LEASE_HEADER, MAX_LEASE

_NUMBER = re.compile(rb"[1-9][0-9]{0,9}\Z")


def lease_of(value: bytes | None) -> int:
    """The number in the value of a `Hub-Lease` header; 0 if there is no header.

    Raises:
        HubError: `invalid_field`.
    """
    if value is None:
        return 0
    number = int(value) if _NUMBER.match(value) else 0
    if not 0 < number <= MAX_LEASE:
        raise HubError("invalid_field", f"A whole number from 1 to {MAX_LEASE}.", field=LEASE_HEADER)
    return number


def lease_of_request(request: Request) -> int:
    """The number of the lease under which a bot asks; 0 if it has none.

    Raises:
        HubError: `invalid_field`.
    """
    value = request.headers.get(LEASE_HEADER)
    return lease_of(None if value is None else value.encode("latin-1"))
