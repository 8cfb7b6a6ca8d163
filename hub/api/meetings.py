"""Meetings: put, get, list."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.api.answers import answer
from hub.api.operations import meetings as operations
from hub.api.parameters import Parameters, wrong
from hub.api.services import Services
from hub.edge import body
from hub.edge.auth import Credential
from hub.errors import HubError
from schemas.codec import ID_PATTERN
from schemas.directory import Meeting, PutMeeting

_puts = msgspec.json.Decoder(PutMeeting)


class Meetings:
    """The routes below `/v1/meetings`."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._meetings = services.meetings

    def routes(self) -> list[Route]:
        """The routes."""
        return [
            operations.LIST.route(self._list),
            operations.PUT.route(self._put),
            operations.GET.route(self._get),
        ]

    async def _put(self, request: Request) -> Response:
        """`PUT /v1/meetings/{id}`: 201 if nobody had named it before, else 200."""
        credential = await self._services.allowed(request, "manage")
        meeting_id: str = request.path_params["meeting_id"]
        if not ID_PATTERN.match(meeting_id):
            raise wrong("meeting_id", "The id of a meeting is 1 to 64 letters, digits, `_` and `-`.")
        said = body.decode(await body.read(request), _puts)
        put = await self._meetings.put(credential.organization, meeting_id, said, credential.user)
        return answer(put.meeting, 201 if put.new else 200)

    async def _get(self, request: Request) -> Response:
        """`GET /v1/meetings/{id}`."""
        credential = await self._services.allowed(request, "subscribe")
        Parameters(request, operations.GET)
        return answer(await self.get(credential, request.path_params["meeting_id"]))

    async def get(self, credential: Credential, meeting_id: str) -> Meeting:
        """A meeting that somebody has named; `meeting_id` may be any text.

        Raises:
            HubError: `meeting_not_found`. Unavailable.
        """
        found = None
        if ID_PATTERN.match(meeting_id):
            found = await self._meetings.find(credential.organization, meeting_id)
        if found is None:
            raise HubError("meeting_not_found")
        return found

    async def _list(self, request: Request) -> Response:
        """`GET /v1/meetings`: newest first, by pages."""
        credential = await self._services.allowed(request, "subscribe")
        asked = Parameters(request, operations.LIST)
        limit = asked.number("limit")
        below = asked.number("cursor") or None
        return answer(await self._meetings.page(credential.organization, below=below, limit=limit))
