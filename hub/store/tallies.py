"""What an organization's sessions amount to: counts and durations of those that a query asks for.

Counts are of one moment. Durations are read after it, some sessions at a time, so that neither Redis nor the
hub is held up; who is deleted meanwhile still counts, without its duration.
"""

import asyncio
from bisect import bisect_right
from collections.abc import AsyncIterator, Sequence
from itertools import pairwise

from msgspec import Struct

from hub.core import numbers
from hub.core.distribution import BUCKETS, bucket_of
from hub.core.facets import status_facet
from hub.core.query import Query, Sort
from hub.store import layout
from hub.store.listing import Listing, Selection
from schemas.events import Status

AT_ONCE = 2
"""Answers that read something of each session, worked on at the same time; more wait."""

_COMPLETED, _FAILED = status_facet(Status.COMPLETED), status_facet(Status.FAILED)


class Counted(Struct, frozen=True):
    """How many sessions there are."""

    count: int
    having: list[int]
    """Those of them with each facet."""


class Figures(Struct, frozen=True, kw_only=True):
    """Sessions added up."""

    count: int
    statuses: dict[Status, int]
    timed: int
    """Sessions with a duration."""
    duration: int
    """Milliseconds of all of them."""
    longest: int | None
    """Milliseconds; None if none has one."""
    present: int
    """Milliseconds that participants were there, as last written down."""
    participants: int
    """Who ever joined each of them, as last written down."""


class Stretch(Struct):
    """The sessions created in a stretch of time, added up."""

    sessions: int
    completed: int
    failed: int
    timed: int = 0
    """Sessions with a duration."""
    duration: int = 0
    """Milliseconds of all of them."""


class Tallies:
    """Adds sessions up.

    Args:
        listing: Selects them, and reads what is indexed of them.
    """

    def __init__(self, listing: Listing) -> None:
        self._listing = listing
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def count(self, organization: str, query: Query, facets: Sequence[str]) -> Counted:
        """How many sessions there are, and how many of them have each of `facets`.

        Raises:
            Unavailable.
        """
        selection = await self._listing.select(organization, query, facets=facets)
        having = [selection.having(facet).bit_count() for facet in facets]
        return Counted(selection.bits.bit_count(), having)

    async def figures(self, organization: str, query: Query) -> Figures:
        """All sessions added up.

        Raises:
            Unavailable.
        """
        facets = {status: status_facet(status) for status in Status}
        keys = layout.organization_keys(organization)
        indexes = (keys.duration, keys.minutes, keys.participants)
        timed = duration = present = participants = 0
        longest: int | None = None
        async with self._turns:
            selection = await self._listing.select(organization, query, facets=tuple(facets.values()))
            async for _numbers, scores in self._listing.scores(selection.bits, indexes):
                durations, minutes, joined = (
                    [int(one) for one in part if one is not None] for part in scores
                )
                timed += len(durations)
                duration += sum(durations)
                longest = max((*durations, longest or 0)) if durations else longest
                present += sum(minutes)
                participants += sum(joined)
        return Figures(
            count=selection.bits.bit_count(),
            statuses={status: selection.having(facet).bit_count() for status, facet in facets.items()},
            timed=timed,
            duration=duration,
            longest=longest,
            present=present,
            participants=participants,
        )

    async def buckets(self, organization: str, query: Query) -> list[int]:
        """How many sessions are in each of `hub.core.distribution.BUCKETS`, by their duration.

        Raises:
            Unavailable.
        """
        counts = [0] * len(BUCKETS)
        async with self._turns:
            selection = await self._listing.select(organization, query, facets=(Sort.DURATION,))
            async for timed in self._durations(organization, selection):
                for _number, ms in timed:
                    counts[bucket_of(ms)] += 1
        return counts

    async def stretches(self, organization: str, query: Query, times: Sequence[int]) -> list[Stretch]:
        """The sessions of each stretch of time, from one time to the next.

        Args:
            organization: Whose.
            query: Which; those created outside of all stretches are not counted.
            times: When stretches begin, rising, and last when the last one ends; milliseconds since 1970.

        Raises:
            Unavailable.
        """
        facets = (Sort.DURATION, _COMPLETED, _FAILED)
        async with self._turns:
            selection = await self._listing.select(organization, query, facets=facets, times=times)
            # Who was created later has a higher number, so a stretch of time is one of numbers.
            beyond = selection.bits.bit_length()
            starts = [beyond if start is None else start for start in selection.starts]
            sets = (selection.bits, selection.having(_COMPLETED), selection.having(_FAILED))
            counters = [numbers.counter(bits) for bits in sets]
            found = [
                Stretch(*(counted(first, following - 1) for counted in counters))
                for first, following in pairwise(starts)
            ]
            async for timed in self._durations(organization, selection):
                for number, ms in timed:
                    at = bisect_right(starts, number) - 1
                    if 0 <= at < len(found):
                        found[at].timed += 1
                        found[at].duration += ms
        return found

    async def _durations(
        self, organization: str, selection: Selection
    ) -> AsyncIterator[list[tuple[int, int]]]:
        """Numbers and durations in milliseconds of selected sessions, chunk by chunk."""
        index = layout.organization_keys(organization).duration
        async for part, (scores,) in self._listing.scores(selection.having(Sort.DURATION), (index,)):
            pairs = zip(part, scores, strict=True)
            yield [(number, int(score)) for number, score in pairs if score is not None]
