"""Writes checkpoints, so that no read has to fold a long stream."""

import asyncio
import logging
from collections.abc import Iterable

import anyio

from hub.core import transcript
from hub.core.fold import fold
from hub.core.transcript import PAGE, Segment
from hub.errors import HubError
from hub.live.states import EVERY, States
from hub.store.checkpoints import Checkpoints, counts_data
from schemas.events import Channel, channel_of

_log = logging.getLogger("hub.checkpointer")

PAUSE = 0.5
"""Seconds in which the reasons to write a session down are gathered."""
LONGEST_PAUSE = 10.0
"""Seconds between attempts at most while the store takes none."""
FINISH = 3.0
"""Seconds for what is due at the end of the process."""
MAX_DUE = 10_000
"""Sessions that may wait; more are left to whoever publishes to them next."""


class Checkpointer:
    """Writes down the sessions that this process publishes to; `run` is its long task."""

    def __init__(self, states: States, checkpoints: Checkpoints) -> None:
        self._states = states
        self._checkpoints = checkpoints
        states.on_behind = self.request
        self._due: dict[tuple[str, str], None] = {}
        self._bell = asyncio.Event()

    def note(self, organization: str, session_id: str, types: Iterable[str], first: int, last: int) -> None:
        """Events were appended, from `first` to `last` by their `seq`: perhaps it is time."""
        counts = {Channel.PARTICIPANTS, Channel.STATUS}
        if first // EVERY != (last + 1) // EVERY or any(channel_of(kind) in counts for kind in types):
            self.request(organization, session_id)

    def request(self, organization: str, session_id: str) -> None:
        """Write this session down soon."""
        if len(self._due) < MAX_DUE:
            self._due[organization, session_id] = None
            self._bell.set()

    async def run(self) -> None:
        """Write checkpoints until cancelled."""
        pause = PAUSE
        while True:
            await self._bell.wait()
            await asyncio.sleep(pause)
            self._bell.clear()
            pause = PAUSE if await self._write_all() else min(pause * 2, LONGEST_PAUSE)

    async def finish(self) -> None:
        """Write what is due still: whoever reads next should not have to fold it."""
        with anyio.move_on_after(FINISH):
            await self._write_all()

    async def _write_all(self) -> bool:
        """Whether the store took them; if it did not, the rest waits for better times."""
        for organization, session_id in list(self._due):
            # Before it is read: what is appended from now on is another reason.
            self._due.pop((organization, session_id), None)
            try:
                await self.write(organization, session_id)
            except HubError as error:
                if error.code == "session_not_found":
                    continue
                self.request(organization, session_id)
                _log.warning("%d checkpoints wait: %s", len(self._due), error)
                return False
            except asyncio.CancelledError:
                self.request(organization, session_id)
                raise
            except Exception:
                _log.exception("no checkpoint of %s", session_id)
        return True

    async def write(self, organization: str, session_id: str) -> None:
        """Write one session down as it stands; if another process was faster, soon once more.

        Raises:
            HubError: `session_not_found`. Unavailable, StorageFull.
        """
        base = await self._checkpoints.load(organization, session_id)
        if base is None or base.deleted:
            return
        state = base.state
        segments: dict[int, Segment] = {}
        loaded: set[int] = set()
        dirty: set[int] = set()
        async for entries in self._states.since(organization, base):
            missing = transcript.touched_pages(entries) - loaded
            if missing:
                segments |= await self._checkpoints.pages(organization, base, missing)
                loaded |= missing
            dirty |= {position // PAGE for position in transcript.assemble(segments, entries)}
            state = fold(state, entries)
        if state.entry_id == base.state.entry_id:
            return
        counts = counts_data(state)
        result = await self._checkpoints.save(
            organization,
            base,
            state,
            segments=segments,
            dirty=dirty,
            counts=counts if counts != counts_data(base.state) else None,
        )
        if result != "ok":
            _log.debug("checkpoint of %s not kept: %s", session_id, result)
        if result == "overtaken":
            # By another process that may have read less: what came since is due still.
            self.request(organization, session_id)
