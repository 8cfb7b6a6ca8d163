"""meeting_buddy: every endpoint, field, parameter and failure as it was published."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from contract.api.asking import NOBODY, event, found, new, published, sealed, status, taken
from contract.compat.conformance import Shown
from contract.compat.conftest import House
from contract.compat.golden import golden, same
from contract.compat.published_meeting_buddy import (
    A_BREAKDOWN,
    A_LIST,
    A_SESSION,
    A_SUMMARY,
    A_TRANSCRIPT,
    ACTIVE_ONES,
    AN_EXPORT,
    DELETE,
    FORMATS,
    GRANULARITIES,
    LOG_STREAM,
    PUBLISHED,
    SOME_DURATIONS,
    SOME_TRENDS,
    START,
    STATUS_STREAM,
    STATUSES,
    STOP,
    TRANSCRIPT_STREAM,
)
from servers import HubServer, RedisServer

BASE = "/compat/meeting-buddy/v1/meeting-buddy"
LINKS = {
    "teams": "https://teams.microsoft.com/l/meetup-join/abc123",
    "zoom": "https://us02web.zoom.us/j/123456789",
    "google_meet": "https://meet.google.com/abc-defg-hij",
    "webex": "https://example.webex.com/meet/ada",
}
LINK = LINKS["teams"]
PATHS = {
    "initializing": (),
    "joining": ("joining",),
    "active": ("joining", "active"),
    "recording": ("active", "recording"),
    "leaving": ("active", "leaving"),
    "completed": ("active", "completed"),
    "failed": ("joining", "failed"),
}
"""Through which native statuses a session comes to each status."""
SPOKEN = [
    ("b", "Second.", 2.0, {"speaker": {"name": "Bob"}, "confidence": 0.5, "language": "de"}),
    ("a", "First.", 1.0, {}),
]
"""Segments by first appearance."""


@pytest.fixture(scope="module")
def shown() -> Shown:
    return Shown(PUBLISHED)


@pytest.fixture(scope="module")
def api(below: Callable[..., httpx.Client], house: House) -> httpx.Client:
    return below(BASE, house.key)


def native_of(session_id: str) -> str:
    return session_id.replace("mbsess_", "ses_")


def buddy_of(session_id: str) -> str:
    return session_id.replace("ses_", "mbsess_")


def started(api: httpx.Client, **fields: Any) -> str:
    return taken(api.post("/sessions", json={"meeting_link": LINK, **fields}), 201)["session_id"]


def brought_to(house: House, name: str, **fields: Any) -> str:
    """A session in a status, by its id here."""
    session_id = new(house.native, meeting_link=LINK, **fields)
    for step in PATHS[name]:
        published(house.native, session_id, status(step))
    return buddy_of(session_id)


def segment(name: str, text: str, start: float, *, final: bool = True, **more: Any) -> Any:
    data = {"segment_id": name, "final": final, "text": text, "start": start, "end": start + 0.5}
    return event("transcript.segment", **data, **more)


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


# Sessions.


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


# Transcripts.


def test_the_transcript_is_an_array_by_start(
    shown: Shown, api: httpx.Client, house: House, full: str
) -> None:
    given = shown.answer(A_TRANSCRIPT, api.get(f"/sessions/{full}/transcripts"))
    begun = datetime.fromisoformat(found(house.native, native_of(full))["started_at"])

    def said(end: float) -> str:
        return f"{(begun + timedelta(seconds=end)).isoformat()[:19]}Z"

    name = full.removeprefix("mbsess_")
    assert given == [
        {
            "transcript_id": f"mbtrans_{name}_0",
            "text": "First.",
            "confidence": None,
            "start_time": 1.0,
            "end_time": 1.5,
            "speaker": None,
            "language_code": "en",
            "created_at": said(1.5),
        },
        {
            "transcript_id": f"mbtrans_{name}_1",
            "text": "Second.",
            "confidence": 0.5,
            "start_time": 2.0,
            "end_time": 2.5,
            "speaker": "Bob",
            "language_code": "de",
            "created_at": said(2.5),
        },
    ]


def test_drafts_are_no_transcript_until_nobody_will_finish_them(api: httpx.Client, house: House) -> None:
    session_id = brought_to(house, "initializing", transcription_language="fr")
    path = f"/sessions/{session_id}/transcripts"
    assert taken(api.get(path)) == []
    published(house.native, native_of(session_id), segment("a", "Bonj", 1.0, final=False))
    assert taken(api.get(path)) == []
    published(
        house.native,
        native_of(session_id),
        segment("b", "Oui.", 2.0),
        segment("c", "Non.", 3.0),
        event("transcript.retracted", segment_id="c"),
        event("transcript.speaker_corrected", segment_ids=["b"], speaker={"name": "Zoe"}),
    )
    (only,) = taken(api.get(path))
    assert (only["text"], only["speaker"], only["language_code"]) == ("Oui.", "Zoe", "fr")
    # It has not started: its own clock counts.
    created = datetime.fromisoformat(found(house.native, native_of(session_id))["created_at"])
    assert only["created_at"] == f"{(created + timedelta(seconds=2.5)).isoformat()[:19]}Z"
    taken(api.post(f"/sessions/{session_id}/stop"))
    assert [one["text"] for one in taken(api.get(path))] == ["Bonj", "Oui."]


def test_the_transcript_is_exported_in_each_format(
    shown: Shown, api: httpx.Client, house: House, full: str
) -> None:
    path = f"/sessions/{full}/transcripts/export"
    default = api.get(path)
    assert default.text == api.get(path, params={"format": "txt"}).text
    assert default.headers["content-disposition"] == f'attachment; filename="{full}.txt"'
    shown.text(AN_EXPORT)
    # With none of the words of its own, the first one would be the default.
    texts = {name: api.get(path, params={"format": name}) for name in FORMATS}
    for name, answer in texts.items():
        native = house.native.get(f"/v1/sessions/{native_of(full)}/transcript", params={"format": name})
        assert (answer.status_code, answer.text) == (200, native.text)
        assert answer.headers["content-type"] == native.headers["content-type"]
        other = texts["json" if name != "json" else "txt"]
        shown.parameter(AN_EXPORT, f"format={name}", other.text, answer.text)
    assert "First." in texts["vtt"].text


# Streams: what they send. How they resume is told in the tests of streams.


def events_of(answer: httpx.Response) -> list[tuple[str, Any]]:
    """The names and data of the events in the body of a stream that has come to its end."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/event-stream")
    parts = [
        dict(line.split(": ", 1) for line in text.split("\n")) for text in answer.text.split("\n\n") if text
    ]
    assert all("id" in part for part in parts)
    return [(part["event"], json.loads(part["data"])) for part in parts if "event" in part]


