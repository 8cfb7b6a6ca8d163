"""The fold's laws: pure, splittable anywhere, blind to what it does not know; then what each type does."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from unit.core.made_entries import (
    DATA,
    SESSION,
    START,
    Stream,
    any_object,
    bounded,
    events,
    made,
    with_unknown_fields,
)

from hub.core import fold, transcript
from hub.core.entry import Entry
from hub.core.entry_id import ORIGIN, EntryId
from hub.core.fold import State
from schemas import codec, session
from schemas.details import Platform
from schemas.events import EVENT_TYPES, Channel, LogLevel, Status
from schemas.session import Speaker, User

several = st.lists(events, min_size=5, max_size=30)


def _folded(*published):
    return fold.fold(fold.initial(SESSION), made(published))


def test_the_strategies_cover_every_type():
    assert set(DATA) == {*EVENT_TYPES, "x.anything"}


@bounded
@given(several, st.data())
def test_going_on_from_a_checkpoint_equals_folding_from_the_start(published, data):
    entries = made(published)
    at = data.draw(st.integers(0, len(entries)))
    checkpoint = codec.encode(fold.fold(fold.initial(SESSION), entries[:at]))
    resumed = fold.fold(msgspec.json.decode(checkpoint, type=State), entries[at:])
    assert resumed == fold.fold(fold.initial(SESSION), entries)


@bounded
@given(several)
def test_no_state_is_changed_in_place(published):
    states = [fold.initial(SESSION)]
    frozen = [codec.encode(states[0])]
    for entry in made(published):
        states.append(fold.apply(states[-1], entry))
        frozen.append(codec.encode(states[-1]))
    assert [codec.encode(state) for state in states] == frozen


@bounded
@given(several)
def test_every_entry_advances_the_position(published):
    state = fold.initial(SESSION)
    assert state.entry_id == ORIGIN
    for entry in made(published):
        updated = state.updated if entry.channel is Channel.LOGS else entry.id.ms
        state = fold.apply(state, entry)
        assert (state.entry_id, state.updated) == (entry.id, updated)


@bounded
@given(several)
def test_unknown_fields_change_nothing(published):
    # What is free in shape is kept whole; there a field more is content.
    free = {"session.created", "session.updated", "log.entry"}
    entries = [entry for entry in made(published) if entry.type not in free]
    plain = fold.fold(fold.initial(SESSION), entries)
    assert fold.fold(fold.initial(SESSION), map(with_unknown_fields, entries)) == plain


@pytest.mark.parametrize(
    "published",
    [
        ("session.created", {"number": 1, "status": "scheduled", "organization": "a", "user": {"id": "u"}}),
        ("session.updated", {"title": "Weekly", "user": {"id": "u"}}),
        ("log.entry", {"level": "info", "message": "hi"}),
    ],
)
def test_unknown_fields_beside_free_ones_change_nothing(published):
    entries = made([published])
    plain = fold.fold(fold.initial(SESSION), entries)
    assert fold.fold(fold.initial(SESSION), map(with_unknown_fields, entries)) == plain


@bounded
@given(several, st.sampled_from(["x.mine", "future.type", "participant.teleported"]), any_object)
def test_an_unknown_type_changes_nothing_but_the_position(published, unknown, data):
    state = fold.fold(fold.initial(SESSION), made(published))
    entry = Entry(id=EntryId(state.ms + 5, state.seq + 1), type=unknown, data=codec.encode(data))
    expected = replace(state, ms=entry.id.ms, seq=entry.id.seq, updated=entry.id.ms)
    assert fold.apply(state, entry) == expected


CREATED = {
    "number": 7,
    "status": "scheduled",
    "organization": "acme",
    "title": "Weekly",
    "meeting_id": "m-1",
    "meeting_link": "https://zoom.us/j/1",
    "platform": "zoom",
    "bot_name": "Notetaker",
    "transcription_enabled": False,
    "transcription_language": "de",
    "scheduled_for": "2026-01-02T00:00:00.000Z",
    "user": {"id": "u-1", "email": "ada@example.com"},
    "metadata": {"room": [1, 2]},
}


_touching = st.tuples(
    st.sampled_from(["transcript.segment", "transcript.retracted", "transcript.speaker_corrected"]),
    st.lists(st.sampled_from([0, 1, 2, 99, 100, 101, 102, 200, 201]), min_size=1, max_size=3).map(sorted),
)


@bounded
@given(st.lists(_touching, max_size=40), st.data())
def test_of_a_long_transcript_the_newest_segments_are_kept(touched, data):
    """Also where late entries touch segments far back, or those at the border of what is kept."""
    entries = []
    for number, (kind, positions) in enumerate(touched):
        said = {"segment_id": f"s{positions[0]}", "final": False, "text": str(number), "start": 0, "end": 1}
        corrected = {"segment_ids": [], "speaker": {"name": str(number)}}
        content = corrected if kind == "transcript.speaker_corrected" else said
        places = tuple(positions) if kind == "transcript.speaker_corrected" else (positions[0],)
        entries.append(Entry(EntryId(START, number + 1), kind, codec.encode(content), None, places))
    start = fold.initial(SESSION)
    cut = data.draw(st.integers(0, len(entries)))
    state = fold.fold(fold.fold(start, entries[:cut]), entries[cut:])
    kept: dict[int, transcript.Segment] = {}
    count = 0
    for entry in entries:
        count = max(count, entry.positions[-1] + 1)
        transcript.assemble(kept, [entry])
        kept = {position: kept[position] for position in kept if position >= count - fold.SEGMENTS}
    assert state.segments == [kept[position] for position in sorted(kept)]
    assert state.segment_count == count


def test_created_sets_everything_that_was_said():
    state = _folded(("session.created", CREATED))
    expected = CREATED | {"user": User(id="u-1", email="ada@example.com"), "platform": Platform.ZOOM}
    del expected["status"]
    assert {name: getattr(state.about, name) for name in expected} == expected
    assert state.status is Status.SCHEDULED
    assert state.created == START
    assert not state.live


def test_updated_changes_what_it_names_and_may_clear_it():
    state = _folded(
        ("session.created", CREATED),
        ("session.updated", {"title": None, "user": None, "metadata": {}, "bot_name": "Scribe"}),
    )
    about = state.about
    assert (about.title, about.user, about.metadata, about.bot_name) == (None, None, {}, "Scribe")
    assert about.transcription_language == "de"
    assert not about.transcription_enabled


def test_a_session_starts_when_it_first_is_active():
    steps = [("session.status_changed", {"status": s}) for s in ("joining", "active", "recording", "active")]
    state = _folded(*steps)
    assert (state.started, state.status, state.live) == (START + 1000, Status.ACTIVE, True)
    assert state.ended is None
    assert state.end is None


def test_recording_starts_a_session_too():
    assert _folded(("session.status_changed", {"status": "recording"})).started == START


@pytest.mark.parametrize("status", ["completed", "failed"])
def test_the_end_keeps_its_reason(status):
    why = {"reason": "kicked", "code": "KICKED", "message": "Removed by the host.", "stage": "meeting"}
    state = _folded(("session.status_changed", {"status": status} | why))
    assert state.end == session.End(**why)
    assert (state.ended, state.started, state.live, state.sealed) == (START, None, False, False)


def test_seal_and_deletion():
    state = _folded(("session.sealed", {"reason": "late_window"}))
    assert (state.sealed, state.deleted) == (True, False)
    assert _folded(("session.deleted", {})).deleted


def test_a_breakout_room_opens_closes_and_opens_again():
    opened = ("breakout.opened", {"room_id": "a", "title": "A"})
    closed = ("breakout.closed", {"room_id": "a"})
    other = ("breakout.opened", {"room_id": "b"})
    state = _folded(opened, other, closed)
    assert [(room.room_id, room.closed_at) for room in state.rooms] == [
        ("a", "2026-01-01T00:00:02.000Z"),
        ("b", None),
    ]
    again = _folded(opened, other, closed, opened)
    assert [(room.room_id, room.closed_at) for room in again.rooms] == [("b", None), ("a", None)]


def test_chat_is_an_upsert_that_keeps_place_and_time():
    said = {"message_id": "m-0", "text": "helo", "sender": {"name": "Ada", "participant_id": "p-0"}}
    state = _folded(
        ("chat.message", said),
        ("chat.message", {"message_id": "m-1", "text": "hi"}),
        ("chat.message", said | {"text": "hello"}),
        # The same text again is no other text, and does not undo that there was one.
        ("chat.message", said | {"text": "hello"}),
        ("chat.message", {"message_id": "m-1", "text": "hi"}),
    )
    assert [(m.message_id, m.text, m.at, m.edited) for m in state.messages] == [
        ("m-0", "hello", "2026-01-01T00:00:00.000Z", True),
        ("m-1", "hi", "2026-01-01T00:00:01.000Z", False),
    ]
    assert state.messages[0].sender == Speaker(name="Ada", participant_id="p-0")
    assert state.message_count == 5
    assert not state.messages_cut


def test_the_last_fifty_messages_are_kept():
    published = [("chat.message", {"message_id": f"m-{n}", "text": "hi"}) for n in range(fold.MESSAGES + 1)]
    full, cut = _folded(*published[:-1]), _folded(*published)
    assert (len(full.messages), full.messages_cut) == (50, False)
    assert (len(cut.messages), cut.messages_cut) == (50, True)
    assert (cut.messages[0].message_id, cut.messages[-1].message_id) == ("m-1", "m-50")
    assert fold.fold(cut, made([published[-1]])).messages_cut


def test_the_last_fifty_log_lines_are_kept():
    published = [("log.entry", {"level": "warning", "message": str(n), "source": "bot"}) for n in range(51)]
    state = _folded(*published)
    assert (len(state.lines), state.log_count) == (50, 51)
    assert state.lines[-1] == session.LogLine(
        id=f"{START + 50_000}-51",
        at="2026-01-01T00:00:50.000Z",
        level=LogLevel.WARNING,
        message="50",
        source="bot",
        fields={},
    )


def test_rooms_are_bounded():
    state = _folded(*(("breakout.opened", {"room_id": f"r-{n}"}) for n in range(fold.ROOMS + 1)))
    assert [state.rooms[0].room_id, state.rooms[-1].room_id] == ["r-1", "r-100"]


def test_chapters_are_by_start_an_upsert_and_bounded():
    state = _folded(
        ("chapter.added", {"title": "Two", "start": 60}),
        ("chapter.added", {"title": "One", "start": 0, "end": 60}),
        ("chapter.added", {"title": "Second", "start": 60.0}),
    )
    assert [(c.title, c.start, c.end) for c in state.artifacts.chapters] == [
        ("One", 0.0, 60.0),
        ("Second", 60.0, None),
    ]
    many = [("chapter.added", {"title": "C", "start": n}) for n in range(fold.CHAPTERS + 1)]
    full, cut = _folded(*many[:-1]).artifacts, _folded(*many).artifacts
    assert (len(full.chapters), full.truncated) == (500, False)
    assert (len(cut.chapters), cut.truncated, cut.chapters[0].start) == (500, True, 1.0)


def test_the_summary_is_what_was_said_last():
    requested = _folded(("summary.requested", {})).artifacts.summary
    assert requested == session.Summary(state="requested", updated_at="2026-01-01T00:00:00.000Z")
    ready = _folded(("summary.requested", {}), ("summary.ready", {"text": "All well.", "keywords": ["a"]}))
    assert ready.artifacts.summary == session.Summary(
        state="ready",
        text="All well.",
        format="text",
        keywords=["a"],
        updated_at="2026-01-01T00:00:01.000Z",
    )
    failed = _folded(("summary.failed", {"reason": "too short"})).artifacts.summary
    assert (failed.state, failed.reason, failed.text, failed.format) == ("failed", "too short", None, None)


def test_the_recording_is_replaced_whole():
    state = _folded(
        ("recording.updated", {"state": "processing", "duration": 5}),
        ("recording.updated", {"state": "ready", "url": "https://example.com/r.mp4", "size": 9}),
        ("chapter.added", {"title": "One", "start": 0}),
    )
    assert state.artifacts.recording == session.Recording(
        state="ready", url="https://example.com/r.mp4", size=9, updated_at="2026-01-01T00:00:01.000Z"
    )


def test_a_log_line_is_no_update_of_the_session():
    stream = Stream()
    state = fold.apply(fold.initial(SESSION), stream.append("chat.message", {"message_id": "m", "text": ""}))
    after = fold.apply(state, stream.append("log.entry", {"level": "debug", "message": ""}))
    assert (after.updated, after.ms) == (START, START + 1000)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("session.status_changed", {"status": "hovering"}),
        (
            "participant.joined",
            {"participant_id": "p", "connection_id": "c", "name": "P", "kind": "hologram"},
        ),
        ("log.entry", {"level": "whisper", "message": "m"}),
    ],
)
def test_a_word_of_a_newer_hub_changes_nothing_but_the_position(kind, data):
    state = fold.initial(SESSION)
    entry = Entry(id=EntryId(5, 1), type=kind, data=codec.encode(data))
    after = fold.apply(state, entry)
    assert after.entry_id == entry.id
    assert replace(after, ms=0, seq=0, updated=0) == state
