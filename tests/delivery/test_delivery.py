"""The acceptance commands on a small meeting, and that they find out what is wrong."""

import random
from pathlib import Path

import pytest
from resume import resume_from, two_hubs
from servers import HubServer, RedisServer

from delivery.run import Plant, deliver

CUES = 40
WORDS = ("the", "plan", "for", "spring", "is", "ready", "and", "only", "the", "numbers", "miss", "ünd")


@pytest.fixture
def meeting(tmp_path: Path) -> Path:
    """A meeting of four speakers, long enough to be cut in many places."""
    chance = random.Random(7)
    cues = ["WEBVTT"]
    for number in range(CUES):
        text = " ".join(chance.choices(WORDS, k=chance.randint(2, 18)))
        begin, end = (f"00:{n // 60:02}:{n % 60:02}.250" for n in (number * 3, number * 3 + 2))
        cues.append(f"{begin} --> {end}\n<v Speaker {number % 4}>{text}</v>")
    path = tmp_path / "meeting.vtt"
    path.write_text("\n\n".join(cues), encoding="utf-8")
    return path


def test_every_subscriber_sees_every_entry_once_through_many_cuts(
    hub_server: HubServer, redis_server: RedisServer, meeting: Path
) -> None:
    verdict = deliver(hub_server, redis_server, meeting, sse=4, websocket=4, cuts=4, seed="test")
    assert verdict.complaints == []
    assert min(verdict.cuts["replay"], verdict.cuts["seam"]) >= 4


@pytest.mark.parametrize(
    ("plant", "said"), [("loss", "missing ['"), ("duplicate", "twice ['"), ("swap", "expected")]
)
def test_what_a_broken_hub_would_do_is_found_out(
    hub_server: HubServer, redis_server: RedisServer, meeting: Path, plant: Plant, said: str
) -> None:
    verdict = deliver(hub_server, redis_server, meeting, sse=1, websocket=1, cuts=1, seed="test", plant=plant)
    assert any(said in complaint for complaint in verdict.complaints)


def test_a_subscriber_resumes_from_any_entry(
    tmp_path: Path, redis_server: RedisServer, meeting: Path
) -> None:
    hubs = two_hubs(tmp_path, redis_server)
    with hubs["ring"], hubs["Redis"]:
        assert resume_from(meeting, hubs, redis_server, "all", random.Random(1)) == 0
