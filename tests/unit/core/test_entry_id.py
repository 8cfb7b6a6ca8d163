"""Entry ids: text and value are the same thing, and nothing else is an entry id."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.core.made_entries import bounded

from hub.core.entry_id import ORIGIN, EntryId

numbers = st.integers(0, 10**16 - 1)


@bounded
@given(numbers, numbers)
def test_text_and_value_are_inverse(ms, seq):
    entry_id = EntryId(ms, seq)
    assert str(entry_id) == f"{ms}-{seq}"
    assert EntryId.parse(str(entry_id)) == entry_id


@bounded
@given(st.text(alphabet="0123456789-+ _.\u0663\n", max_size=12) | st.text(max_size=12))
def test_what_parses_is_written_the_same_way(text):
    try:
        entry_id = EntryId.parse(text)
    except ValueError:
        return
    assert str(entry_id) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "1",
        "1-",
        "-1",
        "01-1",
        "1-01",
        "00-0",
        "+1-1",
        "1-+1",
        "1--1",
        "-1-1",
        " 1-1",
        "1-1 ",
        "1 -1",
        "1-1\n",
        "1-1-1",
        "1_0-1",
        "1.0-1",
        "1e3-1",
        "0x1-1",
        "\u0661-\u0661",
        "1-\uff12",
        "1-1\x00",
        "$",
        "*",
        "1-*",
        "10000000000000000-1",
        "1-10000000000000000",
        "9" * 5000 + "-1",
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises(ValueError, match="not an entry id"):
        EntryId.parse(text)


def test_the_message_does_not_repeat_a_long_text():
    with pytest.raises(ValueError, match="not an entry id") as refusal:
        EntryId.parse("x" * 100_000)
    assert len(str(refusal.value)) < 100


def test_order_is_by_time_then_sequence():
    ids = [EntryId(2, 1), EntryId(1, 10), EntryId(1, 9), ORIGIN]
    assert sorted(ids) == [ORIGIN, EntryId(1, 9), EntryId(1, 10), EntryId(2, 1)]
    assert EntryId.parse("0-0") == ORIGIN
