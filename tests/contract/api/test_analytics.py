"""`/v1/analytics`, against what the list of sessions shows."""

import random
import struct
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from contract.api.asking import client, created, ended, event, new, published, refused, sealed, status, taken
from servers import HubServer, wait_until

from hub.core.distribution import BUCKETS

SESSIONS = 40
DAYS = 70
LINKS = [None, "https://zoom.us/j/1", "https://meet.google.com/abc-defg-hij", "https://example.org/room"]
FUTURE = "2100-01-01T00:00:00Z"
QUERIES: list[dict[str, str]] = [
    {},
    {"status": "completed,active"},
    {"live": "true"},
    {"live": "false", "platform": "zoom,other"},
    {"type": "livestream"},
    {"meeting_id": "m1"},
    {"participants": "ann,nobody"},
    {"scheduled": "true"},
    {"title": "WEEK"},
    {"search": "m2", "sealed": "false"},
    {"status": "failed", "live": "true"},
    {"created_after": "2026-01-15", "created_before": "2026-02-20"},
]

Session = dict[str, Any]


def ask(api: httpx.Client, name: str, **query: Any) -> Any:
    return taken(api.get(f"/v1/analytics/{name}", params=query))


def make(api: httpx.Client, chance: random.Random) -> str:
    """A session of any kind."""
    said = {
        "title": chance.choice([None, "Weekly", "Sync"]),
        "type": chance.choice(["meeting", "livestream", "participant"]),
        "meeting_id": chance.choice([None, "m1", "m2"]),
        "meeting_link": chance.choice(LINKS),
        "scheduled_for": FUTURE if chance.random() < 0.2 else None,
    }
    session_id = new(api, **said)
    if chance.random() < 0.2:
        return session_id
    for name in ("joining", "active", "recording", "leaving"):
        if chance.random() < 0.6:
            published(api, session_id, status(name))
    for who in chance.sample(["ann", "bob", "cleo"], chance.randint(0, 3)):
        published(
            api, session_id, event("participant.joined", participant_id=who, connection_id=who, name=who)
        )
    if chance.random() < 0.6:
        chance.choice([ended, sealed])(api, session_id)
    return session_id


def listed(api: httpx.Client, **query: str) -> list[Session]:
    """All that is found."""
    page = taken(api.get("/v1/sessions", params={**query, "limit": 200}))
    assert page["next"] is None
    return page["data"]


@pytest.fixture(scope="module")
def stage(hub_server: HubServer) -> Iterator[httpx.Client]:
    """An organization with sessions that were created on many days, of which some are deleted again.

    The hub gives times itself, so they are put back in the index of times, which the list reads too.
    """
    chance = random.Random(12)
    organization = f"org-{chance.getrandbits(64):x}-{id(chance)}"
    with client(hub_server, hub_server.make_key(organization)) as api:
        ids = [make(api, chance) for _ in range(SESSIONS)]
        assert hub_server.redis is not None
        with hub_server.redis.client() as store:
            root, first = f"hub:{{{organization}}}", datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1000
            members = store.zrange(f"{root}:sessions", 0, -1)
            # One is at the first moment of a day, one at the last of the day before.
            times = sorted(chance.randrange(DAYS * 86_400_000) for _ in members[2:])
            times = sorted([*times, 31 * 86_400_000 - 1, 31 * 86_400_000])
            at = dict(zip(members, (first + time for time in times), strict=True))
            store.zadd(f"{root}:sessions", at)
        for session_id in chance.sample(ids, 6):
            assert api.delete(f"/v1/sessions/{session_id}").status_code == 204
        wait_until(lambda: written(api), "all is written down")
        yield api


def written(api: httpx.Client) -> bool:
    joined = sum(one["participant_counts"]["total"] for one in listed(api))
    minutes = sum(one["minutes_consumed"] for one in listed(api))
    found = ask(api, "summary")
    return found["participants"] == joined and found["minutes_consumed"] == pytest.approx(minutes)


def durations(sessions: list[Session]) -> list[float]:
    return [one["duration"] for one in sessions if one["duration"] is not None]


def average(values: list[float]) -> Any:
    return pytest.approx(sum(values) / len(values)) if values else None


