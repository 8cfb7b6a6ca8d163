"""The bots that are connected to this hub, and the sessions that they hold."""

import time
from collections.abc import Callable, Collection, Iterator
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from hub.store.leases import MEDIA, Offer
from schemas.bots import Assignment, Bot, Lost, Stop
from schemas.details import Platform

GREETING = 1.0
"""Seconds in which a bot that comes back says what it holds, before it is given more."""
DOUBT = 30.0
"""Seconds for which a bot that was silent and so has lost a session is given none, unless it is heard: the
connection of a machine that is dead stays for a while."""
_ANYWHERE = frozenset(map(str, Platform))


class Link(Protocol):
    """How a bot is told things; nothing of it waits."""

    def tell(self, message: Assignment | Stop | Lost) -> None:
        """Tell it."""
        ...

    def replaced(self) -> None:
        """The bot has connected again: this connection is the old one, and is to end."""
        ...


class Holding(Struct):
    """A session in the hands of a bot."""

    lease: int
    stopping: bool = False
    """The bot was told to leave."""


class Member:
    """One bot that is connected.

    Args:
        organization: Whose it is.
        bot: What it says of itself.
        link: How it is told things.
        visits: It takes one session and goes; whoever else has its id is another.
    """

    def __init__(self, organization: str, bot: Bot, link: Link, *, visits: bool = False) -> None:
        self.organization = organization
        self.bot = bot
        self.link = link
        self.visits = visits
        self.held: dict[str, Holding] = {}
        """By session id."""
        self.promised: set[str] = set()
        """Sessions that are being taken for it."""
        self.gone = False
        self.closed = False
        """It takes no more sessions."""
        self._inherited: set[str] = set()
        self._greeted = 0.0 if visits else time.monotonic() + GREETING

    def inherit(self, old: "Member") -> None:
        """Until it has said what it holds, it may hold all that it held on its old connection."""
        self.held = old.held
        self._inherited = set(old.held)

    def greet(self, held: Collection[str]) -> None:
        """It has said which sessions it holds."""
        for session_id in self._inherited.difference(held):
            self.held.pop(session_id, None)
        self._inherited = set()
        self._greeted = 0.0

    def doubt(self) -> None:
        """It may be dead: until it says again what it holds, it is given nothing for a while."""
        self._greeted = time.monotonic() + DOUBT

    @property
    def greeted(self) -> bool:
        """It has said what it holds, or has had the time to."""
        return time.monotonic() >= self._greeted

    @property
    def free(self) -> int:
        """How many sessions more it takes."""
        if self.gone or self.closed or not self.greeted:
            return 0
        return max(0, self.bot.slots - len(self.held) - len(self.promised))

    @property
    def places(self) -> Collection[str]:
        """Where sessions are offered that it can take: platforms, and `media`."""
        joins = _ANYWHERE if self.bot.platforms is None else frozenset(map(str, self.bot.platforms))
        return joins | {MEDIA} if self.bot.media else joins

    def fits(self, offer: Offer) -> bool:
        """Whether it can do what a session needs."""
        return offer.what in self.places and set(offer.labels) <= set(self.bot.labels)


class Roster:
    """The connected bots by organization.

    `changed` is called with an organization when a bot of it has come, or may take more.
    """

    def __init__(self) -> None:
        self.changed: Callable[[str], None] = lambda _organization: None
        self._members: dict[str, set[Member]] = {}
        self._by_id: dict[tuple[str, str], Member] = {}

    def enter(self, organization: str, bot: Bot, link: Link) -> Member:
        """A bot has connected. If it was here already, it goes on: its old connection ends."""
        member = Member(organization, bot, link)
        old = self._by_id.get((organization, bot.id))
        if old is not None:
            self.leave(old)
            old.link.replaced()
            member.inherit(old)
        self._by_id[organization, bot.id] = member
        return self._add(member)

    def visit(self, organization: str, bot: Bot, link: Link) -> Member:
        """A bot waits for one session, beside whatever else goes by its id."""
        return self._add(Member(organization, replace(bot, slots=1), link, visits=True))

    def _add(self, member: Member) -> Member:
        self._members.setdefault(member.organization, set()).add(member)
        self.changed(member.organization)
        return member

    def leave(self, member: Member) -> None:
        """It is connected no more; the sessions stay with it until their leases run out."""
        member.gone = True
        members = self._members.get(member.organization, set())
        members.discard(member)
        if not members:
            self._members.pop(member.organization, None)
        key = member.organization, member.bot.id
        if self._by_id.get(key) is member:
            del self._by_id[key]

    def amend(self, member: Member, bot: Bot) -> None:
        """A bot says something else of itself."""
        member.bot = bot
        self.changed(member.organization)

    def settle(self, member: Member, held: Collection[str]) -> None:
        """A bot has said which sessions it holds: it may take others."""
        if not member.gone:
            member.greet(held)
            self.changed(member.organization)

    def drop(self, member: Member, session_id: str, lease: int) -> None:
        """A bot has let go of a session."""
        holding = member.held.get(session_id)
        if holding is not None and holding.lease == lease:
            del member.held[session_id]
            self.changed(member.organization)

    def of(self, organization: str) -> Collection[Member]:
        """The bots of an organization."""
        return tuple(self._members.get(organization, ()))

    def heir(self, member: Member) -> Member | None:
        """The same bot as it is connected now."""
        if not member.gone or member.visits:
            return None if member.gone else member
        return self._by_id.get((member.organization, member.bot.id))

    def __len__(self) -> int:
        return sum(map(len, self._members.values()))

    def __iter__(self) -> Iterator[Member]:
        for members in self._members.values():
            yield from members

    @property
    def held(self) -> int:
        """Sessions in the hands of the bots here."""
        return sum(len(member.held) for member in self)
