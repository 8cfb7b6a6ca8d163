"""bigmind: the published example, every field and every failure."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx
import pytest
from contract.api.asking import NOBODY, client, created, event, found, new, published, status, taken
from contract.compat.conformance import Shown
from contract.compat.conftest import House
from contract.compat.golden import golden, same
from contract.compat.published_bigmind import A_MEETING, A_SESSION, PUBLISHED

BASE = "/compat/bigmind"
MEETING = "_X0HKGNCDsR3aVAoqNDBa"
JOHN = {
    "participant_id": "john",
    "connection_id": "device-abc-123",
    "name": "John Doe",
    "user_id": "550e8400-e29b-41d4-a716-446655440000",
    "avatar_url": "https://example.com/avatars/johndoe.jpg",
}


@pytest.fixture(scope="module")
def shown() -> Shown:
    return Shown(PUBLISHED)


@pytest.fixture(scope="module")
def api(below: Callable[..., httpx.Client], house: House) -> httpx.Client:
    return below(BASE, house.key)


def path(session_id: str, meeting: str = MEETING) -> str:
    return f"/v1/meetings/{meeting}/sessions/{session_id}"


def asked(shown: Shown, api: httpx.Client, session_id: str, meeting: str = MEETING) -> dict[str, Any]:
    return shown.answer(A_SESSION, api.get(path(session_id, meeting)))["data"]


@pytest.fixture(scope="module")
def example(house: House) -> str:
    """The session of the published example."""
    session_id = new(house.native, meeting_id=MEETING)
    published(
        house.native,
        session_id,
        status("active"),
        event("participant.joined", **JOHN),
        event("chapter.added", title="Introduction and Testing", start=2.241, end=10.593),
        status("completed"),
    )
    return session_id


def test_the_example_is_answered_as_published(
    shown: Shown, api: httpx.Client, house: House, example: str
) -> None:
    answer = api.get(path(example))
    assert same(shown.answer(A_SESSION, answer), golden("bigmind-session")) == []
    data, native = answer.json()["data"], found(house.native, example)
    assert data["id"] == native["id"]
    for name in ("started_at", "ended_at", "created_at", "updated_at"):
        assert data[name] == native[name]
    started, begin, end = (
        datetime.fromisoformat(text)
        for text in (data["started_at"], data["chapters"][0]["start"], data["chapters"][0]["end"])
    )
    assert (begin - started).total_seconds() == 2.241
    assert (end - started).total_seconds() == 10.593


def test_a_session_is_scheduled_then_in_progress_then_ended(
    shown: Shown, api: httpx.Client, house: House
) -> None:
    session_id = new(house.native, meeting_id=MEETING, scheduled_for="2100-01-01T00:00:00Z")
    data = asked(shown, api, session_id)
    assert (data["status"], data["started_at"], data["ended_at"]) == ("scheduled", None, None)
    for name in ("initializing", "joining", "waiting_room", "active", "recording", "leaving"):
        published(house.native, session_id, status(name))
        assert asked(shown, api, session_id)["status"] == "in_progress", name
    published(house.native, session_id, status("completed"))
    assert asked(shown, api, session_id)["status"] == "ended"


def test_a_failed_session_has_ended(shown: Shown, api: httpx.Client, house: House) -> None:
    session_id = new(house.native, meeting_id=MEETING)
    published(house.native, session_id, status("failed"))
    data = asked(shown, api, session_id)
    assert (data["status"], data["started_at"]) == ("ended", None)
    assert data["ended_at"] is not None


def test_attendees_are_those_of_the_calendar(shown: Shown, api: httpx.Client, house: House) -> None:
    people = [
        {"email": "ann@example.com", "name": "Ann", "response_status": "accepted"},
        {"email": "bob@example.com"},
    ]
    session_id = new(house.native, meeting_id=MEETING, attendees=people)
    first, second = asked(shown, api, session_id)["attendees"]
    assert first == people[0]
    assert second == {"email": "bob@example.com", "name": None, "response_status": None}


def test_participants_are_devices(shown: Shown, api: httpx.Client, house: House) -> None:
    session_id = new(house.native, meeting_id=MEETING)
    published(
        house.native,
        session_id,
        status("active"),
        event("participant.joined", **JOHN),
        event("participant.joined", **{**JOHN, "connection_id": "screen"}, kind="screenshare"),
        event("participant.joined", participant_id="zoe", connection_id="z", name="Zoe"),
        event("participant.left", participant_id="zoe", connection_id="z"),
        event("chapter.added", title="Open", start=0),
        event("chapter.added", title="Still open", start=1.5),
    )
    data = asked(shown, api, session_id)
    rows = [(one["deviceId"], one["name"], one["isMe"], one["deviceType"]) for one in data["participants"]]
    assert rows == [
        ("device-abc-123", "John Doe", True, "main"),
        ("screen", "John Doe", True, "screenshare"),
        ("z", "Zoe", False, "main"),
    ]
    first, second = data["chapters"]
    assert first == {"start": data["started_at"], "end": second["start"], "name": "Open"}
    # Nobody has said when it ended, and a client needs a time: the session was last heard of then.
    assert (second["name"], second["end"]) == ("Still open", data["updated_at"])


def test_more_participants_than_a_native_session_lists(api: httpx.Client, house: House) -> None:
    session_id = new(house.native, meeting_id=MEETING)
    joined = [
        event("participant.joined", participant_id=f"p{i}", connection_id=f"c{i}", name=f"P {i}")
        for i in range(600)
    ]
    published(house.native, session_id, *joined[:400])
    published(house.native, session_id, *joined[400:])
    data = taken(api.get(path(session_id)))["data"]
    assert [one["deviceId"] for one in data["participants"]] == [f"c{i}" for i in range(600)]


def test_whose_session_it_is_can_be_said(
    shown: Shown, below: Callable[..., httpx.Client], house: House
) -> None:
    api = below(BASE, house.key)
    session_id = new(house.native, meeting_id=MEETING, user={"id": "u-7", "first_name": "Ann"})
    user = asked(shown, api, session_id)["user"]
    assert user == {"id": "u-7", "first_name": "Ann", "last_name": None, "email": None, "avatar_url": None}


def test_nobody_is_me_without_a_user(shown: Shown, below: Callable[..., httpx.Client], house: House) -> None:
    with client(house.hub, house.hub.key) as operator:
        session_id = created(operator, meeting_id="m")["id"]
        published(operator, session_id, event("participant.joined", **{**JOHN, "user_id": None}))
    data = asked(shown, below(BASE, house.hub.key), session_id, "m")
    assert [one["isMe"] for one in data["participants"]] == [False]
    assert set(data["user"].values()) == {None}


def test_a_meeting_is_what_was_put(shown: Shown, api: httpx.Client, house: House) -> None:
    said = {
        "title": "Weekly",
        "description": "What we do",
        "external_id": "cal-1",
        "source": "google_calendar",
        "link": "https://meet.google.com/abc-defg-hij",
    }
    native = taken(house.native.put("/v1/meetings/put", json=said), 201)
    data = shown.answer(A_MEETING, api.get("/v1/meetings/put"))["data"]
    assert {name: data[name] for name in said} == said
    for name in ("id", "metadata_version", "created_at", "updated_at", "user"):
        assert data[name] == native[name], name


def test_a_meeting_that_only_a_session_has_named(shown: Shown, api: httpx.Client, house: House) -> None:
    new(house.native, meeting_id="named")
    data = shown.answer(A_MEETING, api.get("/v1/meetings/named"))["data"]
    assert (data["id"], data["title"], data["metadata_version"]) == ("named", None, 0)
    assert set(data["user"].values()) == {None}


def test_failures_are_as_published(
    shown: Shown, below: Callable[..., httpx.Client], api: httpx.Client, house: House, example: str
) -> None:
    expected = golden("bigmind-failures")
    assert shown.failed(A_SESSION, api.get(path(example, "another")), 400) == expected["400"]
    missing = shown.failed(A_SESSION, below(BASE).get(path(example)), 401)
    assert missing == expected["401"]
    invalid = shown.failed(A_SESSION, below(BASE, house.key + "x").get(path(example)), 401)
    assert invalid["error"] != missing["error"]
    for session_id in (NOBODY, "mgl9fv5q", "%2e%2e", "a%20b", "x" * 200):
        assert shown.failed(A_SESSION, api.get(path(session_id)), 404) == expected["404"]
    shown.failed(A_SESSION, below(BASE, house.publisher).get(path(example)), 403)
    assert shown.failed(A_MEETING, api.get("/v1/meetings/nobody"), 404)["error"] == "Meeting not found"
    assert shown.failed(A_MEETING, api.get("/v1/meetings/a%20b"), 404)["error"] == "Meeting not found"
    shown.failed(A_MEETING, below(BASE).get("/v1/meetings/m"), 401)
    shown.failed(A_MEETING, below(BASE, house.publisher).get("/v1/meetings/m"), 403)


def test_a_foreign_session_is_none(api: httpx.Client, other: House) -> None:
    session_id = new(other.native, meeting_id=MEETING)
    hidden, missing = api.get(path(session_id)), api.get(path(NOBODY))
    assert (
        (hidden.status_code, hidden.content)
        == (missing.status_code, missing.content)
        == (404, missing.content)
    )
    taken(other.native.put("/v1/meetings/secret", json={"title": "secret"}), 201)
    hidden, missing = api.get("/v1/meetings/secret"), api.get("/v1/meetings/nobody")
    assert (hidden.status_code, hidden.content) == (404, missing.content)


def test_all_that_was_published_is_shown(shown: Shown) -> None:
    shown.conclude()
