"""Playing a script against a hub, as a bot would: in time, with heartbeats, to the end."""

import contextlib
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import anyio
from msgspec import Struct

from hub.client.errors import HubProblem, HubRefused, HubUnavailable
from hub.client.hub import Hub
from hub.client.publisher import Publisher, Receipt
from hub.client.script import Step
from schemas.events import Status

HEARTBEAT = 15.0
"""Seconds between two signs of life."""

_BEFORE = (Status.SCHEDULED, Status.INITIALIZING, Status.JOINING, Status.WAITING_ROOM)


class Progress(Struct, frozen=True):
    """How far a replay has come."""

    session_id: str
    at: float
    """Seconds of the meeting that have been played."""
    total: float
    """Seconds of the meeting."""
    events: int
    """Sent so far."""
    segments: int
    """Finals sent so far."""


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
        self._steps = steps
        self._speed = speed
        self._report = on_progress
        self._receipts: deque[Receipt] = deque()

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
                    await self._play(session.id, session.status)
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

    async def _play(self, session_id: str, status: Status) -> None:
        total = max((step.at for step in self._steps), default=0.0)
        origin = anyio.current_time() - (self._steps[0].at / self._speed if self._speed else 0.0)
        segments = 0
        async with self._hub.publisher(session_id) as publisher:
            for count, step in enumerate(self._steps, 1):
                if not _is_ahead(step, status):
                    continue
                if self._speed:
                    await anyio.sleep_until(origin + step.at / self._speed)
                receipt = await publisher.send(step.type, step.data)
                if step.data.get("status") == Status.ACTIVE and self._speed:
                    # The session's clock starts now, so the script's does.
                    await receipt
                    origin = anyio.current_time() - step.at / self._speed
                self._check(receipt)
                segments += step.data.get("final") is True
                if self._report is not None:
                    self._report(Progress(session_id, max(0.0, step.at), total, count, segments))
            await self._drain(publisher)

    def _check(self, receipt: Receipt) -> None:
        """Raise what became of earlier events, as soon as it is known."""
        self._receipts.append(receipt)
        while self._receipts and self._receipts[0].done:
            problem = self._receipts.popleft().problem
            if problem is not None:
                raise problem

    async def _drain(self, publisher: Publisher) -> None:
        await publisher.flush()
        for receipt in self._receipts:
            await receipt
        self._receipts.clear()

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


def _is_ahead(step: Step, status: Status) -> bool:
    """Whether `step` may be taken by a session that had `status` when the replay began."""
    to = step.data.get("status") if step.type == "session.status_changed" else None
    if to == Status.JOINING:
        return status in _BEFORE[:2]
    if to == Status.ACTIVE:
        return status in _BEFORE
    return True
