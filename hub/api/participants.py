"""Who took part in a session: all of them, one, and one by a connection."""

from collections.abc import Callable
from typing import Any, NamedTuple

from msgspec.structs import asdict
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.api.answers import answer
from hub.api.cursors import cursor, foreign, place_of
from hub.api.operations import participants as operations
from hub.api.parameters import Parameters, session_id_of
from hub.api.services import Services
from hub.core import view
from hub.core.entry_id import EntryId
from hub.core.fold import State
from hub.core.participants import Participant
from hub.edge.auth import Credential
from hub.errors import HubError
from schemas import session as resources
from schemas.pages import ParticipantDetail, ParticipantPage, PeerEvent

_SORTS: dict[str, Callable[[Participant, int], float | str]] = {
    "joined": lambda who, _now: who.joined,
    "name": lambda who, _now: who.name.casefold(),
    "duration": lambda who, now: who.present_at(now),
    "speech_time": lambda who, now: (
        (who.spoken or 0) + (0 if who.speaking_since is None else now - who.speaking_since)
    ),
}
"""How `sort` is meant; stretches that go on count up to the newest entry."""


class Everybody(NamedTuple):
    """A session and all who took part in it."""

    session: resources.SessionDetail
    participants: list[resources.Participant]


class Participants:
    """The routes below `/v1/sessions/{id}/participants` and `/peers`."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def routes(self) -> list[Route]:
        """The routes."""
        return [
            operations.LIST.route(self._list),
            operations.GET.route(self._get),
            operations.PEER.route(self._peer),
        ]

    async def _list(self, request: Request) -> Response:
        """`GET …/participants`: by pages, with how many there are; of 10,000 at most."""
        credential = await self._services.allowed(request, "subscribe")
        query = Parameters(request, operations.LIST)
        sort = query.word("sort")
        descending = query.word("order") == "desc"
        limit = query.number("limit")
        live = query.flag("live")
        search = (query.text("search") or "").casefold()
        order = f"participants {sort} {descending}"
        after = place_of(query.text("cursor"), order, tuple[float | str, str])
        state = await self._services.reads.state(credential.organization, session_id_of(request))
        placed = [
            ((_SORTS[sort](who, state.ms), who.participant_id), who)
            for who in state.participants.values()
            if (live is None or who.live is live) and (not search or _is_called(who, search))
        ]
        try:
            placed.sort(key=lambda one: one[0], reverse=descending)
            rest = [
                one for one in placed if after is None or (one[0] < after if descending else one[0] > after)
            ]
        except TypeError:
            raise foreign() from None
        page = rest[:limit]
        return answer(
            ParticipantPage(
                data=[who.view() for _place, who in page],
                count=len(placed),
                next=cursor(order, page[-1][0]) if len(rest) > limit else None,
                entry_id=str(state.entry_id),
            )
        )

    async def _get(self, request: Request) -> Response:
        """`GET …/participants/{id}`: with what their connection was like."""
        credential = await self._services.allowed(request, "subscribe")
        Parameters(request, operations.GET)
        session_id = session_id_of(request)
        return answer(await self.get(credential, session_id, request.path_params["participant_id"]))

    async def get(self, credential: Credential, session_id: str, participant_id: str) -> ParticipantDetail:
        """A participant, by the publisher's own id, with the newest report of their connection.

        Raises:
            HubError: `session_not_found`, `participant_not_found`. Unavailable.
        """
        state = await self._services.reads.state(credential.organization, session_id)
        return await self._detail(credential, state, state.participants.get(participant_id))

    async def report(
        self, credential: Credential, session_id: str, who: Participant
    ) -> dict[str, Any] | None:
        """The newest report of a participant's connection, as it was published.

        Raises:
            Unavailable.
        """
        if who.report is None:
            return None
        at = EntryId.parse(who.report)
        entry = await self._services.streams.entry(credential.organization, session_id, at)
        return None if entry is None else entry.decoded()

    async def everybody(self, credential: Credential, session_id: str) -> Everybody:
        """A session and all participants, of 10,000 at most, by time of joining; both as of the same entry.

        Raises:
            HubError: `session_not_found`. Unavailable.
        """
        state = await self._services.reads.state(credential.organization, session_id)
        return Everybody(view.detail_view(state), [who.view() for who in state.participants.values()])

    async def _peer(self, request: Request) -> Response:
        """`GET …/peers/{connection_id}`: whose connection it is."""
        credential = await self._services.allowed(request, "subscribe")
        Parameters(request, operations.PEER)
        state = await self._services.reads.state(credential.organization, session_id_of(request))
        connection_id = request.path_params["connection_id"]
        found = (
            who
            for who in state.participants.values()
            if any(connection.connection_id == connection_id for connection in who.connections)
        )
        return answer(await self._detail(credential, state, next(found, None)))

    async def _detail(
        self, credential: Credential, state: State, who: Participant | None
    ) -> ParticipantDetail:
        if who is None:
            raise HubError("participant_not_found")
        shown = who.view()
        events = [
            PeerEvent(event=event, at=at, connection_id=connection.connection_id, kind=connection.kind)
            for connection in shown.connections
            for event, at in (("joined", connection.joined_at), ("left", connection.left_at))
            if at is not None
        ]
        events.sort(key=lambda event: event.at)
        report = await self.report(credential, state.session_id, who)
        return ParticipantDetail(**asdict(shown), report=report, events=events)


def _is_called(who: Participant, search: str) -> bool:
    """Whether the name or one of the ids has `search` in it, in any case."""
    called = (who.name, who.participant_id, who.custom_id, who.user_id)
    return any(search in name.casefold() for name in called if name is not None)
