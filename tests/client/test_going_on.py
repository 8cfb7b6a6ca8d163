"""The rest of a script, for the bot that comes after another one."""

from pathlib import Path

import pytest

from hub.client.script import Step, going_on, meeting
from hub.client.vtt import read

STEPS = meeting(read(Path(__file__).with_name("standup.vtt")).lines, run="r")
SEGMENTS = 7


def said(steps: list[Step]) -> list[tuple[str, int]]:
    return [(s.data["segment_id"], s.data["revision"]) for s in steps if s.type == "transcript.segment"]


def begun(steps: list[Step]) -> list[str]:
    return list(dict.fromkeys(segment for segment, _ in said(steps)))


def test_whoever_comes_first_plays_all() -> None:
    assert going_on(STEPS, 0) == STEPS


@pytest.mark.parametrize("count", range(1, SEGMENTS + 2))
def test_with_what_was_kept_it_makes_the_whole(count: int) -> None:
    rest = going_on(STEPS, count)
    assert [step.at for step in rest] == sorted(step.at for step in rest)
    first = min(count, SEGMENTS) - 1
    assert begun(rest)[0] == begun(STEPS)[first]
    # Of the segments before, all that was said before the last one began is kept.
    last = next(place for place, step in enumerate(STEPS) if step.data.get("segment_id") == begun(rest)[0])
    assert said(STEPS[:last]) + said(rest) == said(STEPS)


def test_it_joins_anew_and_finds_those_who_are_there() -> None:
    rest = going_on(STEPS, 2)
    statuses = [step.data["status"] for step in rest if step.type == "session.status_changed"]
    assert statuses == ["joining", "active", "leaving", "completed"]
    joins = [step.data["connection_id"] for step in rest if step.type == "participant.joined"]
    everybody = [step.data["connection_id"] for step in STEPS if step.type == "participant.joined"]
    assert sorted(joins) == sorted(everybody)
    assert rest[1].at <= rest[2].at


def test_nobody_is_there_who_has_left() -> None:
    gone = next(step for step in STEPS if step.type == "participant.left")
    early = Step(0.5, gone.type, gone.data)
    rest = going_on(sorted([*STEPS, early], key=lambda step: step.at), 2)
    joins = [step.data["connection_id"] for step in rest if step.type == "participant.joined"]
    who = gone.data["connection_id"]
    assert who not in joins
    assert joins
