"""Who talked for how long, by the states and transcripts of sessions."""

import asyncio
from collections.abc import Sequence

from hub.core.fold import State
from hub.core.talk import SILENCE, Speech, Talk, Talking, by_speaking
from hub.errors import HubError
from hub.live.states import States
from hub.live.transcripts import Transcripts

SESSIONS = 500
"""Read for one answer at most."""
SEGMENTS = 200_000
"""Of transcripts read for one answer at most, where it is about many sessions."""
TALKERS = 20_000
"""Told apart in one answer at most, where it is about many sessions."""
TOGETHER = 10
"""Sessions whose states are held at once."""
AT_ONCE = 2
"""Answers worked on at the same time; more wait."""


class TalkTimes:
    """Adds up who talked; what is read reflects every entry acknowledged before."""

    def __init__(self, states: States, transcripts: Transcripts) -> None:
        self._states = states
        self._transcripts = transcripts
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def of_one(self, organization: str, session_id: str) -> Talking:
        """Who talked in a session.

        Raises:
            HubError: `session_not_found`. Unavailable.
        """
        talking = Talking()
        async with self._turns:
            _base, state = await self._states.load(organization, session_id)
            talk = by_speaking(state) or await self._transcribed(organization, state)
            if talk is None:
                raise HubError("session_not_found")
            talking.add(talk)
        return talking

    async def of_many(self, organization: str, session_ids: Sequence[str]) -> Talking:
        """Who talked in sessions; those that are gone are left out.

        Args:
            organization: Whose.
            session_ids: At most `SESSIONS`, the newest first.

        Raises:
            HubError: `too_broad`: more than `SEGMENTS` or `TALKERS`. Unavailable.
        """
        talking, segments = Talking(), 0
        async with self._turns:
            for first in range(0, len(session_ids), TOGETHER):
                for state in await self._states.many(organization, session_ids[first : first + TOGETHER]):
                    # Between two of them others have their turn.
                    await asyncio.sleep(0)
                    talk = by_speaking(state)
                    if talk is None:
                        segments += state.segment_count
                        _bound(segments, SEGMENTS, "segments of transcripts")
                        talk = await self._transcribed(organization, state)
                    if talk is not None:
                        talking.add(talk)
                        _bound(talking.count, TALKERS, "talkers")
        return talking

    async def _transcribed(self, organization: str, state: State) -> Talk | None:
        """Who talked by the transcript; None if the session is gone meanwhile."""
        if not state.segment_count:
            return SILENCE
        try:
            return (await self._transcripts.told(organization, state.session_id, Speech)).talk()
        except HubError as error:
            if error.code != "session_not_found":
                raise
            return None


def _bound(count: int, most: int, what: str) -> None:
    if count > most:
        raise HubError("too_broad", f"They have more than {most:,} {what}: narrow the filters.", limit=most)
