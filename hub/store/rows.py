"""From what Redis returns of a stream to entries."""

from collections.abc import Iterable, Sequence
from typing import Any

from hub.core.entry import Change, Entry
from hub.core.entry_id import EntryId
from schemas.events import EVENT_TYPES


def entry_id(raw: bytes) -> EntryId:
    """An entry id as Redis keeps it."""
    ms, _, seq = raw.partition(b"-")
    return EntryId(int(ms), int(seq))


def flat(parts: Iterable[list[Any]]) -> list[Any]:
    """The rows of several reads, one after the other."""
    return [row for rows in parts for row in rows]


def merged(parts: Sequence[list[Any]], count: int) -> list[Entry]:
    """Merge reads of several streams, each of at most `count` rows.

    COUNT limits each stream by itself, so beyond the last row of a stream that returned `count` rows there
    may be one of its rows that was not read: the merge ends there.
    """
    filled = [part for part in parts if part]
    if len(filled) <= 1:
        return [entry(row) for row in flat(filled)]
    entries = sorted((entry(row) for row in flat(filled)), key=position)
    full = [entry_id(part[-1][0]) for part in filled if len(part) >= count]
    border = min(full) if full else None
    return [one for one in entries if border is None or one.id <= border]


def position(entry: Entry) -> EntryId:
    """Where an entry stands among others."""
    return entry.id


_TYPES: dict[bytes, str] = {name.encode(): name for name in EVENT_TYPES}


def entry(row: list[Any]) -> Entry:
    """An entry from its key and its fields: type and data always come first, then others if there are any."""
    key, fields = row
    count = len(fields)
    occurred_at = positions = None
    if count < 4 or fields[0] != b"t" or fields[2] != b"d":
        raise ValueError(f"not an entry: {key!r}")
    if count > 4:
        more = dict(zip(fields[4::2], fields[5::2], strict=True))
        occurred_at, positions = more.get(b"o"), more.get(b"p")
    kind: bytes = fields[1]
    return Entry(
        entry_id(key),
        _TYPES.get(kind) or kind.decode(),
        fields[3],
        None if occurred_at is None else occurred_at.decode(),
        () if positions is None else tuple(map(int, positions.split())),
    )


def change(row: Any) -> Change:
    """An item of a feed."""
    values = dict(zip(row[1][::2], row[1][1::2], strict=True))
    return Change(
        id=entry_id(row[0]),
        type=values[b"t"].decode(),
        session_id=values[b"s"].decode(),
        entry_id=values[b"e"].decode(),
        data=values[b"d"],
    )
