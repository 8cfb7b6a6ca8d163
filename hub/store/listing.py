"""The list of an organization's sessions: filtered, sorted, counted.

What a query asks for is read at one moment as sets of numbers (`hub.core.numbers`) and joined here, so a
count is exact and a page costs the same wherever it is. Only text is looked for in the sessions themselves.
"""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from msgspec import Struct

from hub.core import numbers
from hub.core.query import Place, Query, Sort, Term
from hub.errors import HubError
from hub.store import layout, scripts
from hub.store.client import Client

CHUNK = 1000
"""Sessions that one command looks at."""
SPARSE = 2_000
"""So few are sorted here; of more, the sorted set is gone through until the page is full."""
SEARCHED = 250
"""Sessions whose text one command brings: others wait for no longer than it takes to look at these."""
BREATH, PAUSE = 500, 0.001
"""After how many sessions a search leaves the hub and Redis to others, and for how many seconds."""
SEARCHES = 2
"""Texts looked for at the same time; more wait."""


class Page(Struct, frozen=True, kw_only=True):
    """A page of a list."""

    session_ids: list[str]
    next: Place | None
    """Behind the last session of this page; None if no more follow."""
    count: int
    """Sessions on all pages."""


class Selection(NamedTuple):
    """The sessions that a query asks for, as sets of numbers, all read at one moment."""

    bits: int
    """All of them."""
    facets: dict[str, int]
    """Who has a facet, of those that were read; also others than those in `bits`."""
    starts: list[int | None]
    """Of each time that was asked for the first number from then on; None if there is none yet."""

    def having(self, facet: str) -> int:
        """Those of them with a facet that was read."""
        return self.bits & self.facets[facet]


class _Found(NamedTuple):
    """Sets of numbers."""

    bits: int
    valued: int
    """Those of them that have what is sorted by."""


class _Stretch(NamedTuple):
    """Which part of a list."""

    behind: Place | None
    skip: int
    """Left out before it."""
    limit: int
    """At most."""


