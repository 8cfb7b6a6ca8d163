"""What meeting_buddy refuses."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from contract.api.asking import NOBODY, new, taken
from contract.compat.conformance import Shown
from contract.compat.conftest import House
from contract.compat.golden import golden, same
from contract.compat.meeting_buddy_stage import (
    BASE,
    LINK,
    buddy_of,
    native_of,
)
from contract.compat.published_meeting_buddy import (
    A_BREAKDOWN,
    A_LIST,
    A_SESSION,
    A_SUMMARY,
    A_TRANSCRIPT,
    ACTIVE_ONES,
    AN_EXPORT,
    DELETE,
    LOG_STREAM,
    SOME_DURATIONS,
    SOME_TRENDS,
    START,
    STATUS_STREAM,
    STOP,
    TRANSCRIPT_STREAM,
)
from servers import HubServer, RedisServer

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


class TestFailures:
    """What is refused, and how."""

    def test_failures_are_as_published(
        self, shown: Shown, below: Callable[..., httpx.Client], api: httpx.Client
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
    def test_a_link_that_no_bot_can_follow(self, api: httpx.Client, link: str) -> None:
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
        self, api: httpx.Client, body: Any, code: str, status_code: int, field: str
    ) -> None:
        answer = api.post("/sessions", json=body)
        error = answer.json()["error"]
        assert (answer.status_code, error["code"], error["details"]["field"]) == (status_code, code, field)
        assert error["status"] == status_code

    def test_what_is_no_json_is_refused(self, api: httpx.Client) -> None:
        error = api.post("/sessions", content=b"{").json()["error"]
        assert (error["code"], error["status"], error["type"]) == ("INVALID_JSON", 400, "client_error")

    @pytest.mark.parametrize("query", ["status=ended", "limit=0", "limit=101", "limit=x", "offset=-1"])
    def test_a_wrong_parameter_is_named(self, shown: Shown, api: httpx.Client, query: str) -> None:
        failed = shown.failed(A_LIST, api.get(f"/sessions?{query}"), 422)
        assert failed["error"]["details"] == {"field": query.partition("=")[0]}
        assert failed["error"]["code"] == "VALIDATION_ERROR"

    def test_a_format_there_is_not(self, shown: Shown, api: httpx.Client, full: str) -> None:
        shown.failed(AN_EXPORT, api.get(f"/sessions/{full}/transcripts/export?format=pdf"), 422)

    @pytest.mark.parametrize("endpoint", [*OF_ONE, *OF_ALL])
    def test_who_may_not(
        self, shown: Shown, below: Callable[..., httpx.Client], house: House, full: str, endpoint: str
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
        self, shown: Shown, api: httpx.Client, other: House, full: str, endpoint: str
    ) -> None:
        method, path = OF_ONE[endpoint]
        foreign = buddy_of(new(other.native))
        for session_id in (
            buddy_of(NOBODY),
            foreign,
            native_of(full),
            "mbsess_",
            "mbsess_x",
            "x" * 200,
            "a%20b",
        ):
            failure = shown.failed(endpoint, api.request(method, f"/sessions/{session_id}{path}"), 404)
            assert failure["error"]["code"] == "SESSION_NOT_FOUND", session_id
            assert failure["error"]["details"] == {}
        assert other.native.get(f"/v1/sessions/{native_of(foreign)}").status_code == 200

    def test_a_session_cannot_be_started_while_the_store_is_away(
        self, shown: Shown, tmp_path: Path, own_redis: RedisServer
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
        self, below: Callable[..., httpx.Client], other: House, full: str
    ) -> None:
        api = below(BASE, other.key)
        assert full not in [one["session_id"] for one in taken(api.get("/sessions?limit=100"))["sessions"]]
