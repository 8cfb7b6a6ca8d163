"""An import outlives the hub that does it: another one goes on, and each thing is told once."""

import json
from collections.abc import Callable, Iterator
from threading import Event
from typing import Any

import httpx
import pytest
from contract.api.asking import at_once, client, created, found, history, new, refused, taken
from file_server import Asked, Authority, FileServer, Reply
from servers import HubServer, RedisServer, wait_until

LINES, RATE = 1500, 1000
BODY = json.dumps(
    [{"speaker": f"P{n % 3}", "start": n, "end": n + 0.5, "text": f"line {n}"} for n in range(LINES)]
).encode()
DUE, JOBS = "hub:{import.jobs}:due", "hub:{import.jobs}:jobs"


@pytest.fixture
def hubs(
    own_redis: RedisServer, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[HubServer]]:
    """Two hubs with the same key, the second one not started."""
    settings = {
        "HUB_FETCH_ALLOW": "127.0.0.1",
        "HUB_MAX_RATE": str(RATE),
        "SSL_CERT_FILE": str(authority.file),
    }
    made = [HubServer(tmp_path_factory.mktemp("hub"), own_redis, settings) for _ in range(2)]
    made[1].key = made[0].key
    made[0].start()
    yield made
    for hub in made:
        hub.stop()
        assert hub.process is None or "Traceback" not in hub.log.read_text()


def is_whole(hub: HubServer, session_id: str) -> None:
    """All of it was told, and nothing twice."""
    with client(hub, hub.key) as api:
        wait_until(lambda: found(api, session_id)["sealed"], "it is imported")
        entries = history(api, session_id)
    types = [entry["type"] for entry in entries]
    assert types.count("transcript.segment") == LINES
    assert types.count("participant.joined") == types.count("participant.left") == 3
    statuses = [e["data"]["status"] for e in entries if e["type"] == "session.status_changed"]
    assert statuses == ["initializing", "active", "completed"]
    texts = [e["data"]["text"] for e in entries if e["type"] == "transcript.segment"]
    assert texts == [f"line {n}" for n in range(LINES)]


def lease_lapses(redis_server: RedisServer, session_id: str) -> None:
    """As in ten seconds from now."""
    with redis_server.client() as store:
        assert store.zadd(DUE, {f"default/{session_id}": 1}, xx=True, ch=True) == 1


def begun(api: httpx.Client, redis_server: RedisServer, files: FileServer) -> str:
    """A session of which something was told, but not all: more than that the rate does not allow at once."""
    session_id = created(api, file_url=files.url("/a"))["id"]
    with redis_server.client() as store:

        def told() -> int:
            return int(store.hget(f"hub:{{default}}:s:{session_id}", "positions"))

        wait_until(told, "it has begun")
        assert told() < LINES
    return session_id


def ended(api: httpx.Client, session_id: str) -> dict[str, Any]:
    def there() -> dict[str, Any] | None:
        session = found(api, session_id)
        return session if session["status"] in ("completed", "failed") else None

    return wait_until(there, "it has ended")


def stalling(gate: Event) -> Callable[[Asked, int], Reply]:
    """The first who asks waits for the gate."""

    def reply(_asked: Asked, number: int) -> Reply:
        if number == 0:
            gate.wait(60)
        return Reply(BODY, "application/json")

    return reply


def test_a_killed_hubs_import_is_taken_over(
    hubs: list[HubServer], own_redis: RedisServer, files: FileServer
) -> None:
    first, second = hubs
    files.files["/a"] = stalling(files.closing)
    with client(first, first.key) as api:
        session_id = created(api, file_url=files.url("/a"))["id"]
        wait_until(lambda: files.asked, "the file is fetched")
    first.kill()
    second.start()
    lease_lapses(own_redis, session_id)
    is_whole(second, session_id)


def test_a_hub_that_is_killed_while_it_tells_is_gone_on_for(
    hubs: list[HubServer], own_redis: RedisServer, files: FileServer
) -> None:
    first, second = hubs
    files.files["/a"] = Reply(BODY, "application/json")
    with client(first, first.key) as api:
        session_id = begun(api, own_redis, files)
    first.kill()
    second.start()
    lease_lapses(own_redis, session_id)
    is_whole(second, session_id)


def test_a_hub_that_stops_lets_go_of_its_import(
    hubs: list[HubServer], own_redis: RedisServer, files: FileServer
) -> None:
    first, second = hubs
    files.files["/a"] = stalling(files.closing)
    with client(first, first.key) as api:
        session_id = created(api, file_url=files.url("/a"))["id"]
        wait_until(lambda: files.asked, "the file is fetched")
    first.stop()
    second.start()
    is_whole(second, session_id)


