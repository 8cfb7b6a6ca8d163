"""realtimekit: what was decided where it leaves a gap."""

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from contract.api.asking import event, new, published, status, taken
from contract.compat.conftest import House
from contract.compat.published_realtimekit import (
    A_PARTICIPANT,
    A_PEER,
    A_SESSION,
    ASK,
    CHAT,
    PARTICIPANTS,
    SESSIONS,
    SUMMARY,
    TRANSCRIPT,
)
from contract.compat.realtimekit_api import BASE, Api, joined, left, started

from hub.compat import ids


@pytest.fixture(scope="module")
def api(below: Callable[..., httpx.Client], house: House) -> Api:
    return Api(below(BASE, house.key), house.organization)


def test_one_app_of_any_account(house: House, below: Callable[..., httpx.Client]) -> None:
    session_id = started(house)
    for account in ("0123456789abcdef", "any", "%C3%BC%20%25"):
        api = Api(below(BASE, house.key), house.organization, account)
        data = taken(api(A_SESSION, session_id))["data"]
        assert data["organization_id"] == house.organization


def test_types(api: Api, house: House) -> None:
    for native, expected in (
        ("meeting", "meeting"),
        ("livestream", "livestream"),
        ("participant", "participant"),
        ("live_analysis", "livestream"),
    ):
        session_id = started(house, joined("ann"), type=native)
        assert taken(api(A_SESSION, session_id))["data"]["type"] == expected
        told = taken(api(A_PARTICIPANT, session_id, "ann", include_peer_events=True))
        view = "LIVESTREAM" if native == "livestream" else "GROUP_CALL"
        assert {one["preset_view_type"] for one in told["data"]["participant"]["peer_events"]} == {view}


def test_what_never_started_is_none(api: Api, house: House) -> None:
    scheduled = new(house.native, title="unseen", scheduled_for="2100-01-01T00:00:00Z")
    for events in ([], [status("joining")], [status("waiting_room"), joined("ann")], [status("failed")]):
        if events:
            published(house.native, scheduled, *events)
        session_id = ids.to_uuid(scheduled)
        for endpoint in (A_SESSION, PARTICIPANTS, A_PARTICIPANT, CHAT, TRANSCRIPT, SUMMARY, ASK):
            assert api(endpoint, session_id, "ann").status_code == 404
        assert api(A_PEER, who=ids.to_peer(scheduled, "ann")).status_code == 404
        assert taken(api(SESSIONS, search="unseen"))["paging"]["total_count"] == 0


def test_what_started_and_failed_has_ended(api: Api, house: House) -> None:
    session_id = started(house, joined("ann"), status("failed"))
    data = taken(api(A_SESSION, session_id))["data"]
    assert (data["status"], data["live_participants"]) == ("ENDED", 0)
    assert data["ended_at"] == data["updated_at"]


def test_it_is_live_from_its_start_to_its_end(api: Api, house: House) -> None:
    session_id = started(house, title="steps")
    for name in ("recording", "active", "leaving"):
        published(house.native, ids.of_uuid(session_id), status(name))
        assert taken(api(A_SESSION, session_id))["data"]["status"] == "LIVE"
        assert taken(api(SESSIONS, search="steps", status="LIVE"))["paging"]["total_count"] == 1
    published(house.native, ids.of_uuid(session_id), status("completed"))
    assert taken(api(A_SESSION, session_id))["data"]["status"] == "ENDED"


def test_minutes_are_those_of_all_participants(api: Api, house: House) -> None:
    session_id = started(house, joined("ann"), joined("bob"), joined("bob", "c2"), left("bob", "c1"))
    native = ids.of_uuid(session_id)

    def minutes() -> tuple[float, list[float], float]:
        before = time.time()
        everybody = taken(api(PARTICIPANTS, session_id))["data"]["participants"]
        listed = taken(api(SESSIONS, search=session_id))["data"]["sessions"][0]
        durations = [one["duration"] for one in everybody]
        return listed["minutes_consumed"], durations, (time.time() - before) / 60

    # Of who is there, up to now.
    first = minutes()
    second = minutes()
    for consumed, durations, asked in (first, second):
        assert 0 < sum(durations) <= consumed <= sum(durations) + 2 * asked
    assert first[0] < second[0]
    published(house.native, native, left("bob", "c2"), status("completed"))
    consumed, durations, _asked = minutes()
    assert consumed == pytest.approx(sum(durations), abs=1e-9)
    assert minutes()[0] == consumed
    assert taken(house.native.get(f"/v1/sessions/{native}"))["minutes_consumed"] == consumed


