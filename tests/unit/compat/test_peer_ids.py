"""Ids of participants that lead back to their session."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.compat import ids
from hub.core.session_id import session_id

sessions = st.binary(min_size=12, max_size=12).map(session_id)
identifiers = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1, max_size=128
)


@given(sessions, identifiers, st.none() | identifiers)
def test_a_peer_leads_back(session: str, participant: str, connection: str | None) -> None:
    peer = ids.to_peer(session, participant, connection)
    assert ids.of_peer(peer) == (session, participant, connection)
    assert set(peer) <= set(string.ascii_letters + string.digits + "-_")


@given(st.text() | st.text(string.ascii_letters + string.digits + "-_="))
def test_any_other_text_is_refused_or_is_one(text: str) -> None:
    try:
        peer = ids.of_peer(text)
    except ValueError:
        return
    assert ids.to_peer(*peer) == text


@given(sessions, identifiers, identifiers)
def test_no_other_spelling(session: str, participant: str, connection: str) -> None:
    peer = ids.to_peer(session, participant, connection)
    for other in (f"{peer}=", f"{peer} ", f"{peer}\n", f"{peer[:3]}.{peer[3:]}", peer[:15]):
        with pytest.raises(ValueError, match=r"."):
            ids.of_peer(other)


@given(sessions, identifiers, identifiers)
def test_a_participant_is_none_of_their_connections(session: str, participant: str, connection: str) -> None:
    assert ids.to_peer(session, participant) != ids.to_peer(session, participant, connection)


def test_bits_that_stand_for_nothing_are_none() -> None:
    # 13 bytes leave four bits of the last character, which have to be 0.
    peer = ids.to_peer(session_id(bytes(12)), "p")
    assert peer == "AAAAAAAAAAAAAAAAcA"
    for last in "BCDEFGHIJKLMNOP":
        with pytest.raises(ValueError, match="not the id of a peer"):
            ids.of_peer(peer[:-1] + last)
