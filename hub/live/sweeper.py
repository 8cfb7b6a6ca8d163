"""What time does to sessions: silent ones fail, ended ones are sealed, expired ones go.

Times are those of Redis, and each step is taken by the append script only if it is still due: once over all
hubs.
"""

import asyncio
import logging
import math
import time
from collections.abc import Sequence

from hub.core.event import Draft, hub_draft
from hub.errors import HubError, Unavailable
from hub.live.appending import Appending
from hub.store.client import failure
from hub.store.directory import Directory, Due
from schemas.events import SessionSealed, Status, StatusChanged

_log = logging.getLogger("hub.sweeper")

TOGETHER = 100
"""Organizations that one round trip looks at."""


class Sweeper:
    """Looks at every organization in turn; `run` is its long task.

    Args:
        directory: Knows what is due.
        appending: To append with.
        idle_timeout: Milliseconds of silence after which a live session fails.
        late_window: Milliseconds after its end in which a session takes late events.
    """

    def __init__(
        self,
        directory: Directory,
        appending: Appending,
        *,
        idle_timeout: int,
        late_window: int,
    ) -> None:
        self._directory = directory
        self._appending = appending
        self._idle_timeout = idle_timeout
        self._late_window = late_window
        self._run = ""
        self._steady_since = math.inf
        """Since when this hub has seen the store without a break."""

    async def run(self, interval: float) -> None:
        """Sweep every `interval` seconds until cancelled."""
        while True:
            await asyncio.sleep(interval)
            try:
                organizations = await self._directory.organizations()
                for start in range(0, len(organizations), TOGETHER):
                    await self.sweep(organizations[start : start + TOGETHER])
            except Unavailable as error:
                self._steady_since = math.inf
                _log.warning("sweep: %s", error.reason)

    async def sweep(self, organizations: Sequence[str]) -> None:
        """Do what is due in some organizations.

        Raises:
            Unavailable.
        """
        found = await self._directory.due(
            organizations, idle_timeout=self._idle_timeout, late_window=self._late_window
        )
        for organization, due in zip(organizations, found, strict=True):
            try:
                await self._sweep_one(organization, due)
            except Unavailable:
                raise
            except Exception:
                # What is wrong in one organization must not keep the others from being swept.
                _log.exception("cannot sweep %s", organization)

    async def _sweep_one(self, organization: str, due: Due | Exception) -> None:
        if isinstance(due, Exception):
            raise failure(due) or due
        for session_id in due.idle if self._may_judge(due.run) else ():
            await self._append(organization, session_id, _lost(), idle=self._idle_timeout)
        for session_id in due.late:
            await self._append(organization, session_id, sealed("late_window"))
        for session_id, number in due.expired:
            await self._directory.expire(organization, session_id, number)

    def _may_judge(self, run: str) -> bool:
        """Whether silence means that a bot is lost.

        While the store was away nobody could be heard: after that, and after its restart, every bot gets one
        idle time-out to be heard again.
        """
        now = time.monotonic()
        if run != self._run or self._steady_since > now:
            self._run, self._steady_since = run, now
        return (now - self._steady_since) * 1000 >= self._idle_timeout

    async def _append(self, organization: str, session_id: str, draft: Draft, *, idle: int = 0) -> None:
        try:
            await self._appending.append(organization, session_id, [draft], ends=True, idle=idle)
        except HubError as error:
            if error.status >= 500:
                raise
            # Another hub was faster, or the session has gone.
            return
        except Exception:
            _log.exception("cannot end %s", session_id)
            return


def _lost() -> Draft:
    return hub_draft(
        "session.status_changed",
        StatusChanged(
            status=Status.FAILED,
            reason="idle_timeout",
            code="BOT_LOST",
            message="Nothing was heard of the session for too long.",
        ),
    )


def sealed(reason: str) -> Draft:
    """The event that seals a session."""
    return hub_draft("session.sealed", SessionSealed(reason=reason))
