"""Topics: make, get, list, say anew, delete."""

import secrets

import msgspec
from msgspec import UNSET
from msgspec.structs import asdict
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.api.answers import answer
from hub.api.operations import topics as operations
from hub.api.parameters import Parameters
from hub.api.services import Services
from hub.core.topic_id import topic_id as new_topic_id
from hub.edge import body
from hub.edge.auth import Credential
from hub.errors import HubError
from schemas.codec import ID_PATTERN
from schemas.directory import CreateTopic, Topic, TopicList, UpdateTopic

CHUNK, MOST = 500, 10_000
"""Topics read together by who wants all, and at most."""

_creation = msgspec.json.Decoder(CreateTopic)
_updating = msgspec.json.Decoder(UpdateTopic)


class Topics:
    """The routes below `/v1/topics`."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._topics = services.topics

    def routes(self) -> list[Route]:
        """The routes."""
        return [
            operations.CREATE.route(self._create),
            operations.LIST.route(self._list),
            operations.GET.route(self._get),
            operations.UPDATE.route(self._update),
            operations.DELETE.route(self._delete),
        ]

    async def _create(self, request: Request) -> Response:
        """`POST /v1/topics`: 201 with the topic."""
        credential = await self._services.allowed(request, "manage")
        said = asdict(body.decode(await body.read(request), _creation))
        topic_id = new_topic_id(secrets.token_bytes(12))
        topic = await self._topics.create(credential.organization, topic_id, said)
        return answer(topic, 201, {"Location": f"/v1/topics/{topic_id}"})

    async def _list(self, request: Request) -> Response:
        """`GET /v1/topics`: newest first, by pages."""
        credential = await self._services.allowed(request, "subscribe")
        asked = Parameters(request, operations.LIST)
        limit = asked.number("limit")
        below = asked.number("cursor") or None
        return answer(await self.page(credential, below=below, limit=limit))

    async def page(self, credential: Credential, *, below: int | None = None, limit: int) -> TopicList:
        """Topics, newest first, from below a number on; at most `limit`.

        Raises:
            Unavailable.
        """
        return await self._topics.page(credential.organization, below=below, limit=limit)

    async def all(self, credential: Credential) -> list[Topic]:
        """All topics by number; of more than `MOST` the newest.

        Raises:
            Unavailable.
        """
        topics: list[Topic] = []
        below: int | None = None
        while len(topics) < MOST:
            page = await self.page(credential, below=below, limit=CHUNK)
            topics += page.data
            if page.next is None:
                break
            below = int(page.next)
        return topics[::-1]

    async def numbered(self, credential: Credential, number: int) -> Topic:
        """The topic with a number.

        Raises:
            HubError: `topic_not_found`. Unavailable.
        """
        return _there(await self._topics.numbered(credential.organization, number))

    async def _get(self, request: Request) -> Response:
        """`GET /v1/topics/{id}`."""
        credential = await self._services.allowed(request, "subscribe")
        Parameters(request, operations.GET)
        return answer(_there(await self._topics.find(credential.organization, _id(request))))

    async def _update(self, request: Request) -> Response:
        """`PATCH /v1/topics/{id}`: what is left out stays, null takes it away."""
        credential = await self._services.allowed(request, "manage")
        topic_id = _id(request)
        asked = asdict(body.decode(await body.read(request), _updating))
        said = {name: value for name, value in asked.items() if value is not UNSET}
        return answer(_there(await self._topics.update(credential.organization, topic_id, said)))

    async def _delete(self, request: Request) -> Response:
        """`DELETE /v1/topics/{id}`: 204; sessions keep its id."""
        credential = await self._services.allowed(request, "manage")
        if not await self._topics.delete(credential.organization, _id(request)):
            raise HubError("topic_not_found")
        return Response(status_code=204)


def _id(request: Request) -> str:
    topic_id: str = request.path_params["topic_id"]
    if not ID_PATTERN.match(topic_id):
        raise HubError("topic_not_found")
    return topic_id


def _there(topic: Topic | None) -> Topic:
    if topic is None:
        raise HubError("topic_not_found")
    return topic
