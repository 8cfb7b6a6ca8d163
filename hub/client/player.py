"""Playing a script into a session, in time."""

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

import anyio
from msgspec import Struct

from hub.client.publisher import Receipt
from hub.client.script import Step
from schemas.events import Status

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


class Sink(Protocol):
    """What takes the events: a publisher."""

    async def send(self, event_type: str, data: Any, *, idempotency_key: str | None = None) -> Receipt:
        """Queue one event."""
        ...

    async def flush(self) -> None:
        """Wait until all is settled."""
        ...


class Player:
    """Plays a script.

    Args:
        steps: By time.
        speed: Seconds of the meeting a second; None plays it without waiting.
        on_progress: Called after every step.
        key: The idempotency key of a step that another run may send again; None for any other.
        on_step: Called before a step is sent.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        *,
        speed: float | None = 1.0,
        on_progress: Callable[[Progress], None] | None = None,
        key: Callable[[Step], str | None] | None = None,
        on_step: Callable[[Step], None] | None = None,
    ) -> None:
        self._steps = steps
        self._speed = speed
        self._report = on_progress
        self._key = key
        self._on_step = on_step
        self._receipts: deque[Receipt] = deque()

    async def play(self, sink: Sink, session_id: str, status: Status) -> None:
        """Play to the end.

        Second 0 of the script is when the session becomes active, unless it was before.

        Args:
            sink: Takes the events.
            session_id: For `on_progress`.
            status: Of the session when the replay begins: steps to what it has reached are left out.

        Raises:
            HubRefused: the hub refused an event.
            HubUnavailable: the hub did not answer for a minute.
        """
        total = max((step.at for step in self._steps), default=0.0)
        origin = anyio.current_time() - (self._steps[0].at / self._speed if self._speed else 0.0)
        segments = 0
        for count, step in enumerate(self._steps, 1):
            if not _is_ahead(step, status):
                continue
            if self._speed:
                await anyio.sleep_until(origin + step.at / self._speed)
            if self._on_step is not None:
                self._on_step(step)
            key = None if self._key is None else self._key(step)
            receipt = await sink.send(step.type, step.data, idempotency_key=key)
            if step.data.get("status") == Status.ACTIVE and self._speed:
                # The session's clock starts now, so the script's does.
                await receipt
                origin = anyio.current_time() - step.at / self._speed
            self._check(receipt)
            segments += step.data.get("final") is True
            if self._report is not None:
                self._report(Progress(session_id, max(0.0, step.at), total, count, segments))
        await self._drain(sink.flush)

    def _check(self, receipt: Receipt) -> None:
        """Raise what became of earlier events, as soon as it is known."""
        self._receipts.append(receipt)
        while self._receipts and self._receipts[0].done:
            problem = self._receipts.popleft().problem
            if problem is not None:
                raise problem

    async def _drain(self, flush: Callable[[], Awaitable[None]]) -> None:
        await flush()
        for receipt in self._receipts:
            await receipt
        self._receipts.clear()


def _is_ahead(step: Step, status: Status) -> bool:
    """Whether `step` may be taken by a session that had `status` when the replay began."""
    to = step.data.get("status") if step.type == "session.status_changed" else None
    if to == Status.JOINING:
        return status in _BEFORE[:2]
    if to == Status.ACTIVE:
        return status in _BEFORE
    return True
