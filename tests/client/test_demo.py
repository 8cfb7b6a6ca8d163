from io import StringIO
from itertools import pairwise
from typing import Any

import msgspec
from rich.console import Console

from hub.client import Frame
from hub.client.frames import frame_of
from hub.core.lifecycle import TRANSITIONS
from hub.demo import meeting
from hub.demo.stage import Stage
from schemas import codec
from schemas.events import EVENT_TYPES, Status

AT = "2026-01-31T09:30:00.000Z"
STEPS = meeting.steps("run")


def test_every_step_is_an_event_that_the_hub_takes() -> None:
    for step in STEPS:
        row = EVENT_TYPES[step.type]
        assert not row.reserved
        msgspec.convert(step.data, row.data)


def test_the_steps_are_in_time_and_the_statuses_legal() -> None:
    assert [step.at for step in STEPS] == sorted(step.at for step in STEPS)
    statuses = [Status(step.data["status"]) for step in STEPS if step.type == "session.status_changed"]
    assert statuses[-1] is Status.COMPLETED
    assert all(to in TRANSITIONS[before] for before, to in pairwise([Status.INITIALIZING, *statuses]))


def test_it_shows_what_a_hub_can_show() -> None:
    kinds = {step.type for step in STEPS}
    assert kinds >= {"chat.message", "chapter.added", "summary.ready", "recording.updated", "log.entry"}
    assert 180 < STEPS[-1].at < 360
    joins = [step.data for step in STEPS if step.type == "participant.joined"]
    assert len({join["participant_id"] for join in joins}) == 5
    assert any(join.get("kind") == "screenshare" for join in joins)
    assert len(joins) == 7


def test_every_connection_that_opens_closes_and_nobody_speaks_while_away() -> None:
    there: dict[str, set[str]] = {}
    for step in STEPS:
        who = step.data.get("participant_id", "")
        if step.type == "participant.joined":
            there.setdefault(who, set()).add(step.data["connection_id"])
        elif step.type == "participant.left":
            there[who].remove(step.data["connection_id"])
        elif step.type == "transcript.segment":
            assert there[step.data["speaker"]["participant_id"]], step
    assert not any(there.values())


def entry(number: int, kind: str, data: dict[str, Any]) -> Frame:
    fields = {
        "type": kind,
        "id": f"5-{number}",
        "session_id": "s",
        "at": "2026-01-31T09:30:00.000Z",
        "data": data,
    }
    return frame_of(codec.encode(fields).decode(), fields)


def drawn(stage: Stage) -> str:
    out = StringIO()
    Console(file=out, width=100, height=30, force_terminal=False).print(stage)
    return out.getvalue()


def test_the_stage_shows_who_is_there_and_what_is_said_as_it_grows() -> None:
    stage = Stage("http://hub.example")
    stage.see(entry(1, "session.created", {"title": "Weekly", "status": "initializing", "number": 1}))
    half = next(
        n for n, step in enumerate(STEPS) if step.data.get("text", "").startswith("Let me share my screen")
    )
    for number, step in enumerate(STEPS[: half + 1], 2):
        stage.see(entry(number, step.type, step.data))
    shown = drawn(stage)
    assert "Weekly" in shown
    assert "recording" in shown
    assert "◉ Priya Raman ▣" in shown
    assert "● Aiko Tanaka" in shown
    assert STEPS[half].data["final"] is False
    assert f"Priya Raman: {STEPS[half].data['text']} …" in shown
    assert "Screen share began" in shown
    assert len(shown.splitlines()) <= 30


def test_the_stage_goes_on_from_a_snapshot() -> None:
    person = {
        "participant_id": "ann",
        "name": "Ann",
        "speaking": True,
        "connections": [{"connection_id": "c", "kind": "screenshare"}],
    }
    gone = {
        "participant_id": "bo",
        "name": "Bo",
        "speaking": False,
        "connections": [{"connection_id": "d", "kind": "main", "left_at": "2026-01-31T09:30:00.000Z"}],
    }
    segment = {"segment_id": "s", "final": True, "text": "Hi", "speaker": {"name": "Ann"}}
    snapshot = {
        "session": {"title": "Weekly", "status": "active"},
        "participants": {"participants": [person, gone]},
        "transcript": {"segments": [segment]},
    }
    stage = Stage("http://hub.example")
    stage.see(entry(1, "session.created", {"title": "Old", "status": "initializing"}))
    fields = {
        "type": "reset",
        "id": "5-9",
        "session_id": "s",
        "data": {"reason": "trimmed", "snapshot": snapshot},
    }
    stage.see(frame_of(codec.encode(fields).decode(), fields))
    shown = drawn(stage)
    assert "Old" not in shown
    assert "◉ Ann ▣" in shown
    assert "○ Bo" in shown
    assert "Ann: Hi" in shown
