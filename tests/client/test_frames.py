import json
from typing import Any

import pytest

from hub.client.errors import HubRefused, HubUnavailable, disconnected, problem
from hub.client.frames import (
    Bookmark,
    Disconnect,
    End,
    Entry,
    Frame,
    ResetFrame,
    SnapshotFrame,
    UnknownFrame,
    frame_of,
    noticed,
)


def frame(**fields: Any) -> Frame:
    return frame_of(json.dumps(fields), fields)


def test_each_type_has_its_struct() -> None:
    entry = frame(type="x.a", id="5-1", session_id="ses_a", at="2026-01-31T09:30:00.000Z", data={"n": 1})
    assert isinstance(entry, Entry)
    assert (entry.id, entry.session_id, entry.data, entry.feed) == ("5-1", "ses_a", {"n": 1}, False)
    assert isinstance(frame(type="snapshot", id="5-1", data={"session": {}}), SnapshotFrame)
    assert isinstance(frame(type="bookmark", id="5-1", data={}), Bookmark)
    end = frame(type="end", id="5-1", session_id="ses_a", data={"reason": "sealed"})
    assert isinstance(end, End)
    assert end.reason == "sealed"
    reset = frame(type="reset", id="5-1", session_id="ses_a", data={"reason": "ahead", "snapshot": {}})
    assert isinstance(reset, ResetFrame)
    assert reset.reason == "ahead"
    lost = frame(
        type="disconnect", data={"code": "draining", "message": "m", "reconnect": True, "retry_ms": 5}
    )
    assert isinstance(lost, Disconnect)
    assert (lost.code, lost.reconnect, lost.retry_ms) == ("draining", True, 5)


def test_what_is_not_known_is_kept_and_passed_on() -> None:
    entry = frame(type="poll.opened", id="5-1", at="t", data={"choices": [1]}, weight=3)
    assert isinstance(entry, Entry)
    assert entry.data == {"choices": [1]}
    assert entry.extra == {"weight": 3}
    assert json.loads(entry.raw)["weight"] == 3
    news = frame(type="weather", data={"rain": True}, sky="grey")
    assert isinstance(news, UnknownFrame)
    assert (news.type, news.data, news.extra) == ("weather", {"rain": True}, {"sky": "grey"})


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"type": 5},
        {"type": "x.a", "data": {}},
        {"type": "x.a", "at": "t", "data": []},
        {"type": "reset", "data": {}},
        {"type": "end", "data": {"reason": 7}},
        {"type": "disconnect", "data": {"code": "draining"}},
    ],
)
def test_a_frame_that_breaks_the_contract_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="frame"):
        frame_of("{}", fields)


def test_what_the_client_notices_is_a_frame_like_any_other() -> None:
    lost = noticed("connection_lost", "gone", wait=0.25, session_id="ses_a")
    assert (lost.code, lost.reconnect, lost.retry_ms, lost.session_id) == (
        "connection_lost",
        True,
        250,
        "ses_a",
    )
    assert json.loads(lost.raw)["data"]["message"] == "gone"
    assert noticed("session_not_found", "gone", wait=None).reconnect is False


def envelope(code: str) -> bytes:
    error = {"code": code, "message": "No.", "details": {"index": 2}, "trace_id": "t-1"}
    return json.dumps({"error": error}).encode()


def test_an_answer_of_4xx_is_a_refusal_and_of_5xx_an_outage() -> None:
    refused = problem(422, envelope("invalid_field"), {})
    assert isinstance(refused, HubRefused)
    assert (refused.code, refused.message, refused.details, refused.status, refused.trace_id) == (
        "invalid_field",
        "No.",
        {"index": 2},
        422,
        "t-1",
    )
    away = problem(503, envelope("store_unavailable"), {"retry-after": "3"})
    assert isinstance(away, HubUnavailable)
    assert (away.code, away.retry_after, away.trace_id) == ("store_unavailable", 3.0, "t-1")


@pytest.mark.parametrize("body", [b"", b"<html>Bad Gateway</html>", b"\xff", b"[" * 10_000, b'{"error":{}}'])
def test_an_answer_of_something_between_is_told_by_its_status(body: bytes) -> None:
    refused, away = (
        problem(404, body, {}),
        problem(502, body, {"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}),
    )
    assert isinstance(refused, HubRefused)
    assert refused.code == "http_404"
    assert isinstance(away, HubUnavailable)
    assert (away.code, away.retry_after) == ("http_502", None)


def test_a_close_code_names_its_reason() -> None:
    known, unknown = disconnected(4501, ""), disconnected(4777, "because")
    assert (known.code, known.message, known.number) == ("revoked", "The API key was revoked.", 4501)
    assert (unknown.code, unknown.message, unknown.number) == ("close_4777", "because", 4777)
