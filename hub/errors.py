"""The hub's exceptions.

HubError                 a request failed; carries a code of `schemas.errors.ERRORS`
├── Unavailable          the store cannot be reached, or is loading: nothing is known to be kept
└── StorageFull          the store is out of memory or disk: nothing was kept
ConfigurationError       a setting is wrong; the process does not start
"""

from typing import Any, Self

from schemas.errors import ERRORS


class HubError(Exception):
    """A request failed.

    Args:
        code: A key of `schemas.errors.ERRORS`.
        message: What to say; by default what the table says.
        details: What and where: `field`, `index`, `status`, …
    """

    def __init__(self, code: str, message: str | None = None, **details: Any) -> None:
        self.code = code
        self.row = ERRORS[code]
        self.message = message or self.row.message
        self.details = details
        super().__init__(f"{code}: {self.message}")

    def __copy__(self) -> Self:
        """The same error without the traceback: one failure may have to be raised in many places."""
        twin = type(self).__new__(type(self))
        twin.__dict__.update(self.__dict__)
        twin.args = self.args
        return twin

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.row.status


class Unavailable(HubError):
    """The store cannot be reached now."""

    def __init__(self, reason: str) -> None:
        super().__init__("store_unavailable")
        self.reason = reason
        """For the log; it may name hosts, so it is not sent."""


class StorageFull(HubError):
    """The store is out of memory or disk."""

    def __init__(self, reason: str) -> None:
        super().__init__("storage_full")
        self.reason = reason


class ConfigurationError(Exception):
    """A setting is wrong; `hub` prints this and exits with 2."""
