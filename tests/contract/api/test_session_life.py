"""A session from its first status to its deletion."""

from datetime import datetime
from typing import Any

import httpx
import pytest
from contract.api.asking import (
    NOBODY,
    at_once,
    client,
    created,
    ended,
    event,
    found,
    frames,
    head,
    history,
    new,
    post,
    published,
    refused,
    sealed,
    seq,
    status,
    taken,
)
from servers import HubServer, wait_until

BEFORE_ADMISSION = ["initializing", "joining", "waiting_room"]
AFTER_ADMISSION = ["active", "recording", "leaving"]


def in_status(api: httpx.Client, name: str) -> str:
    """A new session in this status."""
    if name == "scheduled":
        return new(api, scheduled_for="2100-01-01T00:00:00Z")
    session_id = new(api)
    if name != "initializing":
        published(api, session_id, status(name))
    return session_id


class TestStop:
    @pytest.mark.parametrize(
        ("before", "after", "code"),
        [(name, "failed", "CANCELLED") for name in ("scheduled", *BEFORE_ADMISSION)]
        + [(name, "completed", "STOPPED") for name in AFTER_ADMISSION],
    )
    def test_it_ends_the_session(self, api: httpx.Client, before: str, after: str, code: str) -> None:
        session_id = in_status(api, before)
        session = taken(api.post(f"/v1/sessions/{session_id}/stop"))
        assert (session["status"], session["live"], session["sealed"]) == (after, False, False)
        assert (session["end"]["code"], session["end"]["reason"]) == (code, "stopped")
        assert session["ended_at"] == session["updated_at"]
        assert {name: found(api, session_id)[name] for name in session} == session

    def test_the_reason_is_kept(self, api: httpx.Client) -> None:
        session_id = new(api)
        answer = api.post(f"/v1/sessions/{session_id}/stop", json={"reason": "host left"})
        assert taken(answer)["end"]["reason"] == "host left"

    def test_a_second_one_changes_nothing(self, api: httpx.Client) -> None:
        session_id = new(api)
        first = taken(api.post(f"/v1/sessions/{session_id}/stop", json={"reason": "first"}))
        assert taken(api.post(f"/v1/sessions/{session_id}/stop", json={"reason": "second"})) == first
        taken(api.post(f"/v1/sessions/{session_id}/seal"))
        again = taken(api.post(f"/v1/sessions/{session_id}/stop"))
        assert (again["end"]["reason"], again["sealed"]) == ("first", True)

    def test_what_the_bot_said_stays(self, api: httpx.Client) -> None:
        session_id = new(api)
        said = {"status": "failed", "code": "KICKED", "message": "Removed by the host", "stage": "lobby"}
        published(api, session_id, event("session.status_changed", **said))
        session = taken(api.post(f"/v1/sessions/{session_id}/stop"))
        assert session["end"] == {
            "code": "KICKED",
            "message": "Removed by the host",
            "stage": "lobby",
            "reason": None,
        }

    def test_at_once_it_ends_once(self, hub_server: HubServer, key: str, api: httpx.Client) -> None:
        session_id = in_status(api, "active")

        def stop(number: int) -> dict[str, Any]:
            with client(hub_server, key) as other:
                return taken(other.post(f"/v1/sessions/{session_id}/stop", json={"reason": f"r{number}"}))

        answers = at_once(8, stop)
        assert all(answer == answers[0] for answer in answers)
        ends = [entry for entry in history(api, session_id) if entry["data"].get("status") == "completed"]
        assert len(ends) == 1

    @pytest.mark.parametrize(
        ("body", "code", "path"),
        [
            ({"reason": ""}, "invalid_field", "$.reason"),
            ({"reason": "r" * 257}, "invalid_field", "$.reason"),
            ({"why": "x"}, "invalid_field", "$"),
            ([], "invalid_field", "$"),
        ],
    )
    def test_a_wrong_body_stops_nothing(self, api: httpx.Client, body: Any, code: str, path: str) -> None:
        session_id = new(api)
        refused(api.post(f"/v1/sessions/{session_id}/stop", json=body), code, field=path)
        assert found(api, session_id)["live"] is True


class TestSeal:
    @pytest.mark.parametrize("before", ["scheduled", *BEFORE_ADMISSION, *AFTER_ADMISSION])
    def test_not_before_the_end(self, api: httpx.Client, before: str) -> None:
        session_id = in_status(api, before)
        newest = head(api, session_id)
        refused(api.post(f"/v1/sessions/{session_id}/seal"), "session_not_ended", status=before)
        assert head(api, session_id) == newest

    def test_once(self, api: httpx.Client) -> None:
        session_id = in_status(api, "active")
        ended(api, session_id)
        first = taken(api.post(f"/v1/sessions/{session_id}/seal"))
        assert (first["sealed"], first["status"], first["live"]) == (True, "completed", False)
        assert taken(api.post(f"/v1/sessions/{session_id}/seal")) == first
        entries = history(api, session_id)
        assert [entry["data"] for entry in entries if entry["type"] == "session.sealed"] == [
            {"reason": "requested"}
        ]


