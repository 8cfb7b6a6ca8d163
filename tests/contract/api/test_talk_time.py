"""`/v1/analytics/talk-time`: by whom and for how long, in one session and in many."""

import asyncio
from typing import Any

import httpx
import pytest
from contract.api.asking import (
    NOBODY,
    Api,
    ended,
    event,
    found,
    new,
    published,
    refused,
    sealed,
    status,
    taken,
)

from hub.core.fold import State
from hub.core.participants import Participant
from hub.errors import HubError
from hub.live import talk_times
from schemas.session import About


def told(api: httpx.Client, **query: Any) -> Any:
    return taken(api.get("/v1/analytics/talk-time", params=query))


def joined(who: str, name: str, **more: Any) -> dict[str, Any]:
    return event("participant.joined", participant_id=who, connection_id=f"c{who}", name=name, **more)


def said(number: int, start: float, end: float, **speaker: Any) -> dict[str, Any]:
    who = {"speaker": speaker} if speaker else {}
    return event(
        "transcript.segment", segment_id=f"s{number}", final=True, text="Yes.", start=start, end=end, **who
    )


def speaking(who: str, now: bool) -> dict[str, Any]:
    return event("participant.speaking", participant_id=who, speaking=now)


def rows(answer: Any) -> list[tuple[Any, ...]]:
    return [
        (one["user_id"], one["custom_id"], one["name"], one["seconds"], one["sessions"])
        for one in answer["data"]
    ]


@pytest.fixture
def meeting(api: httpx.Client) -> str:
    """Ann, Bob and somebody unknown talk; one segment is retracted, one is Bob's after all."""
    session_id = new(api, meeting_id="weekly")
    published(api, session_id, status("active"), joined("1", "Ann", user_id="u-ann"), joined("2", "Bob"))
    published(
        api,
        session_id,
        said(1, 0, 4, name="Ann"),
        said(2, 3, 6, name="A.", participant_id="1"),
        said(3, 10, 12, name="Ann"),
        said(4, 12, 13),
        said(5, 20, 29, name="Eve"),
        event("transcript.speaker_corrected", segment_ids=["s3"], speaker={"name": "Bob"}),
        event("transcript.retracted", segment_id="s5"),
    )
    return session_id


def test_by_the_transcript(api: httpx.Client, meeting: str) -> None:
    answer = told(api, session_id=meeting)
    assert rows(answer) == [("u-ann", None, "Ann", 6, 1), (None, None, "Bob", 2, 1)]
    assert [one["share"] for one in answer["data"]] == [0.75, 0.25]
    del answer["data"]
    assert answer == {
        "sessions": 1,
        "transcribed_sessions": 1,
        "seconds": 8,
        "unattributed": 1,
        "count": 2,
    }


def test_by_what_was_heard(api: httpx.Client) -> None:
    """Also if there is a transcript: the time is that which participants show."""
    session_id = new(api)
    published(api, session_id, status("active"), joined("1", "Ann", custom_id="c-ann"), joined("2", "Bob"))
    published(api, session_id, said(1, 0, 50, name="Eve"), speaking("1", True))
    published(api, session_id, speaking("1", False))
    published(api, session_id, speaking("2", True))
    ended(api, session_id)
    times = {
        who["name"]: who["speech_time"] for who in found(api, session_id)["participants"]["participants"]
    }
    answer = told(api, session_id=session_id)
    assert answer["transcribed_sessions"] == 0
    expected = {name: seconds for name, seconds in times.items() if seconds}
    assert {one["name"]: one["seconds"] for one in answer["data"]} == expected
    assert all(one["custom_id"] == ("c-ann" if one["name"] == "Ann" else None) for one in answer["data"])
    assert answer["seconds"] == pytest.approx(sum(expected.values()))
    assert told(api) == answer


