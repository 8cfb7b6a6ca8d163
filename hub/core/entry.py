"""Entries: what a stream keeps."""

from functools import lru_cache
from typing import Any

import msgspec

from hub.core.entry_id import EntryId
from schemas import codec, frames
from schemas.events import Channel, channel_of


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One stored item of a session's streams."""

    id: EntryId
    type: str
    data: bytes
    """JSON, as it was validated when it was published."""
    occurred_at: str | None = None
    positions: tuple[int, ...] = ()
    """Of transcript events: the segments they touch, by position."""

    @property
    def channel(self) -> Channel:
        """The channel this is delivered on."""
        return channel_of(self.type)

    @property
    def at(self) -> str:
        """When the stream took it, as a timestamp."""
        return codec.timestamp(self.id.ms)

    def decoded(self) -> dict[str, Any]:
        """The data as plain values; fields this hub does not know are kept."""
        return codec.decode(self.data)

    def frame(self, session_id: str) -> bytes:
        """The JSON that subscribers are sent: `schemas.frames.Entry`, put together from encoded parts."""
        ms, seq = self.id
        parts = (ms, seq, _between(self.type, session_id), _at(ms), self.data)
        frame = b'{"id":"%d-%d%b%b","data":%b' % parts
        if self.occurred_at is not None:
            frame += b',"occurred_at":' + codec.encode(self.occurred_at)
        if self.positions and self.type == "transcript.segment":
            return frame + b',"position":%d}' % self.positions[0]
        return frame + b"}"


@lru_cache(maxsize=4096)
def _between(event_type: str, session_id: str) -> bytes:
    """What stands between the id and the time, the same for all entries of a type in a session."""
    return b'","type":%b,"session_id":%b,"at":"' % (codec.encode(event_type), codec.encode(session_id))


@lru_cache(maxsize=256)
def _at(ms: int) -> bytes:
    """The timestamp; many entries have the same."""
    return codec.timestamp(ms).encode()


class Change(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One stored item of an organization's feed: a session has changed."""

    id: EntryId
    """Its position in the feed."""
    type: str
    session_id: str
    entry_id: str
    """The entry of the session that this reports."""
    data: bytes

    def frame(self) -> bytes:
        """The JSON that subscribers are sent."""
        return codec.encode(
            frames.FeedEntry(
                id=str(self.id),
                type=self.type,
                session_id=self.session_id,
                at=codec.timestamp(self.id.ms),
                data=msgspec.Raw(self.data),
                entry_id=self.entry_id,
            )
        )
