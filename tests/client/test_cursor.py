import json
from typing import Any

from hub.client.cursor import START, Roster, Subscription, order
from hub.client.frames import Frame, frame_of


def frame(kind: str, **fields: Any) -> Frame:
    fields = {"type": kind, "at": "t", "data": {}} | fields
    if "." not in kind:
        del fields["at"]
    return frame_of(json.dumps(fields), fields)


def reset(entry_id: str, **data: Any) -> Frame:
    return frame("reset", id=entry_id, data={"reason": "trimmed", "snapshot": data})


def test_ids_are_ordered_by_time_and_then_by_number_not_as_text() -> None:
    assert order("9-10") > order("9-9")  # type: ignore[operator]
    assert order("10-1") > order("9-99")  # type: ignore[operator]
    assert order(None) is None
    assert order("5") is None
    assert order("5-1x") is None


def test_an_entry_is_accepted_once() -> None:
    held = Subscription("ses_a", "5-5")
    assert not held.accept(frame("x.a", id="5-5"))
    assert not held.accept(frame("x.a", id="4-4"))
    assert held.accept(frame("x.a", id="5-6"))
    assert not held.accept(frame("x.a", id="5-6"))
    assert held.cursor == "5-6"


def test_a_bookmark_moves_the_cursor_and_never_back() -> None:
    held = Subscription("ses_a", "5-5")
    assert held.accept(frame("bookmark", id="5-9"))
    assert held.accept(frame("bookmark", id="5-7"))
    assert held.cursor == "5-9"
    assert not held.accept(frame("x.a", id="5-8"))


def test_a_reset_sets_the_cursor_even_back() -> None:
    held = Subscription("ses_a", "9-90")
    assert held.accept(reset("7-3"))
    assert held.accept(frame("x.a", id="7-4"))
    assert held.cursor == "7-4"


def test_the_first_frame_sets_a_cursor_that_was_not_there() -> None:
    held = Subscription("ses_a", None)
    assert held.accept(frame("snapshot", id="7-3"))
    assert held.cursor == "7-3"


def test_frames_without_an_id_pass_and_move_nothing() -> None:
    held = Subscription("ses_a", "5-5")
    assert held.accept(frame("weather"))
    assert held.cursor == "5-5"


def created(session_id: str) -> Frame:
    return frame("session.created", id="5-1", session_id=session_id, feed=True)


def changed(session_id: str, status: str) -> Frame:
    data = {"status": status}
    return frame("session.status_changed", id="5-1", session_id=session_id, feed=True, data=data)


def sealed(session_id: str) -> Frame:
    return frame("session.sealed", id="5-1", session_id=session_id, feed=True)


def test_live_sessions_begin_with_a_snapshot_and_later_ones_at_their_first_entry() -> None:
    roster = Roster()
    first = frame("snapshot", feed=True, data={"sessions": [{"id": "ses_a"}], "truncated": False})
    assert roster.found(first) == [("ses_a", None)]
    assert roster.found(created("ses_b")) == [("ses_b", START)]
    assert roster.found(changed("ses_c", "joining")) == [("ses_c", START)]
    assert roster.found(reset("5-2", sessions=[{"id": "ses_d"}])) == [("ses_d", START)]


def test_what_does_not_bring_a_session_to_life_is_passed_over() -> None:
    roster = Roster()
    assert roster.found(changed("ses_a", "completed")) == []
    assert roster.found(changed("ses_a", "failed")) == []
    assert roster.found(frame("session.counts", session_id="ses_a", feed=True)) == []
    assert roster.found(sealed("ses_a")) == []
    assert roster.found(frame("bookmark", id="5-1", feed=True)) == []


def test_a_session_followed_to_its_end_is_not_brought_back_by_a_feed_that_lags() -> None:
    roster = Roster()
    roster.finished("ses_a")
    assert roster.found(created("ses_a")) == []
    assert roster.found(changed("ses_a", "active")) == []
    roster.found(sealed("ses_a"))
    assert roster.remembered == 0


def test_a_feed_that_is_ahead_leaves_nothing_to_remember() -> None:
    roster = Roster()
    roster.found(created("ses_a"))
    roster.found(sealed("ses_a"))
    roster.finished("ses_a")
    assert roster.remembered == 0


def test_what_is_remembered_is_bounded() -> None:
    roster = Roster()
    for number in range(10_500):
        roster.finished(f"ses_{number}")
    assert roster.remembered == 10_000
