"""`GET /v1/sessions`."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from threading import Event, Thread
from typing import Any

import httpx
import pytest
from contract.api.asking import (
    NOBODY,
    Api,
    client,
    created,
    ended,
    event,
    new,
    published,
    refused,
    status,
    taken,
)
from servers import HubServer, wait_until


def pages(api: httpx.Client, **parameters: Any) -> Iterator[list[dict[str, Any]]]:
    """Page by page to the last one."""
    while True:
        page = taken(api.get("/v1/sessions", params=parameters))
        assert set(page) == {"data", "next", "count"}
        yield page["data"]
        if page["next"] is None:
            return
        assert page["next"] != parameters.get("cursor"), "paging does not get on"
        parameters["cursor"] = page["next"]


def numbers(api: httpx.Client, **parameters: Any) -> list[int]:
    return [session["number"] for page in pages(api, **parameters) for session in page]


def test_there_is_none_at_first(api: httpx.Client) -> None:
    assert taken(api.get("/v1/sessions")) == {"data": [], "next": None, "count": 0}


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


def test_a_cursor_is_of_its_query_alone(api: httpx.Client, api_of: Api) -> None:
    for _ in range(3):
        new(api, title="Weekly")
    query = {"title": "week", "sort": "started", "limit": 1}
    cursor = taken(api.get("/v1/sessions", params=query))["next"]
    for other in ({**query, "title": "Week"}, {**query, "order": "asc"}, {"limit": 1}, {"title": "week"}):
        refused(
            api.get("/v1/sessions", params={**other, "cursor": cursor}), "invalid_parameter", field="cursor"
        )
    for changed in (cursor[:-2], cursor + "AA", cursor[4:], cursor + "!", "é"):
        answer = api.get("/v1/sessions", params={**query, "cursor": changed})
        refused(answer, "invalid_parameter", field="cursor")
    foreign = api_of()
    new(foreign, title="Weekly")
    answer = foreign.get("/v1/sessions", params={**query, "cursor": cursor})
    refused(answer, "invalid_parameter", field="cursor")
    assert taken(api.get("/v1/sessions", params={**query, "cursor": cursor, "limit": 5}))["next"] is None


def test_a_page_beyond_the_end_is_empty(api: httpx.Client) -> None:
    new(api)
    page = taken(api.get("/v1/sessions", params={"page": 1_000_000, "size": 200}))
    assert page == {"data": [], "next": None, "count": 1}


def test_a_date_is_the_whole_day(api: httpx.Client) -> None:
    at = created(api)["created_at"]
    day = date.fromisoformat(at[:10])
    before, after = day - timedelta(days=1), day + timedelta(days=1)

    def count(**query: Any) -> int:
        return taken(api.get("/v1/sessions", params=query))["count"]

    assert count(created_after=day, created_before=day) == 1
    assert count(created_after=before, created_before=after) == 1
    assert count(created_after=after) == count(created_before=before) == 0
    moment = datetime.fromisoformat(at)
    millisecond, east = timedelta(milliseconds=1), timezone(timedelta(hours=5, minutes=30))
    for same in (at, moment.astimezone(east).isoformat()):
        assert count(created_after=same) == count(created_before=same) == 1
    assert count(created_after=(moment + millisecond).isoformat()) == 0
    assert count(created_before=(moment - millisecond).isoformat()) == 0
    # Times of sessions are cut to the millisecond, so that one lies before what is a part of it later.
    later = moment + timedelta(microseconds=1)
    assert count(created_after=later.isoformat()) == 0
    assert count(created_before=later.isoformat()) == 1
    assert count(created_after="0001-01-01", created_before="9999-12-31") == 1


@pytest.mark.parametrize("order", ["desc", "asc"])
@pytest.mark.parametrize("sort", ["created", "start", "started", "duration", "minutes"])
def test_no_order_skips_or_repeats_while_sessions_are_created(
    hub_server: HubServer, key: str, api: httpx.Client, sort: str, order: str
) -> None:
    ids = [new(api) for _ in range(12)]
    for session_id in ids[::2]:
        published(api, session_id, status("active"))
        ended(api, session_id)
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
        seen: list[str] = []
        for page in pages(api, sort=sort, order=order, limit=3):
            seen += [session["id"] for session in page]
            if set(ids) <= set(seen):
                break
    finally:
        stop.set()
        thread.join()
    assert len(seen) == len(set(seen))
    assert set(ids) <= set(seen)


def test_what_is_gone_is_not_counted(api: httpx.Client) -> None:
    ids = [new(api, title="Weekly", meeting_id="m", meeting_link="https://zoom.us/j/1") for _ in range(6)]
    joined = {"participant_id": "ann", "connection_id": "c", "name": "Ann"}
    queries = [{}, {"meeting_id": "m"}, {"platform": "zoom"}, {"participants": "ann"}, {"search": "week"}]
    queries += [{"status": "active"}, {"live": "true"}, {"sort": "started"}, {"type": "meeting"}]
    for session_id in ids:
        published(api, session_id, status("active"), {"type": "participant.joined", "data": joined})
    # From the middle too, so that no stretch of numbers tells what is there.
    for left, gone in zip(range(6, 0, -1), (2, 4, 0, 5, 1, 3), strict=True):
        for query in queries:
            page = taken(api.get("/v1/sessions", params=query))
            assert (page["count"], len(page["data"])) == (left, left), query
        assert api.delete(f"/v1/sessions/{ids[gone]}").status_code == 204


def test_what_was_acknowledged_is_listed(api: httpx.Client) -> None:
    session_id = new(api)
    for number in range(20):
        joined = {"participant_id": f"p{number}", "connection_id": "c", "name": "Ada"}
        (entry_id,) = published(api, session_id, {"type": "participant.joined", "data": joined})
        (listed,) = taken(api.get("/v1/sessions"))["data"]
        assert listed["last_entry_id"] == entry_id
        assert listed["participant_counts"]["live"] == number + 1


def test_also_those_are_listed_as_they_stand_that_were_not_written_down_for_long(api: httpx.Client) -> None:
    """More sessions than are read together, and one with more entries than are."""
    busy, *others = (new(api) for _ in range(56))
    heads = {busy: [published(api, busy, *[event("x.n", n=n) for n in range(500)])[-1] for _ in range(3)][-1]}
    heads |= {session_id: published(api, session_id, event("x.n", n=1))[0] for session_id in others}
    listed = taken(api.get("/v1/sessions?limit=200"))["data"]
    assert {session["id"]: session["last_entry_id"] for session in listed} == heads


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
        ("status=active,", "status"),
        ("status=active,gone", "status"),
        ("sealed=1", "sealed"),
        ("started=yes", "started"),
        ("scheduled=yes", "scheduled"),
        ("summary_complete=", "summary_complete"),
        ("from_calendar=TRUE", "from_calendar"),
        ("platform=skype", "platform"),
        ("type=call", "type"),
        ("topic_id=a%20b", "topic_id"),
        ("participants=", "participants"),
        ("participants=a,,b", "participants"),
        ("participants=a%20b", "participants"),
        ("participants=" + ",".join(f"p{number}" for number in range(21)), "participants"),
        ("title=", "title"),
        ("title=" + "x" * 257, "title"),
        ("search=", "search"),
        ("created_after=yesterday", "created_after"),
        ("created_after=2026-02-30", "created_after"),
        ("created_after=2026-1-1", "created_after"),
        ("created_after=20260101", "created_after"),
        ("created_after=2026-01-01T10:00:00", "created_after"),
        ("created_before=2026-01-01T25:00:00Z", "created_before"),
        ("created_before=", "created_before"),
        ("sort=name", "sort"),
        ("order=up", "order"),
        ("page=0", "page"),
        ("page=1000001", "page"),
        ("size=0", "size"),
        ("size=201", "size"),
        ("page=1&cursor=abc", "cursor"),
        ("size=1&limit=2", "limit"),
    ],
)
def test_a_wrong_parameter_is_named(api: httpx.Client, query: str, name: str) -> None:
    refused(api.get(f"/v1/sessions?{query}"), "invalid_parameter", field=name)


@pytest.mark.parametrize("path", ["", "/chapters", "/recording"])
def test_other_reads_take_no_parameters(api: httpx.Client, path: str) -> None:
    refused(api.get(f"/v1/sessions/{NOBODY}{path}?limit=5"), "invalid_parameter", field="limit")
