"""Periods against the calendar, day by day."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.periods import Granularity, Period, back, day_of, end_ms, periods, start_ms

GRANULARITIES = st.sampled_from(Granularity)
DAYS = st.dates() | st.sampled_from([date.min, date.max, date(2024, 2, 29), date(2026, 12, 31)])


def name_of(granularity: Granularity, day: date) -> str:
    """Told by `strftime`, which knows weeks by itself; it may leave out zeros before a year."""
    form = {Granularity.DAY: "%Y-%m-%d", Granularity.WEEK: "%G-W%V", Granularity.MONTH: "%Y-%m"}
    year, _, rest = day.strftime(form[granularity]).partition("-")
    return f"{int(year):04}-{rest}"


@given(GRANULARITIES, DAYS, st.integers(0, 800))
def test_every_day_is_in_exactly_one_in_order(granularity: Granularity, first: date, length: int) -> None:
    last = date.fromordinal(min(first.toordinal() + length, date.max.toordinal()))
    found = list(periods(granularity, first, last))
    days = [
        date.fromordinal(ordinal)
        for period in found
        for ordinal in range(period.first.toordinal(), period.last.toordinal() + 1)
    ]
    assert days == [date.fromordinal(n) for n in range(first.toordinal(), last.toordinal() + 1)]
    for period in found:
        assert name_of(granularity, period.first) == name_of(granularity, period.last) == period.name
    assert len({period.name for period in found}) == len(found), "one is cut into two"


@given(GRANULARITIES, DAYS, st.integers(1, 400))
def test_so_many_lead_back(granularity: Granularity, day: date, count: int) -> None:
    first = back(granularity, day, count)
    found = list(periods(granularity, first, day))
    assert len(found) == count or (len(found) < count and first == date.min)
    if first > date.min:
        assert name_of(granularity, first - timedelta(days=1)) != found[0].name


@pytest.mark.parametrize("granularity", Granularity)
def test_backwards_there_is_nothing(granularity: Granularity) -> None:
    assert list(periods(granularity, date(2026, 2, 1), date(2026, 1, 31))) == []


def test_weeks_begin_on_monday_and_belong_to_iso_years() -> None:
    found = list(periods(Granularity.WEEK, date(2026, 12, 30), date(2027, 1, 11)))
    assert found == [
        Period("2026-W53", date(2026, 12, 30), date(2027, 1, 3)),
        Period("2027-W01", date(2027, 1, 4), date(2027, 1, 10)),
        Period("2027-W02", date(2027, 1, 11), date(2027, 1, 11)),
    ]


@given(DAYS)
def test_days_have_milliseconds(day: date) -> None:
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    assert timedelta(milliseconds=start_ms(day)) == begin
    assert end_ms(day) - start_ms(day) == 24 * 60 * 60 * 1000
    assert day_of(start_ms(day)) == day_of(end_ms(day) - 1) == day
