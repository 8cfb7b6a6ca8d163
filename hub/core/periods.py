"""Days, weeks and months, in UTC."""

from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum

from msgspec import Struct

_DAY = 86_400_000
_EPOCH = date(1970, 1, 1).toordinal()


class Granularity(StrEnum):
    """How long a period is."""

    DAY = "day"
    WEEK = "week"
    """From Monday to Sunday, as ISO 8601 has it."""
    MONTH = "month"


class Period(Struct, frozen=True):
    """A period, or the part of it that is asked for."""

    name: str
    """`2026-01-31`, `2026-W05` (of the ISO year) or `2026-01`."""
    first: date
    last: date
    """The days of it, both included."""


def periods(granularity: Granularity, first: date, last: date) -> Iterator[Period]:
    """The periods from one day to another, both included; the first and the last are cut to these."""
    ordinal, end = first.toordinal(), last.toordinal()
    while ordinal <= end:
        day = date.fromordinal(ordinal)
        upto = min(_end(granularity, day), end)
        yield Period(_name(granularity, day), day, date.fromordinal(upto))
        ordinal = upto + 1


def back(granularity: Granularity, day: date, count: int) -> date:
    """The first day of the first of `count` periods, the last of which has `day`; not before the year 1."""
    if granularity is Granularity.MONTH:
        months = max(0, (day.year - 1) * 12 + day.month - count)
        return date(months // 12 + 1, months % 12 + 1, 1)
    days = count - 1
    if granularity is Granularity.WEEK:
        days = days * 7 + day.weekday()
    return date.fromordinal(max(1, day.toordinal() - days))


def start_ms(day: date) -> int:
    """When a day begins, in milliseconds since 1970."""
    return (day.toordinal() - _EPOCH) * _DAY


def end_ms(day: date) -> int:
    """When a day is over, in milliseconds since 1970: that is when the next one begins."""
    return start_ms(day) + _DAY


def day_of(ms: int) -> date:
    """The day that has a moment, which is given in milliseconds since 1970."""
    return date(1970, 1, 1) + timedelta(days=ms // _DAY)


def _end(granularity: Granularity, day: date) -> int:
    """The ordinal of the last day of the period that has `day`; it may lie beyond the year 9999."""
    if granularity is Granularity.DAY:
        return day.toordinal()
    if granularity is Granularity.WEEK:
        return day.toordinal() + 6 - day.weekday()
    if day.month == 12:
        return date(day.year, 12, 31).toordinal()
    return date(day.year, day.month + 1, 1).toordinal() - 1


def _name(granularity: Granularity, day: date) -> str:
    if granularity is Granularity.DAY:
        return day.isoformat()
    if granularity is Granularity.WEEK:
        year, week, _weekday = day.isocalendar()
        return f"{year:04}-W{week:02}"
    return f"{day.year:04}-{day.month:02}"
