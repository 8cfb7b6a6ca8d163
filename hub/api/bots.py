"""Bots: waiting for a session and letting go of it over HTTP, the WebSocket, and what waits for them."""

import logging

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket

from hub.api.answers import answer
from hub.api.bot_socket import SUBPROTOCOL, BotSocket
from hub.api.claim import Claim
from hub.api.operations import bots as operations
from hub.api.parameters import Parameters, session_id_of
from hub.api.services import Services
from hub.edge import body
from hub.edge.auth import Credential
from hub.edge.lease import lease_of_request
from hub.edge.socket import origin_allowed
from hub.errors import HubError, Unavailable
from schemas.bots import LEASE_HEADER, ClaimSession, ReleaseLease
from schemas.errors import DISCONNECTS

_log = logging.getLogger("hub.bots")

_claim = msgspec.json.Decoder(ClaimSession)
_release = msgspec.json.Decoder(ReleaseLease)


class Bots:
    """The routes below `/v1/bots`, and those by which a bot lets go of its session."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def routes(self) -> list[BaseRoute]:
        """The routes."""
        return [
            operations.QUEUE.route(self.queue),
            operations.CLAIM.route(self.claim),
            operations.RELEASE.route(self.release),
            WebSocketRoute("/v1/bots", self.socket),
        ]

    async def queue(self, request: Request) -> Response:
        """`GET /v1/bots`: how many sessions wait for a bot."""
        credential = await self._services.allowed(request, "subscribe")
        Parameters(request, operations.QUEUE)
        return answer(await self._services.leases.queue(credential.organization))

    async def claim(self, request: Request) -> Response:
        """`POST /v1/bots/claim`: 200 with a session, 204 if none comes in time."""
        credential = await self._services.allowed(request, "publish")
        asked = body.decode(await body.read(request), _claim)
        claim = Claim(self._services, credential)
        assignment = await claim.wait(request, asked)
        if assignment is None:
            return Response(status_code=204)
        if claim.gone:
            await self._give_back(credential, assignment.session.id, assignment.lease)
        return answer(assignment)

    async def _give_back(self, credential: Credential, session_id: str, lease: int) -> None:
        """Another bot may have a session at once whose bot has not waited for it."""
        leasing = self._services.leasing
        try:
            await leasing.release(credential.organization, session_id, lease, "disconnected")
        except HubError as error:
            # Its lease will run out.
            _log.warning("cannot give back %s: %s", session_id, error)

    async def release(self, request: Request) -> Response:
        """`POST /v1/sessions/{id}/release`: the bot does not have it any more."""
        credential = await self._services.allowed(request, "publish")
        raw = await body.read(request)
        asked = body.decode(raw, _release) if raw.strip() else ReleaseLease()
        session_id = session_id_of(request)
        lease = lease_of_request(request)
        if not lease:
            raise HubError("invalid_field", "The number of the lease is missing.", field=LEASE_HEADER)
        await self._services.leasing.release(credential.organization, session_id, lease, asked.reason)
        return Response(status_code=204)

    async def socket(self, websocket: WebSocket) -> None:
        """`/v1/bots`."""
        offered: list[str] = websocket.scope["subprotocols"]
        if offered and SUBPROTOCOL not in offered:
            await websocket.close()
            return
        if not origin_allowed(websocket, self._services.settings.origins):
            await websocket.close(DISCONNECTS["origin_not_allowed"].number)
            return
        credential, failure = await self._handshake(websocket)
        await websocket.accept(SUBPROTOCOL if offered else None)
        await BotSocket(websocket, self._services, credential).run(failure)

    async def _handshake(self, websocket: WebSocket) -> tuple[Credential | None, str | None]:
        """The credential of the handshake, and why it is refused if it is."""
        try:
            credential = await self._services.authenticator.connection(websocket)
            credential.require("publish")
        except Unavailable:
            return None, "store_unavailable"
        except HubError as error:
            return None, "missing_scope" if error.code == "missing_scope" else "invalid_credential"
        return credential, None
