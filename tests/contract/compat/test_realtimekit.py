"""realtimekit: every field, parameter and failure that it has published, and what was decided beside it."""

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from contract.api.asking import NOBODY, client, event, published, taken
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
from contract.compat.realtimekit_api import BASE, Api, started
from servers import HubServer, RedisServer, wait_until

from hub.compat import ids
from hub.edge import downloads
from hub.store import layout

STANDUP = Path(__file__).parents[2] / "client" / "standup.vtt"


@pytest.fixture(scope="module")
def shown() -> Shown:
    return Shown(PUBLISHED)


@pytest.fixture(scope="module")
def stage(house: House) -> Stage:
    return played(house.native, house.organization, STANDUP)


@pytest.fixture(scope="module")
def api(below: Callable[..., httpx.Client], house: House) -> Api:
    return Api(below(BASE, house.key), house.organization)


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
