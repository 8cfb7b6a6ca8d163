"""One organization at this hub: its bots are given sessions, and told what becomes of those they hold."""

import asyncio
import logging
import random
from collections.abc import Sequence

import anyio
from msgspec import Struct
from msgspec.structs import replace

from hub.bots.leasing import Leasing, stop_of
from hub.bots.roster import Holding, Member, Roster
from hub.core import view
from hub.core.lifecycle import Phase
from hub.errors import HubError, Unavailable
from hub.live.reads import Reads
from hub.store.leases import Leases, Offer, Standing
from schemas.bots import Assignment, Lost

_log = logging.getLogger("hub.bots")

POLL = 1.0
"""Seconds between looks without a wakeup, at most."""
AGAIN = 0.1
"""Seconds from a wakeup to a second look: another hub may have read meanwhile what it has no bot for."""
LINGER = 10.0
"""Seconds for which a desk without bots stays: one that polls for sessions comes back."""
TOGETHER = 64
"""Offers read at once, and given at once."""
UNFIT = 256
"""Offers that no bot here can take, after which a look ends; the next one goes on behind them."""
CHUNK = 500
"""Leases looked at in one round trip."""


class Given(Struct, frozen=True):
    """A session that a bot has, or may have, and was not told of."""

    member: Member
    offer: Offer
    lease: int
    sure: bool
    """The store has said so."""


