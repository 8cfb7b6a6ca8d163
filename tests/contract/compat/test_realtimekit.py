"""realtimekit: every field, parameter and failure that it has published, and what was decided beside it."""

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from contract.api.asking import NOBODY, client, event, new, published, status, taken
from contract.compat.conformance import Shown
from contract.compat.conftest import House
from contract.compat.golden import golden, same
from contract.compat.played import Stage, played
from contract.compat.published_realtimekit import (
    A_PARTICIPANT,
    A_PEER,
    A_SESSION,
    ASK,
    CHAT,
    DOWNLOAD,
    PARTICIPANTS,
    PUBLISHED,
    SESSIONS,
    SUMMARY,
    TRANSCRIPT,
)
from servers import HubServer, RedisServer, wait_until

from hub.compat import ids
from hub.edge import downloads
from hub.store import layout

BASE = "/compat/realtimekit"
STANDUP = Path(__file__).parents[2] / "client" / "standup.vtt"


@pytest.fixture(scope="module")
def shown() -> Shown:
    return Shown(PUBLISHED)


@pytest.fixture(scope="module")
def stage(house: House) -> Stage:
    return played(house.native, house.organization, STANDUP)


class Api:
    """A client of the system, by its endpoints."""

    def __init__(self, http: httpx.Client, app: str, account: str = "any") -> None:
        self.http = http
        self._where = {"account_id": account, "app_id": app}

    def __call__(self, endpoint: str, session_id: str = "", who: str = "", **query: Any) -> httpx.Response:
        method, _, path = endpoint.partition(" ")
        names = {"session_id": session_id, "participant_id": who, "peer_id": who}
        return self.http.request(method, path.format_map(self._where | names), params=query)


@pytest.fixture(scope="module")
def api(below: Callable[..., httpx.Client], house: House) -> Api:
    return Api(below(BASE, house.key), house.organization)


def started(house: House, *events: dict[str, Any], **fields: Any) -> str:
    """A session that is live."""
    session_id = new(house.native, **fields)
    published(house.native, session_id, status("active"), *events)
    return ids.to_uuid(session_id)


def joined(name: str, connection: str = "c1", **fields: Any) -> dict[str, Any]:
    return event(
        "participant.joined", participant_id=name, connection_id=connection, name=name.title(), **fields
    )


def left(name: str, connection: str = "c1") -> dict[str, Any]:
    return event("participant.left", participant_id=name, connection_id=connection)


# Each field.


def test_answers_are_as_published(shown: Shown, api: Api, stage: Stage) -> None:
    first, second = (ids.to_peer(ids.of_uuid(stage.meeting), who) for who in list(stage.people.values())[:2])
    asked = {
        "sessions": (SESSIONS, api(SESSIONS, associated_id="mtg-played")),
        "session": (A_SESSION, api(A_SESSION, stage.meeting)),
        "participants": (PARTICIPANTS, api(PARTICIPANTS, stage.meeting, per_page=2)),
        "participant": (A_PARTICIPANT, api(A_PARTICIPANT, stage.meeting, second, include_peer_events=True)),
        "peer": (A_PEER, api(A_PEER, who=second)),
        "transcript": (TRANSCRIPT, api(TRANSCRIPT, stage.meeting)),
        "chat": (CHAT, api(CHAT, stage.meeting)),
    }
    for name, (endpoint, answer) in asked.items():
        assert same(shown.answer(endpoint, answer), golden(f"realtimekit-{name}")) == [], name
    assert asked["participants"][1].json()["data"]["participants"][0]["id"] == first


def test_a_summary_is_as_published(shown: Shown, api: Api, stage: Stage) -> None:
    shown.failed(SUMMARY, api(SUMMARY, stage.meeting), 404)
    asked = shown.answer(ASK, api(ASK, stage.meeting))
    assert same(asked, golden("realtimekit-summary-asked")) == []
    # While it is written there is none.
    wait_until(lambda: api(SUMMARY, stage.meeting).status_code == 200, "the summary is written")
    assert same(shown.answer(SUMMARY, api(SUMMARY, stage.meeting)), golden("realtimekit-summary")) == []


