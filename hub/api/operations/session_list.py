"""The list of sessions."""

from hub.api.operation import Answer, Operation
from hub.api.parameter import (
    Parameter,
    choices,
    cursor,
    flag,
    identifier,
    limit,
    moment,
    names,
    number,
    phrase,
    word,
)
from hub.core.query import Sort
from schemas.details import Platform, SessionType
from schemas.events import Status
from schemas.requests import SessionList

MAX_PARTICIPANTS = 20
"""Ids that `participants` takes."""
MAX_TEXT = 256
"""Characters that `title` and `search` take."""
MAX_PAGE = 1_000_000

FILTERS = (
    choices("status", "Only those with one of these.", Status, example=["active", "recording"]),
    flag("live", "Only those that are live, or only those that are not."),
    flag("sealed", "Only those that are sealed, or only those that are not."),
    flag("started", "Only those that were active once, or only those that never were."),
    flag("scheduled", "Only those for which a time was set, or only those for which none was."),
    flag("summary_complete", "Only those with a summary that is ready, or only those without."),
    flag("from_calendar", "Only those with a calendar event, or only those without."),
    choices("platform", "Only those on one of these.", Platform, example=["zoom"]),
    choices("type", "Only those of one of these.", SessionType, example=["meeting"]),
    identifier("meeting_id", "Only those of this meeting.", "mtg-42"),
    identifier("topic_id", "Only those of this topic.", "top_0123456789abcdefghjk"),
    names(
        "participants",
        "Only those in which one of these was: ids of participants, their `user_id` or `custom_id`.",
        MAX_PARTICIPANTS,
        example=["p-1", "ann@example.org"],
    ),
    moment("created_after", "Only those created at this time or later; a date is its begin in UTC."),
    moment("created_before", "Only those created at this time or earlier; a date is its end in UTC."),
    phrase("title", "Only those with this text in the title, in any case.", MAX_TEXT, example="weekly"),
    phrase(
        "search",
        "Only those with this text in the title, their id or that of their meeting, in any case.",
        MAX_TEXT,
        example="weekly",
    ),
)
"""Which sessions."""


def paging(place: str) -> tuple[Parameter, ...]:
    """Which page of sessions; `place` is an example of a cursor."""
    return (
        limit("Sessions of a page.", 200, 50),
        cursor(place),
        number("page", "Which page, from 1; in place of `cursor`.", 1, MAX_PAGE, example=1, default=1),
        number("size", "Sessions of a page; in place of `limit`.", 1, 200, example=2, default=50),
    )


LIST = Operation(
    name="list_sessions",
    group="sessions",
    method="GET",
    path="/v1/sessions",
    summary="Sessions by pages, with how many there are",
    about="Pages by `limit` and `cursor` neither skip nor repeat a session while others are created; "
    "`page` and `size` count from the first.",
    scope="subscribe",
    parameters=(
        *FILTERS,
        word("sort", "By what they are sorted.", Sort, example="duration", default=Sort.CREATED),
        word("order", "Which way.", ("desc", "asc"), example="asc", default="desc"),
        *paging("cmVwbGFjZWQ"),
    ),
    answers={200: Answer(about="A page.", body=SessionList)},
)
