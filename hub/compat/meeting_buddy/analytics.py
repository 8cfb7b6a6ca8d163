"""What many sessions amount to, as meeting_buddy shows it."""

import time
from datetime import date, timedelta

from msgspec import Struct

from hub.api.analytics import chosen_periods
from hub.api.parameters import wrong
from hub.compat import ids
from hub.compat.call import Moment, moment
from hub.compat.meeting_buddy.sessions import BOT_NAME, SESSION, STATUSES, Status, Time, second
from hub.core.distribution import percentages
from hub.core.periods import Granularity, Period, day_of
from hub.core.query import Query
from schemas import analytics, codec
from schemas.analytics import Percentage
from schemas.details import Platform
from schemas.events import Status as Native

LISTED = 1000
"""Active sessions shown at most, the newest."""
LONGEST = 31_536_000
"""Seconds where a stretch of durations has no end; more than any session lasts."""
_DAYS = 30
_FIRST = codec.milliseconds("0001-01-01T00:00:00Z")
_PLATFORMS = {Platform.GOOGLE_MEET: "meet"}


class Active(Struct, frozen=True, kw_only=True):
    """A session that goes on."""

    session_id: str
    meeting_link: str
    platform: str
    status: Status
    bot_name: str
    join_timestamp: Time | None
    current_participants: list[str]
    """Names."""
    duration_so_far_seconds: float


class Summary(Struct, frozen=True, kw_only=True):
    """The sessions of a time, in numbers."""

    session_count: int
    active_count: int
    completed_count: int
    failed_count: int
    total_duration_hours: float
    avg_duration_minutes: float


class Trend(Struct, frozen=True, kw_only=True):
    """The sessions that were started in a period."""

    period: str
    session_count: int
    completed_count: int
    failed_count: int
    total_duration_hours: float
    avg_duration_minutes: float


class Trends(Struct, frozen=True, kw_only=True):
    """Every period of a time."""

    granularity: Granularity
    data: list[Trend]


class Bucket(Struct, frozen=True, kw_only=True):
    """The sessions that were so long."""

    label: str
    min_seconds: float
    max_seconds: float
    count: int
    percentage: Percentage


class Durations(Struct, frozen=True, kw_only=True):
    """How long the sessions of a time were."""

    total: int
    buckets: list[Bucket]


class Item(Struct, frozen=True, kw_only=True):
    """The sessions with a status."""

    label: Status
    count: int
    percentage: Percentage


class Breakdown(Struct, frozen=True, kw_only=True):
    """How many sessions of a time have each status."""

    dimension: str = "status"
    total: int
    items: list[Item]


class Stretch(Struct, frozen=True, kw_only=True):
    """Sessions that were started in a time: by default in the last 30 days up to its end."""

    start_date: Moment | None = None
    """As `end_date`; by default 30 days before it."""
    end_date: Moment | None = None
    """ISO 8601, in UTC if it does not say; a day stands for all of it. By default now."""

    @property
    def query(self) -> Query:
        """The native query for them.

        Raises:
            HubError: `invalid_parameter`.
        """
        end = moment("end_date", self.end_date, last=True)
        if end is None:
            end = int(time.time() * 1000)
        start = moment("start_date", self.start_date, last=False)
        if start is None:
            start = max(_FIRST, end - timedelta(days=_DAYS) // timedelta(milliseconds=1))
        if start > end:
            raise wrong("start_date", "`start_date` is after `end_date`, which is now by default.")
        return Query(created_from=start, created_to=end)


class TrendQuery(Stretch, frozen=True, kw_only=True):
    """Sessions that were started in a time, by periods."""

    granularity: Granularity = Granularity.DAY
    """How long a period is."""

    def periods(self, query: Query) -> list[Period]:
        """Those of the time of `query`.

        Raises:
            HubError: `invalid_parameter`: there are too many.
        """
        try:
            return chosen_periods(self.granularity, _day(query.created_from), _day(query.created_to))
        except (ValueError, OverflowError) as error:
            raise wrong("start_date", str(error)) from None


def _day(ms: int | None) -> date | None:
    return None if ms is None else day_of(ms)


def active(one: analytics.ActiveSession) -> Active:
    """A native session that is live."""
    platform = one.platform or Platform.OTHER
    return Active(
        session_id=ids.to_prefixed(one.id, SESSION),
        meeting_link=one.meeting_link or "",
        platform=_PLATFORMS.get(platform, platform),
        status=STATUSES[one.status],
        bot_name=one.bot_name or BOT_NAME,
        join_timestamp=one.started_at and second(one.started_at),
        current_participants=one.participants,
        duration_so_far_seconds=one.duration or 0.0,
    )


def summary(found: analytics.AnalyticsSummary) -> Summary:
    """The native summary; what is to come is not active yet."""
    return Summary(
        session_count=found.sessions,
        active_count=found.live,
        completed_count=found.completed,
        failed_count=found.failed,
        total_duration_hours=found.total_duration / 3600,
        avg_duration_minutes=(found.average_duration or 0.0) / 60,
    )


def trends(found: analytics.TrendList) -> Trends:
    """The native trends."""
    return Trends(
        granularity=Granularity(found.granularity),
        data=[
            Trend(
                period=one.period,
                session_count=one.sessions,
                completed_count=one.completed,
                failed_count=one.failed,
                total_duration_hours=one.total_duration / 3600,
                avg_duration_minutes=(one.average_duration or 0.0) / 60,
            )
            for one in found.data
        ],
    )


def durations(found: analytics.DurationDistribution) -> Durations:
    """The native distribution."""
    return Durations(
        total=found.count,
        buckets=[
            Bucket(
                label=one.label,
                min_seconds=one.min_seconds,
                max_seconds=LONGEST if one.max_seconds is None else one.max_seconds,
                count=one.count,
                percentage=one.percentage,
            )
            for one in found.buckets
        ],
    )


def breakdown(found: analytics.Breakdown) -> Breakdown:
    """The native breakdown by status, with what is one status here together."""
    counts = dict.fromkeys(STATUSES.values(), 0)
    for part in found.parts:
        if part.value is not None:
            counts[STATUSES[Native(part.value)]] += part.count
    shares = percentages(list(counts.values()))
    return Breakdown(
        total=found.count,
        items=[
            Item(label=label, count=count, percentage=share)
            for (label, count), share in zip(counts.items(), shares, strict=True)
        ],
    )
