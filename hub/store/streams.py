"""The streams of sessions and feeds: append and read."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple, TypeVar

from hub.core import cursor as cursors
from hub.core import lifecycle
from hub.core.entry import Change, Entry
from hub.core.entry_id import ORIGIN, EntryId
from hub.core.event import Draft
from hub.core.lifecycle import Phase
from hub.errors import HubError
from hub.store import layout, scripts
from hub.store.appender import Appender
from hub.store.client import Argument, Client, failure, raised
from schemas.events import Channel
from schemas.frames import Appended

CHUNK = 500
"""Entries of one read at most, and events of one request."""

_Item = TypeVar("_Item", Entry, Change)


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
    """

    def __init__(
        self, client: Client, appender: Appender, *, retention: int, logs_kept: int, feed_kept: int
    ) -> None:
        self._client = client
        self._appender = appender
        self._retention = retention
        self._logs_kept = logs_kept
        self._feed_kept = feed_kept

    async def append(
        self,
        organization: str,
        session_id: str,
        drafts: Sequence[Draft],
        *,
        ends: bool = False,
        idle: int = 0,
    ) -> list[Appended]:
        """Append events to a session, all of them or none.

        Args:
            organization: Whose session it is.
            session_id: Which.
            drafts: 1 to `CHUNK` events, in order.
            ends: The session is being ended: also when Redis is out of memory.
            idle: Only if the session has been silent for so many milliseconds.

        Returns:
            What became of each event; nothing at all if `idle` was given and it was not.

        Raises:
            HubError: `session_not_found`, `session_ended`, `session_sealed`, `invalid_transition`,
                `idempotency_conflict`. Unavailable, StorageFull.
        """
        keys = layout.session_keys(organization, session_id)
        shared = layout.organization_keys(organization)
        arguments: list[Argument] = [
            session_id,
            self._logs_kept,
            self._feed_kept,
            self._retention,
            "1" if ends else "",
            idle,
        ]
        for draft in drafts:
            arguments += (
                draft.type,
                draft.data,
                draft.occurred_at,
                "1" if draft.channel is Channel.LOGS else "",
                draft.idempotency_key,
                draft.digest,
                "," + ",".join(sorted(draft.legal)) + ",",
                draft.status,
                draft.phase,
                " ".join(draft.segments),
                "1" if draft.creates_segment else "",
                "1" if draft.type.startswith("session.") else "",
            )
        names = (
            *keys,
            shared.live,
            shared.ended,
            shared.sessions,
            shared.numbers,
            shared.feed,
            shared.meetings,
        )
        result: list[Any] = [
            part.decode() if isinstance(part, bytes) else part
            for part in await self._appender.call(scripts.APPEND, names, arguments)
        ]
        if result[0] == "ok":
            return [Appended(result[i], bool(result[i + 1])) for i in range(1, len(result), 2)]
        if result[0] == "not_idle":
            return []
        index: int = result[1]
        raise _refused(result[0], drafts[index], index, result[2], many=len(drafts) > 1)

    async def head(self, organization: str, session_id: str) -> EntryId | None:
        """The newest entry of a session; None if there is no such session."""
        found = await self.standing(organization, session_id)
        return found[0] if found else None

    async def standing(self, organization: str, session_id: str) -> tuple[EntryId, bool] | None:
        """The newest entry of a session and whether it is sealed; None if there is no such session."""
        keys = layout.session_keys(organization, session_id)
        head, phase = await self._client.execute("HMGET", keys.meta, "head", "phase")
        if head is None or phase == Phase.DELETED.encode():
            return None
        return _id(head), phase == Phase.SEALED.encode()

    async def heads(self, sources: Sequence[Source]) -> tuple[str, list[EntryId | None]]:
        """The server's run id and the newest entry of each source; None where there is none."""
        reply = await scripts.HEADS.run(self._client, [source.channel for source in sources])
        return reply[0].decode(), [_id(head) if head else None for head in reply[1:]]

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
        commands: list[list[Argument]] = [
            [
                "XREAD", "COUNT", CHUNK, "STREAMS",
                *source.streams, *([str(after)] * len(source.streams)),
            ]
            for source, after in positions
        ]  # fmt: skip
        replies = await self._client.pipeline(commands)
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
        return _entries(await self._ranges(streams, after, upto, count), count)

    async def changes(
        self, organization: str, after: EntryId, upto: EntryId, *, count: int = CHUNK
    ) -> list[Change]:
        """The next items of a feed after one, up to another; at most `count`."""
        feed = layout.organization_keys(organization).feed
        return [_change(row) for row in _flat(await self._ranges((feed,), after, upto, count))]

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
        head = _id(newest[0][0]) if newest else ORIGIN
        epochs: list[EntryId] = []
        if not feed:
            raw_head, raw_epochs = _pair(replies[-1])
            head = _id(raw_head) if raw_head else ORIGIN
            epochs = [_id(epoch) for epoch in (raw_epochs or b"").split()]
        oldest = _id(first[0][0]) if first else ORIGIN
        # All of a feed is capped: below its first entry nothing can be told from what was trimmed.
        untrimmed = None if feed else before
        return cursors.verdict(
            cursor,
            cursors.Surroundings(
                head=head,
                held=held,
                before=_id(untrimmed[0][0]) if untrimmed else ORIGIN,
                after=_id(after[0][0]) if after else None,
                trimmed_below=oldest,
                epochs=epochs,
            ),
        )


