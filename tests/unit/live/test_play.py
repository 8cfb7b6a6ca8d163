"""A play by a clock of its own: in order, never early, and never silent for long."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.core.entry import Entry
from hub.core.entry_id import EntryId
from hub.live.frames import Address, Frame
from hub.live.play import Play
from hub.live.stream import LiveStream
from hub.live.subscriber import Filter, Subscriber
from hub.store.streams import session_source
from schemas import codec
from schemas.events import Channel
from schemas.frames import SnapshotData

EVERY = 15.0
LATE = 0.5
"""Seconds by which a sleep is too long at most."""
GRAIN = 0.0101
"""Seconds of the shortest sleep, and what is lost in sums of floats."""


class Clock:
    """Time passes only in sleeps, each of which takes as long as it should and some of `errors` more."""

    def __init__(self, errors: Sequence[float]) -> None:
        self.now = 1000.0
        self._errors = errors
        self._slept = 0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self._slept += 1
        error = self._errors[self._slept % len(self._errors)] if self._errors else 0.0
        self.now += max(seconds + error, 0.0001)


class Reel(LiveStream[Entry]):
    async def load(self) -> None: ...
    async def read(self, after: EntryId, what: Filter, count: int) -> Sequence[Entry]:
        return []

    async def newest(self, count: int) -> Sequence[Entry]:
        return []

    def _fold(self, items: Sequence[Entry]) -> None: ...
    def _snapshot(self, channels: frozenset[Channel]) -> SnapshotData:
        raise NotImplementedError


class Spectator(Subscriber):
    """Writes down when it is sent what."""

    def __init__(self, what: Filter, clock: Clock) -> None:
        super().__init__(what, list, self._take)
        self._clock = clock
        self.seen: list[tuple[float, Frame]] = []

    def _take(self, frames: list[Frame]) -> None:
        self.seen += [(self._clock.now, frame) for frame in frames]

    def finish(self) -> None: ...
    async def drained(self) -> None: ...


class Counter:
    def delivered(self, frames: int, writes: int) -> None: ...
    def reset(self, reason: str) -> None: ...
    def woken(self, seconds: float) -> None: ...


def entries(gaps: Sequence[int], kinds: Sequence[str] = ("x.a",)) -> list[Entry]:
    made: list[Entry] = []
    ms = 1_767_225_600_000
    for seq, gap in enumerate(gaps, 1):
        ms += gap
        kind = kinds[seq % len(kinds)]
        made.append(Entry(id=EntryId(ms, seq), type=kind, data=codec.encode({"seq": seq})))
    return made


def played(
    items: Sequence[Entry], speed: float, *, errors: Sequence[float] = (), what: Filter | None = None
) -> Spectator:
    clock = Clock(errors)
    stream = Reel(session_source("o", "s"), Address("s"), ring=1, observer=Counter())
    spectator = Spectator(what or Filter(), clock)
    play = Play(speed, EVERY, clock)

    async def run() -> None:
        # In chunks, as they are read.
        for start in range(0, len(items), 7):
            await play.perform(stream, spectator, items[start : start + 7])

    with patch("hub.live.play.asyncio", SimpleNamespace(sleep=clock.sleep)):
        asyncio.run(run())
    return spectator


GAPS = st.lists(st.integers(0, 100_000), min_size=1, max_size=40)
ERRORS = st.lists(st.floats(-0.002, LATE), max_size=5)


@settings(deadline=None)
@given(GAPS, st.floats(0.1, 1000), ERRORS)
def test_each_comes_when_it_is_due(gaps: list[int], speed: float, errors: list[float]) -> None:
    items = entries(gaps)
    seen = played(items, speed, errors=errors).seen
    came = [(at, frame) for at, frame in seen if frame.type != "bookmark"]
    assert [frame.item for _at, frame in came] == items
    began, first = came[0][0], items[0].id.ms
    for at, frame in came:
        assert frame.item is not None
        due = began + (frame.item.id.ms - first) / 1000 / speed
        assert due - 1e-6 <= at <= due + LATE + GRAIN
    span = (items[-1].id.ms - first) / 1000 / speed
    assert span - 1e-6 <= came[-1][0] - began <= span + LATE + GRAIN


@settings(deadline=None)
@given(GAPS, st.floats(0.1, 10), ERRORS)
def test_in_long_gaps_bookmarks_say_where_it_stands(
    gaps: list[int], speed: float, errors: list[float]
) -> None:
    before, cursor = 1000.0, "0-0"
    for at, frame in played(entries(gaps), speed, errors=errors).seen:
        assert at - before <= EVERY + LATE + GRAIN
        if frame.type == "bookmark":
            assert at - before >= EVERY - 1e-6
            assert frame.id == cursor
            assert codec.decode(frame.json)["data"] == {"playing": True}
        else:
            cursor = frame.id
        before = at


@settings(deadline=None)
@given(GAPS, st.floats(0.1, 1000))
def test_what_is_not_followed_is_not_waited_for(gaps: list[int], speed: float) -> None:
    items = entries([*gaps, 10], ["x.a", "chat.message", "log.entry"])
    chat = [item for item in items if item.type == "chat.message"]
    spectator = played(items, speed, what=Filter(channels=frozenset({Channel.CHAT})))
    came = [(at, frame) for at, frame in spectator.seen if frame.type != "bookmark"]
    assert [frame.item for _at, frame in came] == chat
    assert spectator.cursor == items[-1].id
    if chat:
        span = (chat[-1].id.ms - chat[0].id.ms) / 1000 / speed
        assert came[0][0] == 1000.0
        assert span - 1e-6 <= came[-1][0] - came[0][0] <= span + GRAIN


def test_it_ends_when_the_state_was_built_anew_meanwhile() -> None:
    clock = Clock([])
    stream = Reel(session_source("o", "s"), Address("s"), ring=1, observer=Counter())
    spectator = Spectator(Filter(), clock)

    async def sleep(_seconds: float) -> Any:
        stream.begin(EntryId(1, 1), None)

    with patch("hub.live.play.asyncio", SimpleNamespace(sleep=sleep)):
        asyncio.run(Play(1, EVERY, clock).perform(stream, spectator, entries([0, 5, 5])))
    assert [frame.type for _at, frame in spectator.seen] == ["x.a"]
