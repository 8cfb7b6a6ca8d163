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
from hub.core.entry import Entry
from hub.core.entry_id import EntryId
from hub.core.lifecycle import TERMINAL, Phase
from hub.edge import socket_direct, sse_direct
from hub.edge.auth import Credential
from hub.edge.socket import SUBPROTOCOL, Operations, origin_allowed
from hub.edge.socket_portable import PortableSocket
from hub.edge.sse import NAMED, UNNAMED, SseForm, Wanted, store_away
from hub.edge.sse_portable import SseStream
from hub.edge.subscription import PATIENCE, PAUSE
from hub.errors import HubError, Unavailable
from hub.live.subscriber import Filter
from hub.store.streams import session_source
from schemas.errors import DISCONNECTS
from schemas.events import Channel, LogLevel
from schemas.frames import Partials

_FEW = 32
"""Entries read at most to see whether a cursor is behind the end of a session."""

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
        try:
            credential = await self.credential(request)
        except Unavailable:
            return store_away(_form(request.query_params.get("framing")))
        query = Parameters(request, operation)
        session_id = session_id_of(request)
        late = query.flag("late")
        what = Filter(
            channels=credential.channels(session_id, channels or query.channels()),
            partials=cast("Partials", query.word("partials")),
            level=query.choice("level", LogLevel) or LogLevel.DEBUG,
            late=True if late is None else late,
        )
        after = request.headers.get("last-event-id") or query.text("after")
        form, speed = _form(query.word("framing")), query.decimal("speed")
        return await self.follow(credential, session_id, what, after=after, form=form, speed=speed)

    async def follow(
        self,
        credential: Credential,
        session_id: str,
        what: Filter,
        *,
        after: str | None,
        form: SseForm,
        speed: float | None = None,
    ) -> ASGIApp:
        """The answer to a request for the stream of one session: 204 for who has seen all there is of it.

        Args:
            credential: Whose request it is.
            session_id: Which session.
            what: What of it is sent.
            after: The cursor to resume from; None for a snapshot.
            form: How it is written.
            speed: At which what is old is played; None: at once.

        Raises:
            HubError: `session_not_found`, `missing_scope`.
        """
        credential.channels(session_id, what.channels)
        if await self._seen_all(credential, session_id, what, after):
            # Tells an EventSource not to come again.
            return Response(status_code=204)
        key = (credential.organization, session_id)
        return self._stream(Wanted(key, what, after, speed, credential, form))

    async def feed(self, request: Request) -> ASGIApp:
        """The organization's feed."""
        try:
            credential = await self.credential(request)
        except Unavailable:
            return store_away(_form(request.query_params.get("framing")))
        query = Parameters(request, operations.FEED)
        credential.channels(None, None)
        after = request.headers.get("last-event-id") or query.text("after")
        key = (credential.organization, None)
        form, speed = _form(query.word("framing")), query.decimal("speed")
        return self._stream(Wanted(key, Filter(), after, speed, credential, form))

    async def credential(self, request: Request) -> Credential:
        """Whose request for a stream it is, by its header or the query parameter `token`.

        An EventSource takes a 503 as final, so this waits for the store, which knows.

        Raises:
            HubError: `missing_credential`, `invalid_credential`. Unavailable: the store stays away.
        """
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return await self._services.authenticator.connection(request, token=True)
            except Unavailable:
                if time.monotonic() >= deadline:
                    raise
                await asyncio.sleep(PAUSE)

    def _stream(self, wanted: Wanted) -> ASGIApp:
        services = self._services

        async def respond(scope: Scope, receive: Receive, send: Send) -> None:
            handover = sse_direct.handover_of(scope)
            parts = services.registry, services.connections, wanted
            if handover is not None:
                await sse_direct.respond(handover, send, *parts, backlog=services.settings.backlog)
            else:
                await SseStream(*parts, backlog=services.settings.backlog)(scope, receive, send)

        return respond

    async def _seen_all(
        self, credential: Credential, session_id: str, what: Filter, after: str | None
    ) -> bool:
        """Whether the session has come to its end, in the sense of the filter, and `after` is there.

        Raises:
            HubError: `session_not_found`.
        """
        key = (credential.organization, session_id)
        try:
            followed = self._services.registry.peek(key)
            if followed is not None and followed.ended != "deleted":
                # Who has seen all of what is known here, and is behind the store, is sent the rest.
                head, is_over = followed.head, followed.ending(what) is not None
            else:
                found = await self._services.streams.standing(*key)
                if found is None:
                    raise HubError("session_not_found")
                head, phase = found
                is_over = phase is Phase.SEALED or (phase is Phase.ENDED and not what.late)
            if after is None or not is_over:
                return False
            return after == str(head) or (not what.late and await self._saw_end(key, after, head))
        except Unavailable:
            # A stream waits for the store: an EventSource would take an error as final.
            return False

    async def _saw_end(self, key: tuple[str, str], after: str, head: EntryId) -> bool:
        """Whether `after` is a cursor not before the end of a session, as far as few entries tell.

        Who is told no is sent the rest, and comes back with a cursor nearer to `head`.
        """
        try:
            cursor = EntryId.parse(after)
        except ValueError:
            return False
        streams = self._services.streams
        if await streams.judge(session_source(*key), cursor) is not None:
            return False
        rest = await streams.entries(*key, cursor, head, logs=False, count=_FEW)
        return len(rest) < _FEW and not any(map(_ends, rest))

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


def _form(framing: str | None) -> SseForm:
    return UNNAMED if framing == "message" else NAMED


def _ends(entry: Entry) -> bool:
    return entry.type == "session.status_changed" and entry.decoded()["status"] in TERMINAL


class _Endpoint:
    """An ASGI endpoint from a function that makes the response, which need not be one of Starlette's."""

    def __init__(self, respond: _Respond) -> None:
        self._respond = respond

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._respond(Request(scope, receive))
        await response(scope, receive, send)
