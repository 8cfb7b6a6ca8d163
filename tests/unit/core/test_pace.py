"""Deadlines of a play."""

from hypothesis import given
from hypothesis import strategies as st

from hub.core.pace import Pace

SPEEDS = st.floats(0.1, 1000)
GAPS = st.lists(st.integers(0, 10**7), max_size=50)


@given(SPEEDS, st.integers(0, 10**13), st.floats(0, 10**6), GAPS)
def test_gaps_are_divided_by_the_speed_and_errors_do_not_add_up(
    speed: float, first: int, began: float, gaps: list[int]
) -> None:
    pace = Pace(speed)
    assert pace.due(first, began) == began
    ms, before, now = first, began, began
    for gap in gaps:
        ms += gap
        # However late it is asked, and it is asked about an entry more than once.
        now += gap / 1000 + 3
        due = pace.due(ms, now)
        assert due == pace.due(ms, now + 1) >= before
        assert abs((due - began) * speed - (ms - first) / 1000) < 1e-3
        before = due
