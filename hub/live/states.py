"""The state of any session, followed or not: its last checkpoint and the entries since."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence

from msgspec.structs import replace

from hub.core.entry import Change, Entry
from hub.core.entry_id import EntryId
from hub.core.fold import State, fold, initial
from hub.errors import HubError, Unavailable
from hub.store.checkpoints import Checkpoint, Checkpoints
from hub.store.streams import Streams, session_source
from schemas.events import Channel

EVERY = 256
"""Entries after which a session is written down."""
TOGETHER = 50
"""Sessions read in one round trip."""
ATTEMPTS = 5
"""How often a read is begun again because the store changed under it."""
AT_ONCE = 2
"""Chunks of the past folded at once by one hub: who asks for it must not hold up what is live."""


class States:
    """Reads states from the store. A read reflects every entry acknowledged before it began."""

    def __init__(self, streams: Streams, checkpoints: Checkpoints) -> None:
        self._streams = streams
        self._checkpoints = checkpoints
        self._turns = asyncio.Semaphore(AT_ONCE)
        self.on_behind: Callable[[str, str], None] | None = None
        """Called with the organization and id of a session that was last written down too long ago."""

    async def load(self, organization: str, session_id: str) -> tuple[Checkpoint, State]:
        """The state of a session at its newest entry, and the checkpoint it was folded from.

        Raises:
            HubError: `session_not_found`. Unavailable.
        """
        for _ in range(ATTEMPTS):
            base = await self._checkpoints.load(organization, session_id)
            if base is None or base.deleted:
                raise HubError("session_not_found")
            state, folded = base.state, 0
            async for entries in self.since(organization, base):
                state = fold(state, entries)
                folded += len(entries)
            if folded >= EVERY and self.on_behind is not None:
                # A process was killed before it could; nobody should have to fold all of this again.
                self.on_behind(organization, session_id)
            if state.entry_id == EntryId.parse(base.meta["head"]):
                # Log entries that were trimmed cannot be folded, but they were there.
                return base, replace(state, log_count=int(base.meta["logged"]))
        raise Unavailable(f"the stream of {session_id} does not hold still")

    async def at(self, organization: str, session_id: str, entry_id: EntryId) -> State:
        """The state of a session as of one of its entries: the fold of everything up to that one.

        Folded from the checkpoint, or where that is newer from the first entry on.

        Args:
            organization: Whose session it is.
            session_id: Which.
            entry_id: One that the session has, or had before its log was trimmed (`Streams.judge`).

        Raises:
            HubError: `session_not_found`. Unavailable.
        """
        base = await self._checkpoints.load(organization, session_id)
        if base is None or base.deleted:
            raise HubError("session_not_found")
        begin = state = base.state if base.state.entry_id <= entry_id else initial(session_id)
        kept = 0
        while state.entry_id < entry_id:
            async with self._turns:
                entries = await self._streams.entries(
                    organization, session_id, state.entry_id, entry_id, logs=True
                )
                if not entries:
                    # The last ones were trimmed, or all of it is gone meanwhile.
                    if await self._streams.judge(session_source(organization, session_id), entry_id):
                        raise Unavailable(f"the stream of {session_id} does not hold still")
                    break
                state = fold(state, entries)
                kept += sum(entry.channel is not Channel.LOGS for entry in entries)
        # Log entries that were trimmed cannot be folded, but no others can be missing.
        lines = begin.log_count + entry_id.seq - begin.seq - kept
        return replace(state, ms=entry_id.ms, seq=entry_id.seq, log_count=lines)

    async def since(self, organization: str, base: Checkpoint) -> AsyncIterator[list[Entry]]:
        """The entries after a checkpoint, in chunks; logs that were trimmed meanwhile are left out."""
        session_id, at = base.state.session_id, base.state.entry_id
        head = EntryId.parse(base.meta["head"])
        while at < head:
            entries = await self._streams.entries(organization, session_id, at, head, logs=True)
            if not entries:
                return
            yield entries
            at = entries[-1].id

    async def many(self, organization: str, session_ids: Sequence[str]) -> list[State]:
        """The states of sessions, in their order; those that are gone are left out."""
        found: list[State] = []
        for first in range(0, len(session_ids), TOGETHER):
            found += await self._together(organization, session_ids[first : first + TOGETHER])
        return found

    async def _together(self, organization: str, session_ids: Sequence[str]) -> list[State]:
        bases = await self._checkpoints.load_many(organization, session_ids)
        there = [base for base in bases if base is not None and not base.deleted]
        behind = [base for base in there if base.state.entry_id != _head(base)]
        sources = [
            (session_source(organization, base.state.session_id), base.state.entry_id) for base in behind
        ]
        news = await self._streams.news(sources) if sources else []
        caught_up: dict[str, State] = {}
        for base, entries in zip(behind, news, strict=True):
            # Between two of them others have their turn: each may be hundreds of entries behind.
            await asyncio.sleep(0)
            state = await self._caught_up(organization, base, entries)
            if state is not None:
                caught_up[state.session_id] = state
        states = (caught_up.get(base.state.session_id, base.state) for base in there)
        gone = {base.state.session_id for base in behind} - caught_up.keys()
        return [state for state in states if state.session_id not in gone]

    async def _caught_up(
        self, organization: str, base: Checkpoint, news: Sequence[Entry | Change] | Exception
    ) -> State | None:
        """The state at the newest entry, of a session whose next entries were read; None if it is gone."""
        head = _head(base)
        if base.state.entry_id < head and not isinstance(news, Exception):
            state = fold(base.state, [entry for entry in news if isinstance(entry, Entry)])
            if state.entry_id >= head:
                return None if state.deleted else state
        try:
            return (await self.load(organization, base.state.session_id))[1]
        except HubError as error:
            if error.code != "session_not_found":
                raise
            return None


def _head(base: Checkpoint) -> EntryId:
    return EntryId.parse(base.meta["head"])
