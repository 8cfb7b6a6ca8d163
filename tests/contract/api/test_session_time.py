"""What time does to sessions: two hubs on one Redis, with times of a second or two in place of minutes."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from typing import Any

import httpx
import pytest
from contract.api.asking import (
    at_once,
    client,
    ended,
    event,
    found,
    frames,
    make_key,
    new,
    post,
    published,
    refused,
    sealed,
    seq,
    status,
    taken,
    unique,
)
from servers import HubServer, RedisServer, wait_until

SHORT = {
    "HUB_IDLE_TIMEOUT": "1",
    "HUB_LATE_WINDOW": "1",
    "HUB_RETENTION": "2",
    "HUB_SWEEP_INTERVAL": "0.2",
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.close()


@pytest.fixture(scope="module")
def hubs(store: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[HubServer, ...]]:
    servers = tuple(HubServer(tmp_path_factory.mktemp("hub"), store, SHORT) for _ in range(2))
    at_once(2, lambda number: servers[number].start())
    yield servers
    for server in servers:
        server.stop()
        text = server.log.read_text()
        assert "Traceback" not in text, text


@pytest.fixture
def apis(hubs: tuple[HubServer, ...], organization: str) -> Iterator[list[httpx.Client]]:
    """The same organization on both hubs."""
    with ExitStack() as clients:
        operator = clients.enter_context(client(hubs[0], hubs[0].key))
        own = make_key(operator, organization)
        yield [clients.enter_context(client(hub, own)) for hub in hubs]


def to_the_end(api: httpx.Client, session_id: str) -> list[dict[str, Any]]:
    """All frames of a session's stream, to its `end`."""
    with api.stream("GET", f"/v1/sessions/{session_id}/stream", params={"after": "0-0"}) as stream:
        return list(frames(stream))