def test_two_that_do_the_same_import_tell_it_once(
    hubs: list[HubServer], own_redis: RedisServer, files: FileServer
) -> None:
    """The first was not heard for too long and goes on."""
    first, second = hubs
    second.start()
    gate = Event()
    files.files["/a"] = stalling(gate)
    with client(first, first.key) as api:
        session_id = created(api, file_url=files.url("/a"))["id"]
        wait_until(lambda: files.asked, "the file is fetched")
        lease_lapses(own_redis, session_id)
        wait_until(lambda: len(files.asked) == 2, "the other one fetches it too")
        gate.set()
    is_whole(second, session_id)


def test_a_session_stopped_or_deleted_meanwhile_needs_no_file(
    hubs: list[HubServer], own_redis: RedisServer, files: FileServer
) -> None:
    """Long before the file would have had to come."""

    def never(_asked: Asked, _number: int) -> Reply:
        files.closing.wait(60)
        return Reply(BODY)

    files.files["/a"] = never
    with client(hubs[0], hubs[0].key) as api:
        stopped, deleted = (created(api, file_url=files.url("/a"))["id"] for _ in range(2))
        wait_until(lambda: len(files.asked) == 2, "both are fetched")
        answer = taken(api.post(f"/v1/sessions/{stopped}/stop"))
        assert (answer["status"], answer["end"]["code"]) == ("failed", "CANCELLED")
        assert api.delete(f"/v1/sessions/{deleted}").status_code == 204
        with own_redis.client() as store:
            wait_until(lambda: not store.exists(JOBS), "nobody works on them")
        assert found(api, stopped)["end"]["code"] == "CANCELLED"


def test_a_file_that_changes_meanwhile_fails(
    hubs: list[HubServer], own_redis: RedisServer, files: FileServer
) -> None:
    hub = hubs[0]
    files.files["/a"] = Reply(BODY, "application/json")
    with client(hub, hub.key) as api:
        session_id = begun(api, own_redis, files)
        hub.kill()
        files.files["/a"] = Reply(BODY.replace(b"line 0", b"line X"), "application/json")
        hub.start()
        lease_lapses(own_redis, session_id)
        session = ended(api, session_id)
    assert (session["status"], session["end"]["code"]) == ("failed", "IMPORT_FAILED")
    assert session["end"]["message"] == "The file has changed while it was imported."


def test_a_hub_that_died_between_announcement_and_creation_leaves_nothing(
    hubs: list[HubServer], own_redis: RedisServer
) -> None:
    with own_redis.client() as store:
        store.hset(JOBS, "default/ses_00000000000000000000", "job|0||https://127.0.0.1/")
        store.zadd(DUE, {"default/ses_00000000000000000000": 1})
        wait_until(lambda: not store.exists(JOBS), "the job is gone")
        assert not store.exists(DUE)


def test_an_import_that_kills_hubs_fails_in_the_end(
    hubs: list[HubServer], own_redis: RedisServer, files: FileServer
) -> None:
    hub = hubs[0]
    files.files["/a"] = stalling(files.closing)
    with client(hub, hub.key) as api:
        session_id = created(api, file_url=files.url("/a"))["id"]
        wait_until(lambda: files.asked, "the file is fetched")
        hub.kill()
        with own_redis.client() as store:
            member = f"default/{session_id}"
            value = store.hget(JOBS, member)
            store.hset(JOBS, member, value.replace(b"|1|", b"|3|"))
        lease_lapses(own_redis, session_id)
        hub.start()
        session = ended(api, session_id)
    assert (session["status"], session["end"]["code"]) == ("failed", "IMPORT_FAILED")
    assert "begun 3 times" in session["end"]["message"]


def test_many_imports_are_shared(hubs: list[HubServer], own_redis: RedisServer, files: FileServer) -> None:
    hubs[1].start()
    files.files["/a"] = Reply(BODY, "application/json")

    def ask(number: int) -> list[str]:
        hub = hubs[number]
        with client(hub, hub.key) as api:
            return [created(api, file_url=files.url("/a"))["id"] for _ in range(2)]

    for session_ids in at_once(2, ask):
        for session_id in session_ids:
            is_whole(hubs[0], session_id)
    assert len(files.asked) == 4


def test_no_more_imports_than_fit(hubs: list[HubServer], own_redis: RedisServer, files: FileServer) -> None:
    hub = hubs[0]
    with client(hub, hub.key) as api, own_redis.client() as store:
        store.zadd(DUE, {f"default/none-{number}": 9e15 for number in range(10_000)})
        answer = api.post("/v1/sessions", json={"file_url": files.url("/a")})
        refused(answer, "imports_busy")
        # Others are created as ever; none is left of this one.
        only = new(api)
        assert [session["id"] for session in taken(api.get("/v1/sessions"))["data"]] == [only]
