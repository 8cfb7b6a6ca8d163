"""What one route does, declared beside it: the route, its checks and its documents are made from this."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct
from starlette.routing import Route

from hub.api.parameter import Parameter
from schemas.requests import Scope

JSON = "application/json"


class Answer(Struct, frozen=True, kw_only=True):
    """What an operation answers with one status below 400, or with one that is no failure of the request."""

    about: str
    body: Any = None
    """The type of the JSON, or a tuple of those it may have; None if there is no JSON."""
    content_types: tuple[str, ...] = ()
    """By default JSON if there is a body."""
    headers: dict[str, str] = {}
    """What the headers say that only this answer has."""


class Body(Struct, frozen=True, kw_only=True):
    """What an operation takes."""

    type: Any
    examples: dict[str, Any]
    """At least one, by what it shows; each is asked by a test."""
    required: bool = True
    lines: tuple[str, ...] = ()
    """Content types with which one may be sent a line."""


class Operation(Struct, frozen=True, kw_only=True):
    """One method of one path."""

    name: str
    """Unique; generated clients call it so."""
    group: str
    """Under which it stands in the documents."""
    method: str
    path: str
    """As Starlette takes it."""
    summary: str
    about: str = ""
    scope: Scope | None = None
    """What the credential must be allowed; None: it takes no key."""
    signed: bool = False
    """The signature of a download URL opens it."""
    parameters: tuple[Parameter, ...] | None = None
    """Of the query; any other is refused. None: the query is not looked at."""
    headers: tuple[Parameter, ...] = ()
    body: Body | None = None
    answers: dict[int, Answer]
    errors: tuple[str, ...] = ()
    """Codes beside those that follow from the rest."""
    negotiates: bool = True
    """It is refused if `Accept` rules out what there is."""
    streams: bool = False
    """Its answer is a stream of frames, and a stream token opens it."""

    def codes(self) -> tuple[str, ...]:
        """All codes of errors that it can end in."""
        found = list(self.errors)
        if self.signed:
            found += ["missing_credential", "invalid_credential", "token_expired"]
            found += ["internal", "store_unavailable"]
        if self.scope:
            found += ["missing_credential", "invalid_credential", "missing_scope", "internal"]
            if self.negotiates and not self.streams:
                found += ["not_acceptable"]
            # A stream waits for the store, as an EventSource would take a 503 as final.
            found += [] if self.streams else ["store_unavailable"]
            found += [] if self.method == "GET" else ["storage_full"]
        if self.parameters is not None:
            found += ["invalid_parameter"]
        if self.body:
            found += ["invalid_json", "invalid_utf8", "invalid_field", "body_too_large"]
            found += ["unsupported_encoding"]
        if "{session_id}" in self.path:
            found += ["session_not_found"]
        return tuple(dict.fromkeys(found))

    def route(self, endpoint: Callable[..., Any]) -> "OperationRoute":
        """The route that leads to `endpoint`."""
        return OperationRoute(self, endpoint)


class OperationRoute(Route):
    """A route that knows what it does."""

    def __init__(self, operation: Operation, endpoint: Callable[..., Any]) -> None:
        super().__init__(operation.path, endpoint, methods=[operation.method])
        self.operation = operation
