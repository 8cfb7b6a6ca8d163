"""What many sessions amount to: those that the filters of the list ask for."""

import time
from collections.abc import Sequence
from datetime import date
from itertools import islice

from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.api.answers import answer
from hub.api.operations import analytics as operations
from hub.api.operations.session_list import FILTERS
from hub.api.parameters import Parameters, wrong
from hub.api.services import Services
from hub.api.session_list import selected, stretch
from hub.core import facets, view
from hub.core.distribution import BUCKETS, percentages
from hub.core.lifecycle import PHASE, Phase
from hub.core.periods import Granularity, Period, back, day_of, end_ms, periods, start_ms
from hub.core.query import Place, Query, with_life
from hub.core.talk import Talking
from hub.edge.auth import Credential
from hub.errors import HubError
from hub.live.talk_times import SESSIONS
from schemas.analytics import (
    ActiveSessionList,
    AnalyticsSummary,
    Breakdown,
    DurationBucket,
    DurationDistribution,
    Part,
    Talker,
    TalkTime,
    Trend,
    TrendList,
)
from schemas.details import Platform, SessionType
from schemas.events import Status

PERIODS = 366
"""Of one answer at most."""
SPAN = {Granularity.DAY: 30, Granularity.WEEK: 12, Granularity.MONTH: 12}
"""How many periods there are if nobody says when to begin."""
_DIMENSIONS = {
    "status": {str(status): facets.status_facet(status) for status in Status},
    "platform": {str(platform): facets.platform_facet(platform) for platform in Platform},
    "type": {str(kind): facets.type_facet(kind) for kind in SessionType},
}


