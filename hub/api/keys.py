"""API keys: made, listed and revoked by admins."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.api.answers import answer
from hub.api.operations import keys as operations
from hub.api.parameters import Parameters
from hub.api.services import Services
from hub.edge import body
from hub.edge.auth import OPERATOR
from hub.errors import HubError
from schemas.requests import CreatedKey, CreateKey, KeyList

_create = msgspec.json.Decoder(CreateKey)


class Keys:
    """The routes below `/v1/keys`. An admin of `default` sees the keys of all organizations."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def routes(self) -> list[Route]:
        """The routes."""
        return [
            operations.CREATE.route(self.create),
            operations.LIST.route(self.list),
            operations.REVOKE.route(self.revoke),
        ]

    async def create(self, request: Request) -> Response:
        """`POST /v1/keys`: 201 with the key, the only time it is shown."""
        credential = await self._services.allowed(request, "admin")
        asked = body.decode(await body.read(request), _create)
        organization = asked.organization or credential.organization
        if credential.organization not in (organization, OPERATOR):
            raise HubError(
                "missing_scope", f"Only an admin of `{OPERATOR}` makes keys for another organization."
            )
        key, text = await self._services.keys.create(
            organization, name=asked.name, scopes=asked.scopes, user=asked.user
        )
        return answer(CreatedKey(**msgspec.structs.asdict(key), key=text), 201)

    async def list(self, request: Request) -> Response:
        """`GET /v1/keys`: without their secrets."""
        credential = await self._services.allowed(request, "admin")
        Parameters(request, operations.LIST)
        whose = None if credential.organization == OPERATOR else credential.organization
        return answer(KeyList(await self._services.keys.all(whose)))

    async def revoke(self, request: Request) -> Response:
        """`DELETE /v1/keys/{id}`: 204; it takes effect within 5 s, on open connections too."""
        credential = await self._services.allowed(request, "admin")
        key_id: str = request.path_params["key_id"]
        record = await self._services.keys.find(key_id)
        if record is None or credential.organization not in (OPERATOR, record.key.organization):
            raise HubError("key_not_found")
        await self._services.keys.revoke(key_id)
        return Response(status_code=204)
