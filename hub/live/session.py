"""A live session: one session inside this process."""

from collections.abc import Sequence

from hub.core import view
from hub.core.entry import Entry
from hub.core.entry_id import EntryId
from hub.core.fold import State, fold, initial
from hub.core.lifecycle import TERMINAL
from hub.live.frames import Address, Standing
from hub.live.observer import Observer
from hub.live.states import States
from hub.live.stream import LiveStream
from hub.live.subscriber import Filter
from hub.store.streams import Streams, session_source
from schemas.events import Channel
from schemas.frames import EndReason, SnapshotData


class LiveSession(LiveStream[Entry]):
    """The state of a session at its newest entry, and its subscribers."""

    def __init__(
        self,
        organization: str,
        session_id: str,
        *,
        streams: Streams,
        states: States,
        ring: int,
        observer: Observer,
    ) -> None:
        source = session_source(organization, session_id)
        self._now = Standing(initial(session_id))
        super().__init__(source, Address(session_id), ring=ring, observer=observer, standing=self._now)
        self._organization = organization
        self._session_id = session_id
        self._streams = streams
        self._states = states

    @property
    def state(self) -> State:
        """As of `head`."""
        return self._now.state

    async def load(self) -> None:
        """Build the state anew from the store."""
        _base, state = await self._states.load(self._organization, self._session_id)
        self._now.state = state
        self.begin(state.entry_id, _ended(state), over=_over(state))

    async def read(self, after: EntryId, what: Filter, count: int) -> Sequence[Entry]:
        """Old items after a position, up to `head`; for a replay."""
        return await self._streams.entries(
            self._organization, self._session_id, after, self.head, logs=what.logs, count=count
        )

    async def newest(self, count: int) -> Sequence[Entry]:
        """The last entries up to `head`."""
        return await self._streams.newest(self._organization, self._session_id, self.head, count)

    def _fold(self, items: Sequence[Entry]) -> None:
        state = self._now.state = fold(self._now.state, items)
        self.ended = _ended(state)
        self.over = _over(state)

    def _snapshot(self, channels: frozenset[Channel]) -> SnapshotData:
        return view.snapshot(self.state, channels)


def _ended(state: State) -> EndReason | None:
    if state.deleted:
        return "deleted"
    return "sealed" if state.sealed else None


def _over(state: State) -> bool:
    return state.status in TERMINAL
