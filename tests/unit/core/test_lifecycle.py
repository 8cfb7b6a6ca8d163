"""The tables of the lifecycle against its rules, written out by hand."""

import itertools

import pytest

from hub.core import lifecycle
from hub.core.lifecycle import Phase
from hub.settings import Settings
from schemas.errors import ERRORS
from schemas.events import EVENT_TYPES, Status

FORWARD = [
    "scheduled",
    "initializing",
    "joining",
    "waiting_room",
    "active",
    "recording",
    "leaving",
    "completed",
]
RUNNING = set(FORWARD) - {"completed"}
ENDED = {"completed", "failed"}
EVERY_STAGE = RUNNING | ENDED | {"sealed"}

BY_HUB_ALONE = {(source, "initializing") for source in ("joining", "waiting_room", "active", "recording")}

UNTIL_THE_END = {
    "bot.assigned",
    "bot.lost",
    "breakout.opened",
    "breakout.closed",
    "participant.joined",
    "participant.updated",
    "participant.speaking",
    "participant.left",
    "chat.message",
}
UNTIL_THE_SEAL = {
    "transcript.segment",
    "transcript.retracted",
    "transcript.speaker_corrected",
    "log.entry",
    "x.anything",
    "future.type",
}
ALWAYS = {
    "session.updated",
    "chapter.added",
    "summary.requested",
    "summary.ready",
    "summary.failed",
    "recording.updated",
    "peer.report",
    "session.deleted",
}


def _may_follow(source, target):
    if source in ENDED or source == target:
        return False
    if target == "failed":
        return True
    if (source, target) == ("recording", "active"):
        return True
    return FORWARD.index(target) > FORWARD.index(source)


@pytest.mark.parametrize(("source", "target"), [*itertools.product([*FORWARD, "failed"], repeat=2)])
def test_which_status_may_follow_which(source, target):
    allowed = _may_follow(source, target)
    assert (Status(target) in lifecycle.TRANSITIONS[Status(source)]) is allowed
    stages = lifecycle.legal_stages("session.status_changed", Status(target))
    assert (source in stages) is allowed
    assert "sealed" not in stages


def test_every_status_has_a_row():
    assert set(lifecycle.TRANSITIONS) == set(lifecycle.PHASE) == set(Status) == {*FORWARD, "failed"}


def test_every_event_type_is_under_one_rule():
    special = {"session.created", "session.status_changed", "session.sealed"}
    ruled = UNTIL_THE_END | UNTIL_THE_SEAL | ALWAYS | special
    assert ruled == {*EVENT_TYPES, "x.anything", "future.type"}


@pytest.mark.parametrize("event_type", sorted(UNTIL_THE_END))
def test_legal_until_the_end(event_type):
    assert lifecycle.legal_stages(event_type) == RUNNING


@pytest.mark.parametrize("event_type", sorted(UNTIL_THE_SEAL))
def test_legal_until_the_seal(event_type):
    assert lifecycle.legal_stages(event_type) == RUNNING | ENDED


@pytest.mark.parametrize("event_type", sorted(ALWAYS))
def test_always_legal(event_type):
    assert lifecycle.legal_stages(event_type) == EVERY_STAGE


def test_the_seal_comes_after_the_end_and_once():
    assert lifecycle.legal_stages("session.sealed") == ENDED


def test_phases():
    assert {status: str(phase) for status, phase in lifecycle.PHASE.items()} == {
        "scheduled": "waiting",
        "initializing": "live",
        "joining": "live",
        "waiting_room": "live",
        "active": "live",
        "recording": "live",
        "leaving": "live",
        "completed": "ended",
        "failed": "ended",
    }
    assert lifecycle.TERMINAL == ENDED
    assert set(lifecycle.ADMITTED) == {"active", "recording", "leaving"}


def test_which_phase_an_event_leads_to():
    assert lifecycle.phase_after("session.status_changed", Status.FAILED) is Phase.ENDED
    assert lifecycle.phase_after("session.status_changed", Status.JOINING) is Phase.LIVE
    assert lifecycle.phase_after("session.sealed") is Phase.SEALED
    assert lifecycle.phase_after("session.deleted") is Phase.DELETED
    assert lifecycle.phase_after("chat.message") is None


@pytest.mark.parametrize(
    ("stage", "code"),
    [
        ("sealed", "session_sealed"),
        ("completed", "session_ended"),
        ("failed", "session_ended"),
        *((stage, "invalid_transition") for stage in sorted(RUNNING)),
    ],
)
def test_what_a_refusal_says(stage, code):
    assert lifecycle.refusal(stage) == code
    assert ERRORS[code].status == 409


@pytest.mark.parametrize(("source", "target"), list(itertools.product(Status, Status)))
def test_who_may_cause_a_step(source, target):
    causes = lifecycle.causes(source, target)
    may = _may_follow(source, target)
    never_in = target == "completed" and source in {"scheduled", "initializing", "joining", "waiting_room"}
    assert ("publisher" in causes) is may
    assert ("bot" in causes) is (may and not never_in)
    assert ("hub" in causes) is (may or (source, target) in BY_HUB_ALONE)
    for cause in lifecycle.Cause:
        stages = lifecycle.legal_stages("session.status_changed", target, cause)
        assert (source in stages) is (cause in causes)


def test_times_that_are_over_lead_where_the_hub_may_lead():
    for deadline in lifecycle.DEADLINES.values():
        for source in deadline.sources:
            assert "hub" in lifecycle.causes(source, deadline.to)
        assert hasattr(Settings(), deadline.setting)
        assert bool(deadline.code) is (deadline.to != "initializing")
