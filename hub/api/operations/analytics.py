"""What many sessions amount to."""

from typing import Any

from hub.api.operation import Answer, Operation
from hub.api.operations.session_list import FILTERS, paging
from hub.api.parameter import Parameter, day, identifier, number, word
from hub.core.periods import Granularity
from schemas.analytics import (
    ActiveSessionList,
    AnalyticsSummary,
    Breakdown,
    DurationDistribution,
    TalkTime,
    TrendList,
)

TALKERS, MOST_TALKERS = 100, 1000
"""Of one answer."""


def _over_sessions(
    name: str,
    path: str,
    summary: str,
    body: Any,
    *more: Parameter,
    about: str = "",
    errors: tuple[str, ...] = (),
) -> Operation:
    return Operation(
        name=name,
        group="analytics",
        method="GET",
        path=f"/v1/analytics/{path}",
        summary=summary,
        about=about,
        scope="subscribe",
        parameters=(*FILTERS, *more),
        answers={200: Answer(about="Of the sessions that the filters ask for.", body=body)},
        errors=errors,
    )


SUMMARY = _over_sessions(
    "get_analytics_summary",
    "summary",
    "How many sessions there are, how long they were, who was in them",
    AnalyticsSummary,
)
ACTIVE = _over_sessions(
    "list_active_sessions",
    "active",
    "The sessions that are live now, by pages",
    ActiveSessionList,
    *paging("YWN0aXZl"),
)
TRENDS = _over_sessions(
    "get_trends",
    "trends",
    "What was created in each day, week or month, in UTC",
    TrendList,
    word("granularity", "How long a period is.", Granularity, example="week", default=Granularity.DAY),
    day("from", "The first day; by default a month or a year back.", "2026-01-01"),
    day("to", "The last day; by default today.", "2026-02-28", along={"from": "2026-01-01"}),
    about="At most 366 periods; weeks begin on Monday.",
)
DURATIONS = _over_sessions(
    "get_durations",
    "durations",
    "How many sessions are how long",
    DurationDistribution,
)
STATUSES = _over_sessions(
    "get_statuses",
    "statuses",
    "How many sessions have each status, platform or type",
    Breakdown,
    word(
        "dimension",
        "What is told apart.",
        ("status", "platform", "type"),
        example="platform",
        default="status",
    ),
)
TALK_TIME = _over_sessions(
    "get_talk_time",
    "talk-time",
    "Who talked for how long, in one session or in those of the filters",
    TalkTime,
    identifier("session_id", "In this session alone; without filters.", "ses_0123456789abcdefghjk"),
    number("limit", "Talkers of the answer.", 1, MOST_TALKERS, example=10, default=TALKERS),
    about="Sessions of filters are at most 500.",
    errors=("too_broad", "session_not_found"),
)
