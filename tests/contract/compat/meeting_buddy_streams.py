"""The streams of meeting_buddy: what they send."""

import json
from typing import Any

import httpx
from contract.api.asking import taken
from contract.compat.conformance import Shown
from contract.compat.published_meeting_buddy import (
    LOG_STREAM,
    STATUS_STREAM,
    TRANSCRIPT_STREAM,
)


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


class TestStreams:
    """What they send. How they resume is told in the tests of streams."""

    def test_the_status_stream(self, shown: Shown, api: httpx.Client, full: str, failed: str) -> None:
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

    def test_the_transcript_stream(self, shown: Shown, api: httpx.Client, full: str) -> None:
        *told, last = replayed(api, full, "/transcripts/stream")
        assert last == ("close", {"reason": "session_ended"})
        for name, data in told:
            assert name == "transcript"
            shown.value(TRANSCRIPT_STREAM, data)
        partial, second, first = (data for _name, data in told)
        assert (partial["text"], partial["is_partial"]) == ("Fir", True)
        assert partial["transcript_id"] is partial["confidence"] is None
        spoken = taken(api.get(f"/sessions/{full}/transcripts"))
        for data, segment in ((first, spoken[0]), (second, spoken[1])):
            assert not data["is_partial"]
            shared = set(data) & set(segment)
            assert {name: data[name] for name in shared} == {name: segment[name] for name in shared}

    def test_the_log_stream(self, shown: Shown, api: httpx.Client, full: str) -> None:
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
