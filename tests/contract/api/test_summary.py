"""Summaries without a model: what there is of one, asking for one, and what its subscribers see."""

import statistics
import time
from typing import Any

import httpx
import pytest
from contract.api.asking import (
    NOBODY,
    Other,
    at_once,
    client,
    event,
    frames,
    history,
    new,
    published,
    refused,
    sealed,
    taken,
    token,
)
from contract.api.summarizing import SPOKEN, asked, queue_is_empty, ready, segment, spoken, told, waiting
from servers import HubServer, RedisServer, wait_until


def test_a_session_without_one_has_none(api: httpx.Client) -> None:
    refused(api.get(f"/v1/sessions/{new(api)}/summary"), "summary_not_found")


def test_what_a_bot_publishes_is_shown(api: httpx.Client) -> None:
    session_id = new(api)
    said = {"text": "All.", "format": "markdown", "notes": "n", "keywords": ["k"], "model": "m"}
    published(api, session_id, event("summary.ready", **said))
    summary = taken(api.get(f"/v1/sessions/{session_id}/summary"))
    assert summary | said == summary
    assert (summary["state"], summary["reason"]) == ("ready", None)
    published(api, session_id, event("summary.failed", reason="no"))
    summary = taken(api.get(f"/v1/sessions/{session_id}/summary"))
    assert (summary["state"], summary["reason"], summary["text"]) == ("failed", "no", None)


def test_it_is_written_when_asked_for(api: httpx.Client, hub_server: HubServer) -> None:
    session_id = spoken(api)
    answer = asked(api, session_id)
    assert (answer["state"], answer["text"], answer["model"]) == ("requested", None, None)
    summary = ready(api, session_id)
    assert (summary["model"], summary["format"]) == ("extractive", "text")
    lines = summary["text"].splitlines()
    assert lines
    # In their own words, in the order in which they were said.
    said = [f"{speaker}: {text}" for speaker, text in SPOKEN]
    places = [said.index(line) for line in lines]
    assert places == sorted(set(places))
    assert "Cem: Then I will finish the merge of the map branch on Thursday." in lines
    assert "Bob: Coffee?" not in lines
    assert {"launch", "merge"} <= {word.lower() for word in summary["keywords"]}
    assert told(api, session_id) == ["summary.requested", "summary.ready"]
    requested_at = next(e["at"] for e in history(api, session_id) if e["type"] == "summary.requested")
    assert answer["updated_at"] == requested_at
    assert taken(api.get(f"/v1/sessions/{session_id}"))["summary_state"] == "ready"
    assert wait_until(lambda: waiting(hub_server) == 0, "the queue is empty")


def test_it_may_be_asked_for_again(api: httpx.Client, redis_server: RedisServer) -> None:
    session_id = spoken(api)
    asked(api, session_id)
    first = ready(api, session_id)
    queue_is_empty(redis_server)
    published(api, session_id, segment(20, "Dan", "The budget of the launch is too small for the map."))
    asked(api, session_id)
    wait_until(lambda: told(api, session_id).count("summary.ready") == 2, "there is another one")
    assert "budget" in ready(api, session_id)["text"]
    assert "budget" not in first["text"]


def test_it_is_told_to_subscribers(hub_server: HubServer, api: httpx.Client) -> None:
    session_id = spoken(api)
    opened = token(api, session_id=session_id, channels=["artifacts"])
    with (
        client(hub_server) as browser,
        browser.stream("GET", f"/v1/sessions/{session_id}/stream", params={"token": opened}) as stream,
    ):
        received = frames(stream)
        assert next(received)["type"] == "snapshot"
        asked(api, session_id)
        seen = [next(f for f in received if f["type"] != "bookmark") for _ in range(2)]
    assert [frame["type"] for frame in seen] == ["summary.requested", "summary.ready"]
    assert seen[1]["data"]["model"] == "extractive"
    assert seen[1]["data"]["text"]


def test_without_a_transcript_there_is_nothing_to_summarize(api: httpx.Client) -> None:
    session_id = new(api)
    refused(api.post(f"/v1/sessions/{session_id}/summary"), "transcript_empty")
    refused(api.get(f"/v1/sessions/{session_id}/summary"), "summary_not_found")
    assert told(api, session_id) == []


def test_what_was_all_retracted_fails(api: httpx.Client) -> None:
    session_id = spoken(api, ("Ann", "Never said."))
    published(api, session_id, event("transcript.retracted", segment_id="s0"))
    asked(api, session_id)
    assert ready(api, session_id, "failed")["reason"] == "Nothing was said that could be summarized."
    assert told(api, session_id) == ["summary.requested", "summary.failed"]


