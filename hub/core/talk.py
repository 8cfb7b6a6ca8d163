"""Who talked for how long: in one session, and in many together.

A person is told by the user id of a participant, else by the custom id, else by the name. A speaker of a
transcript is the participant with that id, else the only one with that name, else somebody of that name.
"""

from collections.abc import Iterable, Mapping
from heapq import nsmallest
from typing import NamedTuple

from hub.core.fold import State
from hub.core.participants import Participant
from hub.core.transcript import Segment
from schemas.session import Speaker


class Person(NamedTuple):
    """Somebody, by the first of these that is known of them; the others are None."""

    user_id: str | None = None
    custom_id: str | None = None
    name: str | None = None


class Talk(NamedTuple):
    """Who talked in a session."""

    persons: Mapping[Person, int]
    """Milliseconds of each who talked at all."""
    names: Mapping[Person, str]
    """What they are called; also of others."""
    unattributed: int
    """Milliseconds of which nobody said whose they are."""
    transcribed: bool
    """By the transcript."""


SILENCE = Talk({}, {}, 0, False)
"""Nobody talked."""


class Talker(NamedTuple):
    """Somebody in all sessions together."""

    person: Person
    name: str
    """As they were called in the session that was added first."""
    ms: int
    sessions: int
    """In how many of them they talked."""


def person(who: Participant) -> Person:
    """Who a participant is."""
    if who.user_id is not None:
        return Person(user_id=who.user_id)
    if who.custom_id is not None:
        return Person(custom_id=who.custom_id)
    return Person(name=who.name)


def by_speaking(state: State) -> Talk | None:
    """By `participant.speaking`; who speaks has done so up to the newest entry. None if nobody said that."""
    people = state.participants.values()
    if all(who.spoken is None for who in people):
        return None
    persons: dict[Person, int] = {}
    for who in people:
        going_on = 0 if who.speaking_since is None else state.ms - who.speaking_since
        ms = (who.spoken or 0) + going_on
        if ms > 0:
            persons[person(who)] = persons.get(person(who), 0) + ms
    return Talk(persons, _names(people), 0, False)


class Speech:
    """Who talked by the transcript of a session: a person's time in several segments at once counts once.

    Args:
        state: Of the session, at the entry that the transcript reflects.
    """

    def __init__(self, state: State) -> None:
        people = state.participants.values()
        self._names = _names(people)
        self._by_id = {who.participant_id: person(who) for who in people}
        self._by_name: dict[str, Person | None] = {}
        for who in people:
            one = person(who)
            # None: of several with this name it is not known which.
            self._by_name[who.name] = one if self._by_name.get(who.name, one) == one else None
        self._spans: dict[Person | None, list[tuple[int, int]]] = {}

    def take(self, segments: Iterable[Segment]) -> None:
        """Take in segments, in any order; retracted ones do not count."""
        for segment in segments:
            if not segment.retracted:
                span = (round(segment.start * 1000), round(segment.end * 1000))
                self._spans.setdefault(self._speaker(segment.speaker), []).append(span)

    def talk(self) -> Talk:
        """What all segments taken say."""
        covered = {one: _covered(spans) for one, spans in self._spans.items()}
        unattributed = covered.pop(None, 0)
        persons = {one: ms for one, ms in covered.items() if one is not None and ms > 0}
        return Talk(persons, self._names, unattributed, True)

    def _speaker(self, speaker: Speaker | None) -> Person | None:
        if speaker is None:
            return None
        found = self._by_id.get(speaker.participant_id or "") or self._by_name.get(speaker.name)
        return found or Person(name=speaker.name)


class Talking:
    """Who talked in many sessions together, added one by one."""

    def __init__(self) -> None:
        self.sessions = 0
        self.transcribed = 0
        """Those of them by the transcript."""
        self.ms = 0
        """Of all talkers together."""
        self.unattributed = 0
        """Milliseconds of which nobody said whose they are."""
        self._talkers: dict[Person, Talker] = {}

    def add(self, talk: Talk) -> None:
        """Add a session."""
        self.sessions += 1
        self.transcribed += talk.transcribed
        self.unattributed += talk.unattributed
        for one, ms in talk.persons.items():
            self.ms += ms
            name = one.name or talk.names[one]
            before = self._talkers.get(one) or Talker(one, name, 0, 0)
            self._talkers[one] = before._replace(ms=before.ms + ms, sessions=before.sessions + 1)

    @property
    def count(self) -> int:
        """How many talked."""
        return len(self._talkers)

    def top(self, most: int) -> list[Talker]:
        """Those who talked most, at most so many, by time; of equals by name."""

        def order(talker: Talker) -> tuple[int, str, tuple[str, ...]]:
            return -talker.ms, talker.name, tuple(part or "" for part in talker.person)

        return nsmallest(most, self._talkers.values(), key=order)


def _names(people: Iterable[Participant]) -> dict[Person, str]:
    return {person(who): who.name for who in people}


def _covered(spans: list[tuple[int, int]]) -> int:
    """How much is covered by spans, which may lie over each other."""
    whole, upto = 0, 0
    for begin, end in sorted(spans):
        if end > upto:
            whole += end - max(begin, upto)
            upto = end
    return whole
