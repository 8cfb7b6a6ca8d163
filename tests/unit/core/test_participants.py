"""Participants and connections, against a model that remembers the last entry of each connection."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from unit.core.made_entries import SESSION, START, Stream, bounded

from hub.core import fold, participants
from hub.core.participants import Connection, Participant

PEOPLE = [f"p-{number}" for number in range(3)]
CONNECTIONS = [f"c-{number}" for number in range(2)]

steps = st.lists(
    st.tuples(
        st.sampled_from(["joined", "left", "speaking", "silent", "updated"]),
        st.sampled_from(PEOPLE),
        st.sampled_from(CONNECTIONS),
    ),
    # Without a least size the average list has five steps, too few to come, go and come back.
    min_size=10,
    max_size=40,
)


def _append(stream, kind, person, connection):
    who = {"participant_id": person}
    match kind:
        case "joined":
            data = who | {"connection_id": connection, "name": "Ada"}
            return stream.append("participant.joined", data)
        case "left":
            return stream.append("participant.left", who | {"connection_id": connection})
        case "updated":
            return stream.append("participant.updated", who | {"name": "Ada Lovelace"})
        case _:
            return stream.append("participant.speaking", who | {"speaking": kind == "speaking"})


def _folded(*taken):
    stream = Stream()
    return fold.fold(fold.initial(SESSION), [_append(stream, *step) for step in taken])


@bounded
@given(steps)
def test_presence_follows_the_last_entry_of_each_connection(taken):
    stream, state = Stream(), fold.initial(SESSION)
    last, seen, peak = {}, [], 0
    for kind, person, connection in taken:
        state = fold.apply(state, _append(stream, kind, person, connection))
        if kind in {"joined", "left"}:
            last[person, connection] = kind
        if kind == "joined" and person not in seen:
            seen.append(person)
        live = {who for (who, _), what in last.items() if what == "joined"}
        peak = max(peak, len(live))
        assert {who.participant_id for who in state.participants.values() if who.live} == live
        assert state.live_count == len(live)
        assert state.peak_count == peak
        assert state.total_count == len(seen)
        assert list(state.participants) == seen
        for who in state.participants.values():
            assert (who.left is None) == who.live
            assert who.live or not who.speaking
            assert {c.connection_id for c in who.connections if c.left is None} == {
                of
                for (of_person, of), what in last.items()
                if of_person == who.participant_id and what == "joined"
            }


@bounded
@given(steps)
def test_the_end_closes_everyone(taken):
    stream, state = Stream(), fold.initial(SESSION)
    state = fold.fold(state, [_append(stream, *step) for step in taken])
    ended = fold.apply(state, stream.append("session.status_changed", {"status": "completed"}))
    assert ended.live_count == 0
    assert (ended.peak_count, ended.total_count) == (state.peak_count, state.total_count)
    for name, who in ended.participants.items():
        assert not who.live
        assert not who.speaking
        before = state.participants[name]
        assert who.left == (ended.ms if before.live else before.left)
        assert all(connection.left is not None for connection in who.connections)


def test_a_late_left_of_an_old_connection_removes_nobody_who_came_back():
    state = _folded(
        ("joined", "p-0", "c-0"),
        ("joined", "p-0", "c-1"),
        ("left", "p-0", "c-0"),
        ("left", "p-0", "c-0"),
    )
    who = state.participants["p-0"]
    assert who.live
    assert who.left is None
    assert [(c.connection_id, c.left) for c in who.connections] == [("c-0", START + 2000), ("c-1", None)]


def test_a_repeated_join_of_an_open_connection_keeps_its_time():
    state = _folded(("joined", "p-0", "c-0"), ("joined", "p-0", "c-0"))
    assert [c.joined for c in state.participants["p-0"].connections] == [START]
    assert state.live_count == 1


def test_who_comes_back_has_not_left():
    state = _folded(("joined", "p-0", "c-0"), ("left", "p-0", "c-0"), ("joined", "p-0", "c-1"))
    who = state.participants["p-0"]
    assert (who.live, who.left, who.joined) == (True, None, START)
    assert (state.live_count, state.peak_count, state.total_count) == (1, 1, 1)


def test_a_rejoin_opens_the_connection_anew_at_the_end():
    state = _folded(
        ("joined", "p-0", "c-0"),
        ("joined", "p-0", "c-1"),
        ("left", "p-0", "c-0"),
        ("joined", "p-0", "c-0"),
    )
    assert [(c.connection_id, c.joined, c.left) for c in state.participants["p-0"].connections] == [
        ("c-1", START + 1000, None),
        ("c-0", START + 3000, None),
    ]


def test_a_rejoin_keeps_what_it_does_not_say():
    stream = Stream()
    first = {"participant_id": "p", "connection_id": "c-0", "name": "Ada", "role": "host", "email": "a@b.c"}
    second = {"participant_id": "p", "connection_id": "c-1", "name": "Ada L.", "kind": "screenshare"}
    state = fold.fold(
        fold.initial(SESSION),
        [stream.append("participant.joined", first), stream.append("participant.joined", second)],
    )
    who = state.participants["p"]
    assert (who.name, who.role, who.email, who.joined) == ("Ada L.", "host", "a@b.c", START)
    assert [c.kind for c in who.connections] == ["main", "screenshare"]


def test_an_update_may_clear_a_field():
    old = Participant(participant_id="p", name="Ada", role="host", joined=0)
    assert participants.updated(old, {"participant_id": "p", "role": None}, START).role is None


@pytest.mark.parametrize("kind", ["left", "speaking", "updated"])
def test_who_never_joined_is_not_there(kind):
    state = _folded((kind, "p-0", "c-0"))
    assert state.participants == {}
    assert (state.live_count, state.peak_count, state.total_count) == (0, 0, 0)


def test_who_left_does_not_speak():
    state = _folded(("joined", "p-0", "c-0"), ("left", "p-0", "c-0"), ("speaking", "p-0", ""))
    assert not state.participants["p-0"].speaking


def test_of_closed_connections_the_last_eight_are_kept():
    stream, state = Stream(), fold.initial(SESSION)
    state = fold.apply(state, _append(stream, "joined", "p-0", "stays"))
    for number in range(20):
        state = fold.apply(state, _append(stream, "joined", "p-0", f"c-{number}"))
        state = fold.apply(state, _append(stream, "left", "p-0", f"c-{number}"))
    kept = [connection.connection_id for connection in state.participants["p-0"].connections]
    assert kept == ["stays", *(f"c-{number}" for number in range(12, 20))]
    assert state.live_count == 1


def _crowd(count, *, gone):
    """`count` participants, the first `gone` of whom have left, the later the lower their number."""
    return {
        f"p-{number}": Participant(
            participant_id=f"p-{number}",
            name="Ada",
            joined=START,
            left=START + gone - number if number < gone else None,
            connections=[
                Connection(
                    connection_id="c", joined=START, left=START + gone - number if number < gone else None
                )
            ],
        )
        for number in range(count)
    }


def _full(gone):
    limit = participants.MAX_PARTICIPANTS
    return replace(
        fold.initial(SESSION),
        participants=_crowd(limit, gone=gone),
        live_count=limit - gone,
        peak_count=limit,
        total_count=limit,
    )


def test_beyond_the_limit_who_left_longest_ago_is_forgotten_but_counted():
    limit, forgotten = participants.MAX_PARTICIPANTS, participants.FORGOTTEN
    state = fold.apply(_full(forgotten + 2), _append(Stream(), "joined", "new", "c"))
    assert list(state.participants) == ["p-0", "p-1", *(f"p-{n}" for n in range(forgotten + 2, limit)), "new"]
    assert state.live_count == limit - (forgotten + 2) + 1
    assert (state.peak_count, state.total_count) == (limit, limit + 1)


def test_who_comes_back_to_a_full_session_makes_nobody_forgotten():
    state = fold.apply(_full(2), _append(Stream(), "joined", "p-0", "c"))
    assert len(state.participants) == state.total_count == participants.MAX_PARTICIPANTS


def test_up_to_the_limit_everyone_is_kept():
    limit = participants.MAX_PARTICIPANTS
    state = replace(fold.initial(SESSION), participants=_crowd(limit - 1, gone=3))
    assert len(fold.apply(state, _append(Stream(), "joined", "new", "c")).participants) == limit


def test_while_all_who_are_kept_are_there_a_newcomer_is_only_counted():
    limit, stream, full = participants.MAX_PARTICIPANTS, Stream(), _full(0)
    state = fold.apply(full, _append(stream, "joined", "new", "c"))
    assert state.participants == full.participants
    assert (state.live_count, state.peak_count, state.total_count) == (limit, limit + 1, limit + 1)
    later = [_append(stream, kind, "new", "c") for kind in ("speaking", "updated", "left")]
    ignored = fold.fold(state, later)
    assert replace(ignored, ms=state.ms, seq=state.seq, updated=state.updated) == state


def test_many_who_join_at_once_are_folded_at_once():
    """With a copy of all participants for each entry it would take many times as long as with one."""
    some, many = Stream(), Stream()
    few = [_append(some, "joined", f"new-{number}", "c") for number in range(500)]
    all_of_them = [_append(many, "joined", f"new-{number}", "c") for number in range(500)]

    def cpu(state, entries):
        times = []
        for _ in range(5):
            start = process_time()
            fold.fold(state, entries)
            times.append(process_time() - start)
        return min(times)

    assert cpu(_full(0), all_of_them) < 5 * cpu(fold.initial(SESSION), few)


SMALL = {"MAX_PARTICIPANTS": 3, "FORGOTTEN": 2, "MAX_OPEN": 2, "MAX_CLOSED": 1}


@pytest.fixture(scope="module")
def small():
    """Bounds so small that a few steps reach them."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SMALL.items():
            patch.setattr(participants, name, value)
        yield


