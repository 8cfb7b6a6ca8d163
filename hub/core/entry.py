"""Entries: what a stream keeps."""

from typing import Any

import msgspec

from hub.core.entry_id import EntryId
from schemas import codec, frames
from schemas.events import Channel, channel_of


class Entry(msgspec.Struct, frozen=True, kw_only=True):
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
        """The JSON that subscribers are sent."""
        is_segment = self.type == "transcript.segment" and self.positions
        return codec.encode(
            frames.Entry(
                id=str(self.id),
                type=self.type,
                session_id=session_id,
                at=self.at,
                data=msgspec.Raw(self.data),
                occurred_at=self.occurred_at,
                position=self.positions[0] if is_segment else None,
            )
        )


class Change(msgspec.Struct, frozen=True, kw_only=True):
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
