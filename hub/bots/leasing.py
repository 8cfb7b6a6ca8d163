"""What a bot does with the lease of a session: gets it, renews it, gives it back."""

from typing import Any

from hub.bots.endings import Endings
from hub.core.event import hub_draft
from hub.core.lease import Ending, Step, Take
from hub.core.lifecycle import Phase
from hub.errors import HubError
from hub.live.appending import Appending
from hub.store.directory import Alive, Directory
from hub.store.leases import Leases, Offer
from hub.store.streams import Streams
from schemas import codec
from schemas.bots import Bot, Stop
from schemas.events import BotAssigned, SessionUpdated

RACES = 5
"""How often a release looks again when the status changed under it."""


class Leasing:
    """Leases of sessions.

    Args:
        leases: Knows them.
        directory: Hears heartbeats.
        streams: Knows which sessions there are.
        appending: To append with.
        endings: Lets a session begin anew with another bot.
        milliseconds: How long a bot may stay silent.
    """

    def __init__(
        self,
        leases: Leases,
        *,
        directory: Directory,
        streams: Streams,
        appending: Appending,
        endings: Endings,
        milliseconds: int,
    ) -> None:
        self._leases = leases
        self._directory = directory
        self._streams = streams
        self._appending = appending
        self._endings = endings
        self.milliseconds = milliseconds

    async def take(self, organization: str, bot: Bot, offer: Offer) -> int:
        """Give an offered session to a bot; the number of its lease, 0 if it is not offered any more.

        Raises:
            Unavailable: it may have it all the same. StorageFull.
        """
        lease = offer.leases + 1
        take = Take(bot.id, offer.id, lease, self.milliseconds)
        draft = hub_draft("bot.assigned", BotAssigned(bot_id=bot.id, name=bot.name, lease=lease))
        try:
            taken = await self._appending.append(
                organization, offer.session_id, [draft], step=Step(take=take)
            )
        except HubError as error:
            if error.status >= 500:
                raise
            # It has ended, or is gone.
            return 0
        return lease if taken else 0

    async def beat(
        self,
        organization: str,
        session_id: str,
        *,
        lease: int = 0,
        state: str | None = None,
        health: str | None = None,
    ) -> Alive:
        """Somebody who works on a session is alive; a bot has it for longer now.

        Args:
            organization: Whose session it is.
            session_id: Which.
            lease: The number of the bot's lease; 0 if it has none.
            state: What the bot does; told if it is another than before, as is its health.
            health: How it is.

        Raises:
            HubError: `session_not_found`, `session_ended`, `session_sealed`, `lease_lost`. Unavailable,
                StorageFull.
        """
        where = organization, session_id
        renewed = self.milliseconds if lease else 0
        alive = await self._directory.heartbeat(*where, lease=lease, renewed=renewed)
        news = _news(alive, state, health)
        if news is not None:
            draft = hub_draft("session.updated", news)
            await self._appending.append(*where, [draft], ends=True, lease=lease)
            # Now it counts as told: had the append failed, it would be told with the next heartbeat.
            await self._directory.heartbeat(*where, state=state, health=health, lease=lease, renewed=renewed)
        return alive

    async def release(self, organization: str, session_id: str, lease: int, reason: str | None) -> None:
        """Let go of a session: another bot may have it, unless it is at its end.

        Raises:
            HubError: `session_not_found`, `lease_lost`. Unavailable, StorageFull.
        """
        for _ in range(RACES):
            (standing,) = await self._leases.standing(organization, [session_id])
            if standing is None and await self._streams.head(organization, session_id) is None:
                raise HubError("session_not_found")
            if standing is None or standing.lease != lease:
                raise HubError("lease_lost")
            if standing.phase in (Phase.ENDED, Phase.SEALED):
                return
            try:
                # Without effect if it has lost it meanwhile, which the next look shows.
                if await self._endings.lose(organization, session_id, standing, reason or "released"):
                    return
            except HubError as error:
                if error.status >= 500:
                    raise
        raise HubError("lease_lost")


def stop_of(session_id: str, lease: int, ending: Ending | None) -> Stop | None:
    """How a bot is to leave a session; None if that goes on, or has ended."""
    if ending is None or ending.at is None:
        return None
    return Stop(
        session_id=session_id,
        lease=lease,
        status=ending.change.status,
        reason=ending.change.reason,
        code=ending.change.code,
        deadline=codec.timestamp(ending.at),
    )


def _news(alive: Alive, state: str | None, health: str | None) -> SessionUpdated | None:
    """What a heartbeat says that those before did not."""
    told = {"bot_state": (state, alive.state), "bot_health": (health, alive.health)}
    news: dict[str, Any] = {name: now for name, (now, old) in told.items() if now and now != old}
    return SessionUpdated(**news) if news else None
