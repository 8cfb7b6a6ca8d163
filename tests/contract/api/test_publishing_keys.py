"""Idempotency keys of events: a retry is answered with the entry there is, whatever happened since."""

from typing import Any

import httpx
import pytest
from contract.api.asking import (
    at_once,
    client,
    ended,
    event,
    head,
    history,
    new,
    post,
    published,
    refused,
    sealed,
    status,
    taken,
)
from servers import HubServer


def keyed(event_type: str = "x.mark", key: str = "k", **data: Any) -> dict[str, Any]:
    return {"type": event_type, "data": data, "idempotency_key": key}


def chat(key: str, text: str = "hello") -> dict[str, Any]:
    return keyed("chat.message", key, message_id="m", text=text)


def entries(api: httpx.Client, session_id: str, *events: dict[str, Any]) -> list[tuple[str, bool]]:
    answer = taken(post(api, session_id, list(events)))
    return [(entry["id"], entry["duplicate"]) for entry in answer["entries"]]


@pytest.mark.parametrize("since", ["at once", "after others", "after the end", "after the seal"])
def test_the_same_again_is_the_same_entry(api: httpx.Client, since: str) -> None:
    session_id = new(api)
    published(api, session_id, status("active"))
    first = {**chat("call/1"), "occurred_at": "2026-01-31T09:30:00Z"}
    ((entry_id, duplicate),) = entries(api, session_id, first)
    assert duplicate is False
    if since == "after others":
        published(api, session_id, *(event("x.other", number=number) for number in range(300)))
    elif since == "after the end":
        ended(api, session_id)
    elif since == "after the seal":
        sealed(api, session_id)
    newest = head(api, session_id)
    # The same content in other words: order of names, zone of the time.
    again = dict(reversed(first.items())) | {"occurred_at": "2026-01-31T10:30:00.000+01:00"}
    assert entries(api, session_id, again) == [(entry_id, True)]
    assert head(api, session_id) == newest


OTHER = {
    "other data": chat("k", "bye"),
    "other type": keyed("x.mark"),
    "other time": {**chat("k"), "occurred_at": "2026-01-31T09:30:00Z"},
}


@pytest.mark.parametrize("other", OTHER.values(), ids=OTHER)
@pytest.mark.parametrize("sealed_first", [False, True], ids=["live", "sealed"])
def test_other_content_is_a_conflict(api: httpx.Client, other: dict[str, Any], sealed_first: bool) -> None:
    session_id = new(api)
    published(api, session_id, chat("k"))
    if sealed_first:
        sealed(api, session_id)
    newest = head(api, session_id)
    refused(post(api, session_id, other), "idempotency_conflict", idempotency_key="k")
    batch = [event("chapter.added", title="a", start=0), other]
    refused(post(api, session_id, batch), "idempotency_conflict", idempotency_key="k", index=1)
    assert head(api, session_id) == newest


def test_twice_in_one_request(api: httpx.Client) -> None:
    session_id = new(api)
    (first, _), (other, _), (again, duplicate) = entries(
        api, session_id, keyed(a=1), event("x.other"), keyed(a=1)
    )
    assert (again, duplicate) == (first, True)
    assert [entry["id"] for entry in history(api, session_id)][1:] == [first, other]
    refused(
        post(api, session_id, [keyed(key="n", a=1), keyed(key="n", a=2)]), "idempotency_conflict", index=1
    )
    assert head(api, session_id) == other


def test_old_and_new_in_one_request(api: httpx.Client) -> None:
    session_id = new(api)
    old = published(api, session_id, keyed(key="a"), keyed(key="b"))
    answer = entries(api, session_id, keyed(key="b"), keyed(key="c"), keyed(key="a"))
    assert [duplicate for _, duplicate in answer] == [True, False, True]
    assert [answer[0][0], answer[2][0]] == [old[1], old[0]]
    assert head(api, session_id) == answer[1][0]


def test_a_retry_of_the_last_step_is_no_second_step(api: httpx.Client) -> None:
    session_id = new(api)
    done = keyed("session.status_changed", "done", status="completed")
    ((entry_id, _),) = entries(api, session_id, status("active"), done)[1:]
    assert entries(api, session_id, done) == [(entry_id, True)]
    # Beside a retry, what is new is still judged.
    refused(post(api, session_id, [done, chat("new")]), "session_ended", index=1)


def test_at_once_it_is_one_entry(hub_server: HubServer, key: str, api: httpx.Client) -> None:
    session_id = new(api)

    def publish(_number: int) -> tuple[str, bool]:
        with client(hub_server, key) as other:
            return entries(other, session_id, chat("k"))[0]

    answers = at_once(8, publish)
    assert len({entry_id for entry_id, _ in answers}) == 1
    assert sorted(duplicate for _, duplicate in answers) == [False] + [True] * 7
    assert len(history(api, session_id)) == 2


def test_keys_are_those_of_the_session(api: httpx.Client) -> None:
    first, second = new(api), new(api)
    assert entries(api, first, chat("k"))[0][1] is False
    assert entries(api, second, chat("k", "bye"))[0][1] is False


def test_a_refused_event_leaves_its_key_free(api: httpx.Client) -> None:
    session_id = new(api)
    published(api, session_id, status("active"))
    refused(
        post(api, session_id, keyed("session.status_changed", "k", status="joining")), "invalid_transition"
    )
    assert entries(api, session_id, chat("k"))[0][1] is False
