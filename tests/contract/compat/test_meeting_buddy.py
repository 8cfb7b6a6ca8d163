"""meeting_buddy: every endpoint, field, parameter and failure as it was published."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from contract.api.asking import event, found, new, published, sealed, status, taken
from contract.compat.conformance import Shown
from contract.compat.conftest import House
from contract.compat.golden import golden, same
from contract.compat.meeting_buddy_analytics import TestAnalytics
from contract.compat.meeting_buddy_failures import TestFailures
from contract.compat.meeting_buddy_stage import (
    BASE,
    LINK,
    LINKS,
    SPOKEN,
    brought_to,
    buddy_of,
    native_of,
    segment,
    started,
)
from contract.compat.meeting_buddy_streams import TestStreams
from contract.compat.meeting_buddy_transcripts import TestTranscripts
from contract.compat.published_meeting_buddy import (
    A_LIST,
    A_SESSION,
    ACTIVE_ONES,
    DELETE,
    PUBLISHED,
    START,
    STATUSES,
    STOP,
)

__all__ = ["TestAnalytics", "TestFailures", "TestStreams", "TestTranscripts"]


@pytest.fixture(scope="module")
def shown() -> Shown:
    return Shown(PUBLISHED)


@pytest.fixture(scope="module")
def api(below: Callable[..., httpx.Client], house: House) -> httpx.Client:
    return below(BASE, house.key)


@pytest.fixture(scope="module")
def full(house: House) -> str:
    """A session that has ended, of which all is known."""
    session_id = native_of(brought_to(house, "active", metadata={"team": "a"}, debug=True))
    recording = {"segment_count": 2, "audio_file_count": 1, "video_file_count": 3, "size": 99}
    published(
        house.native,
        session_id,
        event("participant.joined", participant_id="ada", connection_id="1", name="Ada"),
        event("participant.left", participant_id="ada", connection_id="1"),
        event("participant.joined", participant_id="bob", connection_id="2", name="Bob"),
        segment("a", "Fir", 1.0, final=False, confidence=0.3),
        *(segment(name, text, start, **more) for name, text, start, more in SPOKEN),
        event("recording.updated", state="ready", output_directory="tapes/1", **recording),
        event("log.entry", level="warning", message="slow network", source="relay", fields={"rtt": 900}),
        event("log.entry", level="debug", message="tick"),
        event("log.entry", level="info", message="connected"),
        event("log.entry", level="error", message="lost"),
        status("completed"),
    )
    sealed(house.native, session_id)
    return buddy_of(session_id)


@pytest.fixture(scope="module")
def failed(house: House) -> str:
    """A session whose bot never got in."""
    session_id = native_of(brought_to(house, "joining"))
    ending = {"status": "failed", "message": "Nobody opened.", "code": "NOT_ADMITTED"}
    published(house.native, session_id, event("session.status_changed", **ending))
    sealed(house.native, session_id)
    return buddy_of(session_id)


@pytest.fixture(scope="module")
def office(house_of: Callable[[], House]) -> House:
    """An organization with a session in each status."""
    house = house_of()
    for name in STATUSES:
        brought_to(house, name)
    return house


@pytest.fixture(scope="module")
def counted(below: Callable[..., httpx.Client], office: House) -> httpx.Client:
    return below(f"{BASE}/analytics", office.key)


def test_a_session_is_started_as_published(shown: Shown, api: httpx.Client, house: House) -> None:
    example = {
        "meeting_link": "https://teams.microsoft.com/l/meetup-join/abc123",
        "bot_name": "Meeting Buddy",
        "transcription_enabled": True,
        "transcription_language": "en",
    }
    answer = api.post("/sessions", json=example)
    session = shown.answer(START, answer, 201)
    assert same(session, golden("meeting-buddy-session")) == []
    assert session["organization_id"] == house.organization
    native = found(house.native, native_of(session["session_id"]))
    assert native["dispatch"] is not None
    assert session["created_at"] == native["created_at"][:19] + "Z"
    # All but the link may be left out.
    assert same(taken(api.post("/sessions", json={"meeting_link": LINK}), 201), session | _ids(session)) == []


def _ids(session: dict[str, Any]) -> dict[str, str]:
    """Placeholders for what is another in each session."""
    example = golden("meeting-buddy-session")
    return {
        name: example[name] for name in ("session_id", "output_directory", "created_at", "updated_at")
    } | {"organization_id": session["organization_id"]}


@pytest.mark.parametrize(
    ("name", "value", "field"),
    [
        ("meeting_link", LINKS["zoom"], "meeting_link"),
        ("bot_name", "Ava", "bot_name"),
        ("transcription_enabled", False, "transcription_enabled"),
        ("transcription_language", "de", "transcription_language"),
        ("debug_mode", True, "debug_mode"),
        ("metadata", {"team": "a"}, "metadata"),
    ],
)
def test_what_is_asked_at_the_start_is_kept(
    shown: Shown, api: httpx.Client, name: str, value: Any, field: str
) -> None:
    without = shown.answer(START, api.post("/sessions", json={"meeting_link": LINK}), 201)
    given = shown.answer(START, api.post("/sessions", json={"meeting_link": LINK, name: value}), 201)
    shown.parameter(START, name, without[field], given[field])
    assert given[field] == value
    assert taken(api.get(f"/sessions/{given['session_id']}"))[field] == value


@pytest.mark.parametrize("platform", LINKS)
def test_the_platform_is_that_of_the_link(shown: Shown, api: httpx.Client, platform: str) -> None:
    session = shown.answer(START, api.post("/sessions", json={"meeting_link": LINKS[platform]}), 201)
    assert session["platform"] == platform
    (active,) = (
        one
        for one in shown.answer(ACTIVE_ONES, api.get("/analytics/active"))
        if one["session_id"] == session["session_id"]
    )
    assert active["platform"] == {"google_meet": "meet"}.get(platform, platform)


def test_all_that_is_known_of_a_session_is_shown(
    shown: Shown, api: httpx.Client, house: House, full: str
) -> None:
    session = shown.answer(A_SESSION, api.get(f"/sessions/{full}"))
    native = found(house.native, native_of(full))
    times = {"join_timestamp": "started_at", "leave_timestamp": "left_at", "updated_at": "updated_at"}
    for name, of in times.items():
        assert session[name] == native[of][:19] + "Z"
    wanted = {
        "status": "completed",
        "total_duration_seconds": native["duration"],
        "segment_count": 2,
        "audio_file_count": 1,
        "video_file_count": 3,
        "total_size_bytes": 99,
        "output_directory": "tapes/1",
        "error_message": None,
        "error_code": None,
        "metadata": {"team": "a"},
        "debug_mode": True,
        "current_participants": {},
    }
    assert {name: session[name] for name in wanted} == wanted
    history = [(one["participant_id"], one["event"]) for one in session["participant_history"]]
    assert history == [("ada", "joined"), ("ada", "left"), ("bob", "joined"), ("bob", "left")]


def test_a_session_that_failed_says_why_and_was_never_joined(
    shown: Shown, api: httpx.Client, failed: str
) -> None:
    session = shown.answer(A_SESSION, api.get(f"/sessions/{failed}"))
    wanted = {
        "status": "failed",
        "error_message": "Nobody opened.",
        "error_code": "NOT_ADMITTED",
        "join_timestamp": None,
        "leave_timestamp": None,
        "total_duration_seconds": None,
    }
    assert {name: session[name] for name in wanted} == wanted


def test_statuses_that_it_has_no_word_for(api: httpx.Client, house: House) -> None:
    session_id = new(house.native, meeting_link=LINK, scheduled_for="2100-01-01T00:00:00Z")
    path = f"/sessions/{buddy_of(session_id)}"
    assert taken(api.get(path))["status"] == "initializing"
    published(house.native, session_id, status("waiting_room"))
    assert taken(api.get(path))["status"] == "joining"


def test_who_is_there_and_who_was(api: httpx.Client, house: House) -> None:
    session_id = native_of(brought_to(house, "active"))

    def passed(what: str, who: str, connection: str, **more: Any) -> None:
        name = {"name": who.title()} if what == "joined" else {}
        data = {"participant_id": who, "connection_id": connection, **name, **more}
        published(house.native, session_id, event(f"participant.{what}", **data))

    passed("joined", "ada", "a1")
    passed("joined", "bob", "b1")
    # A screen that is shared beside it, and a reconnect of which the end of the old connection comes late.
    passed("joined", "ada", "a2", kind="screenshare")
    passed("left", "ada", "a2")
    passed("joined", "ada", "a3")
    passed("left", "ada", "a1")
    passed("left", "bob", "b1")
    session = taken(api.get(f"/sessions/{buddy_of(session_id)}"))
    assert list(session["current_participants"]) == ["ada"]
    assert set(session["current_participants"]["ada"]) == {"name", "joined_at"}
    history = [(one["participant_name"], one["event"]) for one in session["participant_history"]]
    assert history == [("Ada", "joined"), ("Bob", "joined"), ("Bob", "left")]
    native = found(house.native, session_id)["participants"]["participants"]
    since = next(one["present_since"] for one in native if one["participant_id"] == "ada")
    assert session["current_participants"]["ada"] == {"name": "Ada", "joined_at": since[:19] + "Z"}


def test_more_participants_than_a_native_session_lists(api: httpx.Client, house: House) -> None:
    session_id = native_of(brought_to(house, "active"))
    joined = [
        event("participant.joined", participant_id=f"p{i}", connection_id=f"c{i}", name=f"P {i}")
        for i in range(600)
    ]
    published(house.native, session_id, *joined[:400])
    published(house.native, session_id, *joined[400:])
    assert len(taken(api.get(f"/sessions/{buddy_of(session_id)}"))["current_participants"]) == 600


def test_the_list(shown: Shown, below: Callable[..., httpx.Client], house_of: Callable[[], House]) -> None:
    house = house_of()
    api = below(BASE, house.key)
    made = {name: brought_to(house, name) for name in STATUSES}
    published(
        house.native,
        native_of(made["completed"]),
        event("recording.updated", state="ready", segment_count=1, audio_file_count=1),
        event(
            "recording.updated",
            state="ready",
            segment_count=1,
            audio_file_count=1,
            video_file_count=1,
            size=1,
        ),
    )
    waiting = native_of(brought_to(house, "joining"))
    published(house.native, waiting, status("waiting_room"))
    why = event("session.status_changed", status="failed", message="No.", code="X")
    denied = native_of(brought_to(house, "joining"))
    published(house.native, denied, why)

    def listed(**query: Any) -> dict[str, Any]:
        return shown.answer(A_LIST, api.get("/sessions", params=query))

    def ids(**query: Any) -> list[str]:
        return [one["session_id"] for one in listed(**query)["sessions"]]

    every = ids()
    assert every == [buddy_of(denied), buddy_of(waiting), *reversed(made.values())]
    assert {name: listed()[name] for name in ("total", "limit", "offset")} == {
        "total": 9,
        "limit": 50,
        "offset": 0,
    }
    for name, session_id in made.items():
        shown.parameter(A_LIST, f"status={name}", every, ids(status=name))
        of = {"joining": [buddy_of(waiting)], "failed": [buddy_of(denied)]}
        assert ids(status=name) == [*of.get(name, ()), session_id]
        assert listed(status=name)["total"] == len(ids(status=name))
    shown.parameter(A_LIST, "limit", every, ids(limit=2))
    assert listed(limit=2)["total"] == 9
    shown.parameter(A_LIST, "offset", every, ids(offset=2))
    pages = [one for offset in range(0, 9, 2) for one in ids(limit=2, offset=offset)]
    assert pages == every
    assert ids(offset=100) == []
    # In a list a session is what it is by itself.
    for one in listed()["sessions"]:
        assert one == taken(api.get(f"/sessions/{one['session_id']}"))


def test_stopping_is_idempotent_and_answers_the_session(
    shown: Shown, api: httpx.Client, house: House, full: str, failed: str
) -> None:
    session_id = brought_to(house, "active")
    first = shown.answer(STOP, api.post(f"/sessions/{session_id}/stop"))
    assert (first["status"], first["session_id"]) == ("completed", session_id)
    assert shown.answer(STOP, api.post(f"/sessions/{session_id}/stop")) == first
    assert found(house.native, native_of(session_id))["status"] == "completed"
    for over in (full, failed):
        before = taken(api.get(f"/sessions/{over}"))
        assert shown.answer(STOP, api.post(f"/sessions/{over}/stop")) == before
    early = shown.answer(STOP, api.post(f"/sessions/{started(api)}/stop"))
    assert (early["status"], early["error_code"]) == ("failed", "CANCELLED")


def test_deleting_stops_what_goes_on_and_then_deletes_it(
    shown: Shown, api: httpx.Client, house: House
) -> None:
    for name in ("initializing", "joining", "active", "recording"):
        session_id = brought_to(house, name)
        published(
            house.native,
            native_of(session_id),
            event("participant.joined", participant_id="a", connection_id="1", name="Ada"),
        )
        path = f"/sessions/{session_id}"
        stopped = shown.answer(DELETE, api.delete(path))
        assert stopped["status"] in ("completed", "failed")
        assert taken(api.get(path)) == stopped
        assert shown.answer(DELETE, api.delete(path)) == stopped
        assert api.get(path).status_code == api.delete(path).status_code == 404
        assert house.native.get(f"/v1/sessions/{native_of(session_id)}").status_code == 404
    recording = {"segment_count": 2, "audio_file_count": 1, "video_file_count": 3, "size": 99}
    session_id = brought_to(house, "completed")
    published(house.native, native_of(session_id), event("recording.updated", state="ready", **recording))
    assert shown.answer(DELETE, api.delete(f"/sessions/{session_id}"))["total_size_bytes"] == 99
    why = event("session.status_changed", status="failed", message="No.", code="X")
    session_id = brought_to(house, "joining")
    published(house.native, native_of(session_id), why)
    assert shown.answer(DELETE, api.delete(f"/sessions/{session_id}"))["error_message"] == "No."


def test_all_that_was_published_is_shown(shown: Shown) -> None:
    shown.conclude()
