"""Publishing over HTTP."""

import re

from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from hub.api.answers import send_answer
from hub.api.operations import events as operations
from hub.api.services import Services
from hub.edge import body
from hub.edge.lease import lease_of
from hub.edge.middleware import refusal
from hub.edge.publishing import events
from hub.errors import HubError
from schemas.bots import LEASE_HEADER
from schemas.frames import Appended
from schemas.requests import PublishResult

_NDJSON = frozenset(name.encode() for name in operations.NDJSON)
_LEASE = LEASE_HEADER.lower().encode()
_PATH = re.compile(r"/v1/sessions/([^/]+)/events\Z")


class Events:
    """`POST /v1/sessions/{id}/events`, as an ASGI application: a Starlette `Request` would cost more."""

    def __init__(self, services: Services) -> None:
        self._authenticator = services.authenticator
        self._publishing = services.publishing

    def routes(self) -> list[Route]:
        """The routes."""
        return [operations.PUBLISH.route(self)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One event, an array, or NDJSON: all of them are kept, or none."""
        try:
            entries = await self._publish(scope, receive)
        except HubError as error:
            await refusal(error, scope)(scope, receive, send)
        else:
            await send_answer(send, PublishResult(entries))

    async def _publish(self, scope: Scope, receive: Receive) -> list[Appended]:
        # Of a header that is there twice, the first counts.
        headers: dict[bytes, bytes] = dict(reversed(scope["headers"]))
        authorization = headers.get(b"authorization")
        credential = await self._authenticator.header(authorization) if authorization else None
        if credential is None:
            raise HubError("missing_credential")
        credential.require("publish")
        raw = await body.received(headers, receive)
        kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
        published, root = events(raw, lines=kind in _NDJSON)
        session_id: str = scope["path_params"]["session_id"]
        lease = lease_of(headers.get(_LEASE))
        return await self._publishing.publish(credential, session_id, published, root=root, lease=lease)


def addressed(scope: Scope) -> str | None:
    """The session that a request publishes to; None if it does something else."""
    if scope["type"] != "http" or scope["method"] != "POST":
        return None
    found = _PATH.match(scope["path"])
    return found[1] if found else None
