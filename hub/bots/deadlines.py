"""What happens when a time is over: to offers, leases and statuses of sessions with a bot.

Times are those of Redis, and each step is taken only if it is still due: once over all hubs.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from hub.bots.endings import Endings, due_ending
from hub.core.fold import State
from hub.core.lease import Defaults, span_of
from hub.core.lifecycle import DEADLINES
from hub.errors import HubError, Unavailable
from hub.live.states import States
from hub.store.directory import Directory
from hub.store.leases import Due, Leases, Standing
from schemas.events import Status

_log = logging.getLogger("hub.deadlines")

TOGETHER = 100
"""Organizations that one round trip looks at."""
AT_ONCE = 100
"""Deadlines of an organization that one look finds."""
LATER = 10_000
"""Milliseconds after which one that could not be acted on is looked at again."""


class _Place(NamedTuple):
    """A session, and the deadline of it that is over."""

    organization: str
    due: Due
    standing: Standing

    @property
    def key(self) -> tuple[str, str]:
        return self.organization, self.due.session_id


class Deadlines:
    """Looks at every organization in turn; `run` is its long task.

    Args:
        leases: Knows what is due.
        directory: Knows the organizations.
        endings: Acts.
        states: To see who is in a meeting.
        spans: How long sessions may stay somewhere.
    """

    def __init__(
        self, leases: Leases, directory: Directory, endings: Endings, states: States, spans: Defaults
    ) -> None:
        self._leases = leases
        self._directory = directory
        self._endings = endings
        self._states = states
        self._spans = spans
        self._acts: dict[str, Callable[[_Place], Awaitable[object]]] = {
            "offer": self._offer,
            "unclaimed": self._unclaimed,
            "lease": self._expired,
            "status": self._stuck,
            "duration": self._too_long,
            "alone": self._alone,
            "stop": self._not_left,
        }

    async def run(self, interval: float) -> None:
        """Act on what is due every `interval` seconds until cancelled."""
        while True:
            await asyncio.sleep(interval)
            try:
                organizations = await self._directory.organizations()
                for start in range(0, len(organizations), TOGETHER):
                    await self.act(organizations[start : start + TOGETHER])
            except Unavailable as error:
                _log.warning("deadlines: %s", error.reason)

    async def act(self, organizations: Sequence[str]) -> None:
        """Do what is due in some organizations.

        Raises:
            Unavailable.
        """
        found = await self._leases.due(organizations, AT_ONCE)
        for organization, due in zip(organizations, found, strict=True):
            if isinstance(due, Exception):
                # What is wrong in one organization must not keep the others from theirs.
                _log.error("cannot look at the deadlines of %s: %s", organization, due)
            elif due:
                await self._act(organization, due)

    async def _act(self, organization: str, due: Sequence[Due]) -> None:
        found = await self._leases.standing(organization, [one.session_id for one in due])
        for one, standing in zip(due, found, strict=True):
            if standing is None:
                await self._leases.drop(organization, one)
                continue
            try:
                await self._acts[one.kind](_Place(organization, one, standing))
            except Unavailable:
                raise
            except HubError as error:
                # Something else has happened meanwhile; if it was not the end, this is looked at again.
                _log.info("%s of %s: %s", one.kind, one.session_id, error)
                await self._leases.postpone(organization, one, LATER)
            except Exception:
                _log.exception("cannot act on %s of %s", one.kind, one.session_id)
                await self._leases.postpone(organization, one, LATER)

    async def _offer(self, place: _Place) -> None:
        await self._endings.offer(*place.key, due="offer")

    async def _unclaimed(self, place: _Place) -> None:
        ending = due_ending("unclaimed", place.standing.status)
        await self._endings.force(*place.key, ending, due="unclaimed")

    async def _expired(self, place: _Place) -> None:
        await self._endings.lose(*place.key, place.standing, "expired", due="lease")

    async def _stuck(self, place: _Place) -> None:
        status = place.standing.status
        if status not in DEADLINES:
            await self._leases.drop(place.organization, place.due)
            return
        await self._endings.force(*place.key, due_ending(status, status), due="status")

    async def _too_long(self, place: _Place) -> None:
        await self._stop(place, await self._state(place))

    async def _alone(self, place: _Place) -> None:
        """Who is there takes all that was said of participants, so it is read here.

        That this is still how it is is a condition of the append.
        """
        state = await self._state(place)
        span, now = self._span(state, "alone"), await self._leases.now()
        people = [who for who in state.participants.values() if who.role != "bot"]
        gone = [state.started or now, *(who.left for who in people if who.left)]
        left = span - (now - max(gone))
        others = any(who.left is None for who in people) or not place.standing.lease
        if others or left > 0:
            wait = span if others else left
            await self._leases.postpone(place.organization, place.due, max(1, wait))
            return
        await self._stop(place, state, head=str(state.entry_id))

    async def _not_left(self, place: _Place) -> None:
        ending = place.standing.ending
        if ending is None:
            await self._leases.drop(place.organization, place.due)
            return
        await self._endings.force(*place.key, ending.change, due="stop")

    async def _stop(self, place: _Place, state: State, *, head: str = "") -> None:
        if place.standing.ending:
            # It is being stopped already, and that is how it ends.
            await self._leases.drop(place.organization, place.due)
            return
        ending = due_ending(place.due.kind, place.standing.status, Status.COMPLETED)
        grace = self._span(state, "leaving")
        await self._endings.stop(
            *place.key, place.standing, ending, grace=grace, due=place.due.kind, head=head
        )

    async def _state(self, place: _Place) -> State:
        _base, state = await self._states.load(*place.key)
        return state

    def _span(self, state: State, name: str) -> int:
        """How long a session may stay somewhere, in milliseconds."""
        return span_of(self._spans, state.about.dispatch, name)
