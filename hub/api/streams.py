"""Following over SSE and WebSocket."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import cast

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from hub.api.operation import Operation
from hub.api.operations import streams as operations
from hub.api.parameters import Parameters, session_id_of
from hub.api.services import Services
from hub.edge import socket_direct, sse_direct
from hub.edge.auth import Credential
from hub.edge.socket import SUBPROTOCOL, Operations, origin_allowed
from hub.edge.socket_portable import PortableSocket
from hub.edge.sse import Wanted, store_away
from hub.edge.sse_portable import SseStream
from hub.edge.subscription import PATIENCE, PAUSE
from hub.errors import HubError, Unavailable
from hub.live.subscriber import Filter
from schemas.errors import DISCONNECTS
from schemas.events import Channel, LogLevel
from schemas.frames import Partials

_Respond = Callable[[Request], Awaitable[ASGIApp]]


class Streams:
    """The streams of sessions, of the organization's feed, and the WebSocket."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._operations = Operations(
            registry=services.registry,
            streams=services.streams,
            publishing=services.publishing,
            authenticator=services.authenticator,
            connections=services.connections,
        )

    def routes(self) -> list[BaseRoute]:
        """The routes."""
        status = frozenset({Channel.STATUS, Channel.PARTICIPANTS})
        return [
            self._session_route(operations.SESSION, None),
            self._session_route(operations.STATUS, status),
            self._session_route(operations.TRANSCRIPT, frozenset({Channel.TRANSCRIPT})),
            self._session_route(operations.LOGS, frozenset({Channel.LOGS})),
            operations.FEED.route(_Endpoint(self.feed)),
            WebSocketRoute("/v1/ws", self.socket),
        ]

    def _session_route(self, operation: Operation, channels: frozenset[Channel] | None) -> BaseRoute:
        async def stream(request: Request) -> ASGIApp:
            return await self.session(request, operation, channels)

        return operation.route(_Endpoint(stream))

    async def session(
        self, request: Request, operation: Operation, channels: frozenset[Channel] | None
    ) -> ASGIApp:
        """One session; `channels` are those of a per-channel form."""
        credential = await self._credential(request)
        if credential is None:
            return store_away(_named(request))
        query = Parameters(request, operation)
        session_id = session_id_of(request)
        what = Filter(
            channels=credential.channels(session_id, channels or query.channels()),
            partials=cast("Partials", query.word("partials")),
            level=query.choice("level", LogLevel) or LogLevel.DEBUG,
        )
        after = request.headers.get("last-event-id") or query.text("after")
        if await self._seen_all(credential, session_id, after):
            # Tells an EventSource not to come again.
            return Response(status_code=204)
        return self._stream(credential, query, session_id, what=what, after=after)

    async def feed(self, request: Request) -> ASGIApp:
        """The organization's feed."""
        credential = await self._credential(request)
        if credential is None:
            return store_away(_named(request))
        query = Parameters(request, operations.FEED)
        credential.channels(None, None)
        after = request.headers.get("last-event-id") or query.text("after")
        return self._stream(credential, query, None, what=Filter(), after=after)

    async def _credential(self, request: Request) -> Credential | None:
        """Whose request it is; None if the store, which knows, stays away.

        An EventSource takes a 503 as final, so a stream waits for the store instead.

        Raises:
            HubError: `missing_credential`, `invalid_credential`.
        """
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return await self._services.authenticator.connection(request, token=True)
            except Unavailable:
                if time.monotonic() >= deadline:
                    return None
                await asyncio.sleep(PAUSE)

    def _stream(
        self,
        credential: Credential,
        query: Parameters,
        session_id: str | None,
        *,
        what: Filter,
        after: str | None,
    ) -> ASGIApp:
        services = self._services
        wanted = Wanted(
            key=(credential.organization, session_id),
            what=what,
            after=after,
            speed=query.decimal("speed"),
            credential=credential,
            is_named=query.word("framing") == "event",
        )

        async def respond(scope: Scope, receive: Receive, send: Send) -> None:
            handover = sse_direct.handover_of(scope)
            parts = services.registry, services.connections, wanted
            if handover is not None:
                await sse_direct.respond(handover, send, *parts, backlog=services.settings.backlog)
            else:
                await SseStream(*parts, backlog=services.settings.backlog)(scope, receive, send)

        return respond

    async def _seen_all(self, credential: Credential, session_id: str, after: str | None) -> bool:
        """Whether the session is sealed and `after` is its end.

        Raises:
            HubError: `session_not_found`.
        """
        followed = self._services.registry.peek((credential.organization, session_id))
        if followed is not None and followed.ended != "deleted":
            # Who has seen all of what is known here, and is behind the store, is sent the rest.
            return followed.ended == "sealed" and after == str(followed.head)
        try:
            found = await self._services.streams.standing(credential.organization, session_id)
        except Unavailable:
            # A stream waits for the store: an EventSource would take an error as final.
            return False
        if found is None:
            raise HubError("session_not_found")
        head, is_sealed = found
        return is_sealed and after == str(head)

    async def socket(self, websocket: WebSocket) -> None:
        """`/v1/ws`."""
        offered: list[str] = websocket.scope["subprotocols"]
        if offered and SUBPROTOCOL not in offered:
            await websocket.close()
            return
        if not origin_allowed(websocket, self._services.settings.origins):
            await websocket.close(DISCONNECTS["origin_not_allowed"].number)
            return
        credential, failure = await self._handshake(websocket)
        await websocket.accept(SUBPROTOCOL if offered else None)
        backlog = self._services.settings.backlog
        if not socket_direct.take_over(
            websocket.scope, self._operations, backlog=backlog, credential=credential, refusal=failure
        ):
            socket = PortableSocket(websocket, self._operations, backlog=backlog, credential=credential)
            await socket.run(failure)

    async def _handshake(self, websocket: WebSocket) -> tuple[Credential | None, str | None]:
        """The credential of the handshake if there is one, and why it is refused if it is."""
        try:
            return await self._services.authenticator.connection(websocket, token=True), None
        except Unavailable:
            return None, "store_unavailable"
        except HubError as error:
            return None, None if error.code == "missing_credential" else "invalid_credential"


def _named(request: Request) -> bool:
    return request.query_params.get("framing") != "message"


class _Endpoint:
    """An ASGI endpoint from a function that makes the response, which need not be one of Starlette's."""

    def __init__(self, respond: _Respond) -> None:
        self._respond = respond

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._respond(Request(scope, receive))
        await response(scope, receive, send)