def replayed(api: httpx.Client, session_id: str, path: str) -> list[tuple[str, Any]]:
    """All events of a session that is over."""
    return events_of(api.get(f"/sessions/{session_id}{path}", headers={"Last-Event-ID": "0-0"}))


def test_the_status_stream(shown: Shown, api: httpx.Client, full: str, failed: str) -> None:
    *told, last = replayed(api, full, "/stream")
    assert last == ("close", {"reason": "session_ended"})
    assert {name for name, _data in told} == {"status"}
    for _name, data in told:
        shown.value(STATUS_STREAM, data)
    names = ("status", "previous_status", "participant_name", "event")
    assert [tuple(data.get(name) for name in names) for _name, data in told] == [
        ("initializing", None, None, None),
        ("joining", "initializing", None, None),
        ("active", "joining", None, None),
        ("active", None, "Ada", "joined"),
        ("active", None, "Ada", "left"),
        ("active", None, "Bob", "joined"),
        ("completed", "active", None, None),
    ]
    (*_told, (_status, data), _close) = replayed(api, failed, "/stream")
    shown.value(STATUS_STREAM, data)
    assert data["previous_status"] == "joining"
    assert (data["error_message"], data["error_code"]) == ("Nobody opened.", "NOT_ADMITTED")


def test_the_transcript_stream(shown: Shown, api: httpx.Client, full: str) -> None:
    *told, last = replayed(api, full, "/transcripts/stream")
    assert last == ("close", {"reason": "session_ended"})
    for name, data in told:
        assert name == "transcript"
        shown.value(TRANSCRIPT_STREAM, data)
    draft, second, first = (data for _name, data in told)
    assert (draft["text"], draft["is_partial"]) == ("Fir", True)
    assert draft["transcript_id"] is draft["confidence"] is None
    spoken = taken(api.get(f"/sessions/{full}/transcripts"))
    for data, segment in ((first, spoken[0]), (second, spoken[1])):
        assert not data["is_partial"]
        shared = set(data) & set(segment)
        assert {name: data[name] for name in shared} == {name: segment[name] for name in shared}


