"""Offers of sessions to bots, the leases under which bots have them, and what is due."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from hub.core.lease import MEDIA, Ending
from hub.core.lifecycle import Phase
from hub.store import layout, scripts
from hub.store.client import Client, no_group, raised
from hub.store.clock import now
from schemas.bots import Queue
from schemas.details import Platform
from schemas.events import Status, StatusChanged

GROUP = "bots"
"""The consumer group of every stream of offers; the scripts name it too."""
STREAMS = (*Platform, MEDIA)
"""Where sessions are offered: the last parts of the names of the streams."""
DEAD = 10_000
"""Milliseconds after which what a hub has read and neither taken nor put back is read by others."""

_change = msgspec.json.Decoder(StatusChanged)


class Offer(Struct, frozen=True, kw_only=True):
    """A session that waits for a bot, as one hub has read it."""

    id: str
    what: str
    """Where it was read."""
    session_id: str
    leases: int
    """Leases of it so far."""
    labels: tuple[str, ...]
    at: int
    """Since when it has been waiting, in milliseconds."""
    file: str
    """The audio or video that is to be made a transcript of; empty for a meeting."""


class Standing(Struct, frozen=True, kw_only=True):
    """Who has a session, and how it stands."""

    status: Status
    phase: Phase
    bot_id: str
    """Empty if no bot has it."""
    lease: int
    """The number of its lease; 0 if no bot has it."""
    leases: int
    losses: int
    attempts: int
    """Bots that may be lost."""
    offered: bool
    started: bool
    ending: Ending | None
    """How it is to end, if it was stopped."""


class Due(Struct, frozen=True):
    """A deadline that is over."""

    kind: str
    session_id: str


class Leases:
    """Who works on which session. All raise Unavailable.

    Args:
        client: For all commands.
        consumer: The name of this hub among those that read offers; no other has it.
    """

    def __init__(self, client: Client, consumer: str) -> None:
        self._client = client
        self._consumer = consumer

    async def read(self, organization: str, what: Sequence[str], count: int) -> list[Offer]:
        """Offers that no hub has read, at most `count` of each stream: nobody else reads them for now."""
        streams = [self._stream(organization, one) for one in what]
        commands = [
            ("XREADGROUP", "GROUP", GROUP, self._consumer, "COUNT", count, "STREAMS", stream, ">")
            for stream in streams
        ]
        found: list[Offer] = []
        for one, reply in zip(what, await self._client.pipeline(commands), strict=True):
            if no_group(reply):
                continue
            (rows,) = raised([reply])
            found += (_offer(one, row) for _stream, part in rows or () for row in part if row[1])
        return found

    async def reclaim(self, organization: str, what: Sequence[str], count: int) -> list[Offer]:
        """Offers that a hub had read that is dead now."""
        streams = [self._stream(organization, one) for one in what]
        commands = [
            ("XAUTOCLAIM", stream, GROUP, self._consumer, DEAD, "0", "COUNT", count) for stream in streams
        ]
        found: list[Offer] = []
        for one, reply in zip(what, await self._client.pipeline(commands), strict=True):
            if no_group(reply):
                continue
            (rows,) = raised([reply])
            found += (_offer(one, row) for row in rows[1] if row and row[1])
        return found

    async def put_back(self, organization: str, offer: Offer) -> None:
        """Put an offer to the end of its stream for others to read; one that holds no more is dropped."""
        keys = layout.session_keys(organization, offer.session_id)
        live = layout.organization_keys(organization).live
        await scripts.PUT_BACK.run(self._client, (keys.meta, live), (offer.session_id, offer.id, offer.what))

    async def queue(self, organization: str) -> Queue:
        """Sessions that wait for a bot."""
        streams = [self._stream(organization, one) for one in STREAMS]
        lengths = raised(await self._client.pipeline([("XLEN", stream) for stream in streams]))
        first = raised(
            await self._client.pipeline([("XRANGE", stream, "-", "+", "COUNT", 1) for stream in streams])
        )
        since = [_offer("", row).at for rows in first for row in rows]
        now = await self.now() if since else 0
        return Queue(
            waiting=sum(lengths),
            by_platform={one: count for one, count in zip(STREAMS, lengths, strict=True) if count},
            oldest_seconds=max(0, now - min(since)) / 1000 if since else None,
        )

    async def waiting(self, organizations: Sequence[str]) -> int:
        """Sessions of these organizations that wait for a bot."""
        streams = [self._stream(organization, one) for organization in organizations for one in STREAMS]
        return sum(raised(await self._client.pipeline([("XLEN", stream) for stream in streams])))

    async def standing(self, organization: str, session_ids: Sequence[str]) -> list[Standing | None]:
        """How sessions stand; None for those that there are not, or that want no bot."""
        deadlines = layout.organization_keys(organization).deadlines
        fields = ("wants", "status", "phase", "bot", "lease", "leases", "losses", "attempts", "offer")
        commands: list[tuple[Any, ...]] = []
        for session_id in session_ids:
            meta = layout.session_keys(organization, session_id).meta
            commands.append(("HMGET", meta, *fields, "started", "stop"))
            commands.append(("ZSCORE", deadlines, f"stop {session_id}"))
        replies = raised(await self._client.pipeline(commands)) if commands else []
        return [_standing(*replies[at : at + 2]) for at in range(0, len(replies), 2)]

    async def due(self, organizations: Sequence[str], count: int) -> list[list[Due] | Exception]:
        """What is due by the clock of Redis in each organization, the oldest first.

        Args:
            organizations: Where.
            count: At most so many of each.

        Returns:
            For each what is due, or why that could not be read.
        """
        # Not by a script: this is asked for all organizations again and again, and mostly there is nothing.
        now = await self.now()
        keys = (layout.organization_keys(organization).deadlines for organization in organizations)
        replies = await self._client.pipeline(
            [("ZRANGEBYSCORE", key, "-inf", now, "LIMIT", 0, count) for key in keys]
        )
        return [
            reply
            if isinstance(reply, Exception)
            else [Due(*member.decode().split(" ", 1)) for member in reply]
            for reply in replies
        ]

    async def postpone(self, organization: str, due: Due, milliseconds: int) -> None:
        """Let a deadline that is due be due later, unless it has been taken away."""
        keys = layout.organization_keys(organization)
        arguments = (f"{due.kind} {due.session_id}", milliseconds)
        await scripts.POSTPONE.run(self._client, (keys.deadlines,), arguments)

    async def drop(self, organization: str, due: Due) -> None:
        """Take a deadline away that is of no session any more, or of nothing that can be too late."""
        key = layout.organization_keys(organization).deadlines
        await self._client.execute("ZREM", key, f"{due.kind} {due.session_id}")

    async def now(self) -> int:
        """The time of Redis, in milliseconds since 1970."""
        return await now(self._client)

    def _stream(self, organization: str, what: str) -> str:
        return f"{layout.organization_keys(organization).offers}:{what}"


def ending_of(stop: str, at: str) -> Ending | None:
    """What the store keeps of how a session is to end; None if nothing is kept."""
    _status, _, data = stop.partition(" ")
    return Ending(_change.decode(data), int(float(at)) if at else None) if data else None


def _offer(what: str, row: Any) -> Offer:
    fields: list[bytes] = row[1]
    values = dict(zip(fields[::2], fields[1::2], strict=True))
    return Offer(
        id=row[0].decode(),
        what=what,
        session_id=values[b"s"].decode(),
        leases=int(values[b"n"]),
        labels=tuple(label for label in values[b"l"].decode().split(",") if label),
        at=int(values[b"a"]),
        file=values[b"f"].decode(),
    )


def _standing(meta: list[bytes | None], stop_at: bytes | None) -> Standing | None:
    wants, status, phase, bot, lease, leases, losses, attempts, offer, started, stop = (
        None if value is None else value.decode() for value in meta
    )
    if wants is None or status is None or phase in (None, Phase.DELETED):
        return None
    return Standing(
        status=Status(status),
        phase=Phase(phase),
        bot_id=bot or "",
        lease=int(lease or 0),
        leases=int(leases or 0),
        losses=int(losses or 0),
        attempts=int(attempts or 0),
        offered=offer is not None,
        started=started is not None,
        ending=ending_of(stop or "", (stop_at or b"").decode()),
    )
