"""The assembled transcript: by pages, and as a whole that is read piece by piece.

What is written down in pages is overlaid with what came since; both belong together only while the checkpoint
they were read with is still there, so a read that was overtaken begins again.
"""

import heapq
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import accumulate
from math import inf
from tempfile import SpooledTemporaryFile
from typing import Protocol, TypeVar

from msgspec import Struct
from msgspec.json import Decoder

from hub.core import transcript
from hub.core.fold import State, fold
from hub.core.transcript import PAGE, Segment
from hub.errors import HubError, Unavailable
from hub.live.states import ATTEMPTS, States
from hub.store.checkpoints import Checkpoint, Checkpoints
from schemas import codec

TOGETHER = 4
"""Pages read at once by whoever looks for segments."""
IN_MEMORY = 1024 * 1024
"""Bytes of pages kept in memory; what is more goes to a temporary file."""

_segments = Decoder(list[Segment])

Wanted = Callable[[Segment], bool]


class Listener(Protocol):
    """Is told of a transcript page by page."""

    def take(self, segments: list[Segment]) -> None:
        """The next page, without what was retracted; must not take long."""
        ...


_Listener = TypeVar("_Listener", bound=Listener)


class Assembled(Struct, frozen=True):
    """A transcript at one entry."""

    base: Checkpoint
    state: State
    """At the newest entry."""
    newer: dict[int, Segment]
    """Segments that came, or changed, since `base`; with all others on their pages."""

    @property
    def pages(self) -> int:
        """How many there are."""
        return -(-self.state.segment_count // PAGE)

    def page(self, number: int, written: dict[int, Segment]) -> list[Segment]:
        """The segments of a page by position, from what is written of it."""
        places = range(number * PAGE, (number + 1) * PAGE)
        found = (self.newer.get(place) or written.get(place) for place in places)
        return [segment for segment in found if segment is not None and not segment.retracted]


class Page(Struct, frozen=True):
    """Some segments of a transcript, by position."""

    state: State
    """At the entry that this reflects."""
    segments: list[Segment]
    next: int | None
    """The position to go on from; None at the end."""


class Whole:
    """A transcript at one entry, kept outside of memory; `close` it."""

    def __init__(self, state: State) -> None:
        self.state = state
        self._file = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - it lives as long as this
        self._starts: list[float] = []
        """Of each page the least."""
        self._ends = [0]
        self.count = 0
        """Segments."""

    def add(self, segments: list[Segment]) -> None:
        """The next page."""
        self._file.write(codec.encode(segments))
        self._ends.append(self._file.tell())
        self.count += len(segments)
        self._starts.append(min((segment.start for segment in segments), default=inf))

    def by_start(self) -> Iterator[list[Segment]]:
        """All segments by start, then by first appearance; a page's worth of them in memory, about.

        A segment can be given when no page to come begins before it.
        """
        least = [*accumulate(reversed(self._starts), min)][::-1]
        waiting: list[tuple[float, int, Segment]] = []
        for number, end in enumerate(self._ends[1:]):
            self._file.seek(self._ends[number])
            for segment in _segments.decode(self._file.read(end - self._ends[number])):
                heapq.heappush(waiting, (segment.start, segment.position, segment))
            border = least[number + 1] if number + 1 < len(least) else inf
            ready: list[Segment] = []
            while waiting and waiting[0][0] <= border:
                ready.append(heapq.heappop(waiting)[2])
            yield ready

    def close(self) -> None:
        """Give back what it took."""
        self._file.close()


class Transcripts:
    """Reads transcripts; what is read reflects every entry acknowledged before."""

    def __init__(self, states: States, checkpoints: Checkpoints) -> None:
        self._states = states
        self._checkpoints = checkpoints

    async def page(
        self, organization: str, session_id: str, *, start: int, limit: int, wanted: Wanted
    ) -> Page:
        """Segments from a position on, by position.

        Args:
            organization: Whose session it is.
            session_id: Which.
            start: Position of the first.
            limit: How many at most.
            wanted: Which.

        Raises:
            HubError: `session_not_found`. Unavailable.
        """
        for _ in range(ATTEMPTS):
            assembled = await self._assembled(organization, session_id)
            found: list[Segment] = []
            async for segments in self._pages(organization, assembled, start // PAGE):
                found += [one for one in segments if one.position >= start and wanted(one)]
                if len(found) > limit:
                    break
            if await self._holds(organization, assembled.base):
                more = found[limit].position if len(found) > limit else None
                return Page(assembled.state, found[:limit], more)
        raise Unavailable(f"the checkpoint of {session_id} does not hold still")

    async def whole(self, organization: str, session_id: str, *, wanted: Wanted) -> Whole:
        """All segments of which `wanted` is true.

        Raises:
            HubError: `session_not_found`. Unavailable.
        """
        for _ in range(ATTEMPTS):
            assembled = await self._assembled(organization, session_id)
            whole = Whole(assembled.state)
            try:
                async for segments in self._pages(organization, assembled, 0):
                    whole.add([segment for segment in segments if wanted(segment)])
                held = await self._holds(organization, assembled.base)
            except BaseException:
                whole.close()
                raise
            if held:
                return whole
            whole.close()
        raise Unavailable(f"the checkpoint of {session_id} does not hold still")

    async def told(
        self, organization: str, session_id: str, listener: Callable[[State], _Listener]
    ) -> _Listener:
        """A listener that was told of all segments, by position.

        Args:
            organization: Whose session it is.
            session_id: Which.
            listener: Makes one for a transcript, of the state at the entry that it reflects; again, if what
                was read does not belong together.

        Raises:
            HubError: `session_not_found`. Unavailable.
        """
        for _ in range(ATTEMPTS):
            assembled = await self._assembled(organization, session_id)
            told = listener(assembled.state)
            async for segments in self._pages(organization, assembled, 0):
                told.take(segments)
            if await self._holds(organization, assembled.base):
                return told
        raise Unavailable(f"the checkpoint of {session_id} does not hold still")

    async def _assembled(self, organization: str, session_id: str) -> Assembled:
        base = await self._checkpoints.load(organization, session_id)
        if base is None or base.deleted:
            raise HubError("session_not_found")
        state = base.state
        newer: dict[int, Segment] = {}
        loaded: set[int] = set()
        async for entries in self._states.since(organization, base):
            missing = transcript.touched_pages(entries) - loaded
            newer |= await self._checkpoints.pages(organization, base, missing)
            loaded |= missing
            transcript.assemble(newer, entries)
            state = fold(state, entries)
        return Assembled(base, state, newer)

    async def _pages(
        self, organization: str, assembled: Assembled, first: int
    ) -> AsyncIterator[list[Segment]]:
        for start in range(first, assembled.pages, TOGETHER):
            numbers = range(start, min(start + TOGETHER, assembled.pages))
            written = await self._checkpoints.pages(organization, assembled.base, numbers)
            for number in numbers:
                yield assembled.page(number, written)

    async def _holds(self, organization: str, base: Checkpoint) -> bool:
        again = await self._checkpoints.load(organization, base.state.session_id)
        return again is not None and (again.prefix, again.run) == (base.prefix, base.run)
