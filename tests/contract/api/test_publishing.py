"""`POST /v1/sessions/{id}/events`: what is taken, in which order, and that it is all or nothing."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from contract.api.asking import (
    at_once,
    client,
    event,
    found,
    head,
    history,
    new,
    post,
    post_raw,
    published,
    refused,
    seq,
    status,
    taken,
)
from servers import HubServer


def log(message: str) -> dict[str, Any]:
    return event("log.entry", level="info", message=message)


def marked(number: int) -> dict[str, Any]:
    return event("x.mark", number=number)


def one_by_one(api: httpx.Client, session_id: str, events: list[dict[str, Any]]) -> list[httpx.Response]:
    return [post(api, session_id, item) for item in events]


def as_array(api: httpx.Client, session_id: str, events: list[dict[str, Any]]) -> list[httpx.Response]:
    return [post(api, session_id, events)]


def as_ndjson(
    newline: bytes, content_type: str
) -> Callable[[httpx.Client, str, list[dict[str, Any]]], list[httpx.Response]]:
    def publish(api: httpx.Client, session_id: str, events: list[dict[str, Any]]) -> list[httpx.Response]:
        # Blank lines are no events.
        lines = [b"", *(json.dumps(item).encode() for item in events), b"  ", b""]
        return [post_raw(api, session_id, newline.join(lines), content_type)]

    return publish


@pytest.mark.parametrize(
    "publish",
    [
        one_by_one,
        as_array,
        as_ndjson(b"\n", "application/x-ndjson"),
        as_ndjson(b"\r\n", "application/ndjson; charset=utf-8"),
        as_ndjson(b"\n", "Application/JSONL"),
    ],
    ids=["one", "array", "ndjson", "crlf", "jsonl"],
)
def test_ids_are_dense_and_in_order(
    api: httpx.Client, publish: Callable[[httpx.Client, str, list[dict[str, Any]]], list[httpx.Response]]
) -> None:
    session_id = new(api)
    # Two streams in the store, one order for all.
    events = [marked(0), log("one"), marked(1), marked(2), log("two")]
    answers = [taken(answer) for answer in publish(api, session_id, events)]
    entries = [entry for answer in answers for entry in answer["entries"]]
    assert [seq(entry["id"]) for entry in entries] == [2, 3, 4, 5, 6]
    assert [entry["duplicate"] for entry in entries] == [False] * 5
    times = [int(entry["id"].partition("-")[0]) for entry in entries]
    assert times == sorted(times)
    kept = history(api, session_id)[1:]
    assert [(entry["id"], entry["type"]) for entry in kept] == [
        (entry["id"], item["type"]) for entry, item in zip(entries, events, strict=True)
    ]
    assert [entry["data"] for entry in kept if entry["type"] == "x.mark"] == [
        {"number": number} for number in range(3)
    ]


@pytest.mark.parametrize(
    ("content", "content_type"), [(b"[]", "application/json"), (b"\n \n", "application/x-ndjson")]
)
def test_nothing_is_kept_of_nothing(api: httpx.Client, content: bytes, content_type: str) -> None:
    session_id = new(api)
    assert taken(post_raw(api, session_id, content, content_type)) == {"entries": []}
    assert seq(head(api, session_id)) == 1


def test_publishers_at_once_leave_no_hole(hub_server: HubServer, key: str, api: httpx.Client) -> None:
    session_id = new(api)

    def publish(number: int) -> list[str]:
        with client(hub_server, key) as other:
            return [
                entry_id
                for _ in range(10)
                for entry_id in published(other, session_id, marked(number), log(f"{number}"))
            ]

    answers = at_once(8, publish)
    assert all(ids == sorted(ids, key=seq) for ids in answers)
    assert sorted(seq(entry_id) for ids in answers for entry_id in ids) == list(range(2, 162))
    assert [seq(entry["id"]) for entry in history(api, session_id)] == list(range(1, 162))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("2026-01-31T09:30:00Z", "2026-01-31T09:30:00.000Z"),
        ("2026-01-31T09:30:00.123456Z", "2026-01-31T09:30:00.123Z"),
        ("2026-01-31T09:30:00.9999+05:30", "2026-01-31T04:00:00.999Z"),
        ("2026-01-31T20:30:00-08:00", "2026-02-01T04:30:00.000Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
        ("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500Z"),
    ],
)
def test_when_it_happened_is_kept_in_utc(api: httpx.Client, given: str, kept: str) -> None:
    session_id = new(api)
    published(api, session_id, {**event("x.a"), "occurred_at": given}, event("x.b"))
    _created, first, second = history(api, session_id)
    assert first["occurred_at"] == kept
    assert "occurred_at" not in second


@pytest.mark.parametrize("kind", ["x.a", "x.a.b-c_d", "x.A1", "x." + "a" * 126])
def test_types_of_ones_own_pass_through(api: httpx.Client, kind: str) -> None:
    session_id = new(api)
    data = {"any": [1, 2.5, None, True, {"ü": '\u0000 \U0001f600 \\ " </script>\r\n\nid: 0-0'}], "big": 2**70}
    published(api, session_id, {"type": kind, "data": data})
    entry = history(api, session_id)[-1]
    assert (entry["type"], entry["data"]) == (kind, data)


def test_of_a_name_given_twice_the_last_counts(api: httpx.Client) -> None:
    session_id = new(api)
    taken(post_raw(api, session_id, b'{"type": "x.a", "type": "x.b", "data": {"a": 1, "b": 0, "a": 2}}'))
    entry = history(api, session_id)[-1]
    assert (entry["type"], entry["data"]) == ("x.b", {"a": 2, "b": 0})


BAD: dict[str, tuple[dict[str, Any], str, str | None]] = {
    "unknown type": (event("nobody.knows"), "unknown_type", "type"),
    "malformed type": (event("x. a"), "invalid_field", "type"),
    "reserved type": (event("session.sealed", reason="mine"), "reserved_type", None),
    "no type": ({"data": {}}, "invalid_field", ""),
    "unknown field": ({**event("x.a"), "colour": "blue"}, "invalid_field", ""),
    "unknown field of the data": (event("summary.failed", reason="a", why="b"), "invalid_field", "data"),
    "missing field of the data": (event("chat.message", text="a"), "invalid_field", "data"),
    "wrong field of the data": (
        event("chat.message", message_id="m", text=1),
        "invalid_field",
        "data.text",
    ),
    "wrong field deep in the data": (
        event(
            "transcript.segment",
            segment_id="s",
            final=True,
            text="a b",
            start=0,
            end=1,
            words=[{"text": "a", "start": 0, "end": 0.5}, {"text": "b", "start": -1, "end": 1}],
        ),
        "invalid_field",
        "data.words[1].start",
    ),
    "end before start": (
        event("transcript.segment", segment_id="s", final=True, text="a", start=2, end=1),
        "invalid_field",
        "data",
    ),
    "data that is no object": ({"type": "x.a", "data": [1]}, "invalid_field", "data"),
    "deep data": (
        {"type": "x.a", "data": json.loads('{"a":' * 65 + "1" + "}" * 65)},
        "invalid_field",
        "data",
    ),
    "time without a zone": (
        {**event("x.a"), "occurred_at": "2026-01-31T09:30:00"},
        "invalid_field",
        "occurred_at",
    ),
    "time beyond the years": (
        {**event("x.a"), "occurred_at": "9999-12-31T23:59:59-01:00"},
        "invalid_field",
        "occurred_at",
    ),
    "key with a blank": ({**event("x.a"), "idempotency_key": "a b"}, "invalid_field", "idempotency_key"),
    "long key": ({**event("x.a"), "idempotency_key": "k" * 129}, "invalid_field", "idempotency_key"),
    "large event": (event("x.a", text="a" * 65_536), "event_too_large", None),
    "illegal step": (status("scheduled"), "invalid_transition", None),
}


@pytest.mark.parametrize(("bad", "code", "field"), BAD.values(), ids=BAD)
@pytest.mark.parametrize("form", ["one", "array", "ndjson"])
def test_one_bad_event_keeps_out_all(
    api: httpx.Client, bad: dict[str, Any], code: str, field: str | None, form: str
) -> None:
    session_id = new(api)
    before = found(api, session_id)
    events = [{**marked(0), "idempotency_key": "first"}, marked(1), bad, marked(3)]
    if form == "one":
        error = refused(post(api, session_id, bad), code)
    elif form == "array":
        error = refused(post(api, session_id, events), code, index=2)
    else:
        content = b"\n\n".join(json.dumps(item).encode() for item in events)
        error = refused(post_raw(api, session_id, content, "application/x-ndjson"), code, index=2)
    if field is not None:
        root = "$" if form == "one" else "$[2]"
        assert error["details"]["field"] == ".".join(filter(None, (root, field)))
    assert found(api, session_id) == before
    # Nor is the key of its neighbour taken.
    assert taken(post(api, session_id, events[0]))["entries"][0]["duplicate"] is False


@pytest.mark.parametrize(
    "kind",
    [
        "session.created",
        "session.sealed",
        "session.deleted",
        "bot.assigned",
        "bot.lost",
        "summary.requested",
    ],
)
def test_what_the_hub_writes_itself_is_reserved(api: httpx.Client, kind: str) -> None:
    session_id = new(api)
    refused(post(api, session_id, event(kind)), "reserved_type")
    assert seq(head(api, session_id)) == 1
