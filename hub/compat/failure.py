"""What a system refuses, before it has that system's shape."""

from typing import Any, Self

from starlette.exceptions import HTTPException

from hub.errors import HubError


class Failure(Exception):
    """A request to a system failed.

    Args:
        status: HTTP status, 400 to 599.
        message: For a person.
        code: Of this hub (`schemas.errors.ERRORS`) or of the system.
        details: What and where, such as `field`.
        headers: Of the answer.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str = "",
        details: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        self.status = status
        self.message = message
        self.code = code
        self.details = details or {}
        self.headers = headers or {}
        super().__init__(f"{status}: {message}")

    @classmethod
    def of(cls, error: Exception) -> Self:
        """What any exception of a request is."""
        if isinstance(error, cls):
            return error
        if isinstance(error, HTTPException):
            code = {404: "route_not_found", 405: "method_not_allowed"}.get(error.status_code, "internal")
            return cls._of(HubError(code), dict(error.headers or {}))
        return cls._of(error if isinstance(error, HubError) else HubError("internal"), {})

    @classmethod
    def _of(cls, error: HubError, headers: dict[str, str]) -> Self:
        return cls(error.status, error.message, code=error.code, details=error.details, headers=headers)
