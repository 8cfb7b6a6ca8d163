"""Publishing over HTTP."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.api.answers import answer
from hub.api.services import Services
from hub.edge import body
from hub.edge.publishing import events
from schemas.requests import PublishResult

NDJSON = ("application/x-ndjson", "application/ndjson", "application/jsonl")


class Events:
    """`POST /v1/sessions/{id}/events`."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def routes(self) -> list[Route]:
        """The routes."""
        return [Route("/v1/sessions/{session_id}/events", self.publish, methods=["POST"])]

    async def publish(self, request: Request) -> Response:
        """One event, an array, or NDJSON: all of them are kept, or none."""
        credential = await self._services.authenticator.connection(request)
        credential.require("publish")
        raw = await body.read(request)
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        published, root = events(raw, lines=kind in NDJSON)
        entries = await self._services.publishing.publish(
            credential, request.path_params["session_id"], published, root=root
        )
        return answer(PublishResult(entries))
