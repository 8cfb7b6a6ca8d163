"""How many of something are how long, and what part of all that is."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import pairwise

from msgspec import Struct

_TENTHS = 1000
"""In which percentages are given, of a whole."""


class Bucket(Struct, frozen=True):
    """A stretch of durations."""

    label: str
    least: int
    """Seconds, included."""
    most: int | None
    """Seconds, not included any more; None: any."""


BUCKETS = (
    Bucket("under 5 minutes", 0, 300),
    Bucket("5 to 15 minutes", 300, 900),
    Bucket("15 to 30 minutes", 900, 1800),
    Bucket("30 to 60 minutes", 1800, 3600),
    Bucket("1 to 2 hours", 3600, 7200),
    Bucket("2 to 4 hours", 7200, 14_400),
    Bucket("4 hours and more", 14_400, None),
)
"""Each begins where the one before ends, so that every duration is in exactly one."""

_STARTS = [bucket.least * 1000 for bucket in BUCKETS]


def distributed(durations: Iterable[float]) -> list[int]:
    """How many of some durations, in milliseconds and not below 0, are in each bucket."""
    ordered = sorted(durations)
    cuts = [bisect_left(ordered, start) for start in _STARTS]
    return [after - before for before, after in pairwise((*cuts, len(ordered)))]


def percentages(counts: Sequence[int]) -> list[float]:
    """What part of all each count is, in tenths of a percent that add up to 100 exactly.

    Each is less than a tenth off. What is left by cutting goes to those who lost most by it, of equals to the
    first. All are 0 if there is nothing.
    """
    whole = sum(counts)
    if not whole:
        return [0.0] * len(counts)
    tenths = [count * _TENTHS // whole for count in counts]
    lost = [count * _TENTHS % whole for count in counts]
    by_loss = sorted(range(len(counts)), key=lambda at: -lost[at])
    for at in by_loss[: _TENTHS - sum(tenths)]:
        tenths[at] += 1
    return [part / 10 for part in tenths]
