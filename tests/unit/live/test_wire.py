"""What a wire format is given, how often, and what becomes of what it makes."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest
from unit.core.made_entries import SESSION, made

from hub.core.entry import Entry
from hub.core.fold import fold, initial
from hub.live.frames import Frame
from hub.live.session import LiveSession
from hub.live.subscriber import Filter, Subscriber
from hub.store.streams import Streams
from schemas.events import Channel

pytestmark = pytest.mark.anyio

LIFE = made(
    [
        ("session.created", {"number": 1, "status": "initializing"}),
        ("session.status_changed", {"status": "active"}),
        ("participant.joined", {"participant_id": "ada", "connection_id": "1", "name": "Ada"}),
        ("participant.updated", {"participant_id": "ada", "name": "Ada L."}),
        ("participant.left", {"participant_id": "ada", "connection_id": "1"}),
        ("session.status_changed", {"status": "completed"}),
        ("log.entry", {"level": "info", "message": "Late."}),
    ]
)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Counter:
    writes = 0

    def delivered(self, frames: int, writes: int) -> None:
        self.writes += writes

    def reset(self, reason: str) -> None: ...
    def woken(self, seconds: float) -> None: ...


class Told(Subscriber):
    """Writes down what it is sent."""

    def __init__(self, wire: Any, what: Filter | None = None) -> None:
        self.seen: list[Any] = []
        super().__init__(what or Filter(), wire, self.seen.append)

    def finish(self) -> None:
        self.leave()

    async def drained(self) -> None: ...


class Session(LiveSession):
    """A live session that has got as far as some entries."""

    def __init__(self, entries: Sequence[Entry], *, ring: int = 100) -> None:
        async def load(*_of: str) -> tuple[None, Any]:
            return None, fold(initial(SESSION), entries)

        self.counter = Counter()
        states = cast("Any", SimpleNamespace(load=load))
        super().__init__(
            "o", SESSION, streams=cast("Streams", None), states=states, ring=ring, observer=self.counter
        )


def standing(frames: Sequence[Frame]) -> list[Any]:
    """Of each entry its type, the status of the state that came with it, and how many were there."""
    return [
        (frame.type, frame.state.status, frame.state.live_count)
        for frame in frames
        if frame.state is not None
    ]


async def test_a_frame_tells_the_state_at_the_head() -> None:
    session = Session(LIFE[:2])
    await session.load()
    live = Told(standing)
    session.welcome(live)
    session.advance(LIFE[2:3])
    session.advance(LIFE[3:6])
    together = ["participant.updated", "participant.left", "session.status_changed"]
    assert live.seen[0] == [("participant.joined", "active", 1)]
    assert live.seen[1] == [(kind, "completed", 0) for kind in together]
    # Whoever resumes is told of it as it is now, from memory and from the store alike.
    resumed = Told(standing)
    resumed.cursor = LIFE[1].id
    assert session.splice(resumed)
    later = [(kind, "completed", 0) for kind in ("participant.joined", *together)]
    assert resumed.seen == [later]
    replayed = Told(standing)
    session.replay(replayed, LIFE[2:6])
    assert replayed.seen == [later]


async def test_control_frames_have_no_state() -> None:
    session = Session(LIFE[:2])
    await session.load()
    told = Told(list)
    session.welcome(told)
    session.ping()
    frames = [frame for batch in told.seen for frame in batch]
    assert [(frame.type, frame.state) for frame in frames] == [
        ("snapshot", None),
        ("bookmark", None),
        ("bookmark", None),
    ]


async def test_the_same_is_made_once_for_all_who_are_sent_it() -> None:
    calls: list[Sequence[Frame]] = []

    def wire(frames: Sequence[Frame]) -> bytes:
        calls.append(frames)
        return b"x"

    session = Session(LIFE[:2])
    await session.load()
    alike = [Told(wire) for _ in range(3)]
    for one in alike:
        session.welcome(one)
    session.advance(LIFE[2:4])
    assert [one.seen for one in alike] == [[b"x"] * 2] * 3
    assert len(calls) == 2


async def test_what_a_wire_makes_nothing_of_is_not_written() -> None:
    def logs_only(frames: Sequence[Frame]) -> bytes:
        return b"".join(b"log" for frame in frames if frame.type == "log.entry")

    session = Session(LIFE[:2])
    await session.load()
    told = Told(logs_only)
    session.welcome(told)
    session.advance(LIFE[2:6])
    session.ping()
    assert (told.seen, session.counter.writes) == ([], 0)
    session.advance(LIFE[6:])
    assert (told.seen, session.counter.writes) == ([b"log"], 1)


async def test_who_wants_nothing_late_leaves_with_the_end() -> None:
    def types(frames: Sequence[Frame]) -> list[str]:
        return [frame.type for frame in frames]

    session = Session(LIFE[:2])
    await session.load()
    told = Told(types, Filter(channels=frozenset({Channel.STATUS}), late=False))
    patient = Told(types)
    for one in (told, patient):
        session.welcome(one)
    session.advance(LIFE[2:6])
    session.advance(LIFE[6:])
    assert told.seen == [["snapshot", "bookmark"], ["session.status_changed"], ["end"]]
    assert (told.gone, patient.gone) == (True, False)
    # A state that is built anew tells it too.
    ended = Session(LIFE)
    await ended.load()
    again = Told(types, Filter(late=False))
    ended.welcome(again)
    assert again.seen == [["snapshot", "bookmark"], ["end"]]