def test_there_is_something_of_everything(stage: httpx.Client) -> None:
    """Without this, the other tests would compare nothing with nothing."""
    sessions = listed(stage)
    assert len(sessions) == SESSIONS - 6
    assert {"scheduled", "initializing", "completed", "failed", "active"} <= {
        one["status"] for one in sessions
    }
    assert len(durations(sessions)) > 5
    assert {one["platform"] for one in sessions} >= {None, "zoom", "other"}
    assert sum(bool(listed(stage, **query)) for query in QUERIES) >= len(QUERIES) - 1


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_the_summary_counts_what_is_listed(stage: httpx.Client, query: dict[str, str]) -> None:
    sessions = listed(stage, **query)
    names = [one["status"] for one in sessions]
    lengths = durations(sessions)
    joined = [one["participant_counts"]["total"] for one in sessions]
    assert ask(stage, "summary", **query) == {
        "sessions": len(sessions),
        "scheduled": names.count("scheduled"),
        "live": sum(one["live"] for one in sessions),
        "completed": names.count("completed"),
        "failed": names.count("failed"),
        "timed_sessions": len(lengths),
        "total_duration": pytest.approx(sum(lengths)),
        "average_duration": average(lengths),
        "longest_duration": max(lengths, default=None),
        "minutes_consumed": pytest.approx(sum(one["minutes_consumed"] for one in sessions)),
        "participants": sum(joined),
        "average_participants": average(joined),
    }


@pytest.mark.parametrize("query", QUERIES, ids=str)
@pytest.mark.parametrize(
    ("granularity", "first", "last"),
    [
        ("day", "2025-12-31", "2026-03-12"),
        ("day", "2026-01-31", "2026-02-01"),
        ("week", "2026-01-07", "2026-03-03"),
        ("month", "2025-11-15", "2026-02-10"),
    ],
)
def test_each_period_counts_what_is_listed_of_it(
    stage: httpx.Client, query: dict[str, str], granularity: str, first: str, last: str
) -> None:
    told = ask(stage, "trends", granularity=granularity, **{"from": first, "to": last}, **query)
    assert told["granularity"] == granularity
    data = told["data"]
    assert (data[0]["first_day"], data[-1]["last_day"]) == (first, last)
    if "created_after" in query:
        # Both narrow: here only which periods there are is looked at, and that nothing outside counts.
        within = {one["id"] for one in listed(stage, **query)}
        span = {"created_after": first, "created_before": last}
        assert sum(period["sessions"] for period in data) == len(
            within & {one["id"] for one in listed(stage, **span)}
        )
        return
    for period in data:
        span = {"created_after": period["first_day"], "created_before": period["last_day"]}
        sessions = listed(stage, **query, **span)
        names, lengths = [one["status"] for one in sessions], durations(sessions)
        assert period == {
            "period": period["period"],
            "first_day": period["first_day"],
            "last_day": period["last_day"],
            "sessions": len(sessions),
            "completed": names.count("completed"),
            "failed": names.count("failed"),
            "total_duration": pytest.approx(sum(lengths)),
            "average_duration": average(lengths),
        }
    following = [date.fromisoformat(one["last_day"]) + timedelta(days=1) for one in data]
    assert [day.isoformat() for day in following[:-1]] == [one["first_day"] for one in data[1:]]


def test_periods_have_names(stage: httpx.Client) -> None:
    def names(**query: str) -> list[str]:
        return [one["period"] for one in ask(stage, "trends", **query)["data"]]

    assert names(**{"from": "2026-01-31", "to": "2026-02-01"}) == ["2026-01-31", "2026-02-01"]
    assert names(**{"from": "2026-01-01", "to": "2026-01-05", "granularity": "week"}) == [
        "2026-W01",
        "2026-W02",
    ]
    assert names(**{"from": "2025-12-31", "to": "2026-01-01", "granularity": "month"}) == [
        "2025-12",
        "2026-01",
    ]
    assert len(names(**{"from": "2024-01-01", "to": "2024-12-31"})) == 366


