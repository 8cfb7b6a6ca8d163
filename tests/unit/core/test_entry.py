"""Entries and changes of the feed: what a stream keeps, and its frame."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.core.made_entries import SESSION, START, bounded, events, made

from hub.core.entry import Change, Entry
from hub.core.entry_id import EntryId
from schemas import codec, frames
from schemas.events import Channel


@bounded
@given(st.lists(events, min_size=1, max_size=5))
def test_a_frame_says_what_the_entry_is(published):
    for entry in made(published):
        frame = msgspec.json.decode(entry.frame(SESSION), type=frames.Entry)
        assert (frame.id, frame.type, frame.session_id) == (str(entry.id), entry.type, SESSION)
        assert codec.milliseconds(frame.at) == entry.id.ms
        assert bytes(frame.data) == entry.data
        is_segment = entry.type == "transcript.segment"
        assert frame.position == (entry.positions[0] if is_segment else None)
        assert entry.frame(SESSION) == codec.encode(frame)


@pytest.mark.parametrize("occurred_at", [None, "2026-01-01T00:00:00.000Z", 'of a newer "hub"'])
@pytest.mark.parametrize("event_type", ["transcript.segment", "x.mine", 'x."\\\n\u00e9'])
@pytest.mark.parametrize("positions", [(), (0,), (7, 8)])
def test_a_frame_is_what_the_schema_makes_of_it(occurred_at, event_type, positions):
    entry = Entry(EntryId(START, 10**15), event_type, b'{"a": 1}', occurred_at, positions)
    made_by_schema = frames.Entry(
        id=f"{START}-{10**15}",
        type=event_type,
        session_id=SESSION,
        at="2026-01-01T00:00:00.000Z",
        data=msgspec.Raw(entry.data),
        occurred_at=occurred_at,
        position=positions[0] if positions and event_type == "transcript.segment" else None,
    )
    assert entry.frame(SESSION) == codec.encode(made_by_schema)


def test_what_was_not_said_is_left_out():
    entry = Entry(id=EntryId(START, 1), type="x.mine", data=b"{}")
    assert entry.frame("s") == (
        b'{"id":"1767225600000-1","type":"x.mine","session_id":"s","at":"2026-01-01T00:00:00.000Z","data":{}}'
    )


def test_unknown_fields_are_passed_on():
    entry = Entry(id=EntryId(START, 1), type="chat.message", data=b'{"message_id":"m","text":"","new":1}')
    assert b'"new":1' in entry.frame("s")
    assert entry.decoded()["new"] == 1


@pytest.mark.parametrize(
    ("event_type", "channel"),
    [("log.entry", Channel.LOGS), ("x.mine", Channel.CUSTOM), ("future.type", Channel.CUSTOM)],
)
def test_the_channel_comes_from_the_type(event_type, channel):
    assert Entry(id=EntryId(1, 1), type=event_type, data=b"{}").channel is channel


def test_a_change_names_both_positions():
    change = Change(
        id=EntryId(START, 9), type="session.counts", session_id="s", entry_id="1-2", data=b'{"a":1}'
    )
    frame = msgspec.json.decode(change.frame(), type=frames.FeedEntry)
    assert (frame.id, frame.entry_id, frame.session_id) == (f"{START}-9", "1-2", "s")
    assert (frame.type, frame.at, frame.feed) == ("session.counts", "2026-01-01T00:00:00.000Z", True)
