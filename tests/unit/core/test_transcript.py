"""Transcript assembly, against a model that looks at all entries of a segment at once."""

import functools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.core.made_entries import SESSION, Stream, bounded, corrections, retractions, segments

from hub.core import fold, transcript
from hub.core.transcript import PAGE, Segment
from schemas import codec
from schemas.session import Speaker

steps = st.lists(
    st.tuples(st.just("transcript.segment"), segments)
    | st.tuples(st.just("transcript.retracted"), retractions)
    | st.tuples(st.just("transcript.speaker_corrected"), corrections),
    # Without a least size the average list has five steps, too few to meet on one segment.
    min_size=10,
    max_size=40,
)


def _stream(taken, stream=None):
    stream = stream or Stream()
    for event_type, data in taken:
        stream.append(event_type, data)
    return stream


def _assembled(entries, segments=None):
    assembled = {} if segments is None else dict(segments)
    transcript.assemble(assembled, entries)
    return assembled


def _speaker(data):
    return data and Speaker(name=data["name"], participant_id=data.get("participant_id"))


def _expected(entries, position):
    """What the laws say of one segment: the winner of its revisions, then correction, then retraction."""
    mine = [entry for entry in entries if position in entry.positions]
    retraction = next((n for n, e in enumerate(mine) if e.type == "transcript.retracted"), None)
    revisions = [e.decoded() for e in mine[:retraction] if e.type == "transcript.segment"]
    corrections = [e.decoded() for e in mine[:retraction] if e.type == "transcript.speaker_corrected"]
    best = max((data["final"], data.get("revision", 0)) for data in revisions)
    winner = [data for data in revisions if (data["final"], data.get("revision", 0)) == best][-1]
    speaker = _speaker(corrections[-1]["speaker"] if corrections else winner.get("speaker"))
    gone = retraction is not None
    return {
        "segment_id": winner["segment_id"],
        "final": best[0],
        "revision": best[1],
        "retracted": gone,
        "text": "" if gone else winner["text"],
        "speaker": None if gone else speaker,
        "start": winner["start"],
        "end": winner["end"],
    }


@bounded
@given(steps)
def test_each_segment_is_what_the_laws_say(taken):
    stream = _stream(taken)
    assembled = _assembled(stream.entries)
    assert sorted(assembled) == list(range(len(stream.positions)))
    for position, segment in assembled.items():
        expected = _expected(stream.entries, position)
        assert {name: getattr(segment, name) for name in expected} == expected
        assert segment.position == position


@bounded
@given(steps)
def test_a_final_never_becomes_a_partial_and_a_retraction_is_for_good(taken):
    assembled = {}
    for entry in _stream(taken).entries:
        before = dict(assembled)
        changed = transcript.assemble(assembled, [entry])
        assert changed <= set(entry.positions)
        for position, old in before.items():
            new = assembled[position]
            assert position in changed or new == old
            assert new.final >= old.final
            assert (new.final, new.revision) >= (old.final, old.revision)
            assert new.retracted >= old.retracted
            if old.retracted:
                assert new == old


@bounded
@given(steps, st.data())
def test_it_does_not_matter_how_the_entries_are_cut(taken, data):
    entries = _stream(taken).entries
    assembled = {}
    rest = entries
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        transcript.assemble(assembled, rest[:size])
        rest = rest[size:]
    assert assembled == _assembled(entries)


@bounded
@given(steps, st.data())
def test_applying_the_last_entries_again_changes_nothing(taken, data):
    entries = _stream(taken).entries
    again = data.draw(st.integers(0, len(entries)))
    once = _assembled(entries)
    assert _assembled(entries[again:], once) == once


def test_applying_only_older_entries_again_may_bring_an_equal_revision_back():
    stream = _stream(
        [("transcript.segment", _segment(text="first")), ("transcript.segment", _segment(text="second"))]
    )
    once = _assembled(stream.entries)
    assert once[0].text == "second"
    assert _assembled(stream.entries[:1], once)[0].text == "first"


@functools.cache
def _begun(count):
    """A session in which `count` segments have begun: its state, its whole transcript, its positions."""
    stream = _stream(
        ("transcript.segment", _segment(segment_id=f"seg-{n}", start=n, end=n + 1)) for n in range(count)
    )
    return fold.fold(fold.initial(SESSION), stream.entries), _assembled(stream.entries), stream.positions


def _segment(**fields):
    return {"segment_id": "seg-0", "final": False, "text": "hello", "start": 0, "end": 1} | fields


@bounded
@given(
    st.integers(94, 110),
    st.lists(
        st.tuples(st.integers(0, 115), st.sampled_from("rfxc"), st.integers(0, 2)), min_size=8, max_size=25
    ),
)
def test_the_window_is_the_end_of_the_whole_transcript(count, taken):
    state, whole, positions = _begun(count)
    whole, stream = dict(whole), Stream()
    stream.positions = dict(positions)
    for number, kind, revision in taken:
        name = f"seg-{number}"
        match kind:
            case "x":
                entry = stream.append("transcript.retracted", {"segment_id": name})
            case "c":
                ids = [f"seg-{number + more}" for more in (3, 0, 1)]
                data = {"segment_ids": ids, "speaker": {"name": "Ada"}}
                entry = stream.append("transcript.speaker_corrected", data)
            case _:
                data = _segment(segment_id=name, final=kind == "f", revision=revision)
                entry = stream.append("transcript.segment", data)
        state = fold.apply(state, entry)
        transcript.assemble(whole, [entry])
        assert state.segment_count == len(whole)
        assert state.segments == [whole[position] for position in sorted(whole)[-fold.SEGMENTS :]]


