"""What was said in a session, read in small steps so that nobody else has to wait for a long transcript."""

import asyncio
from collections.abc import Iterable

from msgspec import Struct

from hub.core.transcript import Segment
from hub.live.transcripts import Transcripts


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

    def __init__(self, transcripts: Transcripts) -> None:
        self._transcripts = transcripts

    async def lines(self, organization: str, session_id: str) -> list[Line]:
        """All that was said up to now and was not retracted, by start.

        Raises:
            HubError: `session_not_found`. Unavailable.
        """
        whole = await self._transcripts.whole(organization, session_id, wanted=lambda _segment: True)
        try:
            about = whole.state.about
            found: list[Line] = []
            for segments in whole.by_start():
                found += lines(segments, about.language or about.transcription_language)
                await asyncio.sleep(0)
            return found
        finally:
            whole.close()


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
