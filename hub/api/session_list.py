"""The list of sessions: filtered, sorted, by pages."""

from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.api.answers import answer
from hub.api.operations import session_list as operations
from hub.api.parameters import Parameters, wrong
from hub.api.services import Services
from hub.core import view
from hub.core.query import Place, Query, Sort, with_life
from schemas.details import Platform, SessionType
from schemas.events import Status
from schemas.requests import SessionList


class SessionLists:
    """`GET /v1/sessions`."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def routes(self) -> list[Route]:
        """The routes."""
        return [operations.LIST.route(self.list)]

    async def list(self, request: Request) -> Response:
        """By `cursor` and `limit`, or by `page` and `size`; the exact count is always there."""
        credential = await self._services.allowed(request, "subscribe")
        organization = credential.organization
        asked = Parameters(request, operations.LIST)
        query = replace(
            selected(asked),
            sort=asked.choice("sort", Sort) or Sort.CREATED,
            descending=asked.word("order") == "desc",
        )
        behind, skip, limit = stretch(asked, query, organization)
        page = await self._services.listing.page(organization, query, behind=behind, skip=skip, limit=limit)
        states = await self._services.states.many(organization, page.session_ids)
        following = None if page.next is None else query.cursor(organization, page.next)
        return answer(SessionList([view.session_view(state) for state in states], following, page.count))


def selected(asked: Parameters) -> Query:
    """The sessions that the filters of a query ask for.

    Raises:
        HubError: `invalid_parameter`.
    """
    return Query(
        statuses=with_life(asked.choices("status", Status), asked.flag("live")),
        sealed=asked.flag("sealed"),
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