@bounded
@given(
    st.lists(st.tuples(st.integers(250, 262), st.booleans(), st.integers(1, 3)), min_size=5, max_size=20),
    st.data(),
)
def test_assembling_by_stored_pages_equals_assembling_at_once(taken, data):
    _, whole, positions = _begun(258)
    stream = Stream()
    stream.positions = dict(positions)
    for number, final, revision in taken:
        name = f"seg-{number}"
        stream.append("transcript.segment", _segment(segment_id=name, final=final, revision=revision))
    pages = {}
    for position, segment in whole.items():
        pages.setdefault(position // PAGE, {})[position] = segment
    stored = {number: codec.encode(page) for number, page in pages.items()}
    rest = stream.entries
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        touched = transcript.touched_pages(rest[:size])
        loaded = {}
        for number in touched & stored.keys():
            loaded |= msgspec.json.decode(stored[number], type=dict[int, Segment])
        changed = transcript.assemble(loaded, rest[:size])
        assert {position // PAGE for position in changed} <= touched
        for number in touched:
            stored[number] = codec.encode({p: s for p, s in loaded.items() if p // PAGE == number})
        rest = rest[size:]
    kept = {}
    for page in stored.values():
        kept |= msgspec.json.decode(page, type=dict[int, Segment])
    assert kept == _assembled(stream.entries, whole)


def test_only_transcript_entries_touch_pages():
    stream = _stream([("transcript.segment", _segment())])
    log = msgspec.structs.replace(stream.entries[0], type="log.entry")
    assert transcript.touched_pages([*stream.entries, log]) == {0}
    assert transcript.touched_pages([log]) == set()


@pytest.mark.parametrize(
    "event",
    [
        ("transcript.retracted", {"segment_id": "nobody"}),
        ("transcript.speaker_corrected", {"segment_ids": ["nobody"], "speaker": {"name": "Ada"}}),
    ],
)
def test_what_touches_no_segment_changes_nothing(event):
    stream = _stream([("transcript.segment", _segment()), event])
    before = fold.fold(fold.initial(SESSION), stream.entries[:1])
    after = fold.apply(before, stream.entries[1])
    assert (after.segments, after.segment_count) == (before.segments, 1)


def test_a_later_revision_keeps_the_corrected_speaker_until_the_next_correction():
    correct = {"segment_ids": ["seg-0"], "speaker": {"name": "Grace", "participant_id": "p-1"}}
    stream = _stream(
        [
            ("transcript.segment", _segment(speaker={"name": "Ada"})),
            ("transcript.speaker_corrected", correct),
            ("transcript.segment", _segment(final=True, text="bye", speaker={"name": "Ada"})),
        ]
    )
    segment = _assembled(stream.entries)[0]
    assert (segment.text, segment.speaker) == ("bye", Speaker(name="Grace", participant_id="p-1"))
    stream.append("transcript.segment", _segment(final=True, revision=1, text="bye!"))
    segment = _assembled(stream.entries)[0]
    assert (segment.text, segment.speaker) == ("bye!", Speaker(name="Grace", participant_id="p-1"))
    again = stream.append("transcript.speaker_corrected", correct | {"speaker": {"name": "Lin"}})
    assert _assembled([again], {0: segment})[0].speaker == Speaker(name="Lin")


@pytest.mark.parametrize(
    ("old", "new", "replaced"),
    [
        ((False, 0), (False, 0), True),
        ((False, 0), (False, 1), True),
        ((False, 1), (False, 0), False),
        ((False, 9), (True, 0), True),
        ((True, 0), (False, 9), False),
        ((True, 0), (True, 0), True),
        ((True, 0), (True, 1), True),
        ((True, 1), (True, 0), False),
    ],
)
def test_which_revision_replaces_which(old, new, replaced):
    stream = _stream(
        ("transcript.segment", _segment(final=final, revision=revision, text=text))
        for text, (final, revision) in {"old": old, "new": new}.items()
    )
    assert _assembled(stream.entries)[0].text == ("new" if replaced else "old")


def test_a_retracted_segment_keeps_its_place_and_loses_what_was_said():
    said = _segment(speaker={"name": "Ada"}, confidence=0.5, words=[{"text": "hello", "start": 0, "end": 1}])
    stream = _stream([("transcript.segment", said), ("transcript.retracted", {"segment_id": "seg-0"})])
    assert _assembled(stream.entries) == {
        0: Segment(segment_id="seg-0", position=0, retracted=True, start=0.0, end=1.0, changed=2)
    }


def test_the_readable_transcript_is_by_start_then_by_first_appearance():
    made = [
        Segment(segment_id=name, position=position, start=start, retracted=name == "gone")
        for position, (name, start) in enumerate([("late", 9.0), ("a", 1.0), ("gone", 0.0), ("b", 1.0)])
    ]
    assert [segment.segment_id for segment in transcript.readable(reversed(made), None)] == ["a", "b", "late"]


@pytest.mark.parametrize(
    ("seconds", "time"),
    [(0.0, "00.000"), (0.0004, "00.000"), (0.0005, "00.001"), (1.9996, "02.000"), (2.5, "02.500")],
)
def test_times_of_day_are_rounded_to_the_millisecond(seconds, time):
    view = Segment(segment_id="s", position=0, start=seconds, end=seconds).view(1_767_225_600_000)
    assert view.started_at == view.ended_at == f"2026-01-01T00:00:{time}Z"


def test_there_are_no_times_of_day_before_the_session_has_started():
    view = Segment(segment_id="s", position=0, start=1.0, end=2.0).view(None)
    assert (view.started_at, view.ended_at) == (None, None)
