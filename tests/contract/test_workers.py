"""A hub of several processes: they share the work and count together, and one may die."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from contract.crew import (
    all_up,
    connected,
    counted,
    follow,
    hub_command,
    peers,
    port_of,
    transport_of,
    workers,
)
from contract.streaming.followers import PATIENCE, Follower, ids
from contract.streaming.stage import Stage, custom, eventually, joined, on_stage
from servers import HubServer, RedisServer, wait_until

from hub.errors import ConfigurationError
from hub.settings import Settings

WORKERS = 3


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def crew_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis in which no session of another test comes to its end meanwhile."""
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.close()


@pytest.fixture(scope="module")
def crew(crew_redis: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubServer]:
    """A hub of three workers."""
    folder = tmp_path_factory.mktemp("hub")
    server = HubServer(folder, crew_redis, {"HUB_WORKERS": str(WORKERS), "HUB_LOG_LEVEL": "debug"})
    with server:
        all_up(server)
        yield server
    assert "Traceback" not in server.log.read_text()


@pytest.fixture
async def stage(crew: HubServer, crew_redis: RedisServer) -> AsyncIterator[Stage]:
    async with on_stage(crew, crew_redis) as made:
        yield made


@pytest.mark.anyio
async def test_all_subscribers_of_all_workers_see_all_in_order(stage: Stage) -> None:
    session_id = await stage.create()
    followers = await follow(stage, session_id, 24)
    feed = await stage.caught_up("sse", None)
    ports = {port_of(follower) for follower in followers}
    shares = [len(ports & peers(stage.hub, worker)) for worker in workers(stage.hub)]
    assert len(shares) == WORKERS
    assert sum(shares) == len(followers)
    assert min(shares) > 0
    told: list[str] = []
    for number in range(100):
        told += await stage.publish(session_id, custom(number), joined(f"p{number}"))
    for follower in followers:
        await follower.reach(told[-1])
        assert ids(follower.frames) == told

    async def newest_counts() -> bool:
        counts = [frame["data"] for frame in feed.entries if frame["type"] == "session.counts"]
        return bool(counts) and counts[-1]["participant_counts"]["total"] == 100

    await eventually(newest_counts, "the feed has the last counts")


def test_every_worker_tells_what_all_have_counted(crew: HubServer, api_of_crew: httpx.Client) -> None:
    path = f"/v1/sessions/{api_of_crew.post('/v1/sessions', json={}).json()['id']}"
    with ExitStack() as stack:
        clients = [connected(crew, worker, stack) for worker in workers(crew)]
        before = counted(clients[0].get("/metrics").text, "counter")
        streams = [
            stack.enter_context(client.stream("GET", f"{path}/stream", headers=api_of_crew.headers))
            for client in clients
        ]
        assert all(stream.status_code == 200 for stream in streams)
        # Streams keep their connections.
        clients = [connected(crew, worker, stack) for worker in workers(crew)]
        for client in clients:
            event = {"type": "x.said", "data": {}}
            assert client.post(f"{path}/events", json=event, headers=api_of_crew.headers).status_code == 200
        lines = [stream.iter_lines() for stream in streams]
        for number in range(WORKERS):
            for line in lines:
                assert next(text for text in line if text == "event: x.said"), number
        said = [client.get("/metrics").text for client in clients]
        for text in said:
            now = counted(text, "counter", "gauge", "histogram")
            assert now["hub_publishes_total", "ok"] == before["hub_publishes_total", "ok"] + WORKERS
            delivered = now["hub_deliveries_total",] - before["hub_deliveries_total",]
            assert delivered >= WORKERS * (WORKERS + 2)
            assert now["hub_connections", "sse"] == WORKERS
            assert now["hub_followed_streams",] >= WORKERS
            assert now["hub_publish_seconds_bucket", "+Inf"] == now["hub_publish_seconds_count",]
            resident = sum(worker.memory_info().rss for worker in workers(crew))
            assert 0.8 * resident < now["process_resident_memory_bytes",] < 1.2 * resident
            spent = sum(sum(worker.cpu_times()[:2]) for worker in workers(crew))
            assert now["process_cpu_seconds_total",] <= spent + 0.1
            assert now["process_cpu_seconds_total",] > 0.5 * spent
        assert len({counted(text, "gauge")["hub_live_sessions",] for text in said}) == 1
        with httpx.Client(base_url=crew.url, headers=api_of_crew.headers) as other:
            other.post("/v1/sessions", json={}).raise_for_status()
        now = [counted(client.get("/metrics").text, "gauge")["hub_live_sessions",] for client in clients]
        assert now == [counted(said[0], "gauge")["hub_live_sessions",] + 1] * WORKERS


@pytest.fixture
def api_of_crew(crew: HubServer, organization: str) -> Iterator[httpx.Client]:
    with crew.client(crew.make_key(organization)) as client:
        yield client


def test_a_worker_that_hangs_does_not_keep_the_others_from_telling(crew: HubServer) -> None:
    hanging, other, _ = workers(crew)
    with ExitStack() as stack:
        asking = connected(crew, other, stack)
        before = counted(asking.get("/metrics").text, "counter")
        hanging.suspend()
        try:
            for _ in range(2):
                now = counted(asking.get("/metrics").text, "counter")
                assert not [name for name in before if now[name] < before[name]]
        finally:
            hanging.resume()
        assert crew.log.read_text().count("worker 1 does not say what it has counted") == 1


