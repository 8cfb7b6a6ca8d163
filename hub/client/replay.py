"""Playing a script against a hub, as a bot would: in time, with heartbeats, to the end."""

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import anyio

from hub.client.errors import HubProblem, HubRefused, HubUnavailable
from hub.client.hub import Hub
from hub.client.player import Player, Progress
from hub.client.script import Step

HEARTBEAT = 15.0
"""Seconds between two signs of life."""


class Replay:
    """Plays a script.

    Args:
        hub: Where to.
        steps: By time.
        speed: Seconds of the meeting a second; None plays it without waiting.
        on_progress: Called after every step.
    """

    def __init__(
        self,
        hub: Hub,
        steps: Sequence[Step],
        *,
        speed: float | None = 1.0,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> None:
        self._hub = hub
        self._player = Player(steps, speed=speed, on_progress=on_progress)

    async def run(self, *, session_id: str | None = None, **create: Any) -> str:
        """Play to the end and seal the session; one that cannot be played to its end is stopped.

        The session's `started_at` is second 0 of the script, unless the session was active before.

        Args:
            session_id: A session that exists; by default one is created.
            create: For `Hub.create_session`.

        Returns:
            The session's id.

        Raises:
            HubRefused: the hub refused an event, the session or the credential.
            HubUnavailable: the hub did not answer for a minute.
        """
        if session_id is None:
            session = await self._hub.create_session(**create)
        else:
            session = await self._hub.session(session_id)
        problem: HubProblem | None = None
        played = False
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._live, session.id, name="hub heartbeats")
                try:
                    async with self._hub.publisher(session.id) as publisher:
                        await self._player.play(publisher, session.id, session.status)
                    await self._hub.seal(session.id)
                    played = True
                except HubProblem as error:
                    problem = error
                tasks.cancel_scope.cancel()
        finally:
            if not played:
                await self._give_up(session.id)
        if problem is not None:
            raise problem
        return session.id

    async def _live(self, session_id: str) -> None:
        while True:
            try:
                await self._hub.heartbeat(session_id)
            except HubUnavailable:
                pass  # The next one says the same, and publishing tells if the hub stays away.
            except HubRefused:
                return  # The session has ended or is gone; publishing will be told so.
            await anyio.sleep(HEARTBEAT)

    async def _give_up(self, session_id: str) -> None:
        """Nobody plays the session on, so it must not look live until its bot is missed."""
        with anyio.move_on_after(3, shield=True), contextlib.suppress(HubProblem):
            await self._hub.stop(session_id, reason="replay stopped")
            await self._hub.seal(session_id)