class Analytics:
    """The routes below `/v1/analytics`."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._tallies = services.tallies

    def routes(self) -> list[Route]:
        """The routes."""
        return [
            operations.SUMMARY.route(self._summary),
            operations.ACTIVE.route(self._active),
            operations.TRENDS.route(self._trends),
            operations.DURATIONS.route(self._durations),
            operations.STATUSES.route(self._statuses),
            operations.TALK_TIME.route(self._talk_time),
        ]

    async def _summary(self, request: Request) -> Response:
        """`GET …/summary`: how many sessions there are, how long they were, who was in them."""
        credential = await self._services.allowed(request, "subscribe")
        return answer(await self.summary(credential, selected(Parameters(request, operations.SUMMARY))))

    async def summary(self, credential: Credential, query: Query) -> AnalyticsSummary:
        """How many sessions there are, how long they were, who was in them.

        Raises:
            Unavailable.
        """
        found = await self._tallies.figures(credential.organization, query)

        def among(phase: Phase) -> int:
            return sum(count for status, count in found.statuses.items() if PHASE[status] is phase)

        return AnalyticsSummary(
            sessions=found.count,
            scheduled=among(Phase.WAITING),
            live=among(Phase.LIVE),
            completed=found.statuses[Status.COMPLETED],
            failed=found.statuses[Status.FAILED],
            timed_sessions=found.timed,
            total_duration=found.duration / 1000,
            average_duration=_average(found.duration, found.timed),
            longest_duration=None if found.longest is None else found.longest / 1000,
            minutes_consumed=found.present / 60_000,
            participants=found.participants,
            average_participants=found.participants / found.count if found.count else None,
        )

    async def _active(self, request: Request) -> Response:
        """`GET …/active`: the sessions that are live now, by pages."""
        credential = await self._services.allowed(request, "subscribe")
        asked = Parameters(request, operations.ACTIVE)
        query = _live(selected(asked))
        behind, skip, limit = stretch(asked, query, credential.organization)
        return answer(await self.active(credential, query, behind=behind, skip=skip, limit=limit))

    async def active(
        self, credential: Credential, query: Query, *, behind: Place | None = None, skip: int = 0, limit: int
    ) -> ActiveSessionList:
        """Those of the sessions that are live now, by pages; arguments as `SessionLists.page` takes them.

        Raises:
            Unavailable.
        """
        organization, query = credential.organization, _live(query)
        page = await self._services.listing.page(organization, query, behind=behind, skip=skip, limit=limit)
        states = await self._services.states.many(organization, page.session_ids)
        now = _now()
        return ActiveSessionList(
            [view.active_view(state, now) for state in states if state.live],
            None if page.next is None else query.cursor(organization, page.next),
            page.count,
        )

    async def _trends(self, request: Request) -> Response:
        """`GET …/trends`: what was created in each day, week or month."""
        credential = await self._services.allowed(request, "subscribe")
        asked = Parameters(request, operations.TRENDS)
        granularity, spans = _periods(asked)
        return answer(await self.trends(credential, selected(asked), granularity, spans))

    async def trends(
        self, credential: Credential, query: Query, granularity: Granularity, spans: Sequence[Period]
    ) -> TrendList:
        """What was created in each of some periods, one at least, that follow each other.

        Raises:
            Unavailable.
        """
        begin, end = start_ms(spans[0].first), end_ms(spans[-1].last)
        # What is outside of all periods would only be read in vain.
        query = replace(
            query,
            created_from=begin if query.created_from is None else max(begin, query.created_from),
            created_to=end - 1 if query.created_to is None else min(end - 1, query.created_to),
        )
        times = [start_ms(span.first) for span in spans]
        found = await self._tallies.stretches(credential.organization, query, [*times, end])
        trends = [
            Trend(
                period=span.name,
                first_day=span.first.isoformat(),
                last_day=span.last.isoformat(),
                sessions=one.sessions,
                completed=one.completed,
                failed=one.failed,
                total_duration=one.duration / 1000,
                average_duration=_average(one.duration, one.timed),
            )
            for span, one in zip(spans, found, strict=True)
        ]
        return TrendList(granularity=granularity, data=trends)

    async def _durations(self, request: Request) -> Response:
        """`GET …/durations`: how many sessions are how long."""
        credential = await self._services.allowed(request, "subscribe")
        return answer(await self.durations(credential, selected(Parameters(request, operations.DURATIONS))))

    async def durations(self, credential: Credential, query: Query) -> DurationDistribution:
        """How many sessions are how long.

        Raises:
            Unavailable.
        """
        counts = await self._tallies.buckets(credential.organization, query)
        return DurationDistribution(
            count=sum(counts),
            buckets=[
                DurationBucket(
                    label=bucket.label,
                    min_seconds=bucket.least,
                    max_seconds=bucket.most,
                    count=count,
                    percentage=percentage,
                )
                for bucket, count, percentage in zip(BUCKETS, counts, percentages(counts), strict=True)
            ],
        )

    async def _statuses(self, request: Request) -> Response:
        """`GET …/statuses`: how many sessions have each status, platform or type."""
        credential = await self._services.allowed(request, "subscribe")
        asked = Parameters(request, operations.STATUSES)
        return answer(await self.statuses(credential, selected(asked), asked.word("dimension")))

    async def statuses(self, credential: Credential, query: Query, dimension: str) -> Breakdown:
        """How many sessions have each value of a dimension: `status`, `platform` or `type`.

        Raises:
            Unavailable.
        """
        values = _DIMENSIONS[dimension]
        found = await self._tallies.count(credential.organization, query, tuple(values.values()))
        parts: list[tuple[str | None, int]] = list(zip(values, found.having, strict=True))
        if dimension == "platform":
            parts.append((None, found.count - sum(found.having)))
        shares = percentages([count for _value, count in parts])
        return Breakdown(
            dimension=dimension,
            count=found.count,
            parts=[
                Part(value=value, count=count, percentage=share)
                for (value, count), share in zip(parts, shares, strict=True)
            ],
        )

    async def _talk_time(self, request: Request) -> Response:
        """`GET …/talk-time`: who talked for how long, in one session or in those of the filters."""
        credential = await self._services.allowed(request, "subscribe")
        organization = credential.organization
        asked = Parameters(request, operations.TALK_TIME)
        limit = asked.number("limit")
        session_id = asked.identifier("session_id")
        if session_id is not None:
            for name in (one.name for one in FILTERS):
                asked.refuse(name, f"`{name}` does not go with `session_id`.")
            return answer(_talked(await self._services.talk_times.of_one(organization, session_id), limit))
        page = await self._services.listing.page(organization, selected(asked), limit=SESSIONS)
        if page.count > SESSIONS:
            message = f"{page.count:,} sessions match, more than {SESSIONS}: narrow the filters."
            raise HubError("too_broad", message, sessions=page.count, limit=SESSIONS)
        talking = await self._services.talk_times.of_many(organization, page.session_ids)
        return answer(_talked(talking, limit))


def _live(query: Query) -> Query:
    return replace(query, statuses=with_life(query.statuses, live=True))


def _now() -> int:
    return int(time.time() * 1000)


def _average(ms: int, count: int) -> float | None:
    """Seconds."""
    return ms / count / 1000 if count else None


def _periods(asked: Parameters) -> tuple[Granularity, list[Period]]:
    granularity = asked.choice("granularity", Granularity) or Granularity.DAY
    first, last = asked.date("from"), asked.date("to")
    try:
        return granularity, chosen_periods(granularity, first, last)
    except ValueError as error:
        raise wrong("to" if last and first and first > last else "from", f"{error}") from None


def chosen_periods(granularity: Granularity, first: date | None, last: date | None) -> list[Period]:
    """The periods from one day to another, by default to today and as many as `SPAN` says; one at least.

    Raises:
        ValueError: there is none, or there are more than `PERIODS`.
    """
    last = last or day_of(_now())
    first = first or back(granularity, last, SPAN[granularity])
    if first > last:
        raise ValueError("`from` is after `to`, which is today by default.")
    found = list(islice(periods(granularity, first, last), PERIODS + 1))
    if len(found) > PERIODS:
        raise ValueError(
            f"There are more than {PERIODS} periods: begin later, or choose a longer `granularity`."
        )
    return found


def _talked(talking: Talking, limit: int) -> TalkTime:
    return TalkTime(
        sessions=talking.sessions,
        transcribed_sessions=talking.transcribed,
        seconds=talking.ms / 1000,
        unattributed=talking.unattributed / 1000,
        count=talking.count,
        data=[
            Talker(
                user_id=talker.person.user_id,
                custom_id=talker.person.custom_id,
                name=talker.name,
                seconds=talker.ms / 1000,
                share=talker.ms / talking.ms,
                sessions=talker.sessions,
            )
            for talker in talking.top(limit)
        ],
    )