def test_all_fields_with_and_without(shown: Shown, api: Api, house: House, stage: Stage) -> None:
    shown.answer(SESSIONS, api(SESSIONS))
    for session_id in (stage.meeting, stage.live):
        for rooms in (True, False):
            shown.answer(A_SESSION, api(A_SESSION, session_id, include_breakout_rooms=rooms))
        for events in (True, False):
            everybody = shown.answer(PARTICIPANTS, api(PARTICIPANTS, session_id, include_peer_events=events))
            for who in everybody["data"]["participants"]:
                about = {"who": who["id"], "include_peer_events": events}
                shown.answer(A_PARTICIPANT, api(A_PARTICIPANT, session_id, **about))
                shown.answer(A_PEER, api(A_PEER, **about))


# What was decided.


def test_one_app_of_any_account(house: House, below: Callable[..., httpx.Client], stage: Stage) -> None:
    for account in ("0123456789abcdef", "any", "%C3%BC%20%25"):
        api = Api(below(BASE, house.key), house.organization, account)
        data = taken(api(A_SESSION, stage.meeting))["data"]
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


def test_chat_and_summary_that_are_not_there(shown: Shown, api: Api, house: House) -> None:
    session_id = started(house)
    assert shown.failed(CHAT, api(CHAT, session_id), 404)["errors"][0]["code"] == 404
    shown.failed(SUMMARY, api(SUMMARY, session_id), 404)
    published(house.native, ids.of_uuid(session_id), event("summary.failed", reason="no"))
    shown.failed(SUMMARY, api(SUMMARY, session_id), 404)
    assert shown.failed(ASK, api(ASK, session_id), 409) == golden("realtimekit-failures")["409"]
    # A transcript in which nobody has said anything yet is there, and empty.
    url = taken(api(TRANSCRIPT, session_id, format="JSON"))["data"]["transcript_download_url"]
    assert httpx.get(url).json() == []


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


# Each parameter.


def test_every_parameter_of_the_list(shown: Shown, api: Api, house: House, stage: Stage) -> None:
    created = taken(api(A_SESSION, stage.meeting))["data"]["created_at"]
    after = f"{datetime.fromisoformat(created).timestamp() + 0.001:.3f}"
    moment = datetime.fromtimestamp(float(after)).astimezone().isoformat(timespec="milliseconds")

    def asked(**query: Any) -> list[str]:
        found = shown.answer(SESSIONS, api(SESSIONS, per_page=100) if not query else api(SESSIONS, **query))
        return [one["id"] for one in found["data"]["sessions"]]

    every = asked()
    for given, there in (
        ({"associated_id": "mtg-played"}, [stage.meeting]),
        ({"start_time": moment}, [stage.live]),
        ({"end_time": created}, [stage.early, stage.meeting]),
        ({"end_time": "2020-01-01"}, []),
        ({"page_no": 2}, []),
        ({"per_page": 1}, []),
        ({"participants": f"user-{stage.first}"}, [stage.meeting]),
        ({"search": stage.meeting}, [stage.meeting]),
        ({"status": "LIVE"}, [stage.live]),
        ({"sort_order": "ASC"}, [stage.early]),
    ):
        found = asked(**given)
        assert set(there) <= set(found), given
        for name in given:
            shown.parameter(SESSIONS, name, every, found)
    by_minutes = wait_until(
        lambda: (found := asked(sort_by="minutesConsumed", per_page=100))[0] == stage.meeting and found,
        "the meeting has most minutes",
    )
    assert set(by_minutes) == set(every)
    shown.parameter(SESSIONS, "sort_by", every, by_minutes)