class TestDelete:
    @pytest.mark.parametrize("before", ["scheduled", "active", "completed", "sealed"])
    def test_it_is_gone_everywhere(self, api: httpx.Client, before: str) -> None:
        session_id = in_status(api, "scheduled" if before == "scheduled" else "active")
        if before in ("completed", "sealed"):
            ended(api, session_id)
        if before == "sealed":
            taken(api.post(f"/v1/sessions/{session_id}/seal"))
        other = new(api)
        with api.stream("GET", f"/v1/sessions/{session_id}/stream", params={"after": "0-0"}) as stream:
            received = frames(stream)
            # A sealed session's stream ends with the seal.
            last = next(frame for frame in received if frame["type"] in ("bookmark", "end"))
            answer = api.delete(f"/v1/sessions/{session_id}")
            assert (answer.status_code, answer.content) == (204, b"")
            if before != "sealed":
                deleted, end = list(received)
                assert deleted["type"] == "session.deleted"
                assert seq(deleted["id"]) == seq(last["id"]) + 1
                assert (end["type"], end["data"]) == ("end", {"reason": "deleted"})
        one = f"/v1/sessions/{session_id}"
        for method, path in (
            ("GET", one),
            ("DELETE", one),
            ("POST", f"{one}/stop"),
            ("POST", f"{one}/seal"),
            ("POST", f"{one}/heartbeat"),
            ("GET", f"{one}/transcript"),
            ("GET", f"{one}/stream"),
            ("GET", f"{one}/stream?after=0-0"),
            ("GET", f"{one}/status/stream"),
            ("GET", f"{one}/transcript/stream"),
            ("GET", f"{one}/logs/stream"),
        ):
            refused(api.request(method, path), "session_not_found")
        for events in (event("x.late"), [], event("recording.updated", state="ready")):
            refused(post(api, session_id, events), "session_not_found")
        refused(api.post("/v1/tokens", json={"session_id": session_id}), "session_not_found")
        assert [session["id"] for session in taken(api.get("/v1/sessions"))["data"]] == [other]

    def test_nothing_names_it_in_the_store(
        self, hub_server: HubServer, api: httpx.Client, organization: str
    ) -> None:
        session_id = new(api, meeting_id="weekly")
        published(api, session_id, status("active"), {**event("x.a"), "idempotency_key": "k"})
        assert api.delete(f"/v1/sessions/{session_id}").status_code == 204
        assert hub_server.redis is not None
        root = f"hub:{{{organization}}}"
        with hub_server.redis.client() as store:
            kept = list(store.scan_iter(f"{root}:s:{session_id}*"))
            assert kept
            # It takes 5 s until these go; their time is set at once.
            assert all(0 < store.pttl(name) <= 5000 for name in kept)
            assert store.zscore(f"{root}:live", session_id) is None
            assert not [row for row in store.hvals(f"{root}:number") if session_id.encode() in row]
            indexes = ("sessions", "started", "start", "duration", "minutes", "figures:0")
            for index in (*indexes, "meetings", "group:meeting:weekly"):
                assert not store.exists(f"{root}:{index}")
            assert store.bitcount(f"{root}:facet:all") == 0


class TestHeartbeat:
    def test_it_says_until_when(self, api: httpx.Client) -> None:
        session_id = new(api)
        newest = head(api, session_id)
        first = taken(api.post(f"/v1/sessions/{session_id}/heartbeat"))
        assert first["session_id"] == session_id
        at, expires_at = (datetime.fromisoformat(first[name]) for name in ("at", "expires_at"))
        assert (expires_at - at).total_seconds() == 600

        def renewed() -> bool:
            body = {"state": "in_call", "health": "good"}
            answer = taken(api.post(f"/v1/sessions/{session_id}/heartbeat", json=body))
            return answer["expires_at"] > first["expires_at"]

        assert head(api, session_id) == newest, "a heartbeat is not an entry"
        wait_until(renewed, "the clock of Redis went on")
        first_said = event("session.updated", bot_state="in_call", bot_health="good")
        assert [entry["data"] for entry in history(api, session_id)[1:]] == [first_said["data"]]
        taken(api.post(f"/v1/sessions/{session_id}/heartbeat", json={"health": "poor"}))
        shown = found(api, session_id)
        assert (shown["bot_state"], shown["bot_health"]) == ("in_call", "poor")

    @pytest.mark.parametrize(
        "body", [{"state": "s" * 65}, {"health": 1}, {"mood": "x"}, [], None], ids=lambda body: str(body)[:20]
    )
    def test_a_wrong_body_is_refused(self, api: httpx.Client, body: Any) -> None:
        content = b"null" if body is None else None
        answer = api.post(f"/v1/sessions/{new(api)}/heartbeat", json=body, content=content)
        refused(answer, "invalid_field")

    def test_not_after_the_end(self, api: httpx.Client) -> None:
        session_id = new(api)
        ended(api, session_id)
        answer = api.post(f"/v1/sessions/{session_id}/heartbeat")
        refused(answer, "session_ended", status="failed")
        taken(api.post(f"/v1/sessions/{session_id}/seal"))
        refused(api.post(f"/v1/sessions/{session_id}/heartbeat"), "session_sealed", status="sealed")


