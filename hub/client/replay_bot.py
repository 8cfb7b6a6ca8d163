"""The reference bot: its meetings are WebVTT files."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hub.captions.speakers import slug
from hub.client.assignment import Assignment
from hub.client.bot import Bot
from hub.client.errors import HubProblem
from hub.client.player import Player, Progress
from hub.client.script import Step, going_on, meeting
from hub.client.vtt import Line
from schemas.session import Session

_STATES = {"joining": "joining", "active": "in_meeting", "leaving": "leaving"}
"""What the bot does once it has said that status."""


class ReplayBot(Bot):
    """Plays captions into the sessions that it is given, several at once.

    Of a session that another bot had before, it plays the rest: nothing is missing then, nothing is twice.

    Args:
        url: Base URL of the hub.
        key: API key with the scope `publish`.
        files: What is said in each meeting, by the name of its file; at least one. All bots of an
            organization should have the same.
        speed: Seconds of the meeting a second; None plays it without waiting.
        on_progress: Called after every event.
        on_change: Called with the session, its file and what becomes of it: `begins`, `goes on`, `completed`,
            `stopped`, `lost`, `handed over` or `failed`.
        about: For `Bot`.
    """

    def __init__(
        self,
        url: str,
        key: str,
        files: Mapping[str, Sequence[Line]],
        *,
        speed: float | None = 1.0,
        on_progress: Callable[[Progress], None] | None = None,
        on_change: Callable[[Session, str, str], None] | None = None,
        **about: Any,
    ) -> None:
        super().__init__(url, key, **about)
        self._files = files
        self._speed = speed
        self._on_progress = on_progress
        self._on_change = on_change

    def file(self, session: Session) -> str:
        """The file to play: which `config.replay` or the note of the dispatch names, else by turn."""
        asked: list[object] = [(session.config or {}).get("replay")]
        if session.dispatch is not None:
            asked.append(session.dispatch.note)
        for name in asked:
            for file in (str(name), f"{name}.vtt"):
                if file in self._files:
                    return file
        names = sorted(self._files)
        return names[(session.number - 1) % len(names)]

    async def on_assign(self, assignment: Assignment) -> None:
        """Play the session's file."""
        session = assignment.session
        file = self.file(session)
        self._tell(session, file, "goes on" if session.segment_count else "begins")
        outcome = "failed"
        try:
            await self._play(assignment, self._files[file], run=slug(file.removesuffix(".vtt")))
            outcome = "completed" if assignment.stop is None else "stopped"
        finally:
            if assignment.lost:
                outcome = "lost"
            elif assignment.handed_over:
                outcome = "handed over"
            self._tell(session, file, outcome)

    async def _play(self, assignment: Assignment, lines: Sequence[Line], *, run: str) -> None:
        session = assignment.session
        steps = going_on(meeting(lines, run=run, connection=assignment.lease), session.segment_count)

        def state(step: Step) -> None:
            said = _STATES.get(step.data.get("status", ""))
            if said is not None and step.type == "session.status_changed":
                assignment.state = said

        player = Player(steps, speed=self._speed, on_progress=self._on_progress, on_step=state, key=_key)
        assignment.health = "good"
        with assignment.until_stopped():
            await player.play(assignment, session.id, session.status)
        if assignment.stop is not None and not assignment.ended:
            assignment.state = "leaving"
            await assignment.status(assignment.stop.status)
        with contextlib.suppress(HubProblem):
            # Only saves the time in which late events would be taken.
            await self.hub.seal(session.id)

    def _tell(self, session: Session, file: str, what: str) -> None:
        if self._on_change is not None:
            self._on_change(session, file, what)


def _key(step: Step) -> str | None:
    """What is said has the same key whichever bot says it, so that it is kept once."""
    if step.type != "transcript.segment":
        return None
    return f"{step.data['segment_id']}-{step.data['revision']}"
