"""The ring: a dense run of the newest items, from any id that it holds."""

import pytest

from hub.core.entry import Entry
from hub.core.entry_id import ORIGIN, EntryId
from hub.live import ring
from hub.live.frames import Address, Frame, entry_frame
from hub.live.ring import Ring


def entries(first: int, last: int, size: int = 1) -> list[Entry]:
    return [
        Entry(id=EntryId(1000 + seq // 3, seq), type="x.a", data=b"d" * size)
        for seq in range(first, last + 1)
    ]


def framed(first: int, last: int, size: int = 1) -> list[Frame]:
    return [entry_frame(entry, Address("s")) for entry in entries(first, last, size)]


def seqs(frames: list[Frame] | None) -> list[int] | None:
    return None if frames is None else [frame.item.id.seq for frame in frames if frame.item]


def filled(capacity: int, last: int) -> Ring:
    made = Ring(ORIGIN, capacity)
    made.extend(framed(1, last))
    return made


def test_from_its_floor_it_gives_everything() -> None:
    assert seqs(filled(10, 5).after(ORIGIN)) == [1, 2, 3, 4, 5]


def test_from_an_id_it_gives_what_is_after() -> None:
    ids = [entry.id for entry in entries(1, 5)]
    assert [seqs(filled(10, 5).after(key)) for key in ids] == [[2, 3, 4, 5], [3, 4, 5], [4, 5], [5], []]


def test_beyond_its_capacity_the_oldest_fall_out() -> None:
    kept = filled(3, 10)
    ids = [entry.id for entry in entries(1, 10)]
    assert seqs(kept.after(ids[5])) is None
    assert seqs(kept.after(ids[6])) == [8, 9, 10]


def test_it_is_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    one = len(framed(1, 1, size=30)[0].json) + 30
    monkeypatch.setattr(ring, "MAX_BYTES", 3 * one + 20)
    kept = Ring(ORIGIN, 1000)
    kept.extend(framed(1, 10, size=30))
    assert seqs(kept.after(entries(7, 7)[0].id)) == [8, 9, 10]
    assert kept.after(entries(6, 6)[0].id) is None


@pytest.mark.parametrize("key", [EntryId(1, 3), EntryId(9999, 3), EntryId(1000, 99), EntryId(5, 0)])
def test_an_id_that_it_does_not_hold_is_not_guessed(key: EntryId) -> None:
    assert filled(10, 5).after(key) is None


def test_empty_it_knows_its_floor_only() -> None:
    empty = Ring(EntryId(7, 7), 10)
    assert empty.after(EntryId(7, 7)) == []
    assert empty.after(EntryId(7, 8)) is None


def loaded(head: int) -> Ring:
    """As it is just after the state was built."""
    return Ring(entries(head, head)[0].id, 10)


def test_filled_with_older_ones_it_gives_from_each_of_them() -> None:
    kept = loaded(6)
    kept.extend(framed(7, 8))
    kept.fill(framed(3, 6), entries(8, 8)[0].id)
    assert seqs(kept.after(entries(3, 3)[0].id)) == [4, 5, 6, 7, 8]


def test_what_came_before_the_oldest_is_not_known() -> None:
    kept = loaded(6)
    kept.fill(framed(3, 6), entries(6, 6)[0].id)
    assert kept.after(entries(2, 2)[0].id) is None
    assert kept.after(ORIGIN) is None


def test_filled_from_the_first_on_it_gives_all_from_the_origin() -> None:
    kept = loaded(4)
    kept.fill(framed(1, 4), entries(4, 4)[0].id)
    assert seqs(kept.after(ORIGIN)) == [1, 2, 3, 4]


def test_those_that_came_meanwhile_are_not_there_twice() -> None:
    kept = loaded(4)
    kept.extend(framed(5, 6))
    kept.fill(framed(2, 6), entries(6, 6)[0].id)
    assert seqs(kept.after(entries(2, 2)[0].id)) == [3, 4, 5, 6]


def test_older_ones_with_a_gap_are_not_taken_beyond_it() -> None:
    kept = loaded(6)
    kept.fill(framed(1, 3) + framed(5, 6), entries(6, 6)[0].id)
    assert kept.after(entries(3, 3)[0].id) is None
    assert seqs(kept.after(entries(5, 5)[0].id)) == [6]


def test_older_ones_that_end_elsewhere_are_not_taken() -> None:
    kept = loaded(6)
    kept.fill(framed(1, 5), entries(6, 6)[0].id)
    assert kept.after(entries(3, 3)[0].id) is None
    assert kept.after(entries(6, 6)[0].id) == []


def test_filled_it_is_bounded_still() -> None:
    kept = loaded(20)
    kept.fill(framed(1, 20), entries(20, 20)[0].id)
    assert len(kept) == 10
    assert kept.after(entries(9, 9)[0].id) is None
    assert seqs(kept.after(entries(10, 10)[0].id)) == list(range(11, 21))