def _refused(error: str, draft: Draft, index: int, stage: str, *, many: bool) -> HubError:
    details: dict[str, Any] = {"index": index} if many else {}
    if error == "session_not_found":
        return HubError(error)
    if error == "idempotency_conflict":
        return HubError(error, idempotency_key=draft.idempotency_key, **details)
    what = f"`{draft.type}` to `{draft.status}`" if draft.status else f"`{draft.type}`"
    return HubError(
        lifecycle.refusal(stage),
        f"{what} is not possible while the session is {stage}.",
        status=stage,
        type=draft.type,
        **details,
    )


def _news(source: Source, reply: Any) -> list[Entry] | list[Change] | Exception:
    if isinstance(reply, Exception):
        return failure(reply) or reply
    parts: list[list[Any]] = [rows for _key, rows in reply or ()]
    try:
        return _entries(parts, CHUNK) if len(source.streams) > 1 else [_change(row) for row in _flat(parts)]
    except Exception as error:
        # An entry that this hub did not write. The other sources of the same round trip are good.
        return error


def _pair(reply: Any) -> tuple[bytes | None, bytes | None]:
    return reply[0], reply[1]


def _id(raw: bytes) -> EntryId:
    ms, _, seq = raw.partition(b"-")
    return EntryId(int(ms), int(seq))


def _flat(parts: Iterable[list[Any]]) -> list[Any]:
    return [row for rows in parts for row in rows]


def _entries(parts: Sequence[list[Any]], count: int) -> list[Entry]:
    """Merge reads of several streams, each of at most `count` rows.

    COUNT limits each stream by itself, so beyond the last row of a stream that returned `count` rows there
    may be one of its rows that was not read: the merge ends there.
    """
    rows = sorted(((_id(row[0]), row[1]) for row in _flat(parts)), key=lambda row: row[0])
    full = [_id(part[-1][0]) for part in parts if len(part) >= count]
    border = min(full) if full else None
    return [_entry(key, fields) for key, fields in rows if border is None or key <= border]


def _entry(key: EntryId, fields: list[bytes]) -> Entry:
    values = dict(zip(fields[::2], fields[1::2], strict=True))
    occurred_at = values.get(b"o")
    positions = values.get(b"p")
    return Entry(
        id=key,
        type=values[b"t"].decode(),
        data=values[b"d"],
        occurred_at=None if occurred_at is None else occurred_at.decode(),
        positions=() if positions is None else tuple(map(int, positions.split())),
    )


def _change(row: Any) -> Change:
    values = dict(zip(row[1][::2], row[1][1::2], strict=True))
    return Change(
        id=_id(row[0]),
        type=values[b"t"].decode(),
        session_id=values[b"s"].decode(),
        entry_id=values[b"e"].decode(),
        data=values[b"d"],
    )
