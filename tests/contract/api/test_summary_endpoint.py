"""Summaries by a model: what an endpoint is sent, what becomes of its answers, and its key, kept secret."""

from collections.abc import Iterator

import httpx
import pytest
from contract.api.asking import client
from contract.api.endpoint import KEY, Asked, Endpoint, Reply, endpoint, said
from contract.api.summarizing import SPOKEN, asked, ready, spoken, told
from servers import HubServer, RedisServer

MODEL = "model-of-the-test"


@pytest.fixture(scope="module")
def served() -> Iterator[Endpoint]:
    with endpoint() as made:
        yield made


@pytest.fixture(scope="module")
def hub(
    served: Endpoint, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[HubServer]:
    """A hub of its own, that alone does the jobs of its Redis."""
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    settings = served.settings(HUB_SUMMARY_TIMEOUT="1", HUB_LOG_LEVEL="debug")
    try:
        with HubServer(tmp_path_factory.mktemp("hub"), server, settings) as made:
            yield made
        text = made.log.read_text()
        assert "Traceback" not in text, text
        assert KEY not in text
    finally:
        server.close()


@pytest.fixture
def model(served: Endpoint) -> Endpoint:
    """The endpoint as it is at first."""
    served.asked.clear()
    served.reply = lambda _asked, _number: said({"summary": "All went well."})
    return served


@pytest.fixture
def own(hub: HubServer) -> Iterator[httpx.Client]:
    with client(hub, hub.key) as made:
        yield made


def test_the_model_is_sent_the_transcript(own: httpx.Client, model: Endpoint) -> None:
    model.reply = lambda _asked, _number: said(
        {"summary": "The launch is in May.", "notes": "- Cem merges", "keywords": ["launch", "merge"]}
    )
    session_id = spoken(own)
    asked(own, session_id)
    summary = ready(own, session_id)
    assert summary["text"] == "The launch is in May."
    assert summary["notes"] == "- Cem merges"
    assert summary["keywords"] == ["launch", "merge"]
    assert (summary["model"], summary["format"]) == (MODEL, "markdown")
    (request,) = model.asked
    assert (request.path, request.key, request.model) == ("/v1/chat/completions", KEY, MODEL)
    assert [line.partition("] ")[2] for line in request.text.splitlines()] == [
        f"{speaker}: {text}" for speaker, text in SPOKEN
    ]
    assert request.text.startswith("[00:00] Ann: ")
    assert told(own, session_id) == ["summary.requested", "summary.ready"]


def test_a_long_transcript_is_read_in_parts(own: httpx.Client, model: Endpoint) -> None:
    def reply(request: Asked, _number: int) -> Reply:
        if "one part of the transcript" in request.system:
            return said(f"notes from {request.text[:7]}" + "x" * 100_000)
        return said({"summary": f"{request.text.count('Part ')} parts"})

    model.reply = reply
    session_id = spoken(own, *(("Ann", f"Line {number} " + "word " * 250) for number in range(150)))
    asked(own, session_id)
    assert ready(own, session_id)["text"] == "4 parts"
    *parts, last = model.asked
    assert len(parts) == 4
    assert max(len(request.text) for request in model.asked) < 65_000
    numbers = [int(line.split()[3]) for request in parts for line in request.text.splitlines()]
    assert numbers == list(range(150))
    assert "in place of its transcript" in last.system


@pytest.mark.parametrize(
    ("content", "text", "notes", "keywords"),
    [
        ("Just a text.", "Just a text.", None, []),
        ('```json\n{"summary": "Fenced."}\n```', "Fenced.", None, []),
        ({"summary": "A list.", "notes": ["one", "two"]}, "A list.", "- one\n- two", []),
        ({"summary": "S", "notes": None, "keywords": ["", "k" * 300]}, "S", None, ["k" * 100]),
        ('{"other": 1}', '{"other": 1}', None, []),
        ("é" * 40_000, "é" * 10_000, None, []),
    ],
)
def test_any_answer_of_a_model_is_a_summary(
    own: httpx.Client, model: Endpoint, content: object, text: str, notes: str | None, keywords: list[str]
) -> None:
    model.reply = lambda _asked, _number: said(content)
    session_id = spoken(own)
    asked(own, session_id)
    summary = ready(own, session_id)
    assert (summary["text"], summary["notes"], summary["keywords"]) == (text, notes, keywords)


@pytest.mark.parametrize(
    "trouble",
    [
        Reply(429),
        Reply(429, retry_after="1"),
        Reply(500, b"<html>"),
        Reply(503, retry_after="Sat, 21 Nov 2026 10:00:00 GMT"),
        Reply(seconds=20),
    ],
    ids=["busy", "busy for a second", "broken", "away until a date", "slow"],
)
def test_what_may_pass_is_tried_again(own: httpx.Client, model: Endpoint, trouble: Reply) -> None:
    model.reply = lambda _asked, number: trouble if number < 1 else said("At last.")
    session_id = spoken(own)
    asked(own, session_id)
    assert ready(own, session_id)["text"] == "At last."
    assert len(model.asked) == 2
    assert told(own, session_id) == ["summary.requested", "summary.ready"]


@pytest.mark.parametrize(
    ("reply", "reason", "tries"),
    [
        (Reply(500, KEY.encode()), "The summary endpoint answered 500, 4 times.", 4),
        (Reply(seconds=20), "The summary endpoint did not answer within 1 s, 4 times.", 4),
        (Reply(401, KEY.encode()), "The summary endpoint refused the key (401).", 1),
        (Reply(403), "The summary endpoint refused the key (403).", 1),
        (Reply(404), "The summary endpoint answered 404.", 1),
        (Reply(302), "The summary endpoint answered 302.", 1),
        (Reply(200, b"<html>"), "The summary endpoint answered something that is no chat completion.", 1),
        (Reply(200, b"\xff"), "The summary endpoint answered something that is no chat completion.", 1),
        (
            Reply(200, b'{"choices": []}'),
            "The summary endpoint answered something that is no chat completion.",
            1,
        ),
        (Reply(200, b" " * 1_100_000), "The summary endpoint answered more than 1048576 bytes.", 1),
        (said("  "), "The summary endpoint answered with an empty summary.", 1),
        (said({"summary": " "}), "The summary endpoint answered with an empty summary.", 1),
    ],
)
def test_what_does_not_pass_fails_with_a_reason(
    own: httpx.Client, model: Endpoint, reply: Reply, reason: str, tries: int
) -> None:
    model.reply = lambda _asked, _number: reply
    session_id = spoken(own)
    asked(own, session_id)
    summary = ready(own, session_id, "failed")
    assert (summary["reason"], summary["text"]) == (reason, None)
    assert len(model.asked) == tries
    assert told(own, session_id) == ["summary.requested", "summary.failed"]


def test_an_endpoint_that_is_not_there(
    own_redis: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with endpoint() as gone:
        settings = gone.settings()
    with (
        HubServer(tmp_path_factory.mktemp("hub"), own_redis, settings) as hub,
        client(hub, hub.key) as own,
    ):
        session_id = spoken(own)
        asked(own, session_id)
        reason = ready(own, session_id, "failed")["reason"]
    assert reason == "The summary endpoint cannot be reached (ConnectError), 4 times."
