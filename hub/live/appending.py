"""Appending events: what is acknowledged is made known inside this process."""

from collections.abc import Sequence

from hub.core.event import Draft
from hub.core.lease import Step
from hub.live.checkpointer import Checkpointer
from hub.live.registry import Registry
from hub.store.streams import Streams
from schemas.frames import Appended


class Appending:
    """Appends events.

    Args:
        streams: To append with.
        checkpointer: Is told what may have to be written down.
        registry: Is told what was acknowledged.
    """

    def __init__(self, streams: Streams, checkpointer: Checkpointer, registry: Registry) -> None:
        self._streams = streams
        self._checkpointer = checkpointer
        self._registry = registry

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
        """Append events to a session, all of them or none; all is as of `Streams.append`."""
        appended = await self._streams.append(
            organization, session_id, drafts, ends=ends, idle=idle, lease=lease, step=step
        )
        if appended:
            first, last = (int(one.id.partition("-")[2]) for one in (appended[0], appended[-1]))
            types = {draft.kind.type for draft in drafts}
            self._checkpointer.note(organization, session_id, types, first, last)
            self._registry.acknowledged((organization, session_id), last)
        return appended
