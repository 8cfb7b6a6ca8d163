"""`POST /v1/sessions`."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import anyio
import httpx
import pytest
from contract.api.asking import (
    Api,
    at_once,
    client,
    created,
    found,
    history,
    refused,
    seq,
    taken,
    unique,
)
from servers import HubServer, wait_until

from hub.store.client import Client
from hub.store.directory import Directory
from schemas.events import SessionCreated, Status

FULL: dict[str, Any] = {
    "meeting_link": "https://acme.zoom.us/j/123?pwd=x",
    "title": "Weekly",
    "meeting_id": "weekly-1",
    "bot_name": "Scribe",
    "transcription_enabled": False,
    "transcription_language": "de-CH",
    "user": {
        "id": "u1",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "email": "ada@example.com",
        "avatar_url": "https://example.com/a.png",
    },
    "metadata": {"team": "blue", "deep": {"list": [1, None, "ü"]}},
}


def test_all_that_was_said_comes_back(api: httpx.Client) -> None:
    answer = api.post("/v1/sessions", json=FULL)
    session = taken(answer, 201)
    assert answer.headers["location"] == f"/v1/sessions/{session['id']}"
    assert {name: session[name] for name in FULL} == FULL
    assert session["platform"] == "zoom"
    assert (session["status"], session["live"], session["sealed"]) == ("initializing", True, False)
    assert session["scheduled_for"] is None
    assert seq(session["last_entry_id"]) == 1
    assert session["participant_counts"] == {"live": 0, "peak": 0, "total": 0}
    assert (session["segment_count"], session["message_count"], session["breakout_rooms"]) == (0, 0, [])
    assert session["created_at"] == session["updated_at"]
    assert (session["started_at"], session["ended_at"], session["end"]) == (None, None, None)

    detail = found(api, session["id"])
    assert {name: detail[name] for name in session} == session
    assert detail["participants"] == {"participants": [], "truncated": False}
    assert detail["artifacts"] == {"chapters": [], "truncated": False, "summary": None, "recording": None}


def test_a_meeting_that_has_begun_is_not_scheduled(api: httpx.Client) -> None:
    session = created(api, starts_at="2020-01-01T10:00:00+01:00")
    assert session["starts_at"] == "2020-01-01T09:00:00.000Z"
    assert (session["status"], session["scheduled_for"], session["started_at"]) == (
        "initializing",
        None,
        None,
    )


def test_nothing_needs_to_be_said(api: httpx.Client) -> None:
    session = created(api)
    assert session["transcription_enabled"] is True
    assert session["metadata"] == {}
    for name in ("title", "meeting_id", "meeting_link", "platform", "bot_name", "user", "scheduled_for"):
        assert session[name] is None


def test_the_first_entry_says_what_was_created(api: httpx.Client) -> None:
    session = created(api, title="Weekly", metadata={"team": "blue"})
    (entry,) = history(api, session["id"])
    assert entry["id"] == session["last_entry_id"]
    assert entry["at"] == session["created_at"]
    assert entry["type"] == "session.created"
    assert entry["data"]["number"] == session["number"]
    assert entry["data"]["metadata"] == {"team": "blue"}


def test_numbers_count_the_sessions_of_each_organization(api_of: Api) -> None:
    for api in (api_of(), api_of()):
        assert [created(api)["number"] for _ in range(3)] == [1, 2, 3]


def test_numbers_are_given_once_when_many_create_at_once(hub_server: HubServer, key: str) -> None:
    def create(_number: int) -> int:
        with client(hub_server, key) as api:
            return created(api)["number"]

    assert sorted(at_once(8, create)) == list(range(1, 9))


def test_the_user_of_the_key_is_the_user_of_the_session(
    hub_server: HubServer, admin: httpx.Client, organization: str
) -> None:
    body = {"organization": organization, "user": {"id": "u7", "email": "u7@example.com"}}
    own = taken(admin.post("/v1/keys", json=body), 201)["key"]
    with client(hub_server, own) as api:
        assert created(api)["user"]["id"] == "u7"
        assert created(api, user={"id": "other"})["user"]["id"] == "other"


@pytest.mark.parametrize(
    ("link", "platform"),
    [
        ("https://us02web.zoom.us/j/1", "zoom"),
        ("https://meet.google.com/abc-defg-hij", "google_meet"),
        ("https://teams.microsoft.com/l/meetup-join/x", "teams"),
        ("https://teams.live.com/meet/1", "teams"),
        ("https://acme.webex.com/meet/x", "webex"),
        ("https://meet.example.com/x", "other"),
        ("https://zoom.us.example.com/j/1", "other"),
        ("https://user@example.com/zoom.us", "other"),
    ],
)
def test_the_platform_is_recognised(api: httpx.Client, link: str, platform: str) -> None:
    assert created(api, meeting_link=link)["platform"] == platform


TOMORROW = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)


@pytest.mark.parametrize("offset", [0, 5.5, -8])
def test_a_time_to_come_schedules_the_session(api: httpx.Client, offset: float) -> None:
    local = TOMORROW.astimezone(timezone(timedelta(hours=offset)))
    session = created(api, scheduled_for=local.isoformat())
    assert (session["status"], session["live"]) == ("scheduled", False)
    assert session["scheduled_for"] == TOMORROW.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"meeting_link": "http://zoom.us/j/1"}, "$.meeting_link"),
        ({"meeting_link": "ftp://zoom.us/j/1"}, "$.meeting_link"),
        ({"meeting_link": "javascript:alert(1)"}, "$.meeting_link"),
        ({"meeting_link": "https://"}, "$.meeting_link"),
        ({"meeting_link": "https:///j/1"}, "$.meeting_link"),
        ({"meeting_link": "https://[::1"}, "$.meeting_link"),
        ({"meeting_link": "https://:443/j"}, "$.meeting_link"),
        ({"meeting_link": "https://zoom.us/ j"}, "$.meeting_link"),
        ({"meeting_link": "https://zoom.us/j\n"}, "$.meeting_link"),
        ({"meeting_link": "https://zoom.us/" + "j" * 2048}, "$.meeting_link"),
        ({"title": ""}, "$.title"),
        ({"title": "t" * 257}, "$.title"),
        ({"title": 7}, "$.title"),
        ({"meeting_id": "a b"}, "$.meeting_id"),
        ({"meeting_id": "a:b"}, "$.meeting_id"),
        ({"meeting_id": "m" * 65}, "$.meeting_id"),
        ({"meeting_id": "m\n"}, "$.meeting_id"),
        ({"bot_name": ""}, "$.bot_name"),
        ({"transcription_enabled": "yes"}, "$.transcription_enabled"),
        ({"transcription_enabled": None}, "$.transcription_enabled"),
        ({"transcription_language": "de_CH!"}, "$.transcription_language"),
        ({"scheduled_for": "2020-01-01T00:00:00Z"}, "$.scheduled_for"),
        ({"scheduled_for": "0001-01-01T00:00:00+10:00"}, "$.scheduled_for"),
        ({"scheduled_for": "9999-12-31T23:59:59-10:00"}, "$.scheduled_for"),
        ({"scheduled_for": "2100-01-01T00:00:00"}, "$.scheduled_for"),
        ({"scheduled_for": "2100-13-01T00:00:00Z"}, "$.scheduled_for"),
        ({"scheduled_for": 4102444800}, "$.scheduled_for"),
        ({"user": "ada"}, "$.user"),
        ({"user": {"id": "a b"}}, "$.user.id"),
        ({"user": {"email": "e" * 321}}, "$.user.email"),
        ({"user": {"avatar_url": "file:///etc/passwd"}}, "$.user.avatar_url"),
        ({"user": {"nickname": "ada"}}, "$.user"),
        ({"metadata": []}, "$.metadata"),
        ({"metadata": {"m": "x" * 16_384}}, "$.metadata"),
        ({"colour": "blue"}, "$"),
        ({"id": "ses_1"}, "$"),
        ({"organization": "other"}, "$"),
        ({"status": "active"}, "$"),
    ],
    ids=lambda value: json.dumps(value)[:40] if isinstance(value, dict) else None,
)
def test_a_field_that_does_not_fit_is_named(api: httpx.Client, fields: dict[str, Any], path: str) -> None:
    error = refused(api.post("/v1/sessions", json=fields), "invalid_field", field=path)
    unknown = set(fields) - {*FULL, "scheduled_for"}
    assert all(f"`{name}`" in error["message"] for name in unknown)
    assert taken(api.get("/v1/sessions"))["data"] == []


def test_metadata_up_to_16_kib_is_taken(api: httpx.Client) -> None:
    metadata = {"m": "x" * (16_384 - len(b'{"m":""}'))}
    assert created(api, metadata=metadata)["metadata"] == metadata
    refused(
        api.post("/v1/sessions", json={"metadata": {"m": metadata["m"] + "x"}}),
        "invalid_field",
        field="$.metadata",
    )


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "invalid_json"),
        (b"{", "invalid_json"),
        (b'{"title": "a"} {}', "invalid_json"),
        (b"[]", "invalid_field"),
        (b"null", "invalid_field"),
        (b'{"title": "\xff"}', "invalid_utf8"),
        (b'{"title": "\\ud800"}', "invalid_json"),
        (b'{"metadata": {"a": NaN}}', "invalid_json"),
        (b'{"metadata": {"a": 1e999}}', "invalid_field"),
        (b'{"metadata": ' + b'{"a":' * 100 + b"1" + b"}" * 101, "invalid_field"),
        (b'{"metadata": ' + b'{"a":' * 10_000 + b"1" + b"}" * 10_001, "invalid_json"),
        (b"{}" + b" " * 1_048_576, "body_too_large"),
    ],
    ids=lambda value: repr(value[:30]) if isinstance(value, bytes) else None,
)
def test_a_body_that_is_no_session_is_refused(api: httpx.Client, content: bytes, code: str) -> None:
    refused(api.post("/v1/sessions", content=content), code)
    assert taken(api.get("/v1/sessions"))["data"] == []


class TestIdempotency:
    def test_the_same_again_is_the_same_session(self, api: httpx.Client) -> None:
        headers = {"Idempotency-Key": "call/1?"}
        first = taken(api.post("/v1/sessions", json=FULL, headers=headers), 201)
        # The order of fields, and a default that is spelt out, make no other content.
        body = dict(reversed(FULL.items()))
        again = api.post("/v1/sessions", json=body, headers=headers)
        assert taken(again, 200)["id"] == first["id"]
        assert again.headers["location"] == f"/v1/sessions/{first['id']}"
        assert len(taken(api.get("/v1/sessions"))["data"]) == 1

    def test_it_answers_with_the_session_as_it_is_now(self, api: httpx.Client) -> None:
        headers = {"Idempotency-Key": "k"}
        first = taken(api.post("/v1/sessions", json={}, headers=headers), 201)
        taken(api.post(f"/v1/sessions/{first['id']}/stop"))
        assert taken(api.post("/v1/sessions", json={}, headers=headers), 200)["status"] == "failed"

    def test_other_content_is_a_conflict(self, api: httpx.Client) -> None:
        headers = {"Idempotency-Key": "k"}
        taken(api.post("/v1/sessions", json={"title": "a"}, headers=headers), 201)
        answer = api.post("/v1/sessions", json={"title": "b"}, headers=headers)
        refused(answer, "idempotency_conflict", idempotency_key="k")
        assert len(taken(api.get("/v1/sessions"))["data"]) == 1

    def test_a_retry_may_come_after_the_time_it_was_scheduled_for(
        self, hub_server: HubServer, api: httpx.Client, organization: str
    ) -> None:
        moment, session_id = "2020-01-01T00:00:00.000Z", unique("ses")

        async def in_time() -> None:
            assert hub_server.redis is not None
            store = Client(hub_server.redis.url, 5)
            try:
                directory = Directory(store, retention=60_000, feed_kept=10, most=0)
                data = SessionCreated(
                    number=0,
                    status=Status.SCHEDULED,
                    organization=organization,
                    scheduled_for=datetime.fromisoformat(moment),
                    user=None,
                )
                await directory.create(organization, session_id, data, idempotency_key="k")
            finally:
                await store.aclose()

        anyio.run(in_time)
        headers = {"Idempotency-Key": "k"}
        again = taken(api.post("/v1/sessions", json={"scheduled_for": moment}, headers=headers))
        assert (again["id"], again["scheduled_for"]) == (session_id, moment)
        other = api.post("/v1/sessions", json={"scheduled_for": moment, "title": "t"}, headers=headers)
        refused(other, "idempotency_conflict")
        for new_key in ({}, {"Idempotency-Key": "new"}):
            late = api.post("/v1/sessions", json={"scheduled_for": moment}, headers=new_key)
            refused(late, "invalid_field", field="$.scheduled_for")
        assert len(taken(api.get("/v1/sessions"))["data"]) == 1

    def test_what_was_deleted_is_not_created_again(self, hub_server: HubServer, api: httpx.Client) -> None:
        headers = {"Idempotency-Key": "k"}
        first = taken(api.post("/v1/sessions", json={}, headers=headers), 201)
        assert api.delete(f"/v1/sessions/{first['id']}").status_code == 204
        again = api.post("/v1/sessions", json={}, headers=headers)
        refused(again, "idempotency_conflict", idempotency_key="k")
        assert hub_server.redis is not None
        with hub_server.redis.client() as store:
            wait_until(lambda: not [*store.scan_iter(f"*{first['id']}*")], "nothing is left of it")
        again = api.post("/v1/sessions", json={}, headers=headers)
        refused(again, "idempotency_conflict", idempotency_key="k")
        assert taken(api.get("/v1/sessions"))["data"] == []

    def test_at_once_it_is_one_session(self, hub_server: HubServer, key: str, api: httpx.Client) -> None:
        def create(_number: int) -> tuple[int, str]:
            with client(hub_server, key) as other:
                answer = other.post("/v1/sessions", json=FULL, headers={"Idempotency-Key": "k"})
                return answer.status_code, answer.json()["id"]

        answers = at_once(8, create)
        assert sorted(code for code, _ in answers) == [200] * 7 + [201]
        assert len({session_id for _, session_id in answers}) == 1
        (listed,) = taken(api.get("/v1/sessions"))["data"]
        assert listed["number"] == 1

    def test_another_organization_has_keys_of_its_own(self, api_of: Api) -> None:
        headers = {"Idempotency-Key": "k"}
        first = taken(api_of().post("/v1/sessions", json={"title": "a"}, headers=headers), 201)
        second = taken(api_of().post("/v1/sessions", json={"title": "b"}, headers=headers), 201)
        assert second["id"] != first["id"]

    @pytest.mark.parametrize("value", ["", "k" * 129, "a b", "schl\xfcssel"])
    def test_a_key_that_is_none_is_refused(self, api: httpx.Client, value: str) -> None:
        headers = {"Idempotency-Key": value.encode("latin-1")}
        answer = api.post("/v1/sessions", json={}, headers=headers)
        refused(answer, "invalid_field", field="Idempotency-Key")
        assert taken(api.get("/v1/sessions"))["data"] == []
