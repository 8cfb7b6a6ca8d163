"""`GET /v1/sessions`."""

from collections.abc import Iterator
from threading import Event, Thread
from typing import Any

import httpx
import pytest
from contract.api.asking import NOBODY, Api, client, created, ended, new, published, refused, status, taken
from servers import HubServer, wait_until


def pages(api: httpx.Client, **parameters: Any) -> Iterator[list[dict[str, Any]]]:
    """Page by page to the last one."""
    while True:
        page = taken(api.get("/v1/sessions", params=parameters))
        assert set(page) == {"data", "next"}
        yield page["data"]
        if page["next"] is None:
            return
        assert page["next"] != parameters.get("cursor"), "paging does not get on"
        parameters["cursor"] = page["next"]


def numbers(api: httpx.Client, **parameters: Any) -> list[int]:
    return [session["number"] for page in pages(api, **parameters) for session in page]


def test_there_is_none_at_first(api: httpx.Client) -> None:
    assert taken(api.get("/v1/sessions")) == {"data": [], "next": None}


def test_an_item_is_the_session(api: httpx.Client) -> None:
    session = created(api, title="Weekly", metadata={"a": 1})
    assert taken(api.get("/v1/sessions"))["data"] == [session]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 200])
def test_pages_hold_all_newest_first(api: httpx.Client, limit: int) -> None:
    for _ in range(7):
        new(api)
    found = list(pages(api, limit=limit))
    assert [len(page) for page in found] == [min(limit, 7 - start) for start in range(0, 7, limit)]
    assert [session["number"] for page in found for session in page] == [7, 6, 5, 4, 3, 2, 1]


def test_a_page_has_50_by_default(api: httpx.Client) -> None:
    for _ in range(51):
        new(api)
    assert [len(page) for page in pages(api)] == [50, 1]


def test_paging_while_sessions_are_created_and_deleted(
    hub_server: HubServer, key: str, api: httpx.Client
) -> None:
    ids = [new(api) for _ in range(30)]
    stop = Event()
    more: list[str] = []

    def create() -> None:
        with client(hub_server, key) as other:
            while not stop.is_set():
                more.append(new(other))

    thread = Thread(target=create)
    thread.start()
    try:
        wait_until(lambda: more, "others are created meanwhile")
        found = pages(api, limit=4)
        seen = [session["id"] for session in next(found)]
        # Those that the next page would begin with go away; the others must not move up unseen.
        gone = [session_id for session_id in ids[20:22] if session_id not in seen]
        for session_id in gone:
            assert api.delete(f"/v1/sessions/{session_id}").status_code == 204
        seen += [session["id"] for page in found for session in page]
    finally:
        stop.set()
        thread.join()
    assert len(seen) == len(set(seen))
    assert [session_id for session_id in reversed(ids) if session_id not in gone] == [
        session_id for session_id in seen if session_id in ids
    ]


def test_only_those_asked_for(api: httpx.Client) -> None:
    first, second, failed = (new(api) for _ in range(3))
    scheduled = new(api, scheduled_for="2100-01-01T00:00:00Z")
    initializing = new(api)
    published(api, first, status("active"))
    published(api, second, status("active"))
    ended(api, failed)

    def ids(**parameters: Any) -> list[str]:
        # One a page: what is left out must not end the list.
        return [session["id"] for page in pages(api, limit=1, **parameters) for session in page]

    assert ids(status="active") == [second, first]
    assert ids(status="failed") == [failed]
    assert ids(status="scheduled") == [scheduled]
    assert ids(status="completed") == []
    assert ids(live="true") == [initializing, second, first]
    assert ids(live="false") == [scheduled, failed]
    assert ids(live="false", status="failed") == [failed]
    assert ids(live="true", status="failed") == []


def test_those_of_a_meeting(api: httpx.Client, api_of: Api) -> None:
    first = new(api, meeting_id="m1")
    other = new(api, meeting_id="m2")
    new(api)
    second = new(api, meeting_id="m1")
    new(api_of(), meeting_id="m1")
    assert numbers(api, meeting_id="m1", limit=1) == [4, 1]
    assert [session["id"] for page in pages(api, meeting_id="m1") for session in page] == [second, first]
    assert numbers(api, meeting_id="m2") == [2]
    assert numbers(api, meeting_id="nobody") == []
    ended(api, other)
    assert numbers(api, meeting_id="m2", live="true") == []
    assert api.delete(f"/v1/sessions/{second}").status_code == 204
    assert numbers(api, meeting_id="m1") == [1]


def test_what_was_acknowledged_is_listed(api: httpx.Client) -> None:
    session_id = new(api)
    for number in range(20):
        joined = {"participant_id": f"p{number}", "connection_id": "c", "name": "Ada"}
        (entry_id,) = published(api, session_id, {"type": "participant.joined", "data": joined})
        (listed,) = taken(api.get("/v1/sessions"))["data"]
        assert listed["last_entry_id"] == entry_id
        assert listed["participant_counts"]["live"] == number + 1


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=-1", "limit"),
        ("limit=1.5", "limit"),
        ("limit=", "limit"),
        ("limit=%C2%B2", "limit"),
        ("limit=99999999999999999999", "limit"),
        ("cursor=0", "cursor"),
        ("cursor=abc", "cursor"),
        ("cursor=%2Binf", "cursor"),
        ("status=gone", "status"),
        ("status=", "status"),
        ("status=ACTIVE", "status"),
        ("live=yes", "live"),
        ("live=", "live"),
        ("meeting_id=a%20b", "meeting_id"),
        ("meeting_id=a%7D%3As%3A", "meeting_id"),
        ("meeting_id=", "meeting_id"),
        ("colour=blue", "colour"),
        ("token=st_x", "token"),
        ("limit=5&limit=6", "limit"),
        ("live=true&live=true", "live"),
    ],
)
def test_a_wrong_parameter_is_named(api: httpx.Client, query: str, name: str) -> None:
    refused(api.get(f"/v1/sessions?{query}"), "invalid_parameter", field=name)


@pytest.mark.parametrize("path", ["", "/chapters", "/recording"])
def test_other_reads_take_no_parameters(api: httpx.Client, path: str) -> None:
    refused(api.get(f"/v1/sessions/{NOBODY}{path}?limit=5"), "invalid_parameter", field="limit")