@pytest.mark.anyio
async def test_a_worker_that_is_killed_is_replaced_and_nothing_is_lost(stage: Stage) -> None:
    session_id = await stage.create()
    followers = await follow(stage, session_id, 12)
    told: list[str] = []
    enough = asyncio.Event()

    async def publish() -> None:
        while not enough.is_set():
            told.append(await stage.persist(session_id, custom(len(told))))

    publishing = asyncio.create_task(publish())
    await asyncio.gather(*(follower.until("x.number") for follower in followers))
    before = counted((await stage.client.get("/metrics")).text, "counter", "histogram")
    earlier = workers(stage.hub)
    killed = earlier[1]
    theirs = peers(stage.hub, killed)
    killed.kill()
    cut = [follower for follower in followers if port_of(follower) in theirs]
    assert 0 < len(cut) < len(followers)
    await asyncio.gather(*(follower.over() for follower in cut))
    back = [await stage.follow(transport_of(follower), session_id, after=follower.cursor) for follower in cut]

    async def replaced() -> bool:
        now = workers(stage.hub)
        return len(now) == WORKERS and killed not in now and bool(peers(stage.hub, now[1]))

    # Whoever comes to the one that was killed is served by the one that has taken its place.
    reached: list[Follower] = []
    while not await replaced():
        reached.append(await stage.caught_up("sse", session_id))
    assert {*earlier} - {killed} < {*workers(stage.hub)}
    enough.set()
    await publishing
    for follower in followers:
        if follower not in cut:
            await follower.reach(told[-1])
            assert ids(follower.frames) == told
            assert not follower.is_closed
    for one, other in zip(cut, back, strict=True):
        await other.reach(told[-1])
        assert ids(one.frames) + ids(other.frames) == told
    for follower in reached:
        await follower.reach(told[-1])
    for _ in range(WORKERS):
        after = counted((await stage.client.get("/metrics")).text, "counter", "histogram")
        assert not [name for name in before if after[name] < before[name]]
    assert "worker 2 has ended (status -9); starting another one" in stage.hub.log.read_text()


def test_lines_of_the_log_say_which_worker(crew: HubServer) -> None:
    with ExitStack() as stack:
        for worker in workers(crew):
            connected(crew, worker, stack)
    wait_until(
        lambda: all(f"worker {number} hub.access" in crew.log.read_text() for number in (1, 2, 3)),
        "each has a line",
    )


def test_no_process_shows_the_key(tmp_path: Path) -> None:
    settings = {"HUB_WORKERS": "2", "HUB_API_KEY": "", "HUB_LOG_FORMAT": "json", "HUB_LOG_LEVEL": "debug"}
    with HubServer(tmp_path, settings=settings) as server:
        all_up(server)
        key = (tmp_path / "data" / "key").read_text().strip()
        with ExitStack() as stack:
            for worker in workers(server):
                assert key not in " ".join([*worker.cmdline(), *worker.environ().values()])
                client = connected(server, worker, stack)
                answer = client.get("/v1/keys", headers={"Authorization": f"Bearer {key}"})
                assert answer.status_code == 200
    text = server.log.read_text()
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    assert {line["worker"] for line in lines if line["logger"] == "hub.access"} == {1, 2}
    # Only the banner does.
    assert not [line for line in text.splitlines() if key in line and line.startswith("{")]


def test_a_port_that_is_taken_is_told(crew: HubServer, redis_server: RedisServer, tmp_path: Path) -> None:
    with hub_command(
        tmp_path, "--workers", "2", "--port", str(crew.port), HUB_REDIS_URL=redis_server.url
    ) as second:
        _, said = second.communicate(timeout=PATIENCE)
    assert second.returncode == 2
    assert f"Cannot listen on 127.0.0.1:{crew.port}" in said
    assert "Traceback" not in said


def test_any_free_port_will_do(redis_server: RedisServer, tmp_path: Path) -> None:
    with hub_command(tmp_path, "--workers", "2", "--port", "0", HUB_REDIS_URL=redis_server.url) as process:
        assert process.stdout is not None
        said = next(line for line in process.stdout if "listens on" in line)
        announced = json.loads((tmp_path / "hub.json").read_bytes())
        assert announced == {"url": said.split()[-1], "pid": process.pid}
        with httpx.Client(base_url=announced["url"], timeout=PATIENCE) as client:
            assert client.get("/readyz").status_code == 200
        process.terminate()
        rest, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    # Once, not by each of them.
    assert "listens on" not in rest
    assert errors == ""


def test_a_redis_that_is_none_is_told(tmp_path: Path) -> None:
    with hub_command(tmp_path, HUB_WORKERS="2", HUB_PORT="0", HUB_REDIS_URL="nonsense") as process:
        _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert "is not the URL of a Redis" in said


@pytest.mark.parametrize("number", ["0", "65", "-1", "two"])
def test_a_number_of_workers_that_makes_no_sense_is_refused(number: str) -> None:
    with pytest.raises(ConfigurationError, match="HUB_WORKERS"):
        Settings.from_env({"HUB_WORKERS": number})
