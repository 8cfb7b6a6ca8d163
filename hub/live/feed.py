"""A live feed: what a list of an organization's sessions needs to stay true."""

from collections.abc import Sequence

from msgspec.structs import replace

from hub.core import fold, view
from hub.core.entry import Change, Entry
from hub.core.entry_id import ORIGIN, EntryId
from hub.core.fold import State
from hub.core.lifecycle import PHASE, Phase
from hub.live.frames import Address
from hub.live.observer import Observer
from hub.live.states import States
from hub.live.stream import GapError, LiveStream
from hub.live.subscriber import Filter
from hub.store.directory import Directory
from hub.store.streams import Streams, feed_source
from schemas import codec, frames
from schemas.events import Channel
from schemas.frames import SnapshotData
from schemas.session import Session

LISTED = 500
"""Live sessions in the initial list at most."""


class LiveFeed(LiveStream[Change]):
    """The live sessions of an organization, and those who follow them."""

    def __init__(
        self,
        organization: str,
        *,
        streams: Streams,
        states: States,
        directory: Directory,
        ring: int,
        observer: Observer,
    ) -> None:
        super().__init__(feed_source(organization), Address(None), ring=ring, observer=observer)
        self._organization = organization
        self._streams = streams
        self._states = states
        self._directory = directory
        self._sessions: dict[str, State] = {}
        self._truncated = False

    async def load(self) -> None:
        """Build the state anew from the store."""
        # The position first: what the list already reflects is told again, and changes nothing then.
        _run, [head] = await self._streams.heads([self.source])
        ids, count = await self._directory.live(self._organization, LISTED)
        states = await self._states.many(self._organization, ids)
        self._sessions = {state.session_id: _slim(state) for state in states if state.live}
        self._truncated = count > LISTED
        self.begin(head or ORIGIN, None)

    async def read(self, after: EntryId, what: Filter, count: int) -> Sequence[Change]:
        """Old items after a position, up to `head`; for a replay."""
        return await self._streams.changes(self._organization, after, self.head, count=count)

    async def newest(self, count: int) -> Sequence[Change]:
        """The last items up to `head`."""
        return await self._streams.newest_changes(self._organization, self.head, count)

    def _fold(self, items: Sequence[Change]) -> None:
        for change in items:
            self._apply(change)

    def _apply(self, change: Change) -> None:
        state = self._sessions.get(change.session_id)
        entry_id = EntryId.parse(change.entry_id)
        if state is None:
            if change.type != "session.created":
                self._expect_no_newcomer(change)
                return
            state = fold.initial(change.session_id)
        elif entry_id < state.entry_id or (entry_id == state.entry_id and change.type != "session.counts"):
            return
        if change.type == "session.counts":
            state = _counted(state, change, entry_id)
        else:
            state = fold.apply(state, Entry(id=entry_id, type=change.type, data=change.data))
        if state.live and not state.deleted:
            self._sessions[change.session_id] = state
        else:
            self._sessions.pop(change.session_id, None)
        if len(self._sessions) > LISTED:
            del self._sessions[min(self._sessions.values(), key=lambda s: s.about.number).session_id]
            self._truncated = True

    def _expect_no_newcomer(self, change: Change) -> None:
        """A scheduled session that begins was not listed: the list is built anew with it."""
        if change.type == "session.status_changed" and not self._truncated:
            status = codec.decode(change.data)["status"]
            if status in _LIVE:
                raise GapError(f"{change.session_id} has begun")

    def _snapshot(self, channels: frozenset[Channel]) -> SnapshotData:
        newest_first = sorted(self._sessions.values(), key=lambda state: -state.about.number)
        shown: list[Session] = []
        budget = view.SNAPSHOT_BYTES - 1024
        for state in newest_first:
            session = view.session_view(state)
            budget -= len(codec.encode(session)) + 1
            if budget < 0:
                break
            shown.append(session)
        truncated = self._truncated or len(shown) < len(newest_first)
        return frames.FeedSnapshot(sessions=shown, truncated=truncated)


_LIVE = frozenset(status for status, phase in PHASE.items() if phase is Phase.LIVE)


def _slim(state: State) -> State:
    return replace(state, participants={}, segments=[], messages=[], lines=[])


def _counted(state: State, change: Change, entry_id: EntryId) -> State:
    data = codec.decode(change.data)
    counts = data["participant_counts"]
    return replace(
        state,
        ms=entry_id.ms,
        seq=entry_id.seq,
        updated=max(state.updated, entry_id.ms),
        live_count=counts["live"],
        peak_count=counts["peak"],
        total_count=counts["total"],
        segment_count=data["segment_count"],
        present=round(data.get("minutes_consumed", 0) * 60_000),
    )