crowded = st.lists(
    st.tuples(
        st.sampled_from(["joined", "joined", "left", "speaking", "updated"]),
        st.sampled_from([f"p-{number}" for number in range(6)]),
        st.sampled_from([f"c-{number}" for number in range(4)]),
    ),
    min_size=20,
    max_size=60,
)


@bounded
@given(taken=crowded, data=st.data())
@pytest.mark.usefixtures("small")
def test_whatever_happens_the_state_is_bounded_and_its_counts_are_true(taken, data):
    stream, state = Stream(), fold.initial(SESSION)
    entries = [_append(stream, *step) for step in taken]
    for (kind, person, _connection), entry in zip(taken, entries, strict=True):
        before, state = state, fold.apply(state, entry)
        people = state.participants
        live = {who for who in people if people[who].live}
        assert len(people) <= SMALL["MAX_PARTICIPANTS"]
        for who in people.values():
            there = [c.left is None for c in who.connections]
            assert there.count(True) <= SMALL["MAX_OPEN"]
            assert there.count(False) <= SMALL["MAX_CLOSED"]
        assert state.live_count == len(live)
        newcomer = kind == "joined" and person not in before.participants
        assert state.total_count == before.total_count + newcomer
        assert state.peak_count == max(before.peak_count, len(live | {person}) if newcomer else len(live))
        # Nobody who was there is forgotten, and only for a newcomer is anybody.
        forgotten = before.participants.keys() - people.keys()
        assert newcomer or not forgotten
        assert not any(before.participants[who].live for who in forgotten)
    at = data.draw(st.integers(0, len(entries)))
    assert fold.fold(fold.fold(fold.initial(SESSION), entries[:at]), entries[at:]) == state


