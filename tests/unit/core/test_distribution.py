"""Buckets without holes, and percentages that add up."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hub.core.distribution import BUCKETS, distributed, percentages

COUNTS = st.lists(st.integers(0, 10**6) | st.integers(0, 3), min_size=1, max_size=20)


@given(COUNTS)
def test_percentages_add_up_and_are_near(counts: list[int]) -> None:
    found = percentages(counts)
    tenths = [round(part * 10) for part in found]
    assert found == [part / 10 for part in tenths]
    whole = sum(counts)
    assert sum(tenths) == (1000 if whole else 0)
    for count, part in zip(counts, tenths, strict=True):
        assert abs(part * whole - count * 1000) < max(whole, 1)
        assert count or not part, "some of nothing"


@given(COUNTS)
def test_who_has_more_has_no_smaller_part(counts: list[int]) -> None:
    ordered = [part for _count, part in sorted(zip(counts, percentages(counts), strict=True))]
    assert ordered == sorted(ordered)


def test_of_equals_the_first_has_what_is_left() -> None:
    assert percentages([1, 1, 1]) == [33.4, 33.3, 33.3]
    assert percentages([0, 7]) == [0.0, 100.0]


def test_buckets_have_no_holes() -> None:
    assert BUCKETS[0].least == 0
    assert BUCKETS[-1].most is None
    assert all(before.most == after.least for before, after in pairwise(BUCKETS))


EDGES = [bucket.least * 1000 + n for bucket in BUCKETS for n in (-1, 0) if bucket.least + n >= 0]


@given(st.lists(st.integers(0, 20_000_000) | st.sampled_from(EDGES), max_size=30))
def test_every_duration_is_in_its_bucket(durations: list[int]) -> None:
    assert distributed(durations) == [
        sum(
            bucket.least * 1000 <= ms and (bucket.most is None or ms < bucket.most * 1000) for ms in durations
        )
        for bucket in BUCKETS
    ]
