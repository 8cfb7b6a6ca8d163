"""What is said of a session anew."""

from typing import Any

import httpx
import pytest
from contract.api.asking import (
    NOBODY,
    created,
    ended,
    event,
    found,
    frames,
    head,
    new,
    published,
    refused,
    sealed,
    taken,
)

from hub.core.event import LIMITS

SAID: dict[str, Any] = {
    "title": "Weekly",
    "host": {"id": "u-9", "email": "grace@example.com"},
    "attendees": [{"email": "bob@example.com", "name": None, "response_status": None}],
    "keywords": ["plan"],
    "speaker_count": 3,
    "config": {"a": [1]},
    "metadata": {"b": 2},
}


def test_what_is_left_out_stays_and_null_takes_away(api: httpx.Client) -> None:
    session_id = created(api, **SAID)["id"]
    path = f"/v1/sessions/{session_id}"
    after = taken(api.patch(path, json={"title": None, "topic_id": None, "keywords": []}))
    assert after == after | SAID | {"title": None, "keywords": []}
    assert {name: found(api, session_id)[name] for name in after} == after
    assert after["last_entry_id"] == head(api, session_id)
    wiped = dict.fromkeys(name for name in SAID if name != "metadata") | {"metadata": {}}
    assert taken(api.patch(path, json=wiped)) == after | wiped | {
        name: taken(api.get(path))[name] for name in ("last_entry_id", "updated_at")
    }


def test_nothing_said_is_no_entry(api: httpx.Client) -> None:
    session_id = created(api, title="Weekly")["id"]
    before = head(api, session_id)
    assert taken(api.patch(f"/v1/sessions/{session_id}", json={}))["title"] == "Weekly"
    assert head(api, session_id) == before


def test_subscribers_are_told(api: httpx.Client) -> None:
    session_id = new(api)
    with api.stream("GET", f"/v1/sessions/{session_id}/stream") as stream:
        received = frames(stream)
        assert next(received)["type"] == "snapshot"
        taken(api.patch(f"/v1/sessions/{session_id}", json={"location": "Room 4"}))
        told = next(frame for frame in received if frame["type"] == "session.updated")
        assert told["data"] == {"location": "Room 4"}


def test_also_when_it_is_over(api: httpx.Client) -> None:
    session_id = new(api)
    path = f"/v1/sessions/{session_id}"
    ended(api, session_id)
    assert taken(api.patch(path, json={"title": "a"}))["title"] == "a"
    sealed(api, session_id)
    assert taken(api.patch(path, json={"title": "b"}))["title"] == "b"
    published(api, session_id, event("session.updated", title="c"))
    assert found(api, session_id)["title"] == "c"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"colour": "red"}, "$"),
        ({"status": "active"}, "$"),
        ({"meeting_id": "m"}, "$"),
        ({"title": ""}, "$.title"),
        ({"title": "x" * 257}, "$.title"),
        ({"type": "party"}, "$.type"),
        ({"type": None}, "$.type"),
        ({"speaker_count": 0}, "$.speaker_count"),
        ({"keywords": ["x"] * 101}, "$.keywords"),
        ({"attendees": [{"name": "Bob"}]}, "$.attendees[0]"),
        ({"calendar_event": {"id": "c", "starts_at": "2026-01-01T00:00:00"}}, "$.calendar_event.starts_at"),
        ({"calendar_event": {"id": "c", "ends_at": "9999-12-31T23:59:59-01:00"}}, "$.calendar_event.ends_at"),
        ({"sources": [{"id": "s", "url": "javascript:x"}]}, "$.sources[0].url"),
        ({"config": []}, "$.config"),
        ({"config": {"a": "x" * LIMITS["config"]}}, "$.config"),
        ({"metadata": None}, "$.metadata"),
        ({"scheduled_for": "soon"}, "$.scheduled_for"),
        ({"starts_at": "2026-01-01T00:00:00"}, "$.starts_at"),
        ({"starts_at": "9999-12-31T23:59:59-10:00"}, "$.starts_at"),
        ([], "$"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_makes_no_sense_is_refused(api: httpx.Client, body: Any, field: str) -> None:
    session_id = new(api)
    refused(api.patch(f"/v1/sessions/{session_id}", json=body), "invalid_field", field=field)
    if isinstance(body, dict) and "status" not in body:
        answer = api.post("/v1/sessions", json=body)
        if "meeting_id" not in body:
            refused(answer, "invalid_field", field=field)
    assert len(taken(api.get(f"/v1/sessions/{session_id}/events"))["data"]) == 1


def test_of_no_session(api: httpx.Client) -> None:
    for session_id in (NOBODY, "no id!"):
        refused(api.patch(f"/v1/sessions/{session_id}", json={"title": "x"}), "session_not_found")
