"""The streams of sessions and feeds: append and read."""

import itertools
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import msgspec
from msgspec.structs import asdict

from hub.core import cursor as cursors
from hub.core import lifecycle
from hub.core.entry import Change, Entry
from hub.core.entry_id import ORIGIN, EntryId
from hub.core.event import Draft, Kind
from hub.core.lease import NO_DEADLINES, Defaults, Step
from hub.core.lifecycle import Phase
from hub.errors import HubError
from hub.store import layout, rows, scripts
from hub.store.appender import Appender
from hub.store.client import Client, failure, raised
from hub.store.scripts import Call
from hub.store.wire import Argument, packed
from schemas.frames import Appended

CHUNK = 500
"""Entries of one read at most, and events of one request."""

REMEMBERED = 10_000
"""Sessions whose commands are remembered, packed but for what changes."""

_pack = msgspec.msgpack.Encoder().encode


class Limits(NamedTuple):
    """What may be appended; 0 for any."""

    entries: int = 0
    """Of a session, log entries apart: of these the newest are kept."""
    bytes: int = 0
    """Of the data of these."""
    rate: int = 0
    """Events a second of an organization, on the average; 500 at once at least."""


class Source(NamedTuple):
    """What a live stream reads: a session's two streams, or a feed."""

    channel: str
    """Of its wakeups; also the key its head is found by."""
    streams: tuple[str, ...]


def session_source(organization: str, session_id: str) -> Source:
    """The streams of a session."""
    keys = layout.session_keys(organization, session_id)
    return Source(keys.meta, (keys.events, keys.logs))


def feed_source(organization: str) -> Source:
    """The feed of an organization."""
    feed = layout.organization_keys(organization).feed
    return Source(feed, (feed,))


