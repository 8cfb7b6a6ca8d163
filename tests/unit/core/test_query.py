"""Queries of the list of sessions: their cursors, and what they ask for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.lifecycle import PHASE, Phase
from hub.core.query import Place, Query, Sort, with_life
from schemas.events import Status

PLACES = st.builds(Place, st.integers(1, 2**40), st.none() | st.integers(0, 2**45))


@given(PLACES)
def test_a_cursor_leads_back_to_its_place(place: Place) -> None:
    query = Query(sort=Sort.STARTED, title="Weekly")
    cursor = query.cursor("acme", place)
    assert query.place("acme", cursor) == place
    for other in (Query(sort=Sort.STARTED), Query(sort=Sort.DURATION, title="Weekly")):
        with pytest.raises(ValueError, match="another query"):
            other.place("acme", cursor)
    with pytest.raises(ValueError, match="another query"):
        query.place("other", cursor)


@given(st.text(max_size=80) | st.binary(max_size=40).map(bytes.hex))
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cursor"):
        Query().place("acme", text)


@given(st.none() | st.lists(st.sampled_from(list(Status)), min_size=1), st.none() | st.booleans())
def test_whether_a_session_is_live_is_told_by_its_status(
    statuses: list[Status] | None, live: bool | None
) -> None:
    asked = with_life(statuses, live)
    if asked is None:
        assert statuses is None
        assert live is None
        return
    for status in Status:
        wanted = (statuses is None or status in statuses) and live in (None, PHASE[status] is Phase.LIVE)
        assert (status in asked) is wanted


@pytest.mark.parametrize(
    ("query", "matches"),
    [
        (Query(title="STRASSE"), True),
        (Query(title="weekly"), False),
        (Query(search="weekly"), True),
        (Query(search="SES_1"), True),
        (Query(search="straße", title="strasse"), True),
        (Query(search="weekly", title="nothing"), False),
        (Query(search="weekly|straße"), False),
    ],
)
def test_text_is_found_in_any_case(query: Query, matches: bool) -> None:
    assert query.matches("ses_1", "Weekly", "Straße 5") is matches
