"""The list of sessions: filtered, sorted, by pages."""

from typing import NamedTuple

from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.api.answers import answer
from hub.api.operations import session_list as operations
from hub.api.parameters import Parameters, wrong
from hub.api.services import Services
from hub.core import view
from hub.core.fold import State
from hub.core.query import Place, Query, Sort, with_life
from hub.edge.auth import Credential
from hub.store.listing import Page
from schemas.details import Platform, SessionType
from schemas.events import Status
from schemas.requests import SessionList
from schemas.session import SessionDetail


class SessionLists:
    """`GET /v1/sessions`."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def routes(self) -> list[Route]:
        """The routes."""
        return [operations.LIST.route(self._list)]

    async def _list(self, request: Request) -> Response:
        """By `cursor` and `limit`, or by `page` and `size`; the exact count is always there."""
        credential = await self._services.allowed(request, "subscribe")
        asked = Parameters(request, operations.LIST)
        query = replace(
            selected(asked),
            sort=asked.choice("sort", Sort) or Sort.CREATED,
            descending=asked.word("order") == "desc",
        )
        behind, skip, limit = stretch(asked, query, credential.organization)
        return answer(await self.page(credential, query, behind=behind, skip=skip, limit=limit))

    async def page(
        self,
        credential: Credential,
        query: Query,
        *,
        behind: Place | None = None,
        skip: int = 0,
        limit: int,
    ) -> SessionList:
        """A page of the sessions that `query` asks for, with the exact count of all.

        Args:
            credential: Whose.
            query: Which, and in which order.
            behind: The place after which it begins.
            skip: Sessions left out before it.
            limit: Sessions on it at most, 1 or more.

        Raises:
            Unavailable.
        """
        found = await self._states(credential, query, behind=behind, skip=skip, limit=limit)
        following = (
            None if found.page.next is None else query.cursor(credential.organization, found.page.next)
        )
        return SessionList([view.session_view(state) for state in found.states], following, found.page.count)

    async def numbered(self, credential: Credential, number: int) -> str:
        """The id of the session with a number.

        Raises:
            HubError: `session_not_found`. Unavailable.
        """
        return await self._services.listing.numbered(credential.organization, number)

    async def details(
        self, credential: Credential, query: Query, *, skip: int = 0, limit: int
    ) -> tuple[list[SessionDetail], int]:
        """As `page`, each session with its participants and artifacts; and how many there are on all pages.

        Raises:
            Unavailable.
        """
        found = await self._states(credential, query, behind=None, skip=skip, limit=limit)
        ids = [state.session_id for state in found.states]
        times = await self._services.directory.times_of(credential.organization, ids)
        return [
            view.detail_view(state, heartbeat=known.heartbeat, expires=known.expires)
            for state, known in zip(found.states, times, strict=True)
        ], found.page.count

    async def states(
        self, credential: Credential, query: Query, *, skip: int = 0, limit: int
    ) -> tuple[list[State], int]:
        """As `page`, each session as it is folded; and how many there are on all pages.

        Raises:
            Unavailable.
        """
        found = await self._states(credential, query, behind=None, skip=skip, limit=limit)
        return found.states, found.page.count

    async def _states(
        self, credential: Credential, query: Query, *, behind: Place | None, skip: int, limit: int
    ) -> "_Found":
        organization = credential.organization
        page = await self._services.listing.page(organization, query, behind=behind, skip=skip, limit=limit)
        return _Found(page, await self._services.states.many(organization, page.session_ids))


class _Found(NamedTuple):
    """A page, and the states of the sessions on it."""

    page: Page
    states: list[State]


def selected(asked: Parameters) -> Query:
    """The sessions that the filters of a query ask for.

    Raises:
        HubError: `invalid_parameter`.
    """
    return Query(
        statuses=with_life(asked.choices("status", Status), asked.flag("live")),
        sealed=asked.flag("sealed"),
        started=asked.flag("started"),
        scheduled=asked.flag("scheduled"),
        summary=asked.flag("summary_complete"),
        calendar=asked.flag("from_calendar"),
        platforms=asked.choices("platform", Platform),
        types=asked.choices("type", SessionType),
        meeting_id=asked.identifier("meeting_id"),
        topic_id=asked.identifier("topic_id"),
        participants=asked.names("participants"),
        created_from=asked.moment("created_after", last=False),
        created_to=asked.moment("created_before", last=True),
        title=asked.phrase("title"),
        search=asked.phrase("search"),
    )


def stretch(asked: Parameters, query: Query, organization: str) -> tuple[Place | None, int, int]:
    """What `PAGING` asks for: behind which place, how many to leave out and how many to show.

    Raises:
        HubError: `invalid_parameter`.
    """
    if asked.text("page") is not None or asked.text("size") is not None:
        for name in ("cursor", "limit"):
            asked.refuse(name, f"`{name}` does not go with `page` and `size`.")
        size = asked.number("size")
        return None, (asked.number("page") - 1) * size, size
    limit = asked.number("limit")
    cursor = asked.text("cursor")
    if cursor is None:
        return None, 0, limit
    try:
        return query.place(organization, cursor), 0, limit
    except ValueError as error:
        raise wrong("cursor", f"`cursor` is {error}.") from None
