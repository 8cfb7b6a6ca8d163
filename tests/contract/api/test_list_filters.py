"""`GET /v1/sessions` against its sessions read one by one: every filter, every order, every way of paging."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from contract.api.asking import client, created, ended, event, found, published, sealed, status, taken
from hypothesis import given, settings
from hypothesis import strategies as st
from servers import HubServer, wait_until

SESSIONS = 70
TITLES = ["Weekly sync", "WEEKLY review", "Straße & STRASSE", "100% of | pipes", "Ένας ΣΊΣΥΦΟΣ", "x"]
MEETINGS = ["m1", "M2", "weekly"]
LINKS = [
    "https://meet.google.com/abc-defg-hij",
    "https://zoom.us/j/123456789",
    "https://example.org/room",
]
TYPES = ["meeting", "livestream", "participant", "live_analysis"]
TOPICS = ["top_a", "top_b"]
PEOPLE = ["ann", "bob", "u/1", "u/2", "c:ä"]
CALENDAR = {"id": "cal-1", "title": "Standup"}
FUTURE = "2100-01-01T00:00:00Z"
STARTS = ["1950-01-01T00:00:00Z", "2020-01-01T09:00:00Z", "2099-01-01T09:00:00Z", "2101-01-01T09:00:00Z"]
STATUSES = ["scheduled", "initializing", "joining", "active", "recording", "leaving", "completed", "failed"]

Sessions = list[dict[str, Any]]


def some(chance: random.Random, values: list[Any]) -> Any:
    return chance.choice([None, *values])


def make(api: httpx.Client, chance: random.Random) -> str:
    """A session of which anything may have been said, at its creation and later."""

    def details() -> dict[str, Any]:
        said = {
            "title": some(chance, TITLES),
            "calendar_event": some(chance, [CALENDAR]),
            "starts_at": some(chance, STARTS),
            "type": chance.choice(TYPES),
        }
        return {name: value for name, value in said.items() if chance.random() < 0.6}

    fields = {
        **details(),
        "meeting_id": some(chance, MEETINGS),
        "meeting_link": some(chance, LINKS),
        "scheduled_for": FUTURE if chance.random() < 0.2 else None,
    }
    session_id: str = created(api, **fields)["id"]
    if chance.random() < 0.5:
        published(api, session_id, event("session.updated", topic_id=some(chance, TOPICS)))
    if chance.random() < 0.5:
        again = {**details(), "topic_id": some(chance, TOPICS), "scheduled_for": some(chance, [FUTURE])}
        published(api, session_id, event("session.updated", **again))
    for name in STATUSES[2:6]:
        if chance.random() < 0.3:
            published(api, session_id, status(name))
    for number in range(chance.randint(0, 3)):
        who = {"participant_id": chance.choice(PEOPLE), "connection_id": f"c{number}", "name": "A"}
        more = {"user_id": some(chance, PEOPLE), "custom_id": some(chance, PEOPLE)}
        # What they are called stays, so that the session shows all they ever were called.
        known = {person["participant_id"] for person in people(found(api, session_id))}
        if who["participant_id"] not in known:
            published(api, session_id, event("participant.joined", **who))
            renamed = {name: value for name, value in more.items() if value}
            published(
                api, session_id, event("participant.updated", participant_id=who["participant_id"], **renamed)
            )
            ghost = {"participant_id": "nobody", "user_id": "ghost"}
            published(api, session_id, event("participant.updated", **ghost))
        if chance.random() < 0.6:
            published(api, session_id, event("participant.left", **{k: who[k] for k in list(who)[:2]}))
    if chance.random() < 0.4:
        published(api, session_id, event("summary.ready", text="All said."))
        if chance.random() < 0.3:
            published(api, session_id, event("summary.failed", reason="No."))
    if chance.random() < 0.5:
        (sealed if chance.random() < 0.5 else ended)(api, session_id)
    return session_id


@pytest.fixture(scope="module")
def everything(hub_server: HubServer) -> Iterator[tuple[httpx.Client, Sessions]]:
    """Sessions as each is found by itself, newest first; nothing happens to them any more."""
    chance = random.Random(4)
    with client(hub_server, hub_server.make_key(f"org-{chance.getrandbits(64):x}-{id(chance)}")) as api:
        ids = [make(api, chance) for _ in range(SESSIONS)]
        gone = set(chance.sample(ids, 8))
        for session_id in gone:
            assert api.delete(f"/v1/sessions/{session_id}").status_code == 204
        sessions = [found(api, session_id) for session_id in reversed(ids) if session_id not in gone]
        by_minutes = [one["id"] for one in ordered(sessions, "minutes", descending=True)]
        # On one page, as they still move.
        wait_until(lambda: listed(api, sort="minutes", limit=200) == by_minutes, "all is written down")
        yield api, sessions


def people(session: dict[str, Any]) -> Sessions:
    return session["participants"]["participants"]


def ms(text: str) -> int:
    return (datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def contains(part: str, *texts: str | None) -> bool:
    return any(part.casefold() in text.casefold() for text in texts if text is not None)


FILTERS: dict[str, Callable[[dict[str, Any], str], bool]] = {
    "status": lambda one, value: one["status"] in value.split(","),
    "live": lambda one, value: one["live"] is (value == "true"),
    "sealed": lambda one, value: one["sealed"] is (value == "true"),
    "started": lambda one, value: (one["started_at"] is not None) is (value == "true"),
    "scheduled": lambda one, value: (one["scheduled_for"] is not None) is (value == "true"),
    "summary_complete": lambda one, value: (one["summary_state"] == "ready") is (value == "true"),
    "from_calendar": lambda one, value: (one["calendar_event"] is not None) is (value == "true"),
    "platform": lambda one, value: one["platform"] in value.split(","),
    "type": lambda one, value: one["type"] in value.split(","),
    "meeting_id": lambda one, value: one["meeting_id"] == value,
    "topic_id": lambda one, value: one["topic_id"] == value,
    "participants": lambda one, value: any(
        name in (who["participant_id"], who.get("user_id"), who.get("custom_id"))
        for who in people(one)
        for name in value.split(",")
    ),
    "created_after": lambda one, value: ms(one["created_at"]) >= ms(value),
    "created_before": lambda one, value: ms(one["created_at"]) <= ms(value),
    "title": lambda one, value: contains(value, one["title"]),
    "search": lambda one, value: contains(value, one["title"], one["meeting_id"], one["id"]),
}
VALUES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "created": lambda one: one["number"],
    "start": lambda one: one["started_at"] or one["starts_at"] or one["scheduled_for"] or one["created_at"],
    "started": lambda one: one["started_at"],
    "duration": lambda one: one["duration"],
    "minutes": lambda one: one["minutes_consumed"],
}


def ordered(sessions: Sessions, sort: str, *, descending: bool) -> Sessions:
    """By value, then by number; those without a value last."""
    value = VALUES[sort]
    there = [one for one in sessions if value(one) is not None]
    rest = [one for one in sessions if value(one) is None]
    there.sort(key=lambda one: (value(one), one["number"]), reverse=descending)
    rest.sort(key=lambda one: one["number"], reverse=descending)
    return there + rest


def listed(api: httpx.Client, **query: Any) -> list[str]:
    """All that is found, by cursor."""
    ids: list[str] = []
    while True:
        page = taken(api.get("/v1/sessions", params=query))
        ids += [one["id"] for one in page["data"]]
        if page["next"] is None:
            assert page["count"] == len(ids)
            return ids
        query["cursor"] = page["next"]


def paged(api: httpx.Client, size: int, **query: Any) -> list[str]:
    """All that is found, by page; every page says how many there are."""
    ids: list[str] = []
    for number in range(1, SESSIONS):
        page = taken(api.get("/v1/sessions", params={**query, "page": number, "size": size}))
        ids += [one["id"] for one in page["data"]]
        if not page["data"]:
            assert page["count"] == len(ids)
            return ids
        assert len(page["data"]) == min(size, page["count"] - size * (number - 1))
    raise AssertionError("the pages have no end")


def expected(sessions: Sessions, query: dict[str, Any]) -> list[str]:
    hits = [
        one for one in sessions if all(FILTERS[name](one, query[name]) for name in FILTERS if name in query)
    ]
    hits = ordered(hits, query.get("sort", "created"), descending=query.get("order", "desc") == "desc")
    return [one["id"] for one in hits]


def values(sessions: Sessions) -> dict[str, st.SearchStrategy[str]]:
    """What may be asked of each filter: what is there, and what is not."""
    flag = st.sampled_from(["true", "false"])
    moments = st.sampled_from([one["created_at"] for one in sessions])
    ids = [one["id"] for one in sessions]
    parts = st.sampled_from(
        ["week", "SYNC", "e", "strasse", "|", "%", "σίσυφος", "m2", "nobody", ids[3], ids[5][8:14]]
    )

    def many(words: list[str]) -> st.SearchStrategy[str]:
        return st.lists(st.sampled_from(words), min_size=1, max_size=3, unique=True).map(",".join)

    return {
        "status": many(STATUSES),
        "live": flag,
        "sealed": flag,
        "started": flag,
        "scheduled": flag,
        "summary_complete": flag,
        "from_calendar": flag,
        "platform": many(["zoom", "google_meet", "teams", "other"]),
        "type": many(TYPES),
        "meeting_id": st.sampled_from([*MEETINGS, "m2"]),
        "topic_id": st.sampled_from([*TOPICS, "top_c"]),
        "participants": many([*PEOPLE, "ghost", "ANN"]),
        "created_after": moments,
        "created_before": moments,
        "title": parts,
        "search": parts,
    }


@pytest.mark.parametrize("name", FILTERS)
def test_each_filter_alone(everything: tuple[httpx.Client, Sessions], name: str) -> None:
    api, sessions = everything
    sizes: set[int] = set()

    @settings(max_examples=20, deadline=None, database=None, derandomize=True)
    @given(values(sessions)[name])
    def check(value: str) -> None:
        ids = listed(api, **{name: value})
        assert ids == expected(sessions, {name: value})
        sizes.add(len(ids))

    check()
    assert sizes - {0, len(sessions)}, "it never chose"


def test_filters_and_orders_together(everything: tuple[httpx.Client, Sessions]) -> None:
    api, sessions = everything
    order = {"sort": st.sampled_from(sorted(VALUES)), "order": st.sampled_from(["asc", "desc"])}
    queries = st.fixed_dictionaries({}, optional=values(sessions) | order).filter(
        lambda query: len(query) <= 5
    )

    @settings(max_examples=120, deadline=None, database=None, derandomize=True)
    @given(queries, st.integers(1, 40))
    def check(query: dict[str, str], size: int) -> None:
        ids = expected(sessions, query)
        assert listed(api, **query, limit=size) == ids
        assert paged(api, size, **query) == ids

    check()


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("sort", VALUES)
@pytest.mark.parametrize("size", [1, 7, 200])
def test_each_order(everything: tuple[httpx.Client, Sessions], sort: str, order: str, size: int) -> None:
    api, sessions = everything
    query = {"sort": sort, "order": order}
    ids = expected(sessions, query)
    assert len({VALUES[sort](one) for one in sessions}) > 5, "nothing to sort by"
    assert listed(api, **query, limit=size) == ids
    assert paged(api, size, **query) == ids
