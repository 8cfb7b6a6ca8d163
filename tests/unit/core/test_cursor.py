"""Cursors against a history in which logs were trimmed and the store has lost its tail more than once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.core.made_entries import bounded

from hub.core.cursor import Surroundings, verdict
from hub.core.entry_id import ORIGIN, EntryId

# A history: how many entries are appended (each 0-2 ms after the last, `True`: to the log stream), and then
# how many of the newest the store loses.
histories = st.lists(
    st.tuples(
        st.lists(st.tuples(st.integers(0, 2), st.booleans()), min_size=1, max_size=6), st.integers(0, 4)
    ),
    min_size=1,
    max_size=3,
)


def _history(chapters):
    """The entries that are there, those that were lost, which are log entries, and the borders."""
    there, lost, logs, epochs, ms = [], [], set(), [], 1000
    for number, (appended, forgotten) in enumerate(chapters):
        if number:
            ms += 2  # a new incarnation begins later than anything the old one wrote
        for index, (pause, is_log) in enumerate(appended):
            ms += pause
            entry_id = EntryId(ms, len(there) + 1)
            there.append(entry_id)
            if is_log:
                logs.add(entry_id)
            if index == 0 and number:
                epochs.append(entry_id)
        if number < len(chapters) - 1:
            for _ in range(min(forgotten, len(there))):
                lost.append(there.pop())
            epochs = [epoch for epoch in epochs if epoch in there]
    return there, lost, logs, epochs


def _around(cursor, there, logs, epochs, trimmed_below):
    kept = [entry_id for entry_id in there if entry_id not in logs or entry_id >= trimmed_below]
    lasting = [entry_id for entry_id in there if entry_id not in logs]
    return Surroundings(
        head=there[-1],
        held=cursor in kept,
        before=max((entry_id for entry_id in lasting if entry_id < cursor), default=ORIGIN),
        after=min((entry_id for entry_id in lasting if entry_id > cursor), default=None),
        trimmed_below=trimmed_below,
        epochs=epochs,
    )


@bounded
@given(histories, st.data())
def test_what_is_in_the_history_is_resumed_and_what_was_lost_is_not(chapters, data):
    there, lost, logs, epochs = _history(chapters)
    if not there:
        return
    below = data.draw(st.sampled_from([ORIGIN, *there]))
    for cursor in there:
        assert verdict(cursor, _around(cursor, there, logs, epochs, below)) is None
    for cursor in lost:
        expected = "ahead" if cursor.seq > there[-1].seq else "rolled_back"
        assert verdict(cursor, _around(cursor, there, logs, epochs, below)) == expected


@pytest.mark.parametrize(
    ("cursor", "around", "expected"),
    [
        (ORIGIN, Surroundings(head=EntryId(5, 5), held=False), None),
        (ORIGIN, Surroundings(head=ORIGIN, held=False), None),
        (EntryId(5, 5), Surroundings(head=EntryId(5, 5), held=True), None),
        (EntryId(5, 6), Surroundings(head=EntryId(5, 5), held=False), "ahead"),
        (EntryId(9, 5), Surroundings(head=EntryId(5, 5), held=False), "rolled_back"),
        (EntryId(4, 4), Surroundings(head=EntryId(9, 9), held=False), "rolled_back"),
        (EntryId(4, 4), Surroundings(head=EntryId(9, 9), held=False, trimmed_below=EntryId(5, 5)), None),
        (
            EntryId(5, 5),
            Surroundings(head=EntryId(9, 9), held=False, trimmed_below=EntryId(5, 5)),
            "rolled_back",
        ),
    ],
)
def test_single_cases(cursor, around, expected):
    assert verdict(cursor, around) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (EntryId(3, 3), EntryId(5, 5), None),
        (EntryId(3, 4), EntryId(5, 5), "rolled_back"),
        (EntryId(3, 3), EntryId(5, 4), "rolled_back"),
        (ORIGIN, None, None),
    ],
)
def test_a_trimmed_entry_lies_between_its_neighbours(before, after, expected):
    around = Surroundings(
        head=EntryId(9, 9), held=False, before=before, after=after, trimmed_below=EntryId(8, 8)
    )
    assert verdict(EntryId(4, 4), around) == expected