def test_every_parameter_of_a_session_and_its_participants(shown: Shown, api: Api, stage: Stage) -> None:
    def asked(endpoint: str, who: str = "", **query: Any) -> Any:
        session_id = "" if endpoint == A_PEER else stage.meeting
        return shown.answer(endpoint, api(endpoint, session_id, who, **query))["data"]

    rooms = {"include_breakout_rooms": "true"}
    shown.parameter(A_SESSION, "include_breakout_rooms", asked(A_SESSION), asked(A_SESSION, **rooms))
    everybody = asked(PARTICIPANTS)
    for given in (
        {"page_no": 2, "per_page": 3},
        {"per_page": 3},
        {"search": stage.first},
        {"sort_order": "DESC"},
        {"include_peer_events": "true"},
    ):
        for name in given:
            shown.parameter(PARTICIPANTS, name, everybody, asked(PARTICIPANTS, **given))
    # One of the two orders may be that of their coming.
    by_duration = [asked(PARTICIPANTS, sort_by="duration", sort_order=order) for order in ("ASC", "DESC")]
    assert by_duration[0]["participants"] == by_duration[1]["participants"][::-1]
    shown.parameter(PARTICIPANTS, "sort_by", [everybody, everybody], by_duration)
    raw, whole = (asked(PARTICIPANTS, view=view) for view in ("raw", "consolidated"))
    assert whole == everybody
    shown.parameter(PARTICIPANTS, "view=raw", everybody, raw)
    shown.parameter(PARTICIPANTS, "view=consolidated", raw, whole)
    events = {"include_peer_events": "true"}
    peer = ids.to_peer(ids.of_uuid(stage.meeting), stage.first)
    for endpoint, who in ((A_PARTICIPANT, stage.first), (A_PEER, peer)):
        shown.parameter(endpoint, "include_peer_events", asked(endpoint, who), asked(endpoint, who, **events))
    reports = {None: asked(A_PEER, peer)["peer_report"]}
    for name in ("device_info", "ip_information", "precall_network_information", "events", "quality_stats"):
        reports[name] = asked(A_PEER, peer, filters=name)["peer_report"]
        shown.parameter(A_PEER, f"filters={name}", reports[None], reports[name])
    assert len({str(report) for report in reports.values()}) == 6


def test_every_format_of_a_transcript(shown: Shown, api: Api, stage: Stage) -> None:
    types: dict[str, str] = {}
    for name in ("SRT", "VTT", "JSON", "CSV"):
        given = shown.answer(TRANSCRIPT, api(TRANSCRIPT, stage.meeting, format=name))["data"]
        answer = httpx.get(given["transcript_download_url"])
        assert answer.headers["content-disposition"] == (
            f'attachment; filename="{stage.meeting}-transcript.{name.lower()}"'
        )
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        types[name] = answer.headers["content-type"]
        default = taken(api(TRANSCRIPT, stage.meeting))["data"]["transcript_download_url"]
        if name == "CSV":
            assert urlsplit(default).path == urlsplit(given["transcript_download_url"]).path
        shown.parameter(TRANSCRIPT, f"format={name}", {name: types[name]}, {})
    assert types == {
        "SRT": "application/x-subrip; charset=utf-8",
        "VTT": "text/vtt; charset=utf-8",
        "JSON": "application/json",
        "CSV": "text/csv; charset=utf-8; header=absent",
    }


# Each failure.


