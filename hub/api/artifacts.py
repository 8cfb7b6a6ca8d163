"""What is made of a session: its chapters and its recording."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.api.answers import answer
from hub.api.parameters import Parameters, session_id_of
from hub.api.services import Services
from hub.core.fold import State
from hub.errors import HubError
from schemas.pages import ChapterList


class Artifacts:
    """`GET /v1/sessions/{id}/chapters` and `/recording`."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def routes(self) -> list[Route]:
        """The routes."""
        one = "/v1/sessions/{session_id}"
        return [
            Route(f"{one}/chapters", self.chapters, methods=["GET"]),
            Route(f"{one}/recording", self.recording, methods=["GET"]),
        ]

    async def chapters(self, request: Request) -> Response:
        """`GET …/chapters`: by start."""
        state = await self._state(request)
        artifacts = state.artifacts
        return answer(
            ChapterList(data=artifacts.chapters, truncated=artifacts.truncated, entry_id=str(state.entry_id))
        )

    async def recording(self, request: Request) -> Response:
        """`GET …/recording`: what was last said of it."""
        state = await self._state(request)
        if state.artifacts.recording is None:
            raise HubError("recording_not_found")
        return answer(state.artifacts.recording)

    async def _state(self, request: Request) -> State:
        credential = await self._services.allowed(request, "subscribe")
        Parameters(request, ())
        return await self._services.reads.state(credential.organization, session_id_of(request))