def test_a_silent_session_is_lost_once_and_sealed_once(apis: list[httpx.Client]) -> None:
    ids: list[str] = []
    for number in range(12):
        ids.append(new(apis[number % 2]))
        if number % 2 == 0:
            # At once: when all were there, the first may be lost already.
            published(apis[number // 2 % 2], ids[-1], status("active"))
    with ThreadPoolExecutor(len(ids)) as pool:
        streams = list(pool.map(lambda number: to_the_end(apis[number % 2], ids[number]), range(len(ids))))
    for number, received in enumerate(streams):
        entries = [frame for frame in received if frame["type"].startswith("session.")]
        assert [seq(entry["id"]) for entry in entries] == list(range(1, len(entries) + 1))
        *before, lost, seal = entries
        assert [entry["type"] for entry in before] == [
            "session.created",
            *(["session.status_changed"] if number % 2 == 0 else []),
        ]
        assert lost["type"] == "session.status_changed"
        assert (lost["data"]["status"], lost["data"]["code"]) == ("failed", "BOT_LOST")
        assert seq(seal["id"]) == seq(lost["id"]) + 1
        assert (seal["type"], seal["data"]) == ("session.sealed", {"reason": "late_window"})
        assert (received[-1]["type"], received[-1]["data"]) == ("end", {"reason": "sealed"})


def test_who_is_heard_of_is_not_lost(apis: list[httpx.Client]) -> None:
    beating, publishing = new(apis[0]), new(apis[0])
    scheduled = new(apis[0], scheduled_for="2100-01-01T00:00:00Z")
    # As long as two others live, one after the other: by then each would be long overdue.
    for _ in range(2):
        silent = new(apis[0])
        wait_until(partial(lost, apis, silent, beating, publishing), "the silent one is lost")
        assert found(apis[0], silent)["end"]["code"] == "BOT_LOST"
    refused(apis[0].post(f"/v1/sessions/{silent}/heartbeat"), "session_ended")
    refused(post(apis[0], silent, status("active")), "session_ended")
    for session_id in (beating, publishing):
        assert found(apis[0], session_id)["live"] is True
    assert found(apis[0], scheduled)["status"] == "scheduled"


def lost(apis: list[httpx.Client], silent: str, beating: str, publishing: str) -> bool:
    taken(apis[1].post(f"/v1/sessions/{beating}/heartbeat"))
    published(apis[1], publishing, event("log.entry", level="info", message="alive"))
    return found(apis[0], silent)["status"] == "failed"


def test_late_events_are_taken_until_the_window_closes(apis: list[httpx.Client]) -> None:
    session_id = new(apis[0])
    ended(apis[0], session_id)
    published(apis[1], session_id, event("log.entry", level="info", message="late"))
    wait_until(lambda: found(apis[0], session_id)["sealed"], "it is sealed")
    for api in apis:
        refused(post(api, session_id, event("log.entry", level="info", message="later")), "session_sealed")
    published(apis[1], session_id, event("recording.updated", state="ready"))


def everything(api: httpx.Client, **fields: Any) -> str:
    """A session that has all kinds of keys in the store."""
    session_id = new(api, meeting_id="weekly", **fields)
    published(
        api,
        session_id,
        status("active"),
        {**event("x.a"), "idempotency_key": "k"},
        event("log.entry", level="info", message="m"),
        event("transcript.segment", segment_id="s", final=True, text="a", start=0, end=1),
    )
    return session_id


PARTS = ("", ":events", ":logs", ":keys", ":segments", ":state", ":transcript")


def test_an_expired_session_leaves_reads_and_counts_at_once(
    store: RedisServer, apis: list[httpx.Client], organization: str
) -> None:
    """Also one with more people than are tidied up at once."""
    api, crowd, people = apis[0], new(apis[0], meeting_id="weekly", title="Weekly"), 1200
    kept = new(api, meeting_id="weekly", title="Weekly", scheduled_for="2100-01-01T00:00:00Z")
    joined = [
        event("participant.joined", participant_id=f"p{number}", connection_id="c", name="A")
        for number in range(people)
    ]
    for first in range(0, people, 400):
        published(api, crowd, *joined[first : first + 400])
    queries = [{}, {"meeting_id": "weekly"}, {"search": "week"}, {"sort": "minutes"}]

    def counts(who: httpx.Client) -> list[int]:
        return [taken(who.get("/v1/sessions", params=query))["count"] for query in queries]

    assert counts(api) == [2, 2, 2, 2]
    assert taken(api.get("/v1/sessions?participants=p7,p1199"))["count"] == 1
    sealed(api, crowd)
    while True:
        # Whoever counts it, and reads it after that, may find it gone meanwhile; never the other way round.
        there = api.get(f"/v1/sessions/{crowd}").status_code == 200
        seen = counts(apis[1])
        if not there:
            assert seen == [1, 1, 1, 1]
            break
        assert seen in ([2, 2, 2, 2], [1, 1, 1, 1]) or api.get(f"/v1/sessions/{crowd}").status_code == 404
    assert taken(api.get("/v1/sessions?participants=p7"))["count"] == 0
    summary = taken(api.get("/v1/analytics/summary"))
    assert (summary["sessions"], summary["scheduled"], summary["participants"]) == (1, 1, 0)
    assert sum(one["sessions"] for one in taken(api.get("/v1/analytics/trends"))["data"]) == 1
    root = f"hub:{{{organization}}}"
    with store.client() as connection:
        wait_until(lambda: not list(connection.scan_iter(f"{root}:group:person:*")), "it is tidied up")
        wait_until(lambda: not connection.exists(f"{root}:expiring"), "nothing is left to do")
        assert not list(connection.scan_iter(f"{root}:s:{crowd}*"))
        assert connection.hlen(f"{root}:group:meeting:weekly") == 1
    assert [one["id"] for one in taken(api.get("/v1/sessions"))["data"]] == [kept]


def test_all_of_a_sealed_session_has_its_time(
    hub_server: HubServer, api: httpx.Client, organization: str
) -> None:
    session_id = everything(api)
    assert hub_server.redis is not None
    meta = f"hub:{{{organization}}}:s:{session_id}"
    names = {f"{meta}{part}".encode() for part in PARTS}
    with hub_server.redis.client() as store:
        wait_until(lambda: set(store.scan_iter(f"{meta}*")) == names, "it is written down")
        assert {store.ttl(name) for name in names} == {-1}, "a live session does not expire"
        sealed(api, session_id)
        (newest,) = published(api, session_id, event("recording.updated", state="ready"))
        month = 30 * 86_400
        # The sweep takes it away then; these are for the case that there is none for long.
        net = 3600
        assert all(month - 60 < store.ttl(name) - net <= month for name in names)

        # What is written down later has the time of the others.
        wait_until(lambda: newest.encode() in store.getrange(f"{meta}:state", 0, 127), "it is written again")
        assert set(store.scan_iter(f"{meta}*")) == names
        left = [store.pttl(name) for name in names]
        assert max(left) - min(left) < 1000


def test_after_the_retention_nothing_is_left(
    store: RedisServer, apis: list[httpx.Client], organization: str
) -> None:
    api = apis[0]
    kept = new(api, scheduled_for="2100-01-01T00:00:00Z", meeting_id="weekly")
    headers = {"Idempotency-Key": unique("create")}
    gone = [everything(api), taken(api.post("/v1/sessions", json={}, headers=headers), 201)["id"]]
    for session_id in gone:
        sealed(api, session_id)
    deleted = everything(api)
    assert api.delete(f"/v1/sessions/{deleted}").status_code == 204
    gone.append(deleted)
    root = f"hub:{{{organization}}}"
    indexes = ("sessions", "number", "start", "minutes", "figures:0", "meetings", "meeting:weekly")
    indexes += ("group:meeting:weekly", "feed")
    shared = {f"{root}:{part}" for part in indexes}
    own = {f"{root}:s:{kept}{part}" for part in ("", ":events", ":state")}

    def named(connection: Any) -> list[str]:
        """Where a session that is gone is still found, but for the feed, which is capped."""
        places: list[str] = []
        for key in connection.scan_iter(f"{root}*"):
            name = key.decode()
            kind = connection.type(key).decode()
            members: list[bytes] = []
            if kind == "zset":
                members = connection.zrange(key, 0, -1)
            elif kind == "hash":
                members = [*connection.hkeys(key), *connection.hvals(key)]
            elif kind == "string":
                members = [connection.get(key)]
            text = name + " " + b" ".join(filter(None, members)).decode("utf-8", "replace")
            if any(session_id in text for session_id in gone):
                places.append(name)
        return places

    with store.client() as connection:
        assert named(connection)
        wait_until(lambda: not named(connection), "nothing names them")
        left = {key.decode() for key in connection.scan_iter(f"{root}*")}
        # A bitmap does not shrink.
        assert {key for key in left if not key.startswith(f"{root}:facet:")} == shared | own
        assert connection.bitcount(f"{root}:facet:all") == 1
        assert connection.zrange(f"{root}:sessions", 0, -1) == [b"000000000001"]
        assert connection.hget(f"{root}:number", 1) == f"{kept}|weekly|".encode()
    for api in apis:
        for session_id in gone:
            refused(api.get(f"/v1/sessions/{session_id}"), "session_not_found")
        assert [session["id"] for session in taken(api.get("/v1/sessions"))["data"]] == [kept]
    # Its number is not given again.
    assert taken(apis[0].post("/v1/sessions", json={}), 201)["number"] == 5
