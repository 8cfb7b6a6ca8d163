"""What an organization's sessions amount to: counts and figures of those that a query asks for.

Counts are of one moment. Figures are read after it, some thousand sessions at a time: a block of them is one
string, so that neither Redis nor the hub is held up.
"""

from array import array
from bisect import bisect_left
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import compress, pairwise
from operator import add
from sys import byteorder
from typing import NamedTuple

from msgspec import Struct

from hub.core import numbers
from hub.core.distribution import BUCKETS, distributed
from hub.core.facets import status_facet
from hub.core.numbers import BLOCK
from hub.core.query import Query, Sort
from hub.store import layout
from hub.store.client import Client
from hub.store.listing import Listing
from schemas.events import Status

_FIGURES = 3
"""Of each session: its duration, the time of its participants, how many there were."""
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


class _Block(NamedTuple):
    """The figures of sessions with numbers near each other."""

    first: int
    """Number of the first place."""
    chosen: bytes
    """For each place whether its session is one of those asked for."""
    figures: Sequence[float]

    def members(self) -> Iterator[int]:
        """The numbers of those asked for."""
        return compress(range(self.first, self.first + BLOCK), self.chosen)

    def column(self, at: int) -> Iterator[float]:
        """One of the figures of each of them."""
        return compress(self.figures[at::_FIGURES], self.chosen)


class Tallies:
    """Adds sessions up.

    Args:
        client: For all commands.
        listing: Selects the sessions.
    """

    def __init__(self, client: Client, listing: Listing) -> None:
        self._client = client
        self._listing = listing

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
        selection = await self._listing.select(organization, query, facets=(*facets.values(), Sort.DURATION))
        duration = present = participants = longest = 0
        async for block in self._blocks(organization, selection.bits):
            # Who has no duration has 0 in its place.
            durations = list(block.column(0))
            duration += sum(durations)
            longest = max(longest, *durations)
            present += sum(block.column(1))
            participants += sum(block.column(2))
        timed = selection.having(Sort.DURATION).bit_count()
        return Figures(
            count=selection.bits.bit_count(),
            statuses={status: selection.having(facet).bit_count() for status, facet in facets.items()},
            timed=timed,
            duration=int(duration),
            longest=int(longest) if timed else None,
            present=int(present),
            participants=int(participants),
        )

    async def buckets(self, organization: str, query: Query) -> list[int]:
        """How many sessions are in each of `hub.core.distribution.BUCKETS`, by their duration.

        Raises:
            Unavailable.
        """
        counts = [0] * len(BUCKETS)
        selection = await self._listing.select(organization, query, facets=(Sort.DURATION,))
        async for block in self._blocks(organization, selection.having(Sort.DURATION)):
            counts = list(map(add, counts, distributed(block.column(0))))
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
        async for block in self._blocks(organization, selection.having(Sort.DURATION)):
            members, durations = list(block.members()), list(block.column(0))
            cuts = [bisect_left(members, start) for start in starts]
            for one, (first, following) in zip(found, pairwise(cuts), strict=True):
                one.timed += following - first
                one.duration += int(sum(durations[first:following]))
        return found

    async def _blocks(self, organization: str, bits: int) -> AsyncIterator[_Block]:
        """The figures of sessions, block by block."""
        prefix = layout.organization_keys(organization).figures
        for block, on_it in numbers.blocks(bits):
            raw: bytes | None = await self._client.execute("GET", f"{prefix}{block}")
            figures = array("d", (raw or b"").ljust(BLOCK * _FIGURES * 8, b"\0"))
            if byteorder == "big":
                figures.byteswap()
            yield _Block(block * BLOCK, numbers.flags(on_it, BLOCK), figures)