def test_failures_are_as_published(
    shown: Shown, api: Api, house: House, other: House, below: Callable[..., httpx.Client], stage: Stage
) -> None:
    expected = golden("realtimekit-failures")
    peer = ids.to_peer(ids.of_uuid(stage.meeting), stage.first)
    nobody, stranger = Api(below(BASE), house.organization), Api(below(BASE, house.key), other.organization)
    mute = Api(below(BASE, house.publisher), house.organization)
    for endpoint, about in PUBLISHED.endpoints.items():
        if endpoint == DOWNLOAD:
            continue
        who = peer if endpoint == A_PEER else stage.first
        assert shown.failed(endpoint, nobody(endpoint, stage.meeting, who), 401) == expected["401"]
        assert shown.failed(endpoint, stranger(endpoint, stage.meeting, who), 403) == expected["403"]
        assert shown.failed(endpoint, mute(endpoint, stage.meeting, who), 403)["errors"][0]["code"] == 9109
        if 404 in about.failures and endpoint != A_PEER:
            for session_id in (ids.to_uuid(NOBODY), NOBODY, "%2e%2e", "a%20b", "x" * 300):
                answer = shown.failed(endpoint, api(endpoint, session_id, who), 404)
                assert answer == expected["404"]
        if 422 in about.failures:
            name = about.parameters[-1].partition("=")[0]
            wrong = shown.failed(endpoint, api(endpoint, stage.meeting, who, **{name: "PAST"}), 422)
            if endpoint == SESSIONS:
                assert wrong == expected["422"]
    shown.failed(A_SESSION, api(A_SESSION, "peer-report"), 404)
    for who in ("nobody", "%00", "AAAA", ids.to_peer(NOBODY, "ann"), peer + "A", peer + "="):
        shown.failed(A_PEER, api(A_PEER, who=who), 404)
    shown.failed(A_PARTICIPANT, api(A_PARTICIPANT, stage.meeting, "nobody"), 404)


def test_another_organization_sees_none_of_it(
    api: Api, house: House, other: House, below: Callable[..., httpx.Client], stage: Stage
) -> None:
    theirs = Api(below(BASE, other.key), other.organization)
    peer = ids.to_peer(ids.of_uuid(stage.meeting), stage.first)
    assert taken(theirs(SESSIONS))["paging"]["total_count"] == 0
    for endpoint in (A_SESSION, PARTICIPANTS, A_PARTICIPANT, CHAT, TRANSCRIPT, SUMMARY, ASK):
        hidden = theirs(endpoint, stage.meeting, stage.first)
        missing = theirs(endpoint, ids.to_uuid(NOBODY), stage.first)
        assert (hidden.status_code, hidden.content) == (404, missing.content)
    hidden, missing = theirs(A_PEER, who=peer), theirs(A_PEER, who=ids.to_peer(NOBODY, stage.first))
    assert (hidden.status_code, hidden.content) == (404, missing.content)


def test_a_key_in_another_header(house: House, below: Callable[..., httpx.Client], stage: Stage) -> None:
    for headers, expected in (
        ({"X-Auth-Key": house.key, "X-Auth-Email": "ann@example.org"}, 200),
        ({"X-Auth-Key": house.key}, 200),
        ({"X-Auth-Key": "sk_nobody_nothing", "X-Auth-Email": "ann@example.org"}, 401),
        ({"X-Auth-Email": "ann@example.org"}, 401),
        ({"X-Auth-Key": house.publisher}, 403),
        # What is sent the newer way decides.
        ({"X-Auth-Key": house.key, "Authorization": "Bearer sk_nobody_nothing"}, 401),
        ({"X-Auth-Key": "sk_nobody_nothing", "Authorization": f"Bearer {house.key}"}, 200),
    ):
        api = Api(below(BASE, **headers), house.organization)
        assert api(A_SESSION, stage.meeting).status_code == expected, headers


# Downloads.


def changed(text: str, place: int) -> str:
    """`text` with another character at `place`."""
    return text[:place] + ("B" if text[place] == "A" else "A") + text[place + 1 :]