def test_a_sealed_session_can_be_summarized(api: httpx.Client) -> None:
    session_id = spoken(api)
    sealed(api, session_id)
    asked(api, session_id)
    ready(api, session_id)


def test_asked_often_it_is_written_once_at_a_time(api: httpx.Client, hub_server: HubServer) -> None:
    """Whether the job ran already or not: as many requests are told of as summaries are written."""
    session_id = spoken(api)
    key = api.headers["authorization"].removeprefix("Bearer ")

    def ask(_number: int) -> dict[str, Any]:
        with client(hub_server, key) as own:
            return asked(own, session_id)

    answers = at_once(8, ask)
    assert {answer["state"] for answer in answers} == {"requested"}
    ready(api, session_id)
    wait_until(lambda: waiting(hub_server) == 0, "the queue is empty")
    kinds = told(api, session_id)
    assert kinds == ["summary.requested", "summary.ready"] * (len(kinds) // 2)
    assert len(kinds) // 2 == len({answer["updated_at"] for answer in answers})


def test_nobody_asks_for_what_is_anothers(mine: httpx.Client, other: Other) -> None:
    before = other.everything()
    for session_id in (other.live, other.sealed, NOBODY, "not an id"):
        refused(mine.post(f"/v1/sessions/{session_id}/summary"), "session_not_found")
        refused(mine.get(f"/v1/sessions/{session_id}/summary"), "session_not_found")
    assert other.everything() == before


def test_parameters_are_refused(api: httpx.Client) -> None:
    path = f"/v1/sessions/{spoken(api)}/summary"
    refused(api.get(path, params={"format": "pdf"}), "invalid_parameter", field="format")
    refused(api.post(path, params={"style": "short"}), "invalid_parameter", field="style")


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        ("de-DE", ["Der Haushalt ist knapp, sagt der Vorsitzende.", "Wir kürzen den Haushalt im Mai."]),
        ("cs", ["Rozpočet je malý.", "Rozpočet bude v květnu menší než dnes."]),
        ("ja", ["予算が足りません。来月の会議で予算を決めます。", "はい。"]),
        ("zh", ["预算不够。我们下个月决定预算和发布计划。", "好的。"]),
        ("ar", ["الميزانية صغيرة جدا هذا العام.", "سنقرر الميزانية في مايو."]),
        ("tlh", ["tlhIngan maH, taHjaj!"]),
        (None, ["", "😀😀😀", "a" * 16_000, "....", "x\x00y", "\u202e\u200d"]),
        ("en", ["word" * 4_000, "ab " * 5_000, "!?" * 8_000]),
    ],
)
def test_any_language_is_summarized(
    api: httpx.Client, hub_server: HubServer, language: str | None, lines: list[str]
) -> None:
    session_id = spoken(api, *(("Ann", line) for line in lines), language=language)
    asked(api, session_id)
    summary = ready(api, session_id)
    assert 0 < len(summary["text"]) < 3_000
    assert all(0 < len(word) <= 60 for word in summary["keywords"])


def test_the_language_may_be_that_of_the_session(api: httpx.Client) -> None:
    said = ("Ann", "Wir besprechen den Haushalt und die Preise. Der Haushalt und die Preise steigen.")
    for about, stops in (
        ({"language": "de"}, True),
        ({"transcription_language": "de-AT"}, True),
        ({}, False),
    ):
        session_id = spoken(api, said, about=about)
        asked(api, session_id)
        keywords = ready(api, session_id)["keywords"]
        assert "Haushalt" in keywords
        assert stops == (not [word for word in keywords if "und" in word.split()]), keywords


def test_the_hub_answers_others_while_it_writes_a_long_one(api: httpx.Client, hub_server: HubServer) -> None:
    """20,000 segments. How long an answer takes depends on the machine; that there are many does not."""
    words = ("launch", "map", "merge", "budget", "branch", "customer", "delay", "contract", "review", "dates")
    lines = [
        (
            f"P{n % 7}",
            f"In point {n} the {words[n % 10]} depends on the {words[n * 7 % 9]} of group {n % 613}.",
        )
        for n in range(20_000)
    ]
    session_id = spoken(api, *lines)
    asked(api, session_id)
    took: list[float] = []
    while taken(api.get(f"/v1/sessions/{session_id}/summary"))["state"] == "requested":
        began = time.monotonic()
        assert api.get("/healthz").status_code == 200
        took.append(time.monotonic() - began)
    assert ready(api, session_id)["model"] == "extractive"
    print(f"{len(took)} answers, median {statistics.median(took):.4f} s, slowest {max(took):.4f} s")
    assert len(took) > 20
    assert statistics.median(took) < 0.1
