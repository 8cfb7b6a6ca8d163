from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hub.captions.speakers import participants, slug
from hub.client.script import Step, meeting, segment, spoken
from hub.client.vtt import Line


def line(speaker: str | None, text: str, start: float, end: float) -> Line:
    return Line(speaker=speaker, text=text, start_ms=round(start * 1000), end_ms=round(end * 1000))


def of_type(steps: list[Step], kind: str) -> list[Step]:
    return [step for step in steps if step.type == kind]


TALK = [
    line("Ann Lee", "one two three four five six seven", 3.0, 6.0),
    line("Bo", "yes", 6.1, 6.5),
    line("Ann Lee", "eight nine ten eleven", 6.9, 9.0),
    line(None, "a voice from somewhere", 30.0, 31.0),
]


def test_partials_grow_by_words_and_the_final_has_the_text_and_times_of_the_line() -> None:
    steps = segment(TALK[0], {"Ann Lee": "ann"}, "s-1")
    assert [step.data["text"] for step in steps] == [
        "one two three",
        "one two three four five six",
        "one two three four five six seven",
    ]
    assert [step.data["revision"] for step in steps] == [0, 1, 2]
    assert [step.data["final"] for step in steps] == [False, False, True]
    assert (steps[-1].data["start"], steps[-1].data["end"], steps[-1].at) == (3.0, 6.0, 6.0)
    assert steps[0].data["speaker"] == {"name": "Ann Lee", "participant_id": "ann"}
    assert all(step.at == step.data["end"] for step in steps)


def test_a_long_line_has_few_partials() -> None:
    words = " ".join(str(n) for n in range(1000))
    assert len(segment(line(None, words, 0, 60), {}, "s")) <= 13


def test_speakers_join_before_they_speak_and_all_leave() -> None:
    steps = meeting(TALK, run="r")
    kinds = [step.type for step in steps]
    joined = of_type(steps, "participant.joined")
    assert [(step.data["name"], step.at) for step in joined] == [("Ann Lee", 1.5), ("Bo", 4.6)]
    left = of_type(steps, "participant.left")
    assert [step.data["connection_id"] for step in left] == [step.data["connection_id"] for step in joined]
    assert kinds.index("participant.left") > max(
        i for i, kind in enumerate(kinds) if kind == "transcript.segment"
    )
    assert [step.data["status"] for step in of_type(steps, "session.status_changed")] == [
        "joining",
        "active",
        "leaving",
        "completed",
    ]
    assert of_type(steps, "session.status_changed")[1].at == 0


def test_speaking_goes_on_through_short_pauses() -> None:
    toggles = [
        (step.at, step.data["participant_id"], step.data["speaking"])
        for step in of_type(meeting(TALK, run="r"), "participant.speaking")
    ]
    assert toggles == [(3.0, "ann-lee", True), (6.1, "bo", True), (6.5, "bo", False), (9.0, "ann-lee", False)]


def test_a_long_silence_is_noted() -> None:
    warnings = [step for step in meeting(TALK, run="r") if step.data.get("level") == "warning"]
    assert [(step.at, step.data["fields"]) for step in warnings] == [(30.0, {"seconds": 21.0})]


def test_slugs_are_readable_and_different() -> None:
    names = ["Tomás Ferreira", "tomas ferreira", "TOMAS-FERREIRA", "株式会社", "Ω", "x" * 300]
    ids = participants(line(name, "hi", 0, 1) for name in names)
    assert ids["Tomás Ferreira"] == "tomas-ferreira"
    assert len(set(ids.values())) == len(names)
    assert slug("!!!") == "speaker"
    assert all(0 < len(value) <= 52 for value in ids.values())


words = st.lists(st.sampled_from(["a", "bb", "ccc"]), min_size=1, max_size=40).map(" ".join)
lines = st.lists(
    st.tuples(st.sampled_from(["Ann", "Bo", None]), words, st.integers(0, 5), st.integers(0, 3)),
    min_size=1,
    max_size=12,
).map(lambda rows: sorted((line(w, t, s, s + d) for w, t, s, d in rows), key=lambda made: made.start_ms))


@given(lines)
def test_every_line_is_final_once_and_first_appears_in_the_order_of_the_transcript(talk: list[Line]) -> None:
    steps = sorted(spoken(talk, participants(talk), run="r"), key=lambda step: step.at)
    segments = of_type(steps, "transcript.segment")
    appeared = list(dict.fromkeys(step.data["segment_id"] for step in segments))
    finals = {step.data["segment_id"]: step.data for step in segments if step.data["final"]}
    assert sum(step.data["final"] for step in segments) == len(talk)
    positions = {name: place for place, name in enumerate(appeared)}
    shown = sorted(finals.values(), key=lambda data: (data["start"], positions[data["segment_id"]]))
    assert [(d["text"], d["start"], d["end"], (d.get("speaker") or {}).get("name")) for d in shown] == [
        (made.text, made.start, made.end, made.speaker) for made in talk
    ]
    for name in appeared:
        revisions = [step.data["revision"] for step in segments if step.data["segment_id"] == name]
        assert all(later == earlier + 1 for earlier, later in pairwise(revisions))