def test_a_url_opens_its_own_only(
    shown: Shown, api: Api, house: House, stage: Stage, hub_server: HubServer
) -> None:
    given = taken(api(TRANSCRIPT, stage.meeting, format="VTT"))["data"]
    url = urlsplit(given["transcript_download_url"])
    (signature,) = parse_qs(url.query)["signature"]
    with client(hub_server) as nobody:
        assert nobody.get(url.path, params={"signature": signature}).text.startswith("WEBVTT")
        shown.text(DOWNLOAD)
        refusal = shown.failed(DOWNLOAD, nobody.get(url.path), 401)
        assert refusal["errors"][0]["code"] == 9106
        shown.parameter(DOWNLOAD, "signature", refusal, None)
        for place in (*range(0, len(signature), 9), len(signature) - 1):
            wrong = nobody.get(url.path, params={"signature": changed(signature, place)})
            assert shown.failed(DOWNLOAD, wrong, 401)["errors"][0]["code"] == 10000
        for path in (
            url.path.replace("transcript.vtt", "transcript.srt"),
            url.path.replace("transcript.vtt", "chat.csv"),
            url.path.replace("transcript.vtt", "summary.txt"),
            url.path.replace(stage.meeting, stage.early),
        ):
            shown.failed(DOWNLOAD, nobody.get(path, params={"signature": signature}), 401)
        for path in (
            url.path.replace("transcript.vtt", "transcript.exe"),
            url.path.replace(stage.meeting, ids.of_uuid(stage.meeting)),
            url.path.replace(stage.meeting, "nonsense"),
        ):
            shown.failed(DOWNLOAD, nobody.get(path, params={"signature": signature}), 404)
        # Nor does it open anything natively, or what was signed there anything here.
        native = f"/v1/sessions/{ids.of_uuid(stage.meeting)}/transcript"
        assert nobody.get(f"{native}/download", params={"signature": signature}).status_code == 401
        theirs = parse_qs(urlsplit(taken(house.native.get(f"{native}/url?format=vtt"))["url"]).query)
        shown.failed(DOWNLOAD, nobody.get(url.path, params=theirs), 401)


def test_a_url_expires(
    shown: Shown, house: House, stage: Stage, hub_server: HubServer, redis_server: RedisServer
) -> None:
    with redis_server.client() as redis_client:
        secret = redis_client.get(layout.SECRET)
    assert isinstance(secret, bytes)
    answers: list[httpx.Response] = []
    with client(hub_server) as nobody:
        for seconds in (60, -1):
            download = downloads.Download(
                organization=house.organization,
                key_id=house.key_id,
                session_id=ids.of_uuid(stage.meeting),
                what="realtimekit chat.csv",
                format="chat.csv",
                expires=int((time.time() + seconds) * 1000),
            )
            query = {"signature": downloads.sign(download, secret)}
            answers.append(nobody.get(f"{BASE}/downloads/{stage.meeting}/chat.csv", params=query))
    assert answers[0].text.startswith("id,participantId,")
    assert "expired" in shown.failed(DOWNLOAD, answers[1], 401)["errors"][0]["message"]


def test_a_url_dies_with_its_key_and_its_session(
    house_of: Callable[[], House], below: Callable[..., httpx.Client], hub_server: HubServer
) -> None:
    house = house_of()
    session_id = started(house, event("chat.message", message_id="m", text="hi"))
    urls = [
        taken(Api(below(BASE, key), house.organization)(CHAT, session_id))["data"]["chat_download_url"]
        for key in (house.key, house.reader)
    ]
    assert [httpx.get(url).status_code for url in urls] == [200, 200]
    with client(hub_server, hub_server.key) as admin:
        # Only of one's own organization are keys revoked.
        reader = house.reader.split("_")[1]
        revoker = taken(
            admin.post("/v1/keys", json={"organization": house.organization, "scopes": ["admin"]}), 201
        )["key"]
    with client(hub_server, revoker) as own:
        assert own.delete(f"/v1/keys/{reader}").status_code == 204
    wait_until(lambda: httpx.get(urls[1]).status_code == 401, "the key is known to be gone")
    assert httpx.get(urls[0]).status_code == 200
    house.native.delete(f"/v1/sessions/{ids.of_uuid(session_id)}").raise_for_status()
    assert httpx.get(urls[0]).status_code == 404


def test_all_that_was_published_is_shown(shown: Shown) -> None:
    shown.conclude()
