"""The sessions of an organization: create, heartbeats, and what time does to them."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from hub.core import lifecycle
from hub.core.event import canonical_data
from hub.core.facets import created_facets
from hub.core.lease import Ending, Wants
from hub.core.lifecycle import PHASE
from hub.errors import HubError
from hub.store import layout, scripts
from hub.store.client import Client, raised, unknown_script
from hub.store.clock import now
from hub.store.leases import ending_of
from hub.store.wire import packed
from schemas import codec
from schemas.events import SessionCreated

DUE = 100
"""Sessions ended or sealed for their time by one sweep of an organization."""
EXPIRED = 1000
"""Sessions taken away by one."""
PEOPLE = 500
"""People taken out of the indexes at once."""

_pack = msgspec.msgpack.Encoder().encode


class Created(Struct, frozen=True):
    """What became of a creation."""

    session_id: str
    duplicate: bool
    """The idempotency key had created it before."""


class Due(Struct, frozen=True):
    """Sessions for which it is time, by the clock of Redis."""

    run: str
    """The server's incarnation."""
    idle: list[str]
    late: list[str]
    expired: list[tuple[str, int]]
    """With their numbers."""


class Alive(Struct, frozen=True):
    """What the store knew of a bot when it was heard."""

    at: int
    """Milliseconds of Redis time."""
    state: str
    health: str
    """What it said of itself before; empty if it did not."""
    ending: Ending | None = None
    """How the session is to end, if it was stopped."""


class Times(NamedTuple):
    """What is known of a session beside its stream; milliseconds of Redis time."""

    heartbeat: int | None
    """When its bot was last heard; None if it never was."""
    expires: int | None
    """When it will be gone; None before it is sealed."""


