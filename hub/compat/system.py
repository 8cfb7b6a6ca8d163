"""One published system: its operations, whose credentials it takes, and the shape of what it refuses."""

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from importlib import resources
from inspect import cleandoc
from typing import Any, TypeVar, cast, get_type_hints

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.api.answers import answer
from hub.api.native import Native
from hub.compat.call import Call
from hub.compat.failure import Failure
from hub.edge.auth import Credential
from hub.edge.middleware import methods, told, trouble
from hub.edge.sse import SseForm, store_away
from hub.errors import HubError, Unavailable
from schemas import codec
from schemas.errors import ERRORS
from schemas.requests import Scope as KeyScope

_log = logging.getLogger("hub.compat")

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
EVENTS = "text/event-stream"
BEARER: Mapping[str, Any] = {"apiKey": {"type": "http", "scheme": "bearer", "description": "An API key."}}
FAILURES = {
    "missing_credential": "The credential is missing, or not valid.",
    "invalid_credential": "The credential is missing, or not valid.",
    "missing_scope": "The credential may not do this.",
    "session_not_found": "What the path names is not there.",
    "invalid_parameter": "A parameter has a wrong value.",
    "invalid_json": "The body is not JSON in UTF-8.",
    "invalid_field": "A field of the body is missing or wrong.",
    "body_too_large": "The body is too large.",
    "unsupported_encoding": "The body is compressed.",
    "internal": "Something went wrong.",
    "store_unavailable": "The store is away; try again.",
    "storage_full": "The store is full; nothing was kept.",
}
"""What failures mean that follow from what an operation takes, by their codes."""

WHOSE = frozenset({"account_id", "app_id"})
"""Parts of paths that say whose something is, not what: another's are refused, and not missed."""

Handler = Callable[..., Awaitable[Any]]
Signed = Callable[[Native, Request], Awaitable[Credential]]
"""How a request says whose it is."""
Refused = Callable[[Failure, str], object]
"""The body of a failure, and of its trace id."""

_Handler = TypeVar("_Handler", bound=Handler)


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One method of one path of a system."""

    name: str
    """Unique in the system; the name of its handler."""
    method: str
    path: str
    """Below the system's base, as Starlette takes it."""
    scope: KeyScope | None
    """What the credential must be allowed; None: it takes none."""
    status: int
    """Of its answer."""
    gives: str
    """Content type of its answer; those it may have, separated by commas."""
    stream: SseForm | None
    """How it is written, if it is a stream that does not end by itself."""
    errors: Mapping[int, str]
    """Statuses of failures beside those that follow from the rest, and what they mean."""
    handler: Handler
    query: Any
    body: Any
    form: Any
    """The types of what it takes; None: it looks at no such thing."""
    answer: Any
    """The type of its JSON; None if there is none."""

    @property
    def summary(self) -> str:
        """What it does, in a line."""
        return cleandoc(self.handler.__doc__ or "").partition("\n")[0].rstrip(".")

    @property
    def about(self) -> str:
        """What else there is to say of it."""
        return cleandoc(self.handler.__doc__ or "").partition("\n")[2].strip()

    def codes(self) -> tuple[str, ...]:
        """Codes of failures that follow from what it takes (`FAILURES`)."""
        found = ["internal"]
        if self.stream is None:
            # A stream waits for the store, as an EventSource would take a 503 as final.
            found += ["store_unavailable"]
        if self.scope is not None:
            found += ["missing_credential", "invalid_credential", "missing_scope"]
        if set(re.findall(r"\{(\w+)", self.path)) - WHOSE:
            found += ["session_not_found"]
        if self.query is not None:
            found += ["invalid_parameter"]
        if self.body is not None:
            found += ["invalid_json"]
        if self.body is not None or self.form is not None:
            found += ["invalid_field", "body_too_large", "unsupported_encoding"]
        return (*found, *(() if self.method == "GET" else ("storage_full",)))


