"""What was said in a session, read in small steps so that nobody else has to wait for a long transcript."""

import asyncio
from collections.abc import Iterable

from msgspec import Struct

from hub.core import transcript
from hub.core.entry import Entry
from hub.core.fold import fold
from hub.core.transcript import PAGE, Segment
from hub.errors import HubError, Unavailable
from hub.live.states import ATTEMPTS, States
from hub.store.checkpoints import Checkpoint, Checkpoints
from hub.store.streams import CHUNK

PAGES = 4
"""Pages of a transcript that are read in one step."""


class Line(Struct, frozen=True, kw_only=True, gc=False):
    """One thing that was said; the garbage collector, which holds up all threads, leaves it alone."""

    speaker: str | None
    text: str
    """Not empty, on one line."""
    start: float
    """Seconds since the session's start."""
    position: int
    """Among the session's segments, by first appearance."""
    language: str | None


class Spoken:
    """Reads what was said from the store."""

    def __init__(self, states: States, checkpoints: Checkpoints) -> None:
        self._states = states
        self._checkpoints = checkpoints

    async def lines(self, organization: str, session_id: str) -> list[Line]:
        """All that was said up to now and was not retracted, by start.

        Raises:
            HubError: `session_not_found`. Unavailable.
        """
        for _ in range(ATTEMPTS):
            base = await self._checkpoints.load(organization, session_id)
            if base is None or base.deleted:
                raise HubError("session_not_found")
            found = await self._read(organization, base)
            # Pages are written with their checkpoint: they belong to `base` only if it is still there.
            again = await self._checkpoints.load(organization, session_id)
            if again is not None and again.prefix == base.prefix and again.run == base.run:
                return await asyncio.to_thread(ordered, found)
        raise Unavailable(f"the checkpoint of {session_id} does not hold still")

    async def _read(self, organization: str, base: Checkpoint) -> list[Line]:
        state, entries = base.state, list[Entry]()
        async for chunk in self._states.since(organization, base):
            state = fold(state, chunk)
            entries += chunk
        language = state.about.language or state.about.transcription_language
        pages = -(-state.segment_count // PAGE)
        changed = transcript.touched_pages(entries)
        segments: dict[int, Segment] = {}
        found: list[Line] = []
        for first in range(0, pages, PAGES):
            numbers = range(first, min(first + PAGES, pages))
            read = await self._checkpoints.pages(organization, base, numbers)
            segments |= {position: one for position, one in read.items() if position // PAGE in changed}
            found += lines((one for one in read.values() if one.position // PAGE not in changed), language)
        for first in range(0, len(entries), CHUNK):
            transcript.assemble(segments, entries[first : first + CHUNK])
            await asyncio.sleep(0)
        return found + await asyncio.to_thread(lines, segments.values(), language)


def lines(segments: Iterable[Segment], language: str | None = None) -> list[Line]:
    """What segments say; those without text are left out.

    Args:
        segments: In any order.
        language: Of segments that do not say theirs.
    """
    return [
        Line(
            speaker=segment.speaker.name if segment.speaker else None,
            text=text,
            start=segment.start,
            position=segment.position,
            language=segment.language or language,
        )
        for segment in segments
        if not segment.retracted and (text := " ".join(segment.text.split()))
    ]


def ordered(found: Iterable[Line]) -> list[Line]:
    """Lines by start, then by position."""
    # By one after the other, as pairs would be objects that the garbage collector looks at.
    return sorted(sorted(found, key=lambda line: line.position), key=lambda line: line.start)