class TestTranscript:
    def segment(self, segment_id: str, start: float, text: str, **more: Any) -> dict[str, Any]:
        data = {"final": True, "text": text, "start": start, "end": start + 1, **more}
        return event("transcript.segment", segment_id=segment_id, **data)

    def test_it_is_assembled(self, api: httpx.Client) -> None:
        session_id = new(api)
        assert taken(api.get(f"/v1/sessions/{session_id}/transcript?format=json"))["segments"] == []
        published(
            api,
            session_id,
            status("active"),
            self.segment("b", 5, "second", final=False),
            self.segment("a", 1, "first", speaker={"name": "Ada"}),
            self.segment("c", 9, "wrong"),
            self.segment("b", 5, "Second.", revision=1),
            event("transcript.retracted", segment_id="c"),
        )
        (last,) = published(
            api,
            session_id,
            event("transcript.speaker_corrected", segment_ids=["a"], speaker={"name": "Grace"}),
        )
        transcript = taken(api.get(f"/v1/sessions/{session_id}/transcript?format=json"))
        assert (transcript["session_id"], transcript["entry_id"]) == (session_id, last)
        assert [
            (segment["segment_id"], segment["position"], segment["text"], segment["final"])
            for segment in transcript["segments"]
        ] == [("a", 1, "first", True), ("b", 0, "Second.", True)]
        assert transcript["segments"][0]["speaker"]["name"] == "Grace"
        started = datetime.fromisoformat(found(api, session_id)["started_at"])
        spoken = datetime.fromisoformat(transcript["segments"][1]["started_at"])
        assert (spoken - started).total_seconds() == 5

    def test_a_long_one_is_whole(self, api: httpx.Client) -> None:
        session_id = new(api)
        segments = [self.segment(f"s{number}", number, f"text {number}") for number in range(1200)]
        for begin in range(0, 1200, 400):
            published(api, session_id, *segments[begin : begin + 400])
            transcript = taken(api.get(f"/v1/sessions/{session_id}/transcript?format=json"))
            assert [segment["text"] for segment in transcript["segments"]] == [
                f"text {number}" for number in range(begin + 400)
            ]

    def test_it_takes_late_finals_until_the_seal(self, api: httpx.Client) -> None:
        session_id = new(api)
        ended(api, session_id)
        published(api, session_id, self.segment("late", 1, "late final"))
        sealed(api, session_id)
        refused(post(api, session_id, self.segment("later", 2, "too late")), "session_sealed")
        (segment,) = taken(api.get(f"/v1/sessions/{session_id}/transcript?format=json"))["segments"]
        assert segment["text"] == "late final"


def test_a_read_reflects_what_was_acknowledged(api: httpx.Client) -> None:
    session_id = new(api)
    # Followed, the state is in memory and may be behind the store.
    with api.stream("GET", f"/v1/sessions/{session_id}/stream"):
        for number in range(30):
            message = event("chat.message", message_id=f"m{number}", text="hi")
            (entry_id,) = published(api, session_id, message)
            session = found(api, session_id)
            assert (session["last_entry_id"], session["message_count"]) == (entry_id, number + 1)


def test_the_detail_has_participants_and_artifacts(api: httpx.Client) -> None:
    session_id = created(api)["id"]
    published(
        api,
        session_id,
        event("participant.joined", participant_id="p", connection_id="c", name="Ada"),
        event("chapter.added", title="Hello", start=1),
        event("recording.updated", state="ready", url="https://example.com/r.mp4"),
    )
    detail = found(api, session_id)
    assert [participant["name"] for participant in detail["participants"]["participants"]] == ["Ada"]
    assert detail["artifacts"]["chapters"] == [{"title": "Hello", "start": 1.0, "end": None}]
    assert detail["artifacts"]["recording"]["state"] == "ready"


@pytest.mark.parametrize("session_id", [NOBODY, "x", "a%20b", "a%00b", "s:events", "%7Bx%7D", "s" * 65])
def test_an_id_that_nobody_has_is_not_found(api: httpx.Client, session_id: str) -> None:
    refused(api.get(f"/v1/sessions/{session_id}"), "session_not_found")
    refused(post(api, session_id, event("x.a")), "session_not_found")