def test_of_open_connections_the_last_thirty_two_are_kept():
    stream, state = Stream(), fold.initial(SESSION)
    for number in range(participants.MAX_OPEN):
        state = fold.apply(state, _append(stream, "joined", "p-0", f"c-{number}"))
    assert all(connection.left is None for connection in state.participants["p-0"].connections)
    # The one open longest is not the first that ever was.
    state = fold.apply(state, _append(stream, "left", "p-0", "c-0"))
    state = fold.apply(state, _append(stream, "joined", "p-0", "c-0"))
    state = fold.apply(state, _append(stream, "joined", "p-0", "one-more"))
    who = state.participants["p-0"]
    assert [c.connection_id for c in who.connections if c.left is None] == [
        *(f"c-{number}" for number in range(2, participants.MAX_OPEN)),
        "c-0",
        "one-more",
    ]
    assert [(c.connection_id, c.left) for c in who.connections if c.left is not None] == [("c-1", state.ms)]
    assert (state.live_count, who.live, who.left) == (1, True, None)
    # Its own `left`, which comes late, changes nothing; it may come back.
    later = fold.apply(state, _append(stream, "left", "p-0", "c-1"))
    assert later.participants == state.participants
    back = fold.apply(later, _append(stream, "joined", "p-0", "c-1")).participants["p-0"]
    assert [c.connection_id for c in back.connections if c.left is None][-1] == "c-1"


def test_the_view_tells_what_is_derived():
    state = _folded(("joined", "p-0", "c-0"), ("joined", "p-1", "c-0"), ("left", "p-1", "c-0"))
    here, gone = (who.view() for who in state.participants.values())
    assert (here.live, here.left_at) == (True, None)
    assert (gone.live, gone.left_at) == (False, "2026-01-01T00:00:02.000Z")
    assert gone.connections[0].left_at == gone.left_at
    assert here.connections[0].joined_at == here.joined_at == "2026-01-01T00:00:00.000Z"