class Desk:
    """Works for one organization; `run` is its long task.

    Args:
        organization: Which.
        roster: Its bots.
        leases: To read offers and leases.
        leasing: To give sessions.
        reads: To show a session to its bot.
    """

    def __init__(
        self,
        organization: str,
        *,
        roster: Roster,
        leases: Leases,
        leasing: Leasing,
        reads: Reads,
    ) -> None:
        self.organization = organization
        self._roster = roster
        self._leases = leases
        self._leasing = leasing
        self._reads = reads
        self._bell = asyncio.Event()
        self._untold: list[Given] = []
        self._lookers: list[asyncio.Future[HubError | None]] = []

    def ring(self) -> None:
        """There may be something to do."""
        self._bell.set()

    async def looked(self) -> None:
        """Wait for a look at all that waits.

        Raises:
            HubError: it has failed.
        """
        future: asyncio.Future[HubError | None] = asyncio.get_running_loop().create_future()
        self._lookers.append(future)
        self.ring()
        error = await future
        if error is not None:
            raise error.__copy__()

    async def run(self) -> None:
        """Work until there have been no bots for a while."""
        idle = 0.0
        while idle < LINGER:
            woken = self._bell.is_set()
            self._bell.clear()
            # Not all hubs at the same time: what one holds in its hands, another does not see.
            pause = random.uniform(POLL / 2, POLL)
            lookers, self._lookers = self._lookers, []
            error = await self._look()
            for looker in lookers:
                if not looker.done():
                    looker.set_result(error)
            if error is not None:
                await asyncio.sleep(pause)
            elif woken and self._places():
                pause = AGAIN
            with anyio.move_on_after(pause):
                await self._bell.wait()
            idle = 0.0 if self.busy else idle + pause

    @property
    def busy(self) -> bool:
        """There are bots here, or something that is not done yet."""
        return bool(self._roster.of(self.organization) or self._untold or self._lookers)

    async def _look(self) -> HubError | None:
        """Do what there is to do; why it could not be done."""
        if not self.busy:
            return None
        try:
            await self._tell_all()
            await self._review()
            await self._deal()
        except HubError as error:
            _log.warning("bots of %s: %s", self.organization, error)
            return error
        except Exception:
            _log.exception("bots of %s", self.organization)
            return HubError("internal")
        return None

    def _places(self) -> list[str]:
        """Where this hub looks for sessions, in any order: all get their turn."""
        members = self._roster.of(self.organization)
        places = sorted({place for member in members if member.free for place in member.places})
        return random.sample(places, len(places))

    async def _deal(self) -> None:
        """Give the sessions that wait to the bots that can take them."""
        if not self._places():
            return
        queue = await self._leases.queue(self.organization)
        seen: set[str] = set()
        for place in self._places():
            if queue.by_platform.get(place):
                await self._deal_from(place, seen)

    async def _deal_from(self, place: str, seen: set[str]) -> None:
        again = True
        while again and (free := self._free(place)):
            count = min(free, TOGETHER)
            offers = await self._leases.reclaim(self.organization, [place], count)
            if len(offers) < count:
                offers += await self._leases.read(self.organization, [place], count - len(offers))
            again = bool(offers) and await self._give(offers, seen)

    def _free(self, place: str) -> int:
        members = self._roster.of(self.organization)
        return sum(member.free for member in members if place in member.places)

    async def _give(self, offers: Sequence[Offer], seen: set[str]) -> bool:
        """Give what fits, put back the rest; False if there is no use in going on."""
        new = True
        async with anyio.create_task_group() as tasks:
            for offer in offers:
                member = self._chosen(offer)
                if member is not None:
                    member.promised.add(offer.session_id)
                    tasks.start_soon(self._take, member, offer, name=f"take {offer.session_id}")
                    continue
                new = new and offer.session_id not in seen and len(seen) < UNFIT
                seen.add(offer.session_id)
                tasks.start_soon(self._put_back, offer, name=f"put back {offer.session_id}")
        return new

    def _chosen(self, offer: Offer) -> Member | None:
        """The bot that has most room."""
        members = self._roster.of(self.organization)
        fitting = [member for member in members if member.free and member.fits(offer)]
        return max(fitting, key=lambda member: member.free, default=None)

    async def _put_back(self, offer: Offer) -> None:
        try:
            await self._leases.put_back(self.organization, offer)
        except Exception as error:
            # It will be reclaimed.
            _warn("cannot put back %s", offer.session_id, error)

    async def _take(self, member: Member, offer: Offer) -> None:
        try:
            lease = await self._leasing.take(self.organization, member.bot, offer)
        except Unavailable as error:
            _log.warning("it is not known who has %s: %s", offer.session_id, error.reason)
            self._untold.append(Given(member, offer, offer.leases + 1, sure=False))
            return
        except Exception as error:
            # It will be reclaimed.
            _warn("cannot give away %s", offer.session_id, error)
            member.promised.discard(offer.session_id)
            return
        if lease:
            await self._tell(Given(member, offer, lease, sure=True))
        else:
            member.promised.discard(offer.session_id)

    async def _tell_all(self) -> None:
        """Tell bots of what they were given while the store went away."""
        waiting, self._untold = self._untold, []
        try:
            while waiting:
                given = waiting[-1]
                if not given.sure:
                    (standing,) = await self._leases.standing(self.organization, [given.offer.session_id])
                    if not _holds(standing, given.lease, given.member.bot.id):
                        given.member.promised.discard(given.offer.session_id)
                        waiting.pop()
                        continue
                waiting.pop()
                await self._tell(replace(given, sure=True))
        finally:
            self._untold += waiting

    async def _tell(self, given: Given) -> None:
        """Tell a bot of the session that it was given; if it has gone, another may have it."""
        session_id, lease = given.offer.session_id, given.lease
        try:
            if self._roster.heir(given.member) is None:
                given.member.promised.discard(session_id)
                await self._leasing.release(self.organization, session_id, lease, "disconnected")
                return
            state = await self._reads.state(self.organization, session_id)
        except Exception as error:
            if isinstance(error, HubError) and error.status >= 500:
                self._untold.append(given)
            else:
                # It has ended, or is gone; or its lease will run out.
                _warn("cannot tell a bot of %s", session_id, error)
                given.member.promised.discard(session_id)
            return
        given.member.promised.discard(session_id)
        member = self._roster.heir(given.member)
        if member is None:
            self._untold.append(given)
            return
        member.held[session_id] = Holding(lease)
        member.link.tell(
            Assignment(
                session=view.session_view(state),
                lease=lease,
                lease_seconds=self._leasing.milliseconds / 1000,
                file_url=given.offer.file or None,
            )
        )

    async def _review(self) -> None:
        """Tell bots which of the sessions that they hold they are to leave, and which they have lost."""
        held = [
            (member, session_id, holding)
            for member in self._roster.of(self.organization)
            for session_id, holding in member.held.items()
        ]
        for start in range(0, len(held), CHUNK):
            chunk = held[start : start + CHUNK]
            ids = [session_id for _member, session_id, _holding in chunk]
            standings = await self._leases.standing(self.organization, ids)
            for (member, session_id, holding), standing in zip(chunk, standings, strict=True):
                # It may have let go of it, or taken it anew, while the store was asked.
                if member.held.get(session_id) is holding:
                    judge(member, session_id, holding, standing)


def judge(member: Member, session_id: str, holding: Holding, standing: Standing | None) -> None:
    """Tell a bot what has become of a session that it holds, if it does not know yet."""
    if standing is None or not _holds(standing, holding.lease, member.bot.id):
        del member.held[session_id]
        if standing is not None and standing.phase in (Phase.WAITING, Phase.LIVE):
            # It was silent, so it must not be the one that gets the session again.
            member.doubt()
        member.link.tell(Lost(session_id=session_id, lease=holding.lease))
        return
    stop = stop_of(session_id, standing.lease, standing.ending)
    if stop is not None and not holding.stopping:
        holding.stopping = True
        member.link.tell(stop)


def _warn(what: str, session_id: str, error: Exception) -> None:
    unexpected = None if isinstance(error, HubError) else error
    _log.warning(f"{what}: %s", session_id, error, exc_info=unexpected)


def _holds(standing: Standing | None, lease: int, bot_id: str) -> bool:
    """Whether a bot has the session under this lease, and it goes on."""
    return standing is not None and standing.lease == lease and standing.phase in (Phase.WAITING, Phase.LIVE)