@pytest.mark.parametrize(("granularity", "count"), [("day", 30), ("week", 12), ("month", 12)])
def test_by_default_trends_go_up_to_today(api: httpx.Client, granularity: str, count: int) -> None:
    new(api)
    data = ask(api, "trends", granularity=granularity)["data"]
    assert len(data) == count
    assert [one["sessions"] for one in data] == [0] * (count - 1) + [1]
    if granularity == "day":
        assert ask(api, "trends")["data"] == data


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_durations_are_in_their_buckets(stage: httpx.Client, query: dict[str, str]) -> None:
    told = ask(stage, "durations", **query)
    lengths = durations(listed(stage, **query))
    assert told["count"] == len(lengths)
    for bucket in told["buckets"]:
        low, high = bucket["min_seconds"], bucket["max_seconds"] or float("inf")
        assert bucket["count"] == sum(low <= length < high for length in lengths)
    assert sum(bucket["percentage"] for bucket in told["buckets"]) == pytest.approx(100 if lengths else 0)


def test_long_sessions_are_in_other_buckets(
    hub_server: HubServer, api: httpx.Client, organization: str
) -> None:
    """Nobody waits for hours: their durations are put into the index."""
    minutes = [1, 5, 14.999, 15, 60, 61, 240, 1000]
    for _ in minutes:
        session_id = new(api)
        published(api, session_id, status("active"))
        ended(api, session_id)
    assert hub_server.redis is not None
    with hub_server.redis.client() as store:
        for number, length in enumerate(minutes, 1):
            value = struct.pack("<d", round(length * 60_000))
            store.setrange(f"hub:{{{organization}}}:figures:0", number * 24, value)
    told = ask(api, "durations")
    assert [bucket["count"] for bucket in told["buckets"]] == [1, 2, 1, 0, 2, 0, 2]
    assert [bucket["percentage"] for bucket in told["buckets"]] == [12.5, 25, 12.5, 0, 25, 0, 25]
    assert [bucket["label"] for bucket in told["buckets"]] == [bucket.label for bucket in BUCKETS]
    summary = ask(api, "summary")
    assert summary["total_duration"] == pytest.approx(sum(minutes) * 60)
    assert summary["longest_duration"] == 60_000


@pytest.mark.parametrize("query", QUERIES, ids=str)
@pytest.mark.parametrize("dimension", ["status", "platform", "type"])
def test_each_part_counts_what_is_listed(stage: httpx.Client, query: dict[str, str], dimension: str) -> None:
    told = ask(stage, "statuses", dimension=dimension, **query)
    counted = Counter(one[dimension] for one in listed(stage, **query))
    assert told["dimension"] == dimension
    assert told["count"] == counted.total()
    assert {part["value"]: part["count"] for part in told["parts"] if part["count"]} == counted
    assert sum(part["percentage"] for part in told["parts"]) == pytest.approx(100 if counted else 0)
    if dimension == "status":
        assert ask(stage, "statuses", **query) == told


@pytest.mark.parametrize("query", QUERIES, ids=str)
@pytest.mark.parametrize("limit", [2, 200])
def test_active_sessions_are_those_that_are_live(
    stage: httpx.Client, query: dict[str, str], limit: int
) -> None:
    found: list[Session] = []
    asked: dict[str, Any] = {**query, "limit": limit}
    while True:
        page = ask(stage, "active", **asked)
        found += page["data"]
        if page["next"] is None:
            break
        asked["cursor"] = page["next"]
    sessions = [one for one in listed(stage, **query) if one["live"]]
    assert page["count"] == len(sessions)
    assert [one["id"] for one in found] == [one["id"] for one in sessions]
    for shown, session in zip(found, sessions, strict=True):
        for name in set(shown) - {"duration", "participants"}:
            assert shown[name] == session[name], name
        assert (shown["duration"] is None) is (session["started_at"] is None)


def test_an_active_session_says_who_is_there(api: httpx.Client) -> None:
    before = datetime.now(UTC)
    session_id = created(api, title="Weekly", bot_name="Scribe", meeting_link=LINKS[1])["id"]
    assert ask(api, "active")["data"][0]["duration"] is None
    published(api, session_id, status("active"))
    people = [
        event("participant.joined", participant_id=f"p{n}", connection_id="c", name=f"N{n}")
        for n in range(103)
    ]
    published(api, session_id, *people, event("participant.left", participant_id="p1", connection_id="c"))
    (shown,) = ask(api, "active")["data"]
    assert shown["participants"] == ["N0", *(f"N{number}" for number in range(2, 101))]
    assert shown["participant_counts"] == {"live": 102, "peak": 103, "total": 103}
    assert (shown["title"], shown["bot_name"], shown["platform"]) == ("Weekly", "Scribe", "zoom")
    assert shown["meeting_link"] == LINKS[1]
    assert 0 <= shown["duration"] <= (datetime.now(UTC) - before).total_seconds() + 0.01
    ended(api, session_id)
    assert ask(api, "active") == {"data": [], "next": None, "count": 0}


