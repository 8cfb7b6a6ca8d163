"""Sessions are the same in all systems: what one creates, renames or stops, the others show."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from contract.api.asking import event, found, frames, status, taken
from contract.compat.conftest import House

from hub.compat import ids
from hub.core.stand_in import number_of

LINK = "https://teams.microsoft.com/l/meetup-join/abc123"
BUDDY = "/compat/meeting-buddy/v1/meeting-buddy"
MEEMO = "/compat/meemo/api/v1/external"
EMOGG = "/compat/emogg/v1"


@pytest.fixture
def alone(house_of: Callable[[], House]) -> House:
    """An organization in which nothing else happens."""
    return house_of()


def listed(house: House) -> list[dict[str, Any]]:
    """The sessions of realtimekit."""
    path = f"/compat/realtimekit/accounts/a/realtime/kit/{house.organization}/sessions"
    return taken(house.native.get(path))["data"]["sessions"]


def shown(house: House, session_id: str) -> dict[str, str]:
    """The title and the status of the only session in each system that has a list."""
    native = found(house.native, session_id)
    (buddy,) = taken(house.native.get(f"{BUDDY}/sessions"))["sessions"]
    (meemo,) = taken(house.native.get(f"{MEEMO}/meeting/"))["results"]
    (emogg,) = taken(house.native.get(f"{EMOGG}/sessions"))["data"]
    assert buddy["session_id"] == ids.to_prefixed(session_id, "mbsess_")
    assert meemo["id"] == native["number"]
    assert emogg["_id"] == ids.to_hex(session_id)
    return {
        "native": native["status"],
        "meeting-buddy": buddy["status"],
        "meemo": meemo["status"],
        "emogg": emogg["state"],
    }


def claimed(house: House) -> dict[str, Any]:
    """The session that a bot is given."""
    body = {"bot": {"id": "bot"}, "wait": 10}
    return taken(house.native.post("/v1/bots/claim", json=body))


def test_one_started_over_meeting_buddy_is_taken_by_a_bot_and_seen_everywhere(alone: House) -> None:
    api = alone.native
    started = taken(api.post(f"{BUDDY}/sessions", json={"meeting_link": LINK, "bot_name": "Scribe"}), 201)
    session_id = ids.of_prefixed(started["session_id"], "mbsess_")
    assert started["status"] == "initializing"
    assert listed(alone) == []
    given = claimed(alone)
    assert given["session"]["id"] == session_id
    assert given["session"]["bot_name"] == "Scribe"
    with api.stream("GET", f"/v1/sessions/{session_id}/status/stream") as stream:
        received = frames(stream)
        assert next(received)["type"] == "snapshot"
        taken(
            api.post(
                f"/v1/sessions/{session_id}/events",
                json=[status("joining"), status("active")],
                headers={"Hub-Lease": str(given["lease"])},
            )
        )
        steps = (frame for frame in received if frame["type"] == "session.status_changed")
        assert [next(steps)["data"]["status"] for _ in "ab"] == ["joining", "active"]
    words = {"native": "active", "meeting-buddy": "active", "meemo": "ongoing", "emogg": "active"}
    assert shown(alone, session_id) == words
    (session,) = listed(alone)
    assert (session["id"], session["status"]) == (ids.to_uuid(session_id), "LIVE")


def test_one_created_over_meemo_is_taken_by_a_bot(alone: House) -> None:
    organization = number_of(alone.organization)
    body = {"organization_id": organization, "title": "Weekly", "bot_meeting_url": LINK}
    created = taken(alone.native.post(f"{MEEMO}/meeting/", json=body), 201)
    given = claimed(alone)
    assert given["session"]["number"] == created["id"]
    assert given["session"]["title"] == "Weekly"
    assert given["session"]["platform"] == "teams"
    assert shown(alone, given["session"]["id"])["meeting-buddy"] == "initializing"


def test_one_created_and_renamed_over_emogg_has_that_name(alone: House) -> None:
    api = alone.native
    created = taken(
        api.post(f"{EMOGG}/sessions", json={"name": "Pitch", "streamUri": "rtmp://a.example/b"}), 201
    )
    session_id = ids.of_hex(created["_id"])
    assert found(api, session_id)["title"] == "Pitch"
    taken(api.post(f"/v1/sessions/{session_id}/events", json=[status("active"), event("x.tick")]))
    taken(api.patch(f"{EMOGG}/sessions/{created['_id']}", json={"name": "Better pitch"}))
    assert taken(api.get(f"{MEEMO}/meeting/"))["results"][0]["title"] == "Better pitch"
    assert [one["meeting_display_name"] for one in listed(alone)] == ["Better pitch"]


@pytest.mark.parametrize("over", ["emogg", "meeting-buddy", "native"])
def test_one_that_is_stopped_has_ended_everywhere(alone: House, over: str) -> None:
    api = alone.native
    session_id = taken(api.post("/v1/sessions", json={"meeting_id": "m"}), 201)["id"]
    taken(api.post(f"/v1/sessions/{session_id}/events", json=[status("active")]))
    path = {
        "emogg": f"{EMOGG}/sessions/{ids.to_hex(session_id)}/stop",
        "meeting-buddy": f"{BUDDY}/sessions/{ids.to_prefixed(session_id, 'mbsess_')}/stop",
        "native": f"/v1/sessions/{session_id}/stop",
    }[over]
    stopped: httpx.Response = api.post(path)
    assert stopped.is_success
    words = {"native": "completed", "meeting-buddy": "completed", "meemo": "past", "emogg": "finished"}
    assert shown(alone, session_id) == words
    assert [one["status"] for one in listed(alone)] == ["ENDED"]
    bigmind = taken(api.get(f"/compat/bigmind/v1/meetings/m/sessions/{session_id}"))["data"]
    assert bigmind["status"] == "ended"
