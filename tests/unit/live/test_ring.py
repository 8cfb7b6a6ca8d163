"""The ring: a dense run of the newest items, from any id that it holds."""

import pytest

from hub.core.entry import Entry
from hub.core.entry_id import ORIGIN, EntryId
from hub.live import ring
from hub.live.ring import Ring


def entries(first: int, last: int, size: int = 1) -> list[Entry]:
    return [
        Entry(id=EntryId(1000 + seq // 3, seq), type="x.a", data=b"d" * size)
        for seq in range(first, last + 1)
    ]


def seqs(items: list[Entry] | None) -> list[int] | None:
    return None if items is None else [item.id.seq for item in items]


def filled(capacity: int, last: int) -> Ring[Entry]:
    made: Ring[Entry] = Ring(ORIGIN, capacity)
    made.extend(entries(1, last))
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
    monkeypatch.setattr(ring, "MAX_BYTES", 100)
    kept: Ring[Entry] = Ring(ORIGIN, 1000)
    kept.extend(entries(1, 10, size=30))
    assert seqs(kept.after(entries(7, 7)[0].id)) == [8, 9, 10]
    assert kept.after(entries(6, 6)[0].id) is None


@pytest.mark.parametrize("key", [EntryId(1, 3), EntryId(9999, 3), EntryId(1000, 99), EntryId(5, 0)])
def test_an_id_that_it_does_not_hold_is_not_guessed(key: EntryId) -> None:
    assert filled(10, 5).after(key) is None


def test_empty_it_knows_its_floor_only() -> None:
    empty: Ring[Entry] = Ring(EntryId(7, 7), 10)
    assert empty.after(EntryId(7, 7)) == []
    assert empty.after(EntryId(7, 8)) is None