def test_pages_of_active_sessions_by_number(api: httpx.Client) -> None:
    ids = [new(api) for _ in range(3)]
    pages = [ask(api, "active", page=number, size=2) for number in (1, 2, 3)]
    assert [[one["id"] for one in page["data"]] for page in pages] == [ids[:0:-1], ids[:1], []]
    cursor = ask(api, "active", limit=1)["next"]
    refused(
        api.get("/v1/analytics/active", params={"cursor": cursor, "type": "meeting"}),
        "invalid_parameter",
        field="cursor",
    )


def test_nothing_of_another_organization_counts(api: httpx.Client, stage: httpx.Client) -> None:
    assert ask(stage, "summary")["sessions"] > 0
    summary = ask(api, "summary")
    assert {name: value for name, value in summary.items() if value} == {}
    assert ask(api, "active")["count"] == ask(api, "durations")["count"] == ask(api, "statuses")["count"] == 0
    span = {"from": "2026-01-01", "to": "2026-03-31"}
    assert {one["sessions"] for one in ask(api, "trends", **span)["data"]} == {0}
    assert ask(api, "talk-time")["sessions"] == 0


NAMES = ("summary", "active", "trends", "durations", "statuses", "talk-time")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("status=gone", "status"),
        ("live=1", "live"),
        ("platform=x", "platform"),
        ("type=", "type"),
        ("meeting_id=a%20b", "meeting_id"),
        ("topic_id=%7D", "topic_id"),
        ("participants=,", "participants"),
        ("created_after=soon", "created_after"),
        ("created_before=2026-02-30", "created_before"),
        ("title=", "title"),
        ("sort=created", "sort"),
        ("token=st_x", "token"),
        ("live=true&live=true", "live"),
    ],
)
def test_a_wrong_filter_is_named(api: httpx.Client, name: str, query: str, field: str) -> None:
    refused(api.get(f"/v1/analytics/{name}?{query}"), "invalid_parameter", field=field)


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("summary?limit=5", "limit"),
        ("active?limit=0", "limit"),
        ("active?cursor=x", "cursor"),
        ("active?page=0", "page"),
        ("trends?granularity=year", "granularity"),
        ("trends?granularity=", "granularity"),
        ("trends?from=2026-02-30", "from"),
        ("trends?from=2026-01-01T00:00:00Z", "from"),
        ("trends?to=", "to"),
        ("trends?to=20260101", "to"),
        ("trends?from=2026-01-02&to=2026-01-01", "to"),
        ("trends?from=9999-12-31", "from"),
        ("trends?from=2024-01-01&to=2025-01-01", "from"),
        ("trends?from=0001-01-01&to=9999-12-31&granularity=month", "from"),
        ("statuses?dimension=colour", "dimension"),
        ("statuses?dimension=", "dimension"),
        ("talk-time?session_id=a%20b", "session_id"),
        ("talk-time?limit=1001", "limit"),
        ("talk-time?session_id=ses_1&live=true", "live"),
    ],
)
def test_a_wrong_parameter_is_named(api: httpx.Client, path: str, field: str) -> None:
    refused(api.get(f"/v1/analytics/{path}"), "invalid_parameter", field=field)


@pytest.mark.parametrize("name", NAMES)
def test_there_is_json_only(api: httpx.Client, name: str) -> None:
    refused(api.get(f"/v1/analytics/{name}", headers={"Accept": "text/html"}), "not_acceptable")


def test_time_has_its_ends(api: httpx.Client) -> None:
    assert ask(api, "trends", **{"to": "0001-01-01"})["data"][0]["period"] == "0001-01-01"
    last = ask(api, "trends", **{"from": "9999-12-01", "to": "9999-12-31", "granularity": "week"})["data"][-1]
    assert last["last_day"] == "9999-12-31"