class Directory:
    """Sessions by organization.

    Args:
        client: For all commands.
        retention: Milliseconds for which an idempotency key of a creation is known.
        feed_kept: Entries kept of a feed.
        most: Sessions that an organization may have; 0 for any.
    """

    def __init__(self, client: Client, *, retention: int, feed_kept: int, most: int) -> None:
        self._client = client
        self._retention = retention
        self._feed_kept = feed_kept
        self._most = most

    async def create(
        self,
        organization: str,
        session_id: str,
        data: SessionCreated,
        *,
        idempotency_key: str | None,
        wants: Wants | None = None,
    ) -> Created:
        """Create a session; `data.number` is ignored, the store gives it.

        Args:
            organization: Whose it will be.
            session_id: A new id.
            data: What is said of it.
            idempotency_key: A repeated one answers with the session it created.
            wants: The bot that is to take it; None for none.

        Raises:
            HubError: `idempotency_conflict`, `too_many_sessions`. Unavailable, StorageFull.
        """
        keys = layout.session_keys(organization, session_id)
        shared = layout.organization_keys(organization)
        meeting = data.meeting_id or ""
        content = canonical_data(data)
        name = codec.digest((idempotency_key or "").encode()).hex()
        names = (
            keys.meta,
            keys.events,
            keys.people,
            layout.creation_key(organization, name),
            shared.live,
            layout.meeting_key(organization, meeting or "-"),
            shared.feed,
            *layout.index_keys(organization),
        )
        arguments = (
            session_id,
            "1" if idempotency_key else "",
            codec.digest(content),
            self._retention,
            _without_number(data),
            data.status,
            PHASE[data.status],
            meeting,
            self._feed_kept,
            _pack(created_facets(data)),
            self._most,
            "" if wants is None else _pack(wants),
            "" if data.file_url is None else "1",
        )
        # Each time: the set may have been lost, and sessions of an organization that is not in it would
        # never be ended, sealed or pruned.
        call = scripts.CREATE.call(names, arguments)
        noted = packed(("SADD", layout.ORGANIZATIONS, organization))
        replies = await self._client.exchange((noted, call.command()))
        if unknown_script(replies[1]):
            replies[1:] = await self._client.exchange((call.teaching_command(),))
        _added, result = raised(replies)
        if result[0] == b"too_many_sessions":
            raise HubError("too_many_sessions", limit=self._most)
        if result[0] != b"ok":
            raise HubError("idempotency_conflict", idempotency_key=idempotency_key)
        return Created(result[1].decode(), bool(result[2]))

    async def is_known(self, organization: str, idempotency_key: str) -> bool:
        """Whether this idempotency key has created a session."""
        name = codec.digest(idempotency_key.encode()).hex()
        return bool(await self._client.execute("EXISTS", layout.creation_key(organization, name)))

    async def live(self, organization: str, limit: int) -> tuple[list[str], int]:
        """Ids of live sessions, at most `limit`, those heard of last first; and how many there are."""
        key = layout.organization_keys(organization).live
        ids = await self._client.execute("ZREVRANGE", key, 0, limit - 1)
        return [session_id.decode() for session_id in ids], await self._client.execute("ZCARD", key)

    async def count_live(self) -> int:
        """Live sessions of all organizations."""
        keys = [layout.organization_keys(name).live for name in await self.organizations()]
        counts = await self._client.pipeline([("ZCARD", key) for key in keys]) if keys else []
        return sum(count for count in counts if isinstance(count, int))

    async def heartbeat(
        self,
        organization: str,
        session_id: str,
        *,
        state: str | None = None,
        health: str | None = None,
        lease: int = 0,
        renewed: int = 0,
    ) -> Alive:
        """Note that the session's bot is alive, and what state and health it has if that is said.

        Args:
            organization: Whose session it is.
            session_id: Which.
            state: What the bot does.
            health: How it is.
            lease: The number of its lease; 0 if it has none.
            renewed: For how many milliseconds from now on the lease is good.

        Raises:
            HubError: `session_not_found`, `session_ended`, `session_sealed`, `lease_lost`. Unavailable,
                StorageFull.
        """
        keys = layout.session_keys(organization, session_id)
        live = layout.organization_keys(organization).live
        result = await scripts.HEARTBEAT.run(
            self._client, (keys.meta, live), (session_id, state or "", health or "", lease, renewed)
        )
        if result[0] == b"ok":
            at, old_state, old_health, ending, ended_at = (part.decode() for part in result[1:])
            return Alive(int(at), old_state, old_health, ending_of(ending, ended_at))
        if result[0] in (b"session_not_found", b"lease_lost"):
            raise HubError(result[0].decode())
        raise HubError(lifecycle.refusal(result[1].decode()), status=result[1].decode())

    async def times(self, organization: str, session_id: str) -> Times:
        """The times of a session.

        Raises:
            Unavailable.
        """
        (times,) = await self.times_of(organization, (session_id,))
        return times

    async def times_of(self, organization: str, session_ids: Sequence[str]) -> list[Times]:
        """The times of sessions, in the same order; of one that there is not, none.

        Raises:
            Unavailable.
        """
        metas = [layout.session_keys(organization, session_id).meta for session_id in session_ids]
        asked = [("HMGET", meta, "heartbeat", "number", "expires") for meta in metas]
        found = raised(await self._client.pipeline(asked)) if asked else []
        # Only of those that are to leave, which most are not.
        leaving = {
            session_id: f"{number.decode()} {session_id}"
            for session_id, (_heartbeat, number, expires) in zip(session_ids, found, strict=True)
            if expires is not None
        }
        expiring = layout.organization_keys(organization).expiring
        scores = [("ZSCORE", expiring, member) for member in leaving.values()]
        ends = dict(zip(leaving, raised(await self._client.pipeline(scores)) if scores else [], strict=True))
        return [
            Times(_whole(heartbeat), _whole(ends.get(session_id)))
            for session_id, (heartbeat, _number, _expires) in zip(session_ids, found, strict=True)
        ]

    async def organizations(self) -> list[str]:
        """Organizations that ever had a session."""
        names: Iterable[bytes] = await self._client.execute("SMEMBERS", layout.ORGANIZATIONS)
        return sorted(name.decode() for name in names)

    async def due(
        self, organizations: Sequence[str], *, idle_timeout: int, late_window: int
    ) -> list[Due | Exception]:
        """Sessions silent for `idle_timeout` ms, those that ended `late_window` ms ago, and the expired.

        Of each organization; or why nothing could be read of one.

        Raises:
            Unavailable.
        """
        # Not by a script: this is asked for all organizations again and again, and mostly there is nothing.
        (run,) = await scripts.HEADS.run(self._client, ())
        at = await now(self._client)
        commands: list[tuple[str | int, ...]] = []
        for organization in organizations:
            keys = layout.organization_keys(organization)
            looks = (
                (keys.live, at - idle_timeout, DUE),
                (keys.ended, at - late_window, DUE),
                (keys.expiring, at, EXPIRED),
            )
            commands += [("ZRANGEBYSCORE", key, "-inf", upto, "LIMIT", 0, most) for key, upto, most in looks]
        replies = await self._client.pipeline(commands)
        return [_due(run.decode(), replies[start : start + 3]) for start in range(0, len(replies), 3)]

    async def expire(self, organization: str, session_id: str, number: int) -> None:
        """Take an expired session and all that it is found by away: from one moment on, nothing tells of it.

        Raises:
            Unavailable.
        """
        shared = layout.organization_keys(organization)
        keys = layout.session_keys(organization, session_id)
        names = (*keys, shared.live, shared.ended, *layout.index_keys(organization))
        while await scripts.EXPIRE.run(self._client, names, (session_id, number, PEOPLE)):
            pass


def _without_number(data: SessionCreated) -> bytes:
    content = codec.decode(canonical_data(data))
    del content["number"]
    return codec.canonical(content)


def _whole(number: bytes | None) -> int | None:
    return None if number is None else int(number)


def _due(run: str, replies: Sequence[Any]) -> Due | Exception:
    wrong = next((reply for reply in replies if isinstance(reply, Exception)), None)
    if wrong is not None:
        return wrong
    idle, late, expired = replies
    pairs = (entry.decode().split(" ") for entry in expired)
    return Due(
        run,
        [name.decode() for name in idle],
        [name.decode() for name in late],
        [(session_id, int(number)) for number, session_id in pairs],
    )
