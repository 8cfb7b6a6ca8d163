"""Who is there: participants and their connections.

A participant is live while one of their connections is open. For each connection the last entry decides, so
a late `left` of an old connection does not remove one who came back with another.
"""

from heapq import nsmallest
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from hub.core.entry_id import EntryId
from schemas import codec, session
from schemas.events import ConnectionKind

MAX_PARTICIPANTS = 10_000
"""Kept in the state. For a newcomer those gone longest are forgotten; while nobody is gone, newcomers are not
kept, and what is said of them later changes nothing. The counts go on: `live` is of those kept, `peak` also
takes in the newcomer of that moment, and `total` counts whoever is not kept at each of their `joined`."""
FORGOTTEN = 100
"""Forgotten at once at most: to look for them goes through all who are kept."""
MAX_OPEN = 32
"""Open connections kept for a participant; beyond it the one open longest counts as left."""
MAX_CLOSED = 8
"""Closed connections kept for a participant."""


class Connection(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One connection of a participant; times in milliseconds since 1970."""

    connection_id: str
    kind: ConnectionKind = ConnectionKind.MAIN
    joined: int
    left: int | None = None


class Participant(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Somebody who joined."""

    participant_id: str
    name: str
    role: str | None = None
    preset: str | None = None
    custom_id: str | None = None
    user_id: str | None = None
    email: str | None = None
    avatar_url: str | None = None
    device_type: str | None = None
    position: str | None = None
    department: str | None = None
    joined: int
    left: int | None = None
    updated: int = 0
    present: int = 0
    """Milliseconds they were there, before `since`."""
    since: int | None = None
    """When they came, while they are there."""
    spoken: int | None = None
    """Milliseconds they spoke, before `speaking_since`; None if nobody said whether they do."""
    speaking_since: int | None = None
    report: str | None = None
    """The entry of their newest `peer.report`."""
    connections: list[Connection] = []

    @property
    def live(self) -> bool:
        """One of the connections is open."""
        return self.since is not None

    @property
    def speaking(self) -> bool:
        """They are there and speak."""
        return self.speaking_since is not None

    def present_at(self, now: int) -> int:
        """Milliseconds they were there, with a stretch that goes on counted up to `now`."""
        return self.present + (0 if self.since is None else now - self.since)

    def view(self) -> session.Participant:
        """What is shown of them."""
        return session.Participant(
            participant_id=self.participant_id,
            live=self.live,
            speaking=self.speaking,
            joined_at=codec.timestamp(self.joined),
            left_at=_at(self.left),
            updated_at=codec.timestamp(self.updated),
            duration=self.present / 1000,
            present_since=_at(self.since),
            speech_time=None if self.spoken is None else self.spoken / 1000,
            speaking_since=_at(self.speaking_since),
            report_id=self.report,
            **{name: getattr(self, name) for name in _PROFILE},
            connections=[
                session.Connection(
                    connection_id=connection.connection_id,
                    kind=connection.kind,
                    joined_at=codec.timestamp(connection.joined),
                    left_at=_at(connection.left),
                )
                for connection in self.connections
            ],
        )


_PROFILE = (
    "name",
    "role",
    "preset",
    "custom_id",
    "user_id",
    "email",
    "avatar_url",
    "device_type",
    "position",
    "department",
)
"""What a publisher may say of somebody, and say anew."""


def _at(ms: int | None) -> str | None:
    return None if ms is None else codec.timestamp(ms)


def joined(old: Participant | None, data: dict[str, Any], ms: int) -> Participant:
    """`old` (None: not there yet) after `participant.joined` at `ms`."""
    fields = {name: data[name] for name in _PROFILE if name in data}
    connection_id = data["connection_id"]
    kind = ConnectionKind(data.get("kind", ConnectionKind.MAIN))
    known = old.connections if old else []
    already = next((c for c in known if c.connection_id == connection_id and c.left is None), None)
    if already is not None:
        connections = [replace(c, kind=kind) if c is already else c for c in known]
    else:
        opened = Connection(connection_id=connection_id, kind=kind, joined=ms)
        connections = [*(c for c in known if c.connection_id != connection_id), opened]
    if old is None:
        return Participant(
            participant_id=data["participant_id"],
            joined=ms,
            updated=ms,
            since=ms,
            connections=connections,
            **fields,
        )
    since = ms if old.since is None else old.since
    new = replace(old, left=None, updated=ms, since=since, connections=connections, **fields)
    there = [connection for connection in connections if connection.left is None]
    return left(new, there[0].connection_id, ms) if len(there) > MAX_OPEN else new


def updated(old: Participant, data: dict[str, Any], ms: int) -> Participant:
    """`old` after `participant.updated`."""
    return replace(old, updated=ms, **{name: data[name] for name in _PROFILE if name in data})


def speaking(old: Participant, data: dict[str, Any], ms: int) -> Participant:
    """`old` after `participant.speaking`: who is not there does not begin to speak."""
    if not (data["speaking"] and old.live):
        return _silent(old, ms)
    since = ms if old.speaking_since is None else old.speaking_since
    return replace(old, updated=ms, spoken=old.spoken or 0, speaking_since=since)


def _silent(old: Participant, ms: int) -> Participant:
    stretch = 0 if old.speaking_since is None else ms - old.speaking_since
    return replace(old, updated=ms, spoken=(old.spoken or 0) + stretch, speaking_since=None)


def reported(old: Participant, at: EntryId, ms: int) -> Participant:
    """`old` after `peer.report`, which is the entry `at`."""
    return replace(old, updated=ms, report=str(at))


def disconnected(old: Participant, data: dict[str, Any], ms: int) -> Participant:
    """`old` after `participant.left`."""
    return left(old, data["connection_id"], ms)


def left(old: Participant, connection_id: str, ms: int) -> Participant:
    """`old` without one connection from `ms` on; `old` itself if it was not open."""
    if not any(c.connection_id == connection_id and c.left is None for c in old.connections):
        return old
    connections = [replace(c, left=ms) if c.connection_id == connection_id else c for c in old.connections]
    closed = [c for c in connections if c.left is not None]
    if len(closed) > MAX_CLOSED:
        oldest = min(closed, key=lambda c: c.left or 0)
        connections.remove(oldest)
    new = replace(old, updated=ms, connections=connections)
    if old.since is None or any(connection.left is None for connection in connections):
        return new
    if old.speaking_since is not None:
        new = _silent(new, ms)
    return replace(new, left=ms, present=old.present + ms - old.since, since=None)


def left_all(old: Participant, ms: int) -> Participant:
    """`old` after the session ended at `ms`: every open connection is closed."""
    for connection in old.connections:
        if connection.left is None:
            old = left(old, connection.connection_id, ms)
    return old


def forget(people: dict[str, Participant]) -> None:
    """Take those gone longest out of `people`, in place."""
    gone = [who for who in people.values() if who.left is not None]
    for who in nsmallest(FORGOTTEN, gone, key=lambda who: who.left or 0):
        del people[who.participant_id]