def test_twenty_a_page_and_no_more_than_a_hundred(
    house_of: Callable[[], House], below: Callable[..., httpx.Client]
) -> None:
    house = house_of()
    api = Api(below(BASE, house.key), house.organization)
    people = [joined(f"p{n:02}") for n in range(21)]
    session_id = started(house, *people)
    for _ in range(20):
        started(house)
    page = taken(api(SESSIONS))
    assert len(page["data"]["sessions"]) == 20
    assert page["paging"] == {"start_offset": 1, "end_offset": 20, "total_count": 21}
    rest = taken(api(SESSIONS, page_no=2))
    assert [one["id"] for one in rest["data"]["sessions"]] == [session_id]
    assert rest["paging"] == {"start_offset": 21, "end_offset": 21, "total_count": 21}
    # Who counts from 0 gets the first page too.
    assert taken(api(SESSIONS, page_no=0))["paging"] == page["paging"]
    everybody = taken(api(PARTICIPANTS, session_id))
    assert set(everybody) == {"data", "success"}
    assert len(everybody["data"]["participants"]) == 20
    assert len(taken(api(PARTICIPANTS, session_id, per_page=100))["data"]["participants"]) == 21
    for endpoint in (SESSIONS, PARTICIPANTS):
        assert api(endpoint, session_id, per_page=101).status_code == 422


def test_ids_of_any_shape_lead_back(api: Api, house: House) -> None:
    names = ["a/b?c#d", "ü%2F✓", "x" * 128, "..", "AAAAAAAAAAAAAAAAAAAA"]
    session_id = started(
        house,
        *(
            event("participant.joined", participant_id=name, connection_id=f"{name[:100]}/c", name=f"N{at}")
            for at, name in enumerate(names)
        ),
    )
    for view in ("raw", "consolidated"):
        rows = taken(api(PARTICIPANTS, session_id, view=view))["data"]["participants"]
        assert [row["display_name"] for row in rows] == [f"N{at}" for at in range(len(names))]
        for row in rows:
            assert taken(api(A_PARTICIPANT, session_id, row["id"]))["data"]["participant"]["id"] == row["id"]
            peer = taken(api(A_PEER, who=row["id"]))["data"]
            assert (peer["id"], peer["session_id"]) == (row["id"], session_id)
            assert peer["display_name"] == row["display_name"]
    # An own id that could be one of these is not taken for one.
    assert taken(api(A_PARTICIPANT, session_id, names[-1]))["data"]["participant"]["display_name"] == "N4"


def test_breakout_rooms_come_from_entries(api: Api, house: House) -> None:
    session_id = started(house, event("breakout.opened", room_id="r", title="Room"))
    plain, asked = (
        taken(api(A_SESSION, session_id, include_breakout_rooms=rooms))["data"] for rooms in (False, True)
    )
    assert "breakout_rooms" not in plain
    (room,) = asked["breakout_rooms"]
    assert (room["id"], room["title"], room["ended_at"]) == ("r", "Room", None)


def test_what_is_said_of_a_live_session_is_downloaded_as_it_stands(api: Api, house: House) -> None:
    def said(number: int, text: str, **more: Any) -> dict[str, Any]:
        times = {"start": number, "end": number + 1}
        segment = {"segment_id": f"s{number}", "text": text, "final": True} | times | more
        return event("transcript.segment", **segment)

    session_id = started(house, said(0, "One"))
    url = taken(api(TRANSCRIPT, session_id))["data"]["transcript_download_url"]
    assert httpx.get(url).text == "0,,,,,One\r\n"
    speaker = {"name": "Zoe", "participant_id": "zoe"}
    published(
        house.native,
        ids.of_uuid(session_id),
        joined("zoe"),
        said(1, 'a "b"\nc', speaker=speaker),
        said(2, "x"),
    )
    zoe = ids.to_peer(ids.of_uuid(session_id), "zoe")
    assert httpx.get(url).text == f'0,,,,,One\r\n1000,{zoe},,,Zoe,"a ""b""\nc"\r\n2000,,,,,x\r\n'


def test_the_report_of_a_connection_is_no_other_ones(api: Api, house: House) -> None:
    report = event("peer.report", participant_id="ann", connection_id="c1", device={"os": "linux"})
    session_id = started(house, joined("ann", "c1"), joined("ann", "c2"), report)

    def device(connection: str | None) -> Any:
        who = ids.to_peer(ids.of_uuid(session_id), "ann", connection)
        data = taken(api(A_PEER, who=who, filters="device_info"))["data"]
        return data["peer_report"].get("metadata", {}).get("device_info")

    assert device("c1") == device(None) == {"os": "linux"}
    assert device("c2") is None
