"""Filters: what of a stream is delivered."""

import pytest

from hub.core.entry import Entry
from hub.core.entry_id import EntryId
from hub.live.frames import Address, Frame, entry_frame
from hub.live.subscriber import Filter
from schemas import codec
from schemas.events import Channel, LogLevel


def entry(seq: int, kind: str, position: int | None = None, **data: object) -> Frame:
    positions = () if position is None else (position,)
    made = Entry(id=EntryId(1, seq), type=kind, data=codec.encode(data), positions=positions)
    return entry_frame(made, Address("s"))


def segment(seq: int, position: int, *, final: bool) -> Frame:
    return entry(seq, "transcript.segment", position, final=final)


SPOKEN = [
    segment(1, 0, final=False),
    segment(2, 1, final=False),
    segment(3, 0, final=False),
    entry(4, "chat.message", message_id="m"),
    segment(5, 0, final=True),
    segment(6, 1, final=False),
]


def seqs(what: Filter, frames: list[Frame]) -> list[int]:
    return [frame.item.id.seq for frame in what.select(frames) if frame.item]


@pytest.mark.parametrize(
    ("partials", "kept"), [("all", [1, 2, 3, 4, 5, 6]), ("latest", [4, 5, 6]), ("none", [4, 5])]
)
def test_partials(partials: str, kept: list[int]) -> None:
    assert seqs(Filter(partials=partials), SPOKEN) == kept


def test_a_final_is_never_left_out() -> None:
    items = [segment(1, 0, final=True), segment(2, 0, final=True), segment(3, 0, final=False)]
    assert seqs(Filter(partials="latest"), items) == [1, 2, 3]


def test_channels() -> None:
    what = Filter(channels=frozenset({Channel.CHAT}))
    assert [item.type for item in what.select(SPOKEN)] == ["chat.message"]


def test_levels_are_about_logs_only() -> None:
    items = [entry(n, "log.entry", level=level) for n, level in enumerate(LogLevel, 1)]
    items.append(entry(5, "log.entry", level="of a newer hub"))
    items.append(entry(6, "x.other"))
    assert seqs(Filter(level=LogLevel.WARNING), items) == [3, 4, 5, 6]


def test_the_newest_partial_is_the_one_of_the_highest_revision() -> None:
    late = [
        entry(1, "transcript.segment", 0, final=False, revision=2),
        entry(2, "transcript.segment", 0, final=False, revision=1),
    ]
    assert seqs(Filter(partials="latest"), late) == [1, 2]
