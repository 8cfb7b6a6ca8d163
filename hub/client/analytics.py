"""What many sessions amount to, as a program asks for it."""

from collections.abc import AsyncIterator
from datetime import date

from hub.client.http import Http
from hub.client.pages import Asked, pages, parameters
from schemas.analytics import (
    ActiveSession,
    ActiveSessionList,
    AnalyticsSummary,
    Breakdown,
    DurationDistribution,
    TalkTime,
    TrendList,
)

_ROOT = "/v1/analytics"


class Analytics:
    """The analytics of an organization; `Hub.analytics`. Every method raises as those of `Hub` do.

    `query` are filters of the list of sessions, as `Hub.sessions` takes them.
    """

    def __init__(self, http: Http) -> None:
        self._http = http

    async def summary(self, **query: Asked) -> AnalyticsSummary:
        """Sessions in numbers."""
        return await self._http.ask(AnalyticsSummary, "GET", f"{_ROOT}/summary", params=parameters(query))

    def active(self, **query: Asked) -> AsyncIterator[ActiveSession]:
        """All sessions that are live now, newest first, fetched page by page."""
        return pages(self._http, ActiveSessionList, f"{_ROOT}/active", query)

    async def trends(
        self, granularity: str = "day", first: date | None = None, last: date | None = None, **query: Asked
    ) -> TrendList:
        """By `day`, `week` or `month`, from one day to another in UTC; by default up to today."""
        asked = parameters({**query, "granularity": granularity, "from": first, "to": last})
        return await self._http.ask(TrendList, "GET", f"{_ROOT}/trends", params=asked)

    async def durations(self, **query: Asked) -> DurationDistribution:
        """How many sessions are how long."""
        return await self._http.ask(
            DurationDistribution, "GET", f"{_ROOT}/durations", params=parameters(query)
        )

    async def statuses(self, dimension: str = "status", **query: Asked) -> Breakdown:
        """How many sessions have each `status`, `platform` or `type`."""
        asked = parameters({**query, "dimension": dimension})
        return await self._http.ask(Breakdown, "GET", f"{_ROOT}/statuses", params=asked)

    async def talk_time(self, **query: Asked) -> TalkTime:
        """Who talked for how long; of one session with `session_id`, at most so many with `limit`."""
        return await self._http.ask(TalkTime, "GET", f"{_ROOT}/talk-time", params=parameters(query))