class System:
    """A published system.

    Args:
        name: As it stands in the path, `/compat/<name>`.
        title: Of its document.
        about: What its document says first.
        refused: Gives a failure the shape that the system has for it.
        error: The type of that shape.
        signed: How a request says whose it is; by default with `Authorization: Bearer` and an API key.
        security: The same as OpenAPI's security schemes, by their names; any one of them is enough.
        statuses: Codes of this hub that have another status in this system.
    """

    def __init__(
        self,
        name: str,
        *,
        title: str,
        about: str,
        refused: Refused,
        error: Any,
        signed: Signed | None = None,
        security: Mapping[str, Any] = BEARER,
        statuses: Mapping[str, int] | None = None,
    ) -> None:
        self.name = name
        self.title = title
        self.about = about
        self.error = error
        self.security = security
        self.operations: list[Operation] = []
        self._refused = refused
        self._signed = signed or _bearer
        self._statuses = statuses or {}

    @property
    def base(self) -> str:
        """Path below which it is."""
        return f"/compat/{self.name}"

    def operation(
        self,
        method: str,
        path: str,
        scope: KeyScope | None,
        *,
        status: int = 200,
        gives: str = JSON,
        stream: SseForm | None = None,
        answers: Any = None,
        errors: Mapping[int, str] | None = None,
    ) -> Callable[[_Handler], _Handler]:
        """Declare a handler, `async def (call, query, body or form)`.

        What it is given and answers is said by its annotations: `query`, `body` and `form` are structs that
        the query (names that are not known are ignored), the JSON or the form of the request must fit; what
        it returns is the JSON of the answer, or any ASGI application that answers; then `answers` may say
        the type of its JSON. Of a stream, `stream` says how it is written.
        """
        gives = gives if stream is None else EVENTS

        def declare(handler: _Handler) -> _Handler:
            hints = get_type_hints(handler)
            gone = hints.get("return") in (None, type(None)) or gives != JSON
            self.operations.append(
                Operation(
                    name=handler.__name__,
                    method=method,
                    path=path,
                    scope=scope,
                    status=status,
                    gives=gives,
                    stream=stream,
                    errors=errors or {},
                    handler=handler,
                    query=hints.get("query"),
                    body=hints.get("body"),
                    form=hints.get("form"),
                    answer=answers or (None if gone else hints["return"]),
                )
            )
            return handler

        return declare

    def routes(self, native: Native) -> list[BaseRoute]:
        """Its routes: whatever is below its base answers in its shapes."""
        routes = [
            Route(one.path, _Endpoint(self, native, one), name=one.name, methods=[one.method])
            for one in self.operations
        ]
        document = Route("/openapi.json", _Document(self.name), name="openapi", methods=["GET"])
        application = _Application(self, Router([*routes, document], redirect_slashes=False))
        below = Mount(self.base, application)
        # Also where there is a line break in a path, which is no character to Starlette.
        below.path_regex = re.compile(below.path_regex.pattern, re.DOTALL)
        return [below, Route(self.base, application, name=self.name)]

    def failures(self, operation: Operation) -> dict[int, str]:
        """All statuses of failures of an operation, and what they mean."""
        found: dict[int, list[str]] = {}
        for code in operation.codes():
            found.setdefault(self._statuses.get(code, ERRORS[code].status), []).append(FAILURES[code])
        follow = {status: " ".join(dict.fromkeys(means)) for status, means in found.items()}
        return dict(sorted({**follow, **operation.errors}.items()))

    async def credential(self, native: Native, request: Request, operation: Operation) -> Credential | None:
        """Whose request it is, if they may do this; None if the operation takes no credential.

        Raises:
            HubError: `missing_credential`, `invalid_credential`, `missing_scope`. Unavailable. Failure.
        """
        if operation.scope is None:
            return None
        if operation.stream is not None:
            # Waits for a store that is away. What a stream token opens is seen when the session is known.
            return await native.streams.credential(request)
        found = await self._signed(native, request)
        found.require(operation.scope)
        return found

    def refusal(self, error: Exception, trace_id: str) -> Response:
        """The answer to a request that failed."""
        failure = Failure.of(error)
        failure.status = self._statuses.get(failure.code, failure.status)
        response = answer(self._refused(failure, trace_id), failure.status)
        response.headers.update(told(failure.status, failure.details) | failure.headers)
        return response


async def _bearer(native: Native, request: Request) -> Credential:
    return await native.authenticator.connection(request)


class _Endpoint:
    """An operation as an ASGI application.

    Not a function, which Starlette would wrap so that failures are answered in the hub's shape.
    """

    def __init__(self, system: System, native: Native, operation: Operation) -> None:
        self._system = system
        self._native = native
        self._operation = operation
        self._takes = [name for name in ("query", "body", "form") if getattr(operation, name) is not None]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        operation, request = self._operation, Request(scope, receive)
        try:
            credential = await self._system.credential(self._native, request, operation)
        except Unavailable:
            if operation.stream is None:
                raise
            await store_away(operation.stream)(scope, receive, send)
            return
        call = Call(self._native, request, credential, self._system.base)
        taken = {name: await call.taken(name, getattr(operation, name)) for name in self._takes}
        given = await operation.handler(call, **taken)
        if callable(given):
            respond = cast("ASGIApp", given)
        elif given is None:
            respond = Response(status_code=operation.status)
        else:
            respond = answer(given, operation.status)
        await respond(scope, receive, send)


class _Document:
    """The OpenAPI document of a system, which travels inside the package `schemas`."""

    def __init__(self, name: str) -> None:
        self._name = name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with it."""
        headers = {"Cache-Control": "no-cache", "Access-Control-Allow-Origin": "*"}
        await Response(_document(self._name), headers=headers, media_type=JSON)(scope, receive, send)


@cache
def _document(name: str) -> bytes:
    return codec.encode(
        codec.decode(resources.files("schemas").joinpath("compat", f"{name}.json").read_bytes())
    )


class _Application:
    """All that is below the base of a system: what fails, whatever it is, is refused in its shape."""

    def __init__(self, system: System, router: Router) -> None:
        self._system = system
        self._router = router
        router.default = self._nothing

    async def _nothing(self, scope: Scope, receive: Receive, send: Send) -> None:
        raise HTTPException(404)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request; a WebSocket is closed, as no system has any."""
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
            return
        began = False

        async def noted(message: Message) -> None:
            nonlocal began
            began = True
            await send(message)

        try:
            await self._router(scope, receive, noted)
        except ClientDisconnect:
            raise
        except Exception as error:
            if began:
                raise
            trace_id: str = scope["trace_id"]
            if not isinstance(error, HubError | HTTPException | Failure):
                _log.exception("unexpected failure (%s)", trace_id)
            trouble(error.__cause__ if isinstance(error, Failure) else error, trace_id)
            response = self._system.refusal(error, trace_id)
            if response.status_code == 405:
                response.headers["Allow"] = methods(self._router.routes, scope)
            await response(scope, receive, send)