def test_the_log_stream(shown: Shown, api: httpx.Client, full: str) -> None:
    *told, last = replayed(api, full, "/logs/stream")
    assert last == ("close", {"reason": "session_ended"})
    for name, data in told:
        assert name == "log"
        shown.value(LOG_STREAM, data)
    assert [(data["level"], data["message"], data["details"]) for _name, data in told] == [
        ("warning", "slow network", {"source": "relay", "rtt": 900}),
        ("info", "connected", None),
        ("error", "lost", None),
    ]


# Analytics.


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


PAST, FUTURE = "2020-01-01", "2100-01-01T00:00:00Z"


@pytest.mark.parametrize("endpoint", [A_SUMMARY, SOME_DURATIONS, A_BREAKDOWN, SOME_TRENDS])
def test_dates_say_which_sessions_count(shown: Shown, counted: httpx.Client, endpoint: str) -> None:
    path = endpoint.rpartition("/")[2]

    def asked(**query: str) -> Any:
        return shown.answer(endpoint, counted.get(path, params=query))

    now = datetime.now(UTC)
    before, today = (now - timedelta(hours=6)).isoformat(), now.date().isoformat()
    shown.parameter(endpoint, "end_date", asked(), asked(end_date=PAST))
    soon = (now + timedelta(hours=1)).isoformat()
    late = (now + timedelta(hours=2)).isoformat()
    shown.parameter(endpoint, "start_date", asked(end_date=late), asked(start_date=soon, end_date=late))
    if endpoint != SOME_TRENDS:
        assert asked() == asked(start_date=before) == asked(end_date=late)
        if now.hour < 23:
            assert asked(start_date=today, end_date=today) == asked()
    # In UTC if it does not say.
    late_in_utc = late.removesuffix("+00:00")
    assert asked(end_date=late_in_utc) == asked(end_date=late)
    for wrong in ({"start_date": "soon"}, {"end_date": "2026-13-01"}, {"start_date": FUTURE}):
        answer = counted.get(path, params=wrong)
        details = shown.failed(endpoint, answer, 422)["error"]["details"]
        assert details == {"field": next(iter(wrong))}


def test_the_summary(counted: httpx.Client) -> None:
    found = taken(counted.get("summary"))
    counts = {name: found[name] for name in found if name.endswith("_count")}
    assert counts == {"session_count": 7, "active_count": 5, "completed_count": 1, "failed_count": 1}
    assert 0 < found["total_duration_hours"] < 0.01
    assert abs(found["avg_duration_minutes"] - found["total_duration_hours"] * 60) < 1e-9


def test_what_is_active(shown: Shown, counted: httpx.Client, office: House) -> None:
    found = shown.answer(ACTIVE_ONES, counted.get("active"))
    by_status = {one["status"]: one for one in found}
    assert list(by_status) == ["leaving", "recording", "active", "joining", "initializing"]
    recording, joining = by_status["recording"], by_status["joining"]
    assert (joining["join_timestamp"], joining["duration_so_far_seconds"]) == (None, 0)
    assert recording["duration_so_far_seconds"] > 0
    published(
        office.native,
        native_of(recording["session_id"]),
        event("participant.joined", participant_id="ada", connection_id="1", name="Ada"),
    )
    (again,) = (
        one
        for one in shown.answer(ACTIVE_ONES, counted.get("active"))
        if one["session_id"] == recording["session_id"]
    )
    assert again["current_participants"] == ["Ada"]
    session = taken(counted.get(f"../sessions/{recording['session_id']}"))
    for name in ("meeting_link", "platform", "bot_name", "join_timestamp", "status"):
        assert again[name] == session[name]


@pytest.mark.parametrize(
    ("granularity", "count", "first"),
    [("day", 31, "2026-01-01"), ("week", 5, "2026-W01"), ("month", 1, "2026-01")],
)
def test_trends_by_granularity(
    shown: Shown, counted: httpx.Client, granularity: str, count: int, first: str
) -> None:
    dates = {"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-01-31"}

    def asked(name: str) -> Any:
        return shown.answer(SOME_TRENDS, counted.get("trends", params={"granularity": name, **dates}))

    found = asked(granularity)
    assert (found["granularity"], len(found["data"]), found["data"][0]["period"]) == (
        granularity,
        count,
        first,
    )
    other = next(name for name in GRANULARITIES if name != granularity)
    shown.parameter(SOME_TRENDS, f"granularity={granularity}", asked(other), found)


