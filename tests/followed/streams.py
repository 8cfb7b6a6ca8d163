"""meeting-buddy's three streams of a session, from its creation to its end."""

import asyncio
import json
from typing import Any

import httpx

from followed.table import LEVELS, STATUSES
from followed.told import Told
from hub.compat import ids

STREAMS = {"status": "stream", "transcript": "transcripts/stream", "log": "logs/stream"}
"""Paths by the event that they send."""


class Listening:
    """One stream, read until it is closed."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.ready = asyncio.Event()
        self.events: list[dict[str, Any]] = []
        self.closed: Any = None

    async def run(self, api: httpx.AsyncClient, session_id: str) -> None:
        path = f"/compat/meeting-buddy/v1/meeting-buddy/sessions/{session_id}/{STREAMS[self.name]}"
        async with api.stream("GET", path, timeout=None) as answer:
            assert answer.status_code == 200, answer.status_code
            event = ""
            async for line in answer.aiter_lines():
                # The first thing that comes, whatever it is, says that no event is missed from now on.
                self.ready.set()
                if line.startswith("event: "):
                    event = line[7:]
                elif line.startswith("data: "):
                    data = json.loads(line[6:])
                    if event == "close":
                        self.closed = data
                        return
                    assert event == self.name, line
                    self.events.append(data)


class Streams:
    """All three of one session."""

    def __init__(self, api: httpx.AsyncClient, session_id: str) -> None:
        self._listening = {name: Listening(name) for name in STREAMS}
        buddy = ids.to_prefixed(session_id, "mbsess_")
        self._tasks = [asyncio.create_task(one.run(api, buddy)) for one in self._listening.values()]

    async def ready(self) -> None:
        """Nothing that is published from now on is missed."""
        for one in self._listening.values():
            await asyncio.wait_for(one.ready.wait(), 20)

    async def over(self) -> None:
        """All are closed."""
        async with asyncio.timeout(60):
            await asyncio.gather(*self._tasks)

    def wrong(self, told: Told) -> list[str]:
        """What was sent and should not have been, or the other way round."""
        found: list[str] = []
        status, transcript, log = (self._listening[name] for name in STREAMS)
        steps = [one for one in status.events if one.get("event") is None]
        words = [STATUSES[name].meeting_buddy for name in told.statuses]
        pairs = [(one["previous_status"], one["status"]) for one in steps]
        # Whoever comes first is told of the status that there is.
        if pairs != list(zip([None, *words[:-1]], words, strict=True)):
            found.append(f"status: {pairs}")
        moves = [(one["participant_name"], one["event"]) for one in status.events if one.get("event")]
        if moves != told.moves:
            found.append(f"moves: {moves}")
        said = [(one["text"], not one["is_partial"], one["start_time"]) for one in transcript.events]
        expected = [(one["text"], one["final"], one["start"]) for one in told.revisions]
        if said != expected:
            found.append(f"transcript: {len(said)} of {len(expected)}")
        lines = [(one["level"], one["message"]) for one in log.events]
        if lines != [(LEVELS[level], message) for level, message in told.lines if LEVELS[level]]:
            found.append(f"log: {lines}")
        found += [
            f"{one.name}: {one.closed}"
            for one in self._listening.values()
            if one.closed != {"reason": "session_ended"}
        ]
        return found
