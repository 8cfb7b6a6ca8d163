"""Brings sessions to bots: a desk for each organization that has bots at this hub."""

import logging

import anyio
from anyio.abc import TaskGroup

from hub.bots.desk import Desk
from hub.bots.leasing import Leasing
from hub.bots.roster import Roster
from hub.errors import Unavailable
from hub.live.reads import Reads
from hub.store import layout
from hub.store.client import Client
from hub.store.leases import Leases
from hub.store.wakeups import Wakeups

_log = logging.getLogger("hub.bots")


class Dispatcher:
    """The desks; `run` is their long task.

    Args:
        client: For the connection of its wakeups.
        roster: The bots.
        leases: To read offers and leases.
        leasing: To give sessions.
        reads: To show a session to its bot.
    """

    def __init__(
        self,
        client: Client,
        *,
        roster: Roster,
        leases: Leases,
        leasing: Leasing,
        reads: Reads,
    ) -> None:
        self._wakeups = Wakeups(client, self._wake)
        self._roster = roster
        self._leases = leases
        self._leasing = leasing
        self._reads = reads
        self._desks: dict[str, Desk] = {}
        """By the channel of their wakeups."""
        self._tasks: TaskGroup | None = None
        roster.changed = self._attend

    async def run(self) -> None:
        """Work until cancelled."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._wakeups.run, name="wakeups of bots")
            self._tasks = tasks
            await anyio.sleep_forever()

    async def looked(self, organization: str) -> None:
        """Wait until the bots of an organization were given what waits for them.

        Raises:
            HubError: that has failed.
        """
        self._attend(organization)
        await self._desks[layout.organization_keys(organization).offers].looked()

    def _wake(self, channel: str) -> None:
        desk = self._desks.get(channel)
        if desk is not None:
            desk.ring()

    def _attend(self, organization: str) -> None:
        """A bot has come, or may take more."""
        if self._tasks is None:
            raise RuntimeError("the dispatcher does not run")
        channel = layout.organization_keys(organization).offers
        desk = self._desks.get(channel)
        if desk is None:
            desk = self._desks[channel] = Desk(
                organization,
                roster=self._roster,
                leases=self._leases,
                leasing=self._leasing,
                reads=self._reads,
            )
            self._tasks.start_soon(self._serve, desk, channel, name=f"bots of {organization}")
        desk.ring()

    async def _serve(self, desk: Desk, channel: str) -> None:
        while True:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._listen, channel, name=f"listen to {channel}")
                await desk.run()
                tasks.cancel_scope.cancel()
            await self._wakeups.unsubscribe(channel)
            # One may have come meanwhile.
            if not desk.busy:
                del self._desks[channel]
                return

    async def _listen(self, channel: str) -> None:
        try:
            await self._wakeups.subscribe(channel)
        except Unavailable as error:
            # It is heard as soon as there is a connection; until then the desk looks by itself.
            _log.warning("%s", error.reason)