def test_trends_are_of_thirty_days_by_day(counted: httpx.Client) -> None:
    found = taken(counted.get("trends"))
    assert (found["granularity"], len(found["data"])) == ("day", 31)
    counts = {name: sum(one[name] for one in found["data"]) for name in found["data"][0] if name != "period"}
    summary = taken(counted.get("summary"))
    assert {name: value for name, value in counts.items() if name.endswith("_count")} == {
        name: summary[name] for name in counts if name.endswith("_count")
    }
    too_many = counted.get("trends", params={"start_date": PAST})
    assert too_many.json()["error"]["details"] == {"field": "start_date"}
    # As far back as there are years.
    first = counted.get("trends", params={"end_date": "0001-01-02"})
    assert [one["period"] for one in taken(first)["data"]] == ["0001-01-01", "0001-01-02"]
    for beyond in ("0001-01-01T00:00:00+12:00", "9999-12-31T23:59:59-12:00"):
        assert counted.get("trends", params={"end_date": beyond}).status_code == 422


def test_durations_and_statuses(counted: httpx.Client) -> None:
    durations = taken(counted.get("duration-distribution"))
    assert (durations["total"], [one["count"] for one in durations["buckets"]]) == (1, [1, 0, 0, 0, 0, 0, 0])
    edges = [(one["min_seconds"], one["max_seconds"]) for one in durations["buckets"]]
    assert all(before[1] == after[0] for before, after in pairwise(edges))
    statuses = taken(counted.get("status-breakdown"))
    assert [(one["label"], one["count"]) for one in statuses["items"]] == [(name, 1) for name in STATUSES]
    assert statuses["total"] == 7
    assert abs(sum(one["percentage"] for one in statuses["items"]) - 100) < 1e-6


# Failures.


def test_failures_are_as_published(
    shown: Shown, below: Callable[..., httpx.Client], api: httpx.Client
) -> None:
    expected = golden("meeting-buddy-failures")
    example = {"meeting_link": LINK}
    missing = shown.failed(START, below(BASE).post("/sessions", json=example), 401)
    assert same(missing, expected["401"]) == []
    invalid = shown.failed(START, below(BASE, "sk_no").post("/sessions", json=example), 401)
    assert invalid["error"]["code"] == "AUTHENTICATION_REQUIRED"
    answer = api.post("/sessions", json={"meeting_link": "http://teams.microsoft.com/l/1"})
    wrong = shown.failed(START, answer, 422)
    assert same(wrong, expected["422"]) == []
    assert answer.headers["x-trace-id"] == wrong["error"]["trace_id"]


@pytest.mark.parametrize(
    "link",
    [
        "",
        "x",
        "https://",
        "http://zoom.us/j/1",
        "https://example.org/x",
        "https://zoom.us.example.org/j/1",
        "https://zoom.us/" + "x" * 2048,
        "https://[zoom.us/j/1",
        "https://zoom.us /j/1",
        "ftp://zoom.us/j/1",
    ],
)
def test_a_link_that_no_bot_can_follow(api: httpx.Client, link: str) -> None:
    answer = api.post("/sessions", json={"meeting_link": link})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (422, "INVALID_MEETING_LINK")
    assert error["details"] == {"field": "meeting_link"}


@pytest.mark.parametrize(
    ("body", "code", "status_code", "field"),
    [
        ({}, "VALIDATION_ERROR", 422, "meeting_link"),
        ({"meeting_link": 7}, "VALIDATION_ERROR", 422, "meeting_link"),
        ({"meeting_link": LINK, "bot_name": ""}, "VALIDATION_ERROR", 422, "bot_name"),
        (
            {"meeting_link": LINK, "transcription_language": "?"},
            "VALIDATION_ERROR",
            422,
            "transcription_language",
        ),
        ({"meeting_link": LINK, "metadata": {"a": "x" * 20_000}}, "VALIDATION_ERROR", 422, "metadata"),
        ([], "VALIDATION_ERROR", 422, "$"),
    ],
)
def test_a_wrong_field_is_named(
    api: httpx.Client, body: Any, code: str, status_code: int, field: str
) -> None:
    answer = api.post("/sessions", json=body)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["details"]["field"]) == (status_code, code, field)
    assert error["status"] == status_code


def test_what_is_no_json_is_refused(api: httpx.Client) -> None:
    error = api.post("/sessions", content=b"{").json()["error"]
    assert (error["code"], error["status"], error["type"]) == ("INVALID_JSON", 400, "client_error")