class Streams:
    """Append to sessions and read them.

    Args:
        client: For reads.
        appender: For appends.
        retention: Milliseconds for which a sealed session is kept.
        logs_kept: Log entries kept of a session.
        feed_kept: Entries kept of a feed.
        limits: What may be appended.
        spans: How long a session that wants a bot may stay somewhere.
    """

    def __init__(
        self,
        client: Client,
        appender: Appender,
        *,
        retention: int,
        logs_kept: int,
        feed_kept: int,
        limits: Limits,
        spans: Defaults = NO_DEADLINES,
    ) -> None:
        self._client = client
        self._appender = appender
        self._retention = retention
        self._logs_kept = logs_kept
        self._feed_kept = feed_kept
        self._limits = limits
        self._spans = asdict(spans)
        self._before = lru_cache(maxsize=REMEMBERED)(self._call_before)

    async def append(
        self,
        organization: str,
        session_id: str,
        drafts: Sequence[Draft],
        *,
        ends: bool = False,
        idle: int = 0,
        lease: int = 0,
        step: Step | None = None,
    ) -> list[Appended]:
        """Append events to a session, all of them or none.

        Args:
            organization: Whose session it is.
            session_id: Which.
            drafts: 1 to `CHUNK` events, in order.
            ends: The session is being ended: also when Redis is out of memory.
            idle: Only if the session has been silent for so many milliseconds.
            lease: The number of the lease of the bot that publishes; 0 if no bot does.
            step: What is done with the lease of the session.

        Returns:
            What became of each event; nothing at all if a condition of `idle` or `step` did not hold.

        Raises:
            HubError: `session_not_found`, `session_ended`, `session_sealed`, `invalid_transition`,
                `idempotency_conflict`, `lease_lost`, `session_full`, `rate_limited`. Unavailable,
                StorageFull.
        """
        more = (ends, idle, lease, step)
        call = self._append_call(organization, session_id, drafts, more)
        result: list[Any] = await self._appender.call(call)
        outcome: bytes = result[0]
        if outcome == b"ok":
            return _appended(result, len(drafts))
        if outcome == b"not_now":
            return []
        index: int = result[1]
        if outcome == b"rate_limited":
            raise HubError("rate_limited", limit=self._limits.rate, retry_after_ms=index)
        if outcome == b"session_full":
            what = result[2].decode()
            raise HubError("session_full", quota=what, limit=getattr(self._limits, what))
        raise _refused(outcome.decode(), drafts[index], index, result[2].decode(), many=len(drafts) > 1)

    def _append_call(
        self,
        organization: str,
        session_id: str,
        drafts: Sequence[Draft],
        more: tuple[bool, int, int, Step | None],
    ) -> Call:
        kinds: dict[Kind, int] = {}
        events: list[int | str | tuple[str, ...]] = []
        for draft in drafts:
            segments = draft.segments
            events += (
                kinds.setdefault(draft.kind, len(kinds) + 1),
                # The MessagePack of Redis knows no bytes.
                draft.data.decode(),
                draft.occurred_at,
                draft.idempotency_key,
                segments[0] if len(segments) == 1 else segments or "",
            )
        digests = b"".join([draft.digest for draft in drafts])
        ends, idle, lease, step = more
        indexed = step is not None or any(kind.indexed for kind in kinds)
        facets = [
            (index, draft.facets)
            for index, draft in enumerate(drafts)
            if indexed and draft.facets is not None
        ]
        spans = self._spans if indexed else ()
        request = _pack((ends, idle, list(kinds), events, facets, self._limits, lease, step or (), spans))
        script, parts, tail = self._before(organization, session_id, indexed)
        tail = b"%b$%d\r\n%b\r\n$%d\r\n%b\r\n" % (tail, len(digests), digests, len(request), request)
        return Call(script, parts + 2, tail)

    def _call_before(self, organization: str, session_id: str, indexed: bool) -> Call:
        """An append to a session, but for its last two arguments.

        Most events change no index: their calls do not name them.
        """
        shared = layout.organization_keys(organization)
        keys = (*layout.session_keys(organization, session_id), shared.live)
        if indexed:
            keys += (shared.ended, shared.feed, *layout.index_keys(organization))
        return scripts.APPEND.call(keys, (session_id, self._logs_kept, self._feed_kept, self._retention))

    async def head(self, organization: str, session_id: str) -> EntryId | None:
        """The newest entry of a session; None if there is no such session."""
        found = await self.standing(organization, session_id)
        return found[0] if found else None

    async def standing(self, organization: str, session_id: str) -> tuple[EntryId, Phase] | None:
        """The newest entry of a session and its phase; None if there is no such session."""
        keys = layout.session_keys(organization, session_id)
        head, phase = await self._client.execute("HMGET", keys.meta, "head", "phase")
        if head is None or phase == Phase.DELETED.encode():
            return None
        return rows.entry_id(head), Phase(phase.decode())

    async def heads(self, sources: Sequence[Source]) -> tuple[str, list[EntryId | None]]:
        """The server's run id and the newest entry of each source; None where there is none."""
        reply = await scripts.HEADS.run(self._client, [source.channel for source in sources])
        return reply[0].decode(), [rows.entry_id(head) if head else None for head in reply[1:]]

    async def news(
        self, positions: Sequence[tuple[Source, EntryId]]
    ) -> list[list[Entry] | list[Change] | Exception]:
        """What each source has after a position, in one round trip.

        Returns:
            For each: at most `CHUNK` items of every stream, in order; or a `HubError`: it cannot be read now;
            or another exception: it holds what cannot be read at all.

        Raises:
            Unavailable: nothing could be read.
        """
        replies = await self._client.exchange([_read(source, after) for source, after in positions])
        return [_news(source, reply) for (source, _after), reply in zip(positions, replies, strict=True)]

    async def entries(
        self,
        organization: str,
        session_id: str,
        after: EntryId,
        upto: EntryId,
        *,
        logs: bool,
        count: int = CHUNK,
    ) -> list[Entry]:
        """The next entries of a session after one, up to another; at most `count` of each stream.

        Args:
            organization: Whose session it is.
            session_id: Which.
            after: Not included.
            upto: Included.
            logs: Also the log entries.
            count: 1 to `CHUNK`.
        """
        keys = layout.session_keys(organization, session_id)
        streams = (keys.events, keys.logs) if logs else (keys.events,)
        return rows.merged(await self._ranges(streams, after, upto, count), count)

    async def entry(self, organization: str, session_id: str, at: EntryId) -> Entry | None:
        """One entry that is not a log entry; None if the stream does not hold it."""
        stream = layout.session_keys(organization, session_id).events
        found = await self._client.execute("XRANGE", stream, str(at), str(at))
        return rows.entry(found[0]) if found else None

    async def logs(
        self, organization: str, session_id: str, after: EntryId, upto: EntryId, count: int, *, newest: bool
    ) -> list[Entry]:
        """At most `count` log entries between two ids, neither included: the oldest, or the newest first."""
        stream = layout.session_keys(organization, session_id).logs
        low, high = f"({after}", f"({upto}"
        command = ("XREVRANGE", stream, high, low) if newest else ("XRANGE", stream, low, high)
        return [rows.entry(row) for row in await self._client.execute(*command, "COUNT", count)]

    async def changes(
        self, organization: str, after: EntryId, upto: EntryId, *, count: int = CHUNK
    ) -> list[Change]:
        """The next items of a feed after one, up to another; at most `count`."""
        feed = layout.organization_keys(organization).feed
        return [rows.change(row) for row in rows.flat(await self._ranges((feed,), after, upto, count))]

    async def newest(self, organization: str, session_id: str, upto: EntryId, count: int) -> list[Entry]:
        """The last entries of a session up to one, in order; at most `count` of each stream."""
        keys = layout.session_keys(organization, session_id)
        parts = await self._last((keys.events, keys.logs), upto, count)
        return sorted((rows.entry(row) for row in rows.flat(parts)), key=rows.position)

    async def newest_changes(self, organization: str, upto: EntryId, count: int) -> list[Change]:
        """The last items of a feed up to one, in order; at most `count`."""
        feed = layout.organization_keys(organization).feed
        return [rows.change(row) for row in reversed(rows.flat(await self._last((feed,), upto, count)))]

    async def _last(self, streams: Sequence[str], upto: EntryId, count: int) -> list[list[Any]]:
        commands = [("XREVRANGE", stream, str(upto), "-", "COUNT", count) for stream in streams]
        return raised(await self._client.pipeline(commands))

    async def _ranges(
        self, streams: Sequence[str], after: EntryId, upto: EntryId, count: int
    ) -> list[list[Any]]:
        replies = await self._client.pipeline(
            [("XRANGE", stream, f"({after}", str(upto), "COUNT", count) for stream in streams]
        )
        return raised(replies)

    async def judge(self, source: Source, cursor: EntryId) -> Literal["ahead", "rolled_back"] | None:
        """Whether `cursor` is a place in the source to go on from (`hub.core.cursor`)."""
        if cursor == ORIGIN:
            return None
        kept, *capped = source.streams
        feed = not capped
        commands: list[tuple[Argument, ...]] = [
            ("XREVRANGE", kept, f"({cursor}", "-", "COUNT", 1),
            ("XRANGE", kept, f"({cursor}", "+", "COUNT", 1),
            *(("XRANGE", stream, str(cursor), str(cursor)) for stream in source.streams),
            ("XRANGE", source.streams[-1], "-", "+", "COUNT", 1),
            ("XREVRANGE", kept, "+", "-", "COUNT", 1),
        ]
        if not feed:
            commands.append(("HMGET", source.channel, "head", "epochs"))
        replies = raised(await self._client.pipeline(commands))
        before, after, *rest = replies
        held = any(rest[: len(source.streams)])
        first, newest = rest[len(source.streams)], rest[len(source.streams) + 1]
        head = rows.entry_id(newest[0][0]) if newest else ORIGIN
        epochs: list[EntryId] = []
        if not feed:
            raw_head, raw_epochs = _pair(replies[-1])
            head = rows.entry_id(raw_head) if raw_head else ORIGIN
            epochs = [rows.entry_id(epoch) for epoch in (raw_epochs or b"").split()]
        oldest = rows.entry_id(first[0][0]) if first else ORIGIN
        # All of a feed is capped: below its first entry nothing can be told from what was trimmed.
        untrimmed = None if feed else before
        return cursors.verdict(
            cursor,
            cursors.Surroundings(
                head=head,
                held=held,
                before=rows.entry_id(untrimmed[0][0]) if untrimmed else ORIGIN,
                after=rows.entry_id(after[0][0]) if after else None,
                trimmed_below=oldest,
                epochs=epochs,
            ),
        )


