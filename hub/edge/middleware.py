"""Around every request: a trace id, the access log, and the error envelope for whatever goes wrong.

Pure ASGI: anything that wraps the response hides a client's disconnect from streams.
"""

import logging
import time
from collections.abc import Iterable, Mapping
from random import getrandbits
from typing import Any
from urllib.parse import quote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.errors import HubError, StorageFull, Unavailable
from schemas import codec
from schemas.errors import Error, ErrorEnvelope

_log = logging.getLogger("hub")
_access = logging.getLogger("hub.access")

RETRY_AFTER = 1
"""Seconds after which to try again when the store is away."""


def envelope(error: HubError, trace_id: str) -> Error:
    """The inside of the error envelope."""
    return Error(code=error.code, message=error.message, details=error.details, trace_id=trace_id)


def new_trace_id() -> str:
    """An id that finds a request in the log."""
    return f"{getrandbits(64):016x}"


def told(status: int, details: Mapping[str, Any]) -> dict[str, str]:
    """What the headers of a refusal say, by its status and by what and where it is."""
    headers: dict[str, str] = {}
    if status == 503:
        headers["Retry-After"] = str(RETRY_AFTER)
    if "retry_after_ms" in details:
        headers["Retry-After"] = str(-(-details["retry_after_ms"] // 1000))
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return headers


def error_response(error: HubError, trace_id: str) -> Response:
    """The answer to a request that failed."""
    body = codec.encode(ErrorEnvelope(envelope(error, trace_id)))
    return Response(body, error.status, told(error.status, error.details), media_type="application/json")


async def handle(request: Request, exception: Exception) -> Response:
    """Starlette's exception handler for `HubError`."""
    if not isinstance(exception, HubError):
        raise exception
    return refusal(exception, request.scope)


def refusal(error: HubError, scope: Scope) -> Response:
    """The answer to a request that failed; what is wrong with the store is logged."""
    trace_id: str = scope["trace_id"]
    trouble(error, trace_id)
    return error_response(error, trace_id)


def trouble(error: BaseException | None, trace_id: str) -> None:
    """Log what is wrong with the store, if that is why a request failed."""
    if isinstance(error, Unavailable | StorageFull):
        _log.warning("%s: %s (%s)", error.code, error.reason, trace_id)


def methods(routes: Iterable[BaseRoute], scope: Scope) -> str:
    """The methods that the path of a request takes, as `Allow` tells them (RFC 9110, section 10.2.1)."""
    found: set[str] = set()
    for route in routes:
        if isinstance(route, Route) and route.matches(scope)[0] is not Match.NONE:
            found |= route.methods or set()
    return ", ".join(sorted(found))


class Tracing:
    """Gives every request a trace id, logs it, and answers what nobody caught.

    The path is logged without its query, which may hold a token.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        trace_id = scope["trace_id"] = new_trace_id()
        began = time.monotonic()
        status = 0

        async def traced(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"x-trace-id", trace_id.encode())]
            await send(message)

        try:
            await self.app(scope, receive, traced)
        except ClientDisconnect:
            _log.debug("the client went away before its body had come (%s)", trace_id)
        except Exception:
            _log.exception("unexpected failure (%s)", trace_id)
            if scope["type"] == "http" and not status:
                await error_response(HubError("internal"), trace_id)(scope, receive, traced)
        finally:
            if _access.isEnabledFor(logging.INFO):
                _access.info(
                    "%s %s %s %.1fms %s",
                    scope.get("method", "WS"),
                    quote(scope["path"]),
                    status or "-",
                    (time.monotonic() - began) * 1000,
                    trace_id,
                )
