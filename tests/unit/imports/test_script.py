"""What is told of a file folds to the meeting that is in it."""

from hypothesis import given
from hypothesis import strategies as st

from hub.captions.line import Captions, Line, captions
from hub.core.entry import Entry
from hub.core.entry_id import EntryId
from hub.core.event import Draft, hub_draft
from hub.core.fold import State, fold, initial
from hub.core.view import detail_view
from hub.imports.failure import ImportFailure
from hub.imports.script import begun, failed, script_of
from schemas import codec
from schemas.events import SessionCreated, Status

CREATED = 1_767_225_600_000

lines = st.lists(
    st.tuples(
        st.none() | st.sampled_from(["Ann", "ann", "Bo", "李", "!!", "Ann-2"]),
        st.integers(0, 10_000_000),
        st.integers(0, 100_000),
    ),
    min_size=1,
    max_size=20,
).map(
    lambda rows: captions(
        ("", Line(speaker=who, text=f"line {n}", start_ms=at, end_ms=at + length))
        for n, (who, at, length) in enumerate(rows)
    )
)


def told(drafts: list[Draft]) -> State:
    """The state of a session in which this was told, a while after its creation."""
    made = SessionCreated(number=1, status=Status.SCHEDULED, file_url="https://example.com/a.vtt")
    positions: dict[str, int] = {}
    entries: list[Entry] = []
    for seq, draft in enumerate([hub_draft("session.created", made), *drafts], 1):
        for name in draft.segments:
            positions.setdefault(name, len(positions))
        entries.append(
            Entry(
                id=EntryId(CREATED + (seq > 1) * 5000, seq),
                type=draft.type,
                data=draft.data,
                occurred_at=draft.occurred_at or None,
                positions=tuple(positions[name] for name in draft.segments),
            )
        )
    return fold(initial("ses_1"), entries)


def whole(captions_: Captions) -> list[Draft]:
    script = script_of(captions_, CREATED)
    return [begun(), script.opening(), *script.spoken(), script.closing()]


@given(lines)
def test_a_meeting_is_as_long_as_it_was(captions_: Captions) -> None:
    session = detail_view(told(whole(captions_)))
    end = max(line.end_ms for line in captions_.lines)
    assert (session.status, session.duration) == (Status.COMPLETED, end / 1000)
    assert session.ended_at == session.created_at == codec.timestamp(CREATED)
    assert session.segment_count == len(captions_.lines)
    first = {line.speaker: line.start_ms for line in reversed(captions_.lines) if line.speaker}
    people = {who.name: who for who in session.participants.participants}
    assert {name: round(who.duration * 1000) for name, who in people.items()} == {
        name: end - start for name, start in first.items()
    }
    assert len({who.participant_id for who in people.values()}) == len(first)
    assert session.participant_counts.live == 0


@given(lines)
def test_told_again_it_is_the_same(captions_: Captions) -> None:
    one, other = whole(captions_), whole(captions_)
    assert [draft.digest for draft in one] == [draft.digest for draft in other]
    keys = [draft.idempotency_key for draft in one]
    assert all(keys)
    assert len(set(keys)) == len(keys)


@given(lines, st.integers(-(10**14), 10**14))
def test_a_meeting_was_when_its_file_says_but_not_in_time_to_come(captions_: Captions, started: int) -> None:
    script = script_of(Captions(lines=captions_.lines, started_ms=started), CREATED)
    assert 0 <= script.started <= CREATED - script.length
    if 0 <= started <= CREATED - script.length:
        assert script.started == started


def test_what_fails_says_why() -> None:
    failure = ImportFailure("FILE_REFUSED", "x" * 2000, stage="fetch")
    session = detail_view(told([begun(), failed(failure)]))
    assert session.end is not None
    assert (session.status, session.end.code, session.end.stage) == (Status.FAILED, "FILE_REFUSED", "fetch")
    assert session.end.message == "x" * 1024
    assert session.started_at is None