def _refused(error: str, draft: Draft, index: int, stage: str, *, many: bool) -> HubError:
    details: dict[str, Any] = {"index": index} if many else {}
    if error == "session_not_found":
        return HubError(error)
    if error == "lease_lost":
        return HubError(error, **details)
    if error == "idempotency_conflict":
        return HubError(error, idempotency_key=draft.idempotency_key, **details)
    to = draft.kind.status
    what = f"`{draft.type}` to `{to}`" if to else f"`{draft.type}`"
    return HubError(
        lifecycle.refusal(stage),
        f"{what} is not possible while the session is {stage}.",
        status=stage,
        type=draft.type,
        **details,
    )


def _appended(result: list[Any], count: int) -> list[Appended]:
    """What the append script answered: the ids of new entries count up, each duplicate brings its own."""
    duplicates: dict[int, str] = {result[at]: result[at + 1].decode() for at in range(2, len(result), 2)}
    ms, _, first = result[1].decode().partition("-")
    if not duplicates:
        return [Appended(f"{ms}-{seq}", False) for seq in range(int(first), int(first) + count)]
    seqs = itertools.count(int(first or 0))
    return [
        Appended(duplicates[index], True) if index in duplicates else Appended(f"{ms}-{next(seqs)}", False)
        for index in range(count)
    ]


@lru_cache(maxsize=REMEMBERED)
def _read_before(streams: tuple[str, ...]) -> bytes:
    """The command that reads what is new in streams, but for the ids to read after."""
    command = packed(("XREAD", "COUNT", CHUNK, "STREAMS", *streams))
    count, _, tail = command.partition(b"\r\n")
    return b"*%d\r\n%b" % (int(count[1:]) + len(streams), tail)


def _read(source: Source, after: EntryId) -> bytes:
    position = b"%d-%d" % after
    return _read_before(source.streams) + b"$%d\r\n%b\r\n" % (len(position), position) * len(source.streams)


def _news(source: Source, reply: Any) -> list[Entry] | list[Change] | Exception:
    if isinstance(reply, Exception):
        return failure(reply) or reply
    parts: list[list[Any]] = [part for _key, part in reply or ()]
    try:
        if len(source.streams) > 1:
            return rows.merged(parts, CHUNK)
        return [rows.change(row) for row in rows.flat(parts)]
    except Exception as error:
        # An entry that this hub did not write. The other sources of the same round trip are good.
        return error


def _pair(reply: Any) -> tuple[bytes | None, bytes | None]:
    return reply[0], reply[1]