@pytest.mark.parametrize("query", ["status=ended", "limit=0", "limit=101", "limit=x", "offset=-1"])
def test_a_wrong_parameter_is_named(shown: Shown, api: httpx.Client, query: str) -> None:
    failed = shown.failed(A_LIST, api.get(f"/sessions?{query}"), 422)
    assert failed["error"]["details"] == {"field": query.partition("=")[0]}
    assert failed["error"]["code"] == "VALIDATION_ERROR"


def test_a_format_there_is_not(shown: Shown, api: httpx.Client, full: str) -> None:
    shown.failed(AN_EXPORT, api.get(f"/sessions/{full}/transcripts/export?format=pdf"), 422)


OF_ONE = {
    A_SESSION: ("GET", ""),
    STOP: ("POST", "/stop"),
    DELETE: ("DELETE", ""),
    A_TRANSCRIPT: ("GET", "/transcripts"),
    AN_EXPORT: ("GET", "/transcripts/export"),
    STATUS_STREAM: ("GET", "/stream"),
    TRANSCRIPT_STREAM: ("GET", "/transcripts/stream"),
    LOG_STREAM: ("GET", "/logs/stream"),
}
OF_ALL = {
    START: ("POST", "/sessions"),
    A_LIST: ("GET", "/sessions"),
    **{one: ("GET", f"/analytics/{one.rpartition('/')[2]}") for one in (A_SUMMARY, ACTIVE_ONES, SOME_TRENDS)},
    **{one: ("GET", f"/analytics/{one.rpartition('/')[2]}") for one in (SOME_DURATIONS, A_BREAKDOWN)},
}


@pytest.mark.parametrize("endpoint", [*OF_ONE, *OF_ALL])
def test_who_may_not(
    shown: Shown, below: Callable[..., httpx.Client], house: House, full: str, endpoint: str
) -> None:
    method, path = OF_ALL.get(endpoint) or OF_ONE[endpoint]
    if endpoint in OF_ONE:
        path = f"/sessions/{full}{path}"
    body = {"json": {"meeting_link": LINK}} if endpoint == START else {}
    shown.failed(endpoint, below(BASE).request(method, path, **body), 401)
    may_not = house.reader if endpoint in (START, STOP, DELETE) else house.publisher
    denied = shown.failed(endpoint, below(BASE, may_not).request(method, path, **body), 403)
    assert denied["error"]["code"] == "INSUFFICIENT_PERMISSIONS"


@pytest.mark.parametrize("endpoint", OF_ONE)
def test_a_session_there_is_not(
    shown: Shown, api: httpx.Client, other: House, full: str, endpoint: str
) -> None:
    method, path = OF_ONE[endpoint]
    foreign = buddy_of(new(other.native))
    for session_id in (buddy_of(NOBODY), foreign, native_of(full), "mbsess_", "mbsess_x", "x" * 200, "a%20b"):
        failure = shown.failed(endpoint, api.request(method, f"/sessions/{session_id}{path}"), 404)
        assert failure["error"]["code"] == "SESSION_NOT_FOUND", session_id
        assert failure["error"]["details"] == {}
    assert other.native.get(f"/v1/sessions/{native_of(foreign)}").status_code == 200


def test_a_session_cannot_be_started_while_the_store_is_away(
    shown: Shown, tmp_path: Path, own_redis: RedisServer
) -> None:
    settings = {"HUB_STORE_TIMEOUT": "0.3"}
    with HubServer(tmp_path, own_redis, settings) as hub, hub.client(hub.make_key("acme")) as api:
        path = f"{BASE}/sessions"
        taken(api.post(path, json={"meeting_link": LINK}), 201)
        own_redis.pause()
        try:
            answer = api.post(path, json={"meeting_link": LINK})
        finally:
            own_redis.resume()
        failure = shown.failed(START, answer, 500)
        assert same(failure, golden("meeting-buddy-failures")["500"]) == []
        # Whoever runs the hub is told what is wrong with the store.
        assert failure["error"]["trace_id"] in hub.log.read_text()
        taken(api.post(path, json={"meeting_link": LINK}), 201)


def test_nothing_of_another_organization_is_counted(
    below: Callable[..., httpx.Client], other: House, full: str
) -> None:
    api = below(BASE, other.key)
    assert full not in [one["session_id"] for one in taken(api.get("/sessions?limit=100"))["sessions"]]


def test_all_that_was_published_is_shown(shown: Shown) -> None:
    shown.conclude()
