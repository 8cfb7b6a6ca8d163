"""Stream tokens for browsers."""

import time

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.api.answers import answer
from hub.api.operations import tokens as operations
from hub.api.services import Services
from hub.edge import body, tokens
from hub.errors import HubError
from schemas import codec
from schemas.events import Channel
from schemas.requests import CreateToken, Token

_create = msgspec.json.Decoder(CreateToken)


class Tokens:
    """`POST /v1/tokens`."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def routes(self) -> list[Route]:
        """The routes."""
        return [operations.CREATE.route(self.create)]

    async def create(self, request: Request) -> Response:
        """A token for one session, or for the organization's feed."""
        credential = await self._services.allowed(request, "subscribe")
        asked = body.decode(await body.read(request), _create)
        if asked.channels is not None and not asked.channels:
            raise HubError("invalid_field", "A token opens one channel at least.", field="$.channels")
        if asked.session_id is not None:
            head = await self._services.streams.head(credential.organization, asked.session_id)
            if head is None:
                raise HubError("session_not_found")
        expires = int(time.time() * 1000) + asked.expires_in * 1000
        claims = tokens.Claims(
            organization=credential.organization,
            key_id=credential.key_id,
            session_id=asked.session_id,
            channels=frozenset(asked.channels or Channel),
            expires=expires,
        )
        token = tokens.sign(claims, await self._services.authenticator.secret())
        return answer(Token(token=token, expires_at=codec.timestamp(expires)), 201)
