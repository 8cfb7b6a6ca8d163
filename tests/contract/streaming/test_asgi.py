"""The hub's application under a server that is not its own: where it starts, and how it ends."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import websockets
from contract.streaming.followers import TRANSPORTS
from contract.streaming.stage import Stage, custom, hub_with
from servers import HubServer, RedisServer

pytestmark = pytest.mark.anyio


def refusal(**settings: str) -> str:
    """What the application says when it is made with these settings."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    made = subprocess.run(
        [sys.executable, "-c", "import hub.asgi; hub.asgi.application()"],
        env=environ | settings,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert made.returncode == 1
    return made.stderr.splitlines()[-1]


def test_without_a_redis_it_says_what_to_set() -> None:
    assert refusal().startswith("hub.errors.ConfigurationError: Set HUB_REDIS_URL")


def test_a_setting_that_there_is_not_is_refused() -> None:
    said = refusal(HUB_REDIS_URL="redis://127.0.0.1:1", HUB_COLOUR="blue")
    assert said.startswith("hub.errors.ConfigurationError: There is no setting HUB_COLOUR")


async def test_each_way_is_the_one_that_it_is_called(stage: Stage) -> None:
    """Else the tests over both would be the same twice."""
    session_id = await stage.create()
    follower = await stage.sse(session_id)
    # A stream that was taken over from the server is the last of its connection.
    assert (follower.answer.headers.get("connection") == "close") is stage.hub.resets


async def test_without_a_key_it_has_that_of_the_data_directory(
    tmp_path: Path, own_redis: RedisServer
) -> None:
    hub = HubServer(tmp_path, own_redis, {"HUB_API_KEY": ""}, "portable")
    with hub, hub.client((tmp_path / "data" / "key").read_text().strip()) as client:
        assert client.get("/v1/sessions").status_code == 200


async def test_no_token_is_logged(tmp_path: Path, own_redis: RedisServer) -> None:
    """The server's own log lines would hold it."""
    async with hub_with(tmp_path, own_redis, way="portable", LOG_LEVEL="debug") as stage:
        session_id = await stage.create()
        token = await stage.token(session_id, seconds=60)
        by_query = stage.hub.url.replace("http", "ws", 1) + f"/v1/ws?token={token}"
        async with websockets.connect(by_query) as socket:
            await socket.send('{"op": "ping"}')
            await socket.recv()
        await stage.client.get(f"/v1/sessions/{session_id}/stream?token={token}&no=1")
    log = stage.hub.log.read_text()
    assert "/v1/ws" in log
    assert token not in log


async def told_to_stop(stage: Stage, number: signal.Signals) -> None:
    """Send a signal to a hub with two streams open, which must be told why they end."""
    session_id = await stage.create()
    readers = [await stage.caught_up(transport, session_id) for transport in TRANSPORTS]
    assert stage.hub.process is not None
    stage.hub.process.send_signal(number)
    for reader in readers:
        assert (await reader.over())[-1]["data"]["code"] == "draining"


async def exit_code(stage: Stage) -> int:
    assert stage.hub.process is not None
    return await asyncio.to_thread(stage.hub.process.wait, 10)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_either_signal_drains(tmp_path: Path, own_redis: RedisServer, number: signal.Signals) -> None:
    async with hub_with(tmp_path, own_redis, way="portable") as stage:
        await told_to_stop(stage, number)
        # uvicorn's command takes an interrupt for a good end.
        assert await exit_code(stage) == (0 if number is signal.SIGINT else -number)
    assert "Traceback" not in stage.hub.log.read_text()


async def test_a_second_signal_does_not_wait_for_who_does_not_read(
    tmp_path: Path, own_redis: RedisServer
) -> None:
    patient = {"BACKLOG": str(32 * 1024 * 1024), "DRAIN_TIMEOUT": "600"}
    async with hub_with(tmp_path, own_redis, way="portable", **patient) as stage:
        session_id = await stage.create()
        stalled = await stage.caught_up("websocket", session_id, narrow=True)
        stalled.stall()
        # More than the kernel takes.
        for _ in range(12):
            await stage.publish(session_id, *(custom(number, body="x" * 60_000) for number in range(12)))
        await told_to_stop(stage, signal.SIGTERM)
        # The server still answers: it has not heard of the signal yet.
        assert (await stage.client.get("/readyz")).status_code == 503
        stage.hub.terminate()
        assert await exit_code(stage) == stage.hub.in_order
    assert "Traceback" not in stage.hub.log.read_text()