def test_sessions_add_up_by_person(api: httpx.Client, meeting: str) -> None:
    second = new(api, meeting_id="weekly")
    published(api, second, status("active"), joined("9", "Ann Smith", user_id="u-ann"), joined("8", "Bob"))
    published(api, second, said(1, 0, 1, name="Ann Smith"), said(2, 1, 10, name="Bob"))
    sealed(api, second)
    silent, other = new(api, meeting_id="weekly"), new(api, meeting_id="other")
    published(api, other, status("active"), said(1, 0, 100, name="Bob"))
    gone = new(api, meeting_id="weekly")
    published(api, gone, status("active"), said(1, 0, 100, name="Bob"))
    assert api.delete(f"/v1/sessions/{gone}").status_code == 204
    answer = told(api, meeting_id="weekly")
    assert rows(answer) == [(None, None, "Bob", 11, 2), ("u-ann", None, "Ann Smith", 7, 2)]
    assert (answer["sessions"], answer["transcribed_sessions"]) == (3, 2)
    assert sum(one["share"] for one in answer["data"]) == pytest.approx(1)
    first = told(api, meeting_id="weekly", limit=1)
    assert (first["data"], first["count"], first["seconds"]) == (answer["data"][:1], 2, 18)
    assert rows(told(api, meeting_id="weekly", status="completed")) == [
        (None, None, "Bob", 9, 1),
        ("u-ann", None, "Ann Smith", 1, 1),
    ]
    assert told(api, session_id=silent)["data"] == []


def test_more_sessions_than_are_read_together(api: httpx.Client) -> None:
    count = 2 * talk_times.TOGETHER + 1
    for _ in range(count):
        published(api, new(api), status("active"), said(1, 0, 2, name="Ann"))
    (ann,) = told(api)["data"]
    assert (ann["seconds"], ann["sessions"]) == (2 * count, count)


def test_more_than_is_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one answer about many sessions; the bounds are too high to be reached here."""

    class Sessions:
        async def many(self, _organization: str, session_ids: list[str]) -> list[State]:
            return [
                State(about=About(id=session_id), segment_count=60, participants=heard(session_id))
                for session_id in session_ids
            ]

    def heard(session_id: str) -> dict[str, Participant]:
        if session_id < "b":
            return {}
        names = [f"{session_id}-{number}" for number in range(60)]
        return {name: Participant(participant_id=name, name=name, joined=0, spoken=9) for name in names}

    class Silent:
        async def told(self, _organization: str, _session_id: str, listener: Any) -> Any:
            return listener(State(about=About(id="s")))

    times = talk_times.TalkTimes(Sessions(), Silent())  # type: ignore[arg-type]
    monkeypatch.setattr(talk_times, "SEGMENTS", 120)
    monkeypatch.setattr(talk_times, "TALKERS", 120)

    def read(*session_ids: str) -> Any:
        return asyncio.run(times.of_many("acme", session_ids))

    assert read("a1", "a2", "b1", "b2").count == 120
    for session_ids, what in ((("a1", "a2", "a3"), "segments"), (("b1", "b2", "b3"), "talkers")):
        with pytest.raises(HubError, match=f"more than 120 .*{what}.*narrow the filters") as refusal:
            read(*session_ids)
        assert refusal.value.code == "too_broad"


def test_a_long_transcript_counts_whole(api: httpx.Client) -> None:
    """Longer than what a state keeps, and than a page; what was just said too."""
    session_id = new(api)
    published(api, session_id, status("active"))
    for first in range(0, 1200, 400):
        numbers = range(first, first + 400)
        published(api, session_id, *(said(n, n, n + 0.5, name=f"N{n % 3}") for n in numbers))
        answer = told(api, session_id=session_id)
        assert answer["seconds"] == (first + 400) / 2
    assert [one["seconds"] for one in answer["data"]] == [200, 200, 200]
    assert [one["name"] for one in answer["data"]] == ["N0", "N1", "N2"]


def test_a_foreign_session_is_none(api: httpx.Client, api_of: Api, meeting: str) -> None:
    other = api_of()
    refused(other.get("/v1/analytics/talk-time", params={"session_id": meeting}), "session_not_found")
    refused(other.get("/v1/analytics/talk-time", params={"session_id": NOBODY}), "session_not_found")
    assert told(other) == {
        "sessions": 0,
        "transcribed_sessions": 0,
        "seconds": 0,
        "unattributed": 0,
        "count": 0,
        "data": [],
    }
    assert api.delete(f"/v1/sessions/{meeting}").status_code == 204
    refused(api.get("/v1/analytics/talk-time", params={"session_id": meeting}), "session_not_found")


def test_more_sessions_than_are_read_are_refused(api: httpx.Client, meeting: str) -> None:
    for _ in range(talk_times.SESSIONS):
        new(api)
    error = refused(api.get("/v1/analytics/talk-time"), "too_broad", sessions=501, limit=500)
    assert "501 sessions" in error["message"]
    assert told(api, meeting_id="weekly")["sessions"] == 1
