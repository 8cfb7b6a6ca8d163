"""How a hub of several processes ends: all of it, in order, and nothing of it is left."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from contract.crew import all_up, children, counted, follow, hub_command, peers, runs, workers
from contract.streaming.followers import PATIENCE
from contract.streaming.stage import custom, eventually, on_stage
from servers import HubServer, RedisServer, free_port, wait_until

from hub.store.embedded import find_engine


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[HubServer]:
    """A hub of two workers on an embedded Redis."""
    server = HubServer(tmp_path, settings={"HUB_WORKERS": "2", "HUB_DURABILITY": "always"})
    server.start()
    all_up(server)
    started = children(server)
    yield server
    server.stop()
    assert not [process for process in started if runs(process)], "something has outlived the hub"
    assert "Traceback" not in server.log.read_text()


def test_nothing_outlives_a_parent_that_was_killed(alone: HubServer) -> None:
    started = children(alone)
    assert len(started) == 3
    # Not even one that cannot see it.
    workers(alone)[0].suspend()
    alone.kill()
    wait_until(lambda: not any(runs(process) for process in started), "all of them are gone")


def terminal(hub: HubServer) -> list[int]:
    """Whom Ctrl-C reaches: the processes of the hub's group."""
    assert hub.process is not None
    group = os.getpgid(hub.process.pid)
    return [pid for pid in (hub.process.pid, *(c.pid for c in children(hub))) if os.getpgid(pid) == group]


def parent(hub: HubServer) -> list[int]:
    assert hub.process is not None
    return [hub.process.pid]


@pytest.mark.anyio
@pytest.mark.parametrize(("number", "reached"), [(signal.SIGTERM, parent), (signal.SIGINT, terminal)])
async def test_all_streams_are_told_when_the_hub_stops(
    alone: HubServer, redis_server: RedisServer, number: int, reached: Callable[[HubServer], list[int]]
) -> None:
    async with on_stage(alone, redis_server) as stage:
        session_id = await stage.create()
        followers = await follow(stage, session_id, 10)
        [last] = await stage.publish(session_id, custom(1))
        await asyncio.gather(*(follower.reach(last) for follower in followers))
        assert all(peers(alone, worker) for worker in workers(alone))
        started = children(alone)
        for pid in reached(alone):
            os.kill(pid, number)
        for follower in followers:
            assert [frame["type"] for frame in await follower.over()][-1:] == ["disconnect"]
            assert follower.frames[-1]["data"]["code"] == "draining"
        assert alone.process is not None
        assert await asyncio.to_thread(alone.process.wait, PATIENCE) == 0
        assert not any(runs(process) for process in started)
        with pytest.raises(httpx.ConnectError):
            await stage.client.get("/healthz")
        # The Redis ended last, and in order.
        assert "exited" not in alone.log.read_text()


def delivered(hub: HubServer) -> float:
    """Entries that were written to subscribers, by all workers."""
    text = httpx.get(f"{hub.url}/metrics", trust_env=False).text
    return counted(text, "counter")["hub_deliveries_total",]


@pytest.mark.anyio
async def test_who_does_not_read_holds_up_nobody_else(alone: HubServer, redis_server: RedisServer) -> None:
    process = alone.process
    assert process is not None
    async with on_stage(alone, redis_server) as stage:
        session_id, full = await stage.create(), await stage.create()
        followers = await follow(stage, session_id, 10)
        stalled = await stage.caught_up("websocket", full, narrow=True)
        stalled.stall()
        before = delivered(alone)
        await stage.publish(full, *(custom(number, body="x" * 60_000) for number in range(12)))

        async def written() -> bool:
            return delivered(alone) >= before + 12

        await eventually(written, "there is more for the one than its connection takes")
        process.terminate()
        for follower in followers:
            await follower.over()
            assert follower.frames[-1]["type"] == "disconnect"

        async def refused() -> bool:
            with suppress(ConnectionRefusedError):
                _, writer = await asyncio.open_connection("127.0.0.1", alone.port)
                writer.close()
                return False
            return True

        await eventually(refused, "nobody may come any more")
        assert process.poll() is None
        # Those who told it twice do not want to wait for the one.
        process.terminate()
        assert await asyncio.to_thread(process.wait, 5) == 0
    assert "did not end in time" in alone.log.read_text()


def test_the_hub_ends_when_its_redis_cannot_be_started_again(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    engine = tmp_path / "bin" / "redis-server"
    engine.parent.mkdir()
    engine.write_text(f'#!/bin/sh\n[ -e {broken} ] && exit 3\nexec {find_engine()} "$@"\n')
    engine.chmod(0o755)
    settings = {"PATH": f"{engine.parent}:{os.environ['PATH']}", "HUB_WORKERS": "2"}
    with HubServer(tmp_path, settings=settings) as server:
        all_up(server)
        started = children(server)
        broken.touch()
        next(process for process in started if process not in workers(server)).kill()
        process = server.process
        assert process is not None
        assert process.wait(PATIENCE) == 1
        assert not any(runs(process) for process in started)
    assert "does not stay up" in server.log.read_text()


def test_workers_that_do_not_come_up_end_the_hub(redis_server: RedisServer, tmp_path: Path) -> None:
    # Python runs it before anything else.
    (tmp_path / "sitecustomize.py").write_text(
        "import os, sys\nif 'hub.worker' in sys.orig_argv:\n    os._exit(7)\n"
    )
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    environ = {"HUB_REDIS_URL": redis_server.url, "HUB_PORT": str(free_port()), "PYTHONPATH": path}
    with hub_command(tmp_path / "data", HUB_WORKERS="2", **environ) as process:
        out, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "does not come up (status 7); the hub stops" in said
    assert "Traceback" not in said
    assert "listens on" not in out
