"""Who talked, against a count of every millisecond."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from unit.core.made_entries import SESSION, Stream

from hub.core.fold import State, fold, initial
from hub.core.talk import Person, Speech, Talk, Talking, by_speaking
from hub.core.transcript import Segment
from schemas.session import Speaker


def joined(who: str, name: str, **more: Any) -> tuple[str, dict[str, Any]]:
    return "participant.joined", {"participant_id": who, "connection_id": f"c-{who}", "name": name, **more}


def state(*events: tuple[str, dict[str, Any]]) -> State:
    """Each event a second after the one before."""
    stream = Stream()
    stream.append("session.created", {"number": 1, "status": "initializing"})
    for kind, data in events:
        stream.append(kind, data)
    return fold(initial(SESSION), stream.entries)


def speaks(who: str, now: bool) -> tuple[str, dict[str, Any]]:
    return "participant.speaking", {"participant_id": who, "speaking": now}


def segment(position: int, start: float, end: float, speaker: Speaker | None) -> Segment:
    return Segment(segment_id=str(position), position=position, start=start, end=end, speaker=speaker)


ANN, BOB, TWO = Person(user_id="u-ann"), Person(custom_id="c-bob"), Person(name="Cleo")
PEOPLE = state(
    joined("p1", "Ann", user_id="u-ann", custom_id="c-ann"),
    joined("p2", "Bob", custom_id="c-bob"),
    joined("p3", "Cleo"),
    joined("p4", "Dan", user_id="u-dan"),
    joined("p5", "Dan", user_id="u-other"),
    joined("p6", "Ann", user_id="u-ann"),
)
SPEAKERS: list[tuple[Speaker | None, Person | None]] = [
    (None, None),
    (Speaker(name="whoever", participant_id="p1"), ANN),
    (Speaker(name="x", participant_id="p6"), ANN),
    (Speaker(name="Ann"), ANN),
    (Speaker(name="Ann", participant_id="gone"), ANN),
    (Speaker(name="Bob"), BOB),
    (Speaker(name="Cleo"), TWO),
    (Speaker(name="Dan"), Person(name="Dan")),
    (Speaker(name="Dan", participant_id="p4"), Person(user_id="u-dan")),
    (Speaker(name="Eve"), Person(name="Eve")),
]
SAID = st.lists(st.tuples(st.integers(0, 300), st.integers(0, 60), st.sampled_from(SPEAKERS)), max_size=25)


@given(SAID, st.integers(1, 9))
def test_by_the_transcript_every_millisecond_counts_once(said: list[Any], size: int) -> None:
    covered: dict[Person | None, set[int]] = {}
    segments: list[Segment] = []
    for at, (begin, length, (speaker, one)) in enumerate(said):
        covered.setdefault(one, set()).update(range(begin, begin + length))
        segments.append(segment(at, begin / 1000, (begin + length) / 1000, speaker))
    speech = Speech(PEOPLE)
    for first in range(0, len(segments), size):
        speech.take(segments[first : first + size])
    talk = speech.talk()
    assert talk.unattributed == len(covered.pop(None, ()))
    assert talk.persons == {one: len(ms) for one, ms in covered.items() if ms}
    assert talk.transcribed


def test_what_was_retracted_was_not_said() -> None:
    speech = Speech(PEOPLE)
    speech.take([Segment(segment_id="s", position=0, retracted=True, start=0, end=9)])
    assert speech.talk() == Talk({}, speech.talk().names, 0, True)


def test_by_speaking_up_to_the_newest_entry() -> None:
    people = (joined("p1", "Ann", user_id="u"), joined("p2", "Ann B.", user_id="u"), joined("p3", "Bob"))
    assert by_speaking(state(*people)) is None
    told = state(*people, speaks("p1", True), speaks("p2", True), speaks("p1", False), joined("p4", "Cy"))
    # One was heard for two seconds, the other for two up to now; they are the same person.
    talk = by_speaking(told)
    assert talk is not None
    assert talk.persons == {Person(user_id="u"): 4000}
    silent = by_speaking(state(*people, speaks("p3", True), speaks("p3", True)))
    assert silent is not None
    assert silent.persons == {Person(name="Bob"): 1000}


TALKS = st.lists(
    st.dictionaries(st.sampled_from([ANN, BOB, TWO, Person(user_id="Cleo")]), st.integers(1, 50)), max_size=8
)


@given(TALKS, st.integers(1, 5))
def test_sessions_add_up(talks: list[dict[Person, int]], most: int) -> None:
    talking = Talking()
    for at, persons in enumerate(talks):
        talking.add(Talk(persons, dict.fromkeys(persons, f"name {at}"), 1, at % 2 == 0))
    assert (talking.sessions, talking.unattributed) == (len(talks), len(talks))
    assert talking.transcribed == (len(talks) + 1) // 2
    assert talking.ms == sum(sum(persons.values()) for persons in talks)
    top = talking.top(most)
    assert talking.count == len({one for persons in talks for one in persons})
    assert len(top) == min(most, talking.count)
    assert [talker.ms for talker in top] == sorted((talker.ms for talker in talking.top(99)), reverse=True)[
        :most
    ]
    for talker in top:
        there = [at for at, persons in enumerate(talks) if talker.person in persons]
        assert talker.ms == sum(talks[at][talker.person] for at in there)
        assert talker.sessions == len(there)
        assert talker.name == (talker.person.name or f"name {there[0]}")
