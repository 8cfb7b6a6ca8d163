"""The parts of several hubs on one Redis, with a clock that the test sets."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any, NamedTuple

import msgspec

from hub.bots.deadlines import Deadlines
from hub.bots.endings import Endings
from hub.core.entry_id import ORIGIN
from hub.core.event import draft, hub_draft
from hub.core.lease import Defaults, Step, Take, Wants, own_spans
from hub.core.lifecycle import Cause
from hub.live.states import States
from hub.store import scripts
from hub.store.appender import Appender
from hub.store.checkpoints import Checkpoints
from hub.store.client import Client
from hub.store.directory import Directory
from hub.store.leases import Leases, Standing
from hub.store.scripts import Script
from hub.store.streams import Limits, Streams
from schemas import codec
from schemas.dispatch import Deadlines as Own
from schemas.events import BotAssigned, Event, SessionCreated, SessionDeleted, Status
from schemas.frames import Appended

ORGANIZATION = "acme"
LEASE = 30_000
SPANS = Defaults(
    unclaimed=300_000,
    initializing=120_000,
    joining=60_000,
    waiting_room=900_000,
    leaving=20_000,
    duration=3_600_000,
    alone=240_000,
    lead=120_000,
)
BEGIN = 1_767_225_600_000
_TIME = b"redis.call('TIME')"
_SET = b"{math.floor(redis.call('GET', 'clock') / 1000), redis.call('GET', 'clock') % 1000 * 1000}"


@contextmanager
def settable_clock() -> Iterator[None]:
    """Let every script take the time from a key, in place of the clock of Redis."""
    found = [value for value in vars(scripts).values() if isinstance(value, Script)]
    before = [(script, script.source, script.sha) for script in found]
    try:
        for script, source, _sha in before:
            script.source = source.replace(_TIME, _SET)
            script.sha = hashlib.sha1(script.source, usedforsecurity=False).hexdigest()
        yield
    finally:
        for script, source, sha in before:
            script.source, script.sha = source, sha


class Parts(NamedTuple):
    """One hub, as far as bots are concerned."""

    client: Client
    streams: Streams
    directory: Directory
    leases: Leases
    endings: Endings
    deadlines: Deadlines


class Stage:
    """Several hubs, and the clock of their Redis."""

    def __init__(self, hubs: list[Parts]) -> None:
        self.hubs = hubs
        self.at = BEGIN
        self._count = 0

    @property
    def one(self) -> Parts:
        return self.hubs[0]

    async def tick(self, milliseconds: int) -> None:
        """Let time pass."""
        self.at += milliseconds
        await self.one.client.execute("SET", "clock", self.at)

    async def act(self) -> None:
        """All hubs look at once for what is due."""
        await asyncio.gather(*(hub.deadlines.act([ORGANIZATION]) for hub in self.hubs))

    async def created(
        self, *, attempts: int = 2, own: Mapping[str, float] | None = None, starts_in: int = 0
    ) -> str:
        """A session that wants a bot."""
        self._count += 1
        session_id = f"ses_{self._count:020}"
        at = self.at + starts_in if starts_in else 0
        data = SessionCreated(number=0, status=Status.SCHEDULED if at else Status.INITIALIZING)
        wants = Wants(
            what="zoom", labels="", attempts=attempts, own=own_spans(Own(**(own or {}))), spans=SPANS, at=at
        )
        await self.one.directory.create(ORGANIZATION, session_id, data, idempotency_key=None, wants=wants)
        return session_id

    async def taken(self, session_id: str, bot_id: str = "bot-1") -> int:
        """A bot takes the session that is offered; the number of its lease."""
        (offer,) = await self.one.leases.read(ORGANIZATION, ["zoom"], 10)
        assert offer.session_id == session_id
        lease = offer.leases + 1
        event = hub_draft("bot.assigned", BotAssigned(bot_id=bot_id, lease=lease))
        step = Step(take=Take(bot_id, offer.id, lease, LEASE))
        assert await self.one.streams.append(ORGANIZATION, session_id, [event], step=step)
        return lease

    async def says(self, session_id: str, lease: int, kind: str, /, **data: Any) -> list[Appended]:
        """The bot publishes an event."""
        event = Event(type=kind, data=msgspec.Raw(codec.encode(data)))
        made = draft(event, cause=Cause.BOT if lease else Cause.PUBLISHER)
        return await self.one.streams.append(ORGANIZATION, session_id, [made], lease=lease)

    async def delete(self, session_id: str) -> None:
        """Somebody deletes the session."""
        deleted = hub_draft("session.deleted", SessionDeleted())
        await self.one.streams.append(ORGANIZATION, session_id, [deleted])

    async def passes(self, session_id: str, lease: int, *statuses: str) -> None:
        """The bot takes the session through statuses."""
        for status in statuses:
            await self.says(session_id, lease, "session.status_changed", status=status)

    async def beats(self, session_id: str, lease: int) -> None:
        """The bot is alive."""
        await self.one.directory.heartbeat(ORGANIZATION, session_id, lease=lease, renewed=LEASE)

    async def standing(self, session_id: str) -> Standing:
        (found,) = await self.one.leases.standing(ORGANIZATION, [session_id])
        assert found is not None
        return found

    async def told(self, session_id: str) -> list[dict[str, Any]]:
        """Every entry of the session: its type and data."""
        head = await self.one.streams.head(ORGANIZATION, session_id)
        assert head is not None
        entries = await self.one.streams.entries(ORGANIZATION, session_id, ORIGIN, head, logs=False)
        return [{"type": entry.type, **entry.decoded()} for entry in entries]

    async def left_over(self) -> list[Any]:
        """What is kept of offers and deadlines."""
        deadlines = await self.one.client.execute("ZRANGE", f"hub:{{{ORGANIZATION}}}:deadlines", 0, -1)
        return deadlines + await self.one.client.execute("KEYS", "*:offers:*")


@asynccontextmanager
async def staged(url: str, hubs: int = 3) -> AsyncIterator[Stage]:
    """So many hubs on the Redis of `url`."""
    tasks: list[asyncio.Task[None]] = []
    found: list[Parts] = []
    for number in range(hubs):
        client = Client(url, 10.0)
        appender = Appender(client)
        tasks.append(asyncio.create_task(appender.run()))
        streams = Streams(
            client, appender, retention=10**6, logs_kept=10, feed_kept=10, limits=Limits(), spans=SPANS
        )
        directory = Directory(client, retention=10**6, feed_kept=10, most=0)
        leases, endings = Leases(client, f"hub-{number}"), Endings(streams)
        states = States(streams, Checkpoints(client, feed_kept=10))
        deadlines = Deadlines(leases, directory, endings, states, SPANS)
        found.append(Parts(client, streams, directory, leases, endings, deadlines))
    with settable_clock():
        stage = Stage(found)
        await stage.tick(0)
        try:
            yield stage
        finally:
            for task in tasks:
                task.cancel()
            for hub in found:
                await hub.client.aclose()