class Listing:
    """Lists sessions.

    Args:
        client: For all commands.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._searches = asyncio.Semaphore(SEARCHES)

    async def page(
        self, organization: str, query: Query, *, behind: Place | None = None, skip: int = 0, limit: int = 50
    ) -> Page:
        """A page of the sessions that `query` asks for.

        Sorted by when they started or how long they took, those without come last. Minutes are those of the
        last checkpoint, so the order may be behind what is shown of a live session.

        Args:
            organization: Whose.
            query: Which, and in which order.
            behind: The place after which it begins.
            skip: Sessions left out before it.
            limit: Sessions on it at most, 1 or more.

        Raises:
            Unavailable.
        """
        keys = layout.organization_keys(organization)
        selection = await self.select(organization, query, facets=(query.sort,))
        bits = selection.bits
        # Whose minutes nobody has written down yet has none, which is a value too.
        valued = bits if query.sort is Sort.MINUTES else selection.having(query.sort)
        stretch = _Stretch(behind, skip, limit + 1)
        places = await self._places(keys, query, _Found(bits, valued), stretch)
        rows = await self._rows(keys, [place.number for place in places[:limit]])
        return Page(
            session_ids=[row[0] for row in rows if row is not None],
            next=places[limit - 1] if len(places) > limit else None,
            count=bits.bit_count(),
        )

    async def numbered(self, organization: str, number: int) -> str:
        """The id of the session with a number.

        Raises:
            HubError: `session_not_found`. Unavailable.
        """
        (row,) = await self._rows(layout.organization_keys(organization), (number,))
        if row is None:
            raise HubError("session_not_found")
        return row[0]

    async def select(
        self, organization: str, query: Query, *, facets: Sequence[str] = (), times: Sequence[int] = ()
    ) -> Selection:
        """All sessions that a query asks for.

        Args:
            organization: Whose.
            query: Which.
            facets: Also read who has these (`hub.core.facets`).
            times: Also find the first numbers from these on; milliseconds since 1970.

        Raises:
            Unavailable.
        """
        keys = layout.organization_keys(organization)
        terms = [Term(("all",)), *query.terms()]
        named = [(term.grouped, name) for term in terms for name in term.any_of]
        names = list(dict.fromkeys((*named, *((False, facet) for facet in facets))))
        names.sort(key=lambda name: name[0])
        wanted = [(keys.groups if grouped else keys.facets) + name for grouped, name in names]
        arguments = (
            _or(query.created_from, "-inf"),
            _or(query.created_to, "+inf"),
            sum(not grouped for grouped, _name in names),
            *times,
        )
        first, last, starts, *read = await scripts.SETS.run(self._client, (keys.sessions, *wanted), arguments)
        sets = {
            name: numbers.of_pages(reply) if grouped else numbers.of_bitmap(reply)
            for (grouped, name), reply in zip(names, read, strict=True)
        }
        bits = numbers.between(int(first[0]), int(last[0])) if first and last else 0
        for term in terms:
            union = 0
            for name in term.any_of:
                union |= sets[name]
            bits &= union if term.wanted else ~union
        if query.textual and bits:
            async with self._searches:
                bits = await self._containing(keys, query, bits)
        return Selection(
            bits,
            {facet: sets[facet] for facet in facets},
            [None if start is None else int(start) for start in starts],
        )

    async def _containing(self, keys: layout.OrganizationKeys, query: Query, bits: int) -> int:
        """Those of `bits` with the text that is asked for."""
        matching, looked_at = list[int](), 0
        phrase = max(query.title or "", query.search or "", key=len).casefold()
        for part in _parts(numbers.members(bits, descending=True), SEARCHED):
            rows: list[bytes | None] = await self._client.execute("HMGET", keys.numbers, *part)
            # Most rows do not hold it anywhere: this costs a tenth of a look at each of its fields.
            hits = [
                at for at, row in enumerate(rows) if row is not None and phrase in row.decode().casefold()
            ]
            looked_at += len(part)
            if looked_at % BREATH == 0:
                await asyncio.sleep(PAUSE)
            matching += (part[at] for at in hits if query.matches(*_row(rows[at] or b"")))
        return numbers.of(matching)

    async def _rows(
        self, keys: layout.OrganizationKeys, wanted: Sequence[int]
    ) -> list[tuple[str, str, str] | None]:
        """Session id, meeting id and title of sessions; None of those that are gone."""
        if not wanted:
            return []
        found: list[bytes | None] = await self._client.execute("HMGET", keys.numbers, *wanted)
        return [None if row is None else _row(row) for row in found]

    async def _places(
        self,
        keys: layout.OrganizationKeys,
        query: Query,
        found: _Found,
        stretch: _Stretch,
    ) -> list[Place]:
        """The places of sessions in order, of that stretch."""
        (rest, valued), (behind, skip, count) = found, stretch
        falling, places = query.descending, list[Place]()
        if query.sort is not Sort.CREATED:
            rest &= ~valued
            if behind is None or behind.value is not None:
                there = valued.bit_count()
                if behind is None and skip >= there:
                    skip -= there
                else:
                    index: str = getattr(keys, query.sort)
                    sort = self._sorted if there > SPARSE else self._sorted_here
                    places = await sort(index, valued, falling, _Stretch(behind, skip, count))
                    skip = 0
                behind = None
        if behind is not None:
            before = numbers.between(0, behind.number - falling)
            rest &= before if falling else ~before
        left = count - len(places)
        return places + [
            Place(number) for number in islice(numbers.members(rest, descending=falling, skip=skip), left)
        ]

    async def _sorted(self, index: str, valued: int, falling: bool, stretch: _Stretch) -> list[Place]:
        """The places of a stretch, by going through a sorted set."""
        behind, skip, limit = stretch
        held, places, jump = numbers.holder(valued), list[Place](), 0
        if skip and valued.bit_count() == await self._client.execute("ZCARD", index):
            # Whoever is in it counts.
            skip, jump = 0, skip
        while len(places) < limit:
            begin = ("", "") if behind is None else (behind.value or 0, _member(behind.number))
            found = await scripts.AFTER.run(self._client, (index,), (int(falling), CHUNK, *begin, jump))
            among = list(map(int, found[::2]))
            here = [at for at, number in enumerate(among) if held(number)]
            places += (_place(among[at], found[2 * at + 1]) for at in here[skip:])
            if len(among) < CHUNK:
                break
            skip, jump = max(0, skip - len(here)), 0
            behind = _place(found[-2], found[-1])
        return places[:limit]

    async def _sorted_here(self, index: str, valued: int, falling: bool, stretch: _Stretch) -> list[Place]:
        """The places of a stretch, by sorting all there are."""
        behind, skip, limit = stretch
        places: list[Place] = []
        for part in _parts(numbers.members(valued, descending=True), CHUNK):
            scores = await self._client.execute("ZMSCORE", index, *map(_member, part))
            found = zip(part, scores, strict=True)
            places += (_place(number, score) for number, score in found if score is not None)
        if behind is not None:
            at = _order(behind)
            places = [place for place in places if (_order(place) < at if falling else _order(place) > at)]
        return sorted(places, key=_order, reverse=falling)[skip : skip + limit]


def _row(row: bytes) -> tuple[str, str, str]:
    session_id, meeting_id, title = row.decode().split("|", 2)
    return session_id, meeting_id, title


def _place(number: bytes | int, score: bytes) -> Place:
    return Place(int(number), int(score))


def _order(place: Place) -> tuple[int, int]:
    return place.value or 0, place.number


def _member(number: int) -> str:
    return f"{number:012}"


def _parts(members: Iterator[int], size: int) -> Iterator[list[int]]:
    while part := list(islice(members, size)):
        yield part


def _or(ms: int | None, infinity: str) -> int | str:
    return infinity if ms is None else ms
