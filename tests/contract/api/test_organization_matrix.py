"""A tenant sees only its own: every route and every WebSocket operation, against what is another's."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from contract.api.asking import (
    NOBODY,
    Other,
    client,
    event,
    found,
    frames,
    new,
    post,
    published,
    refused,
    status,
    taken,
    token,
)
from contract.api.calls import (
    CALLS,
    CLOSED,
    OF_A_SESSION,
    SOCKETS,
    STREAMS,
    Call,
    known_routes,
    pages,
)
from servers import HubServer, RedisServer

from schemas.events import Channel


def same(hidden: httpx.Response, missing: httpx.Response) -> None:
    """Both answers are the same, apart from what differs from one request to the next."""

    def comparable(answer: httpx.Response) -> tuple[int, dict[str, str], Any]:
        body = answer.json()
        trace_id = body["error"].pop("trace_id")
        headers = dict(answer.headers)
        assert headers.pop("x-trace-id") == trace_id
        headers.pop("date")
        return answer.status_code, headers, body

    assert comparable(hidden) == comparable(missing)


def test_every_route_has_its_row(redis_server: RedisServer, tmp_path: Path) -> None:
    http, sockets = known_routes(redis_server.url, str(tmp_path))
    assert http == {str(call) for call in CALLS} | {f"GET {path}" for path in pages()}
    assert sockets == SOCKETS


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_a_row_says_how_it_is_called(mine: httpx.Client, call: Call) -> None:
    """Without this, a row that asks for nonsense would pass all others."""
    session_id = new(mine, dispatch={} if call.lease else None)
    if call.lease:
        taken(mine.post("/v1/bots/claim", json={"bot": {"id": "bot"}, "wait": 0}))
    published(mine, session_id, *call.after)
    if call.path.endswith("/seal"):
        taken(mine.post(f"/v1/sessions/{session_id}/stop"))
    key_id = taken(mine.post("/v1/keys", json={}), 201)["id"]
    topic_id = taken(mine.post("/v1/topics", json={"name": "Sales"}), 201)["id"]
    taken(mine.put("/v1/meetings/weekly", json={}), 201)
    ids = {"session_id": session_id, "key_id": key_id, "topic_id": topic_id, "meeting_id": "weekly"}
    assert call.ask(mine, **ids).is_success


@pytest.mark.parametrize("which", ["live", "sealed"])
@pytest.mark.parametrize("call", OF_A_SESSION, ids=str)
def test_a_foreign_session_is_none(mine: httpx.Client, other: Other, call: Call, which: str) -> None:
    before = other.everything()
    hidden = call.ask(mine, session_id=getattr(other, which))
    refused(hidden, "session_not_found")
    same(hidden, call.ask(mine, session_id=NOBODY))
    assert other.everything() == before


@pytest.mark.parametrize(
    "events",
    [
        [],
        [{**event("x.secret"), "idempotency_key": "k"}],
        [status("completed")],
        [event("log.entry", level="info", message="m")],
    ],
    ids=["none", "known key", "end", "log"],
)
def test_nothing_is_published_to_a_foreign_session(mine: httpx.Client, other: Other, events: Any) -> None:
    before = other.everything()
    hidden = post(mine, other.live, events)
    refused(hidden, "session_not_found")
    same(hidden, post(mine, NOBODY, events))
    assert other.everything() == before


def test_a_foreign_key_is_none(mine: httpx.Client, other: Other) -> None:
    (call,) = (call for call in CALLS if "{key_id}" in call.path)
    hidden = call.ask(mine, key_id=other.key_id)
    refused(hidden, "key_not_found")
    same(hidden, call.ask(mine, key_id="0" * 16))
    assert other.key_id in {key["id"] for key in taken(other.api.get("/v1/keys"))["data"]}


@pytest.mark.parametrize(
    "call", [call for call in CALLS if "{topic_id}" in call.path or "{meeting_id}" in call.path], ids=str
)
def test_a_foreign_meeting_or_topic_is_none(mine: httpx.Client, other: Other, call: Call) -> None:
    topic_id = taken(other.api.post("/v1/topics", json={"name": "secret"}), 201)["id"]
    taken(other.api.put("/v1/meetings/secret", json={"title": "secret"}), 201)

    def theirs() -> list[Any]:
        return [taken(other.api.get(path)) for path in ("/v1/topics", "/v1/meetings")]

    before = theirs()
    hidden = call.ask(mine, topic_id=topic_id, meeting_id="secret")
    if call.method == "PUT":
        # The same id means another meeting.
        assert taken(hidden, 201)["number"] == 1
    else:
        refused(hidden, "topic_not_found" if "topic_id" in call.path else "meeting_not_found")
        same(hidden, call.ask(mine))
    assert theirs() == before
    assert "secret" not in mine.get("/v1/topics").text
    assert topic_id not in mine.get("/v1/sessions", params={"topic_id": topic_id}).text


@contextmanager
def holder(hub: HubServer, text: str, where: str) -> Iterator[tuple[httpx.Client, str]]:
    """A client with a token in the header, or a query to be put behind a path."""
    with client(hub, text if where == "header" else None) as api:
        yield api, f"?token={text}" if where == "query" else ""


def with_token(hub: HubServer, call: Call, text: str, where: str, **ids: str) -> httpx.Response:
    with holder(hub, text, where) as (api, query):
        return call._replace(path=call.path + query).ask(api, **ids)


@pytest.mark.parametrize("where", ["header", "query"])
@pytest.mark.parametrize("call", CLOSED, ids=str)
def test_a_token_opens_its_own_streams_only(
    hub_server: HubServer, mine: httpx.Client, call: Call, where: str
) -> None:
    session_id = new(mine)
    before = found(mine, session_id)
    own = token(mine, session_id=session_id if call in STREAMS else None)
    answer = with_token(hub_server, call, own, where, session_id=session_id, key_id="k")
    if call.streams:
        assert answer.status_code == 200
    elif where == "header":
        refused(answer, "missing_scope")
    else:
        refused(answer, "missing_credential")
    assert found(mine, session_id) == before


@pytest.mark.parametrize("where", ["header", "query"])
@pytest.mark.parametrize("call", STREAMS, ids=str)
@pytest.mark.parametrize("whose", ["foreign", "another session's", "the feed's"])
def test_another_token_opens_no_stream(
    hub_server: HubServer, mine: httpx.Client, other: Other, call: Call, where: str, whose: str
) -> None:
    session_id = new(mine)
    bound = {
        "foreign": lambda: token(other.api, session_id=other.live),
        "another session's": lambda: token(mine, session_id=new(mine)),
        "the feed's": lambda: token(mine),
    }[whose]()
    hidden = with_token(hub_server, call, bound, where, session_id=session_id)
    refused(hidden, "session_not_found")
    same(hidden, with_token(hub_server, call, bound, where, session_id=NOBODY))


def test_the_token_of_a_session_opens_no_feed(hub_server: HubServer, mine: httpx.Client) -> None:
    (feed,) = (call for call in CLOSED if call.streams and call not in STREAMS)
    refused(with_token(hub_server, feed, token(mine, session_id=new(mine)), "query"), "missing_scope")


@pytest.mark.parametrize("call", [call for call in STREAMS if call.channels], ids=str)
def test_a_token_opens_its_own_channels_only(hub_server: HubServer, mine: httpx.Client, call: Call) -> None:
    session_id = new(mine)
    assert call.channels is not None
    for missing in call.channels:
        channels = sorted(set(Channel) - {missing})
        bound = token(mine, session_id=session_id, channels=channels)
        refused(with_token(hub_server, call, bound, "query", session_id=session_id), "missing_scope")
    bound = token(mine, session_id=session_id, channels=sorted(call.channels))
    assert with_token(hub_server, call, bound, "query", session_id=session_id).status_code == 200


def test_a_token_shows_its_own_channels_only(hub_server: HubServer, mine: httpx.Client) -> None:
    session_id = new(mine)
    bound = token(mine, session_id=session_id, channels=["chat"])
    path = f"/v1/sessions/{session_id}/stream"
    with client(hub_server) as browser:
        refused(browser.get(path, params={"token": bound, "channels": "transcript"}), "missing_scope")
        refused(browser.get(path, params={"token": bound, "channels": "chat,logs"}), "missing_scope")
        with browser.stream("GET", path, params={"token": bound}) as stream:
            received = frames(stream)
            snapshot = next(received)["data"]
            assert {"chat"} == set(snapshot) & {"chat", "transcript", "logs", "artifacts"}
            published(
                mine,
                session_id,
                status("active"),
                event("transcript.segment", segment_id="s", final=True, text="secret", start=0, end=1),
                event("log.entry", level="info", message="secret"),
                event("chat.message", message_id="m", text="hello"),
            )
            assert next(frame["type"] for frame in received if frame["type"] != "bookmark") == "chat.message"


@pytest.mark.parametrize("change", ["claims", "signature"])
def test_a_token_that_was_changed_opens_nothing(
    hub_server: HubServer, mine: httpx.Client, other: Other, change: str
) -> None:
    own, foreign = token(mine, session_id=new(mine)), token(other.api, session_id=other.live)
    # The claims of one under the signature of the other.
    parts = (foreign, own) if change == "signature" else (own, foreign)
    mixed = f"{parts[0].partition('.')[0]}.{parts[1].partition('.')[2]}"
    call = STREAMS[0]
    refused(with_token(hub_server, call, mixed, "query", session_id=other.live), "invalid_credential")


def test_lists_and_feeds_hold_nothing_foreign(mine: httpx.Client, other: Other) -> None:
    own = new(mine, meeting_id="shared", title="mine")
    secrets = (other.live, other.sealed, other.key_id, "secret")
    for query in ("", "?meeting_id=shared", "?live=true", "?live=false", "?status=active", "?limit=1"):
        text = mine.get(f"/v1/sessions{query}").text
        assert not [secret for secret in secrets if secret in text]
    assert own in mine.get("/v1/sessions?meeting_id=shared").text
    assert not [secret for secret in secrets if secret in mine.get("/v1/keys").text]

    with mine.stream("GET", "/v1/stream", params={"after": "0-0"}) as stream:
        received = frames(stream)
        seen = [next(frame for frame in received if frame["type"] == "bookmark")]
        published(other.api, other.live, status("recording"))
        new(other.api, title="secret")
        published(mine, own, status("joining"))
        for frame in received:
            seen.append(frame)
            if frame["type"] == "session.status_changed":
                break
    assert {frame["session_id"] for frame in seen if "session_id" in frame} == {own}
    assert not [secret for secret in secrets if secret in json.dumps(seen)]
    with mine.stream("GET", "/v1/stream") as stream:
        snapshot = next(frames(stream))
    assert [session["id"] for session in snapshot["data"]["sessions"]] == [own]


def test_a_foreign_cursor_tells_nothing(mine: httpx.Client, other: Other) -> None:
    """Nor does asking for one's own session from another's place."""
    own = new(mine)
    cursor = found(other.api, other.live)["last_entry_id"]
    with mine.stream("GET", f"/v1/sessions/{own}/stream", params={"after": cursor}) as stream:
        reset = next(frames(stream))
    assert reset["type"] == "reset"
    assert reset["data"]["snapshot"]["session"]["id"] == own
