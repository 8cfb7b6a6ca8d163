"""How values are encoded: times, canonical bytes, digests, ids."""

import re
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import codec

bounded = settings(max_examples=60, deadline=None)

FIRST, LAST = -62_135_596_800_000, 253_402_300_799_999
"""The calendar of Python: the years 1 to 9999."""


@bounded
@given(st.integers(FIRST, LAST))
def test_timestamps_and_milliseconds_are_inverse(ms):
    text = codec.timestamp(ms)
    assert msgspec.convert(text, codec.Timestamp) == text
    assert codec.milliseconds(text) == ms


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1, "1970-01-01T00:00:00.001Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (1_767_225_600_010, "2026-01-01T00:00:00.010Z"),
        (FIRST, "0001-01-01T00:00:00.000Z"),
        (LAST, "9999-12-31T23:59:59.999Z"),
    ],
)
def test_known_times(ms, text):
    assert codec.timestamp(ms) == text


@pytest.mark.parametrize("ms", [FIRST - 1, LAST + 1, 10**16])
def test_times_outside_of_the_calendar_are_refused(ms):
    with pytest.raises(OverflowError):
        codec.timestamp(ms)


@pytest.mark.parametrize("text", ["", "now", "2026-01-01", "2026-01-01T00:00:00.000", "2026-13-01T00:00:00Z"])
def test_what_is_no_timestamp_is_refused(text):
    with pytest.raises(ValueError, match=r"timestamp|isoformat|month"):
        codec.milliseconds(text)


@bounded
@given(st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9999, 1, 1)), st.integers(-840, 840))
def test_a_moment_is_cut_to_the_millisecond(naive, minutes):
    moment = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    cut = datetime.fromisoformat(codec.normalized(moment))
    assert cut.tzinfo == UTC
    assert timedelta(0) <= moment - cut < timedelta(milliseconds=1)


@pytest.mark.parametrize(
    "text", ["2026-01-01T00:00:00.000Z\n", "\uff12026-01-01T00:00:00.000Z", "2026-01-01T00:00:00Z"]
)
def test_a_timestamp_of_the_hub_has_one_form(text):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(text, codec.Timestamp)


@bounded
@given(st.text(max_size=5) | st.text(alphabet="aZ09_-\n", max_size=66))
def test_both_patterns_of_an_id_agree(text):
    legal = re.fullmatch("[A-Za-z0-9_-]{1,64}", text) is not None
    assert (codec.ID_PATTERN.match(text) is not None) is legal
    try:
        msgspec.convert(text, codec.Id)
    except msgspec.ValidationError:
        assert not legal
    else:
        assert legal


def test_canonical_sorts_at_every_level():
    assert codec.canonical({"b": [{"d": 1, "c": 2}], "a": "ü"}) == '{"a":"ü","b":[{"c":2,"d":1}]}'.encode()
    assert codec.encode({"b": 1, "a": 2}) == b'{"b":1,"a":2}'
    assert codec.decode(b'{"a":[1.5,null]}') == {"a": [1.5, None]}


@bounded
@given(st.lists(st.binary(max_size=4), max_size=4), st.lists(st.binary(max_size=4), max_size=4))
def test_a_digest_tells_apart_how_bytes_are_split(one, other):
    assert (codec.digest(*one) == codec.digest(*other)) is (one == other)
    assert len(codec.digest(*one)) == 16


def test_a_digest_stays_the_same_from_version_to_version():
    # Digests are kept in the store: a retry after an update of the hub must still be known.
    assert codec.digest(b"chat.message", b"{}", b"").hex() == "06026f46fe821e117c46f62c7f29bc5d"
