"""The summary of a session: what there is of it, and asking for one."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.api.answers import answer
from hub.api.operations import summary as operations
from hub.api.parameters import Parameters, session_id_of
from hub.api.services import Services
from hub.edge.auth import Credential
from hub.errors import HubError
from schemas import session


class Summary:
    """`/v1/sessions/{id}/summary`."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def routes(self) -> list[Route]:
        """The routes."""
        return [operations.GET.route(self._get), operations.REQUEST.route(self._request)]

    async def _get(self, request: Request) -> Response:
        """`GET`: the summary, in whatever state."""
        credential = await self._services.allowed(request, "subscribe")
        Parameters(request, operations.GET)
        return answer(await self.find(credential, session_id_of(request)))

    async def _request(self, request: Request) -> Response:
        """`POST`: ask for one; 202 with its state, also while one is under way. A body is not read."""
        credential = await self._services.allowed(request, "manage")
        Parameters(request, operations.REQUEST)
        return answer(await self.ask(credential, session_id_of(request)), 202)

    async def find(self, credential: Credential, session_id: str) -> session.Summary:
        """The summary of a session, in whatever state.

        Raises:
            HubError: `session_not_found`, `summary_not_found`. Unavailable.
        """
        return await self._services.summaries.find(credential.organization, session_id)

    async def ask(self, credential: Credential, session_id: str) -> session.Summary:
        """Ask for a summary; its state, also while one is under way.

        Raises:
            HubError: `session_not_found`, and as the queue refuses. Unavailable, StorageFull.
        """
        return await self._services.summaries.request(credential.organization, session_id)

    async def text(self, credential: Credential, session_id: str) -> str:
        """The summary of a session as text: what it says, its notes and its keywords.

        Raises:
            HubError: `session_not_found`; `summary_not_found`: none, or not ready. Unavailable.
        """
        return _text(await self.find(credential, session_id))


async def summary_json(services: Services, organization: str, session_id: str) -> Response:
    """The summary as the resource."""
    return answer(await services.summaries.find(organization, session_id))


async def summary_text(services: Services, organization: str, session_id: str) -> Response:
    """The summary as text: what it says, its notes and its keywords.

    Raises:
        HubError: `summary_not_found`: there is none, or it is not ready.
    """
    text = _text(await services.summaries.find(organization, session_id))
    return Response(text, headers={"Cache-Control": "no-store"}, media_type="text/plain")


def _text(summary: session.Summary) -> str:
    if summary.text is None:
        raise HubError("summary_not_found", "The summary is not ready.", state=summary.state)
    parts = [summary.text, summary.notes, ", ".join(summary.keywords)]
    return "\n\n".join(part for part in parts if part) + "\n"
