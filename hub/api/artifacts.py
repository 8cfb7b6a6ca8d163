"""What is made of a session: its chapters and its recording."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.api.answers import answer
from hub.api.operation import Operation
from hub.api.operations import artifacts as operations
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
        return [operations.CHAPTERS.route(self.chapters), operations.RECORDING.route(self.recording)]

    async def chapters(self, request: Request) -> Response:
        """`GET …/chapters`: by start."""
        state = await self._state(request, operations.CHAPTERS)
        artifacts = state.artifacts
        return answer(
            ChapterList(data=artifacts.chapters, truncated=artifacts.truncated, entry_id=str(state.entry_id))
        )

    async def recording(self, request: Request) -> Response:
        """`GET …/recording`: what was last said of it."""
        state = await self._state(request, operations.RECORDING)
        if state.artifacts.recording is None:
            raise HubError("recording_not_found")
        return answer(state.artifacts.recording)

    async def _state(self, request: Request, operation: Operation) -> State:
        credential = await self._services.allowed(request, "subscribe")
        Parameters(request, operation)
        return await self._services.reads.state(credential.organization, session_id_of(request))
