"""Which event is taken in which status: one event of each channel, as the design says."""

from typing import Any

import httpx
import pytest
from contract.api.asking import ended, event, found, new, post, published, refused, status, taken

SEGMENT = {"segment_id": "s", "final": True, "text": "a", "start": 0, "end": 1}
EVENTS: dict[str, dict[str, Any]] = {
    "details": event("session.updated", title="new"),
    "breakout": event("breakout.opened", room_id="r"),
    "participants": event("participant.joined", participant_id="p", connection_id="c", name="Ada"),
    "chat": event("chat.message", message_id="m", text="hi"),
    "transcript": event("transcript.segment", **SEGMENT),
    "logs": event("log.entry", level="info", message="hi"),
    "custom": event("x.a"),
    "chapters": event("chapter.added", title="a", start=0),
    "summary": event("summary.ready", text="All went well."),
    "recording": event("recording.updated", state="ready"),
    "peer report": event("peer.report", participant_id="p", quality={"loss": 0.1}),
}
ARTIFACTS = {"details", "chapters", "summary", "recording", "peer report"}
LATE = ARTIFACTS | {"transcript", "logs", "custom"}
ORDER = ["initializing", "joining", "waiting_room", "active", "recording", "leaving", "completed"]


def at(api: httpx.Client, stage: str) -> str:
    """A new session at this stage."""
    if stage == "scheduled":
        return new(api, scheduled_for="2100-01-01T00:00:00Z")
    session_id = new(api)
    if stage == "sealed":
        ended(api, session_id)
        taken(api.post(f"/v1/sessions/{session_id}/seal"))
    elif stage != "initializing":
        published(api, session_id, status(stage))
    return session_id


@pytest.mark.parametrize(
    ("stage", "allowed", "code"),
    [(stage, set(EVENTS), "") for stage in ("scheduled", *ORDER[:-1])]
    + [("completed", LATE, "session_ended"), ("failed", LATE, "session_ended")]
    + [("sealed", ARTIFACTS, "session_sealed")],
)
def test_a_stage_takes_what_it_should(api: httpx.Client, stage: str, allowed: set[str], code: str) -> None:
    session_id = at(api, stage)
    for name, item in EVENTS.items():
        if name in allowed:
            published(api, session_id, item)
            continue
        before = found(api, session_id)
        refused(post(api, session_id, item), code, status=stage, type=item["type"])
        refused(post(api, session_id, [EVENTS["chapters"], item]), code, index=1)
        assert found(api, session_id) == before


STEPS = [
    (earlier, later)
    for number, earlier in enumerate(ORDER[:-1])
    for later in (*ORDER[number + 1 :], "failed")
] + [("recording", "active"), ("scheduled", "initializing"), ("scheduled", "failed")]


def test_every_step_forward_is_taken(api: httpx.Client) -> None:
    for earlier, later in STEPS:
        session_id = at(api, earlier)
        published(api, session_id, status(later))
        assert found(api, session_id)["status"] == later, (earlier, later)


@pytest.mark.parametrize(
    ("stage", "to", "code"),
    [("scheduled", "scheduled", "invalid_transition")]
    + [
        (later, earlier, "invalid_transition")
        for number, later in enumerate(ORDER[:-1])
        for earlier in ("scheduled", *ORDER[: number + 1])
        if (later, earlier) != ("recording", "active")
    ]
    + [("completed", to, "session_ended") for to in ("active", "completed", "failed")]
    + [("failed", "completed", "session_ended"), ("sealed", "failed", "session_sealed")],
)
def test_no_step_back_is_taken(api: httpx.Client, stage: str, to: str, code: str) -> None:
    session_id = at(api, stage)
    before = found(api, session_id)
    refused(post(api, session_id, status(to)), code, status=stage)
    assert found(api, session_id) == before


def test_steps_of_one_request_follow_each_other(api: httpx.Client) -> None:
    session_id = new(api)
    published(api, session_id, status("joining"), EVENTS["chat"], status("active"), status("leaving"))
    late = [status("completed"), EVENTS["recording"], EVENTS["chat"]]
    refused(post(api, session_id, late), "session_ended", index=2, status="completed")
    assert found(api, session_id)["status"] == "leaving"
    published(api, session_id, *late[:2])
    assert found(api, session_id)["status"] == "completed"


def test_artifacts_after_the_seal_are_seen(api: httpx.Client) -> None:
    session_id = at(api, "sealed")
    published(api, session_id, EVENTS["summary"], EVENTS["recording"])
    session = found(api, session_id)
    assert session["sealed"] is True
    assert session["artifacts"]["summary"]["text"] == "All went well."
    assert session["artifacts"]["recording"]["state"] == "ready"
