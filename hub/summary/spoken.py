"""What was said in a session, read in small steps so that nobody else has to wait for a long transcript."""

import asyncio
from collections.abc import Iterable

from msgspec import Struct

from hub.core import transcript
from hub.core.fold import State, fold
from hub.core.transcript import PAGE, Segment
from hub.errors import HubError, Unavailable
from hub.live.states import ATTEMPTS, States
from hub.store.checkpoints import Checkpoint, Checkpoints

PAGES = 4
"""Pages of a transcript that are read in one step."""


class Line(Struct, frozen=True, kw_only=True, gc=False):
    """One thing that was said; the garbage collector, which holds up all threads, leaves it alone."""

    speaker: str | None
    text: str
    """Not empty, on one line."""
    start: float
    """Seconds since the session's start."""
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
            state, segments = await self._segments(organization, base)
            # Pages are written with their checkpoint: they belong to `base` only if it is still there.
            again = await self._checkpoints.load(organization, session_id)
            if again is not None and again.prefix == base.prefix and again.run == base.run:
                language = state.about.language or state.about.transcription_language
                return await asyncio.to_thread(lines, segments.values(), language)
        raise Unavailable(f"the checkpoint of {session_id} does not hold still")

    async def _segments(self, organization: str, base: Checkpoint) -> tuple[State, dict[int, Segment]]:
        state, segments = base.state, dict[int, Segment]()
        pages = -(-base.state.segment_count // PAGE)
        for first in range(0, pages, PAGES):
            numbers = range(first, min(first + PAGES, pages))
            segments |= await self._checkpoints.pages(organization, base, numbers)
        async for entries in self._states.since(organization, base):
            transcript.assemble(segments, entries)
            state = fold(state, entries)
        return state, segments


def lines(segments: Iterable[Segment], language: str | None = None) -> list[Line]:
    """What a transcript says, by start; segments without text are left out.

    Args:
        segments: In any order.
        language: Of segments that do not say theirs.
    """
    ordered = sorted(segments, key=lambda segment: (segment.start, segment.position))
    return [
        Line(
            speaker=segment.speaker.name if segment.speaker else None,
            text=text,
            start=segment.start,
            language=segment.language or language,
        )
        for segment in ordered
        if not segment.retracted and (text := " ".join(segment.text.split()))
    ]
