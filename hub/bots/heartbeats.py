"""What a connected bot says of the sessions that it holds, all at once."""

from collections.abc import Sequence

import anyio

from hub.bots.leasing import Leasing, stop_of
from hub.bots.roster import Holding, Member, Roster
from hub.errors import HubError
from hub.store.directory import Alive
from schemas.bots import Held, Lost
from schemas.codec import ID_PATTERN

TOGETHER = 16
"""Leases renewed at once."""


class Heartbeats:
    """Hears bots.

    Args:
        leasing: To renew with.
        roster: Of the connected bots.
    """

    def __init__(self, leasing: Leasing, roster: Roster) -> None:
        self._leasing = leasing
        self._roster = roster

    async def hear(self, member: Member, sessions: Sequence[Held]) -> None:
        """Renew the leases of what a bot holds; it is told what it holds no more, and what it is to leave.

        Raises:
            HubError: the first failure of the store; the other leases are renewed.
        """
        failures: list[HubError] = []
        for start in range(0, len(sessions), TOGETHER):
            async with anyio.create_task_group() as tasks:
                for held in sessions[start : start + TOGETHER]:
                    tasks.start_soon(self._hear, member, held, failures, name=f"renew {held.session_id}")
        self._roster.settle(member, [held.session_id for held in sessions])
        if failures:
            raise failures[0]

    async def _hear(self, member: Member, held: Held, failures: list[HubError]) -> None:
        alive = None
        try:
            if ID_PATTERN.match(held.session_id):
                alive = await self._leasing.beat(
                    member.organization,
                    held.session_id,
                    lease=held.lease,
                    state=held.state,
                    health=held.health,
                )
        except HubError as error:
            if error.status >= 500:
                failures.append(error)
                return
        self._judge(member, held, alive)

    def _judge(self, member: Member, held: Held, alive: Alive | None) -> None:
        """Note that a bot has a session, or tell it that it has not."""
        holding = member.held.get(held.session_id)
        if alive is None:
            if holding is not None and holding.lease == held.lease:
                del member.held[held.session_id]
            member.link.tell(Lost(session_id=held.session_id, lease=held.lease))
            return
        if holding is None or holding.lease != held.lease:
            holding = member.held[held.session_id] = Holding(held.lease)
        stop = stop_of(held.session_id, held.lease, alive.ending)
        if stop is not None and not holding.stopping:
            holding.stopping = True
            member.link.tell(stop)
