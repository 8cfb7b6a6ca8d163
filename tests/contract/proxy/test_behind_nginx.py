"""Behind nginx with the configuration of this folder: nothing is late, and nothing is cut."""

import asyncio
import statistics
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import websockets
from contract.proxy.front import Front, Http2Follower
from contract.streaming.followers import Follower, SocketFollower, SseFollower, ids
from contract.streaming.stage import Stage, custom, on_stage
from servers import HubServer, RedisServer

pytestmark = pytest.mark.anyio

PING, SILENCE, IDLE = 0.4, 1.5, 4.0
"""Seconds: between bookmarks; after which nginx cuts a silent stream; for which nothing is published."""


@pytest.fixture(scope="module")
def hub(redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubServer]:
    server = HubServer(tmp_path_factory.mktemp("hub"), redis_server, {"HUB_PING_INTERVAL": str(PING)})
    server.start()
    yield server
    server.stop()
    assert "Traceback" not in server.log.read_text()


@pytest.fixture(scope="module")
def front(nginx: str, hub: HubServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    server = Front(nginx, tmp_path_factory.mktemp("nginx") / "run", hub.port, SILENCE)
    server.start()
    yield server
    server.stop()
    assert "emerg" not in server.log.read_text()


@pytest.fixture
async def stage(hub: HubServer, redis_server: RedisServer) -> AsyncIterator[Stage]:
    async with on_stage(hub, redis_server) as made:
        yield made


@asynccontextmanager
async def sockets(
    stage: Stage, front: Front, session_id: str
) -> AsyncIterator[tuple[SocketFollower, SocketFollower]]:
    """A subscription without the proxy, and one behind it, over TLS."""
    headers = {"Authorization": f"Bearer {stage.key}"}
    direct = await websockets.connect(
        stage.hub.url.replace("http", "ws", 1) + "/v1/ws", additional_headers=headers, subprotocols=["hub.v1"]
    )
    proxied = await websockets.connect(
        f"wss://{front.address}/v1/ws",
        additional_headers=headers,
        subprotocols=["hub.v1"],
        ssl=front.trust(),
        # The hub's own page, as a browser would say.
        origin=f"https://{front.address}",
    )
    followers = (SocketFollower(direct), SocketFollower(proxied))
    try:
        for follower in followers:
            await stage.subscribe(follower, session_id)
            await follower.until("bookmark")
        yield followers
    finally:
        for follower in followers:
            await follower.close()


@asynccontextmanager
async def streams(
    stage: Stage, front: Front, session_id: str
) -> AsyncIterator[tuple[SseFollower, Http2Follower]]:
    """The same over SSE; behind the proxy over HTTP/2."""
    path = f"/v1/sessions/{session_id}/stream"
    direct = SseFollower(stage.client, path, {})
    proxied = Http2Follower(front, path, stage.key)
    try:
        await direct.open()
        proxied.start()
        for follower in (direct, proxied):
            await follower.until("bookmark")
        yield direct, proxied
    finally:
        await direct.close()
        await proxied.close()


def delay(told: list[str], direct: Follower, proxied: Follower) -> float:
    """Seconds that the proxy adds: the median of all entries."""
    times = [
        {
            frame["id"]: at
            for frame, at in zip(follower.frames, follower.arrived, strict=True)
            if frame["type"] != "bookmark"
        }
        for follower in (direct, proxied)
    ]
    return statistics.median(times[1][entry_id] - times[0][entry_id] for entry_id in told)


async def test_frames_arrive_as_soon_as_without_a_proxy(stage: Stage, front: Front) -> None:
    session_id = await stage.create()
    async with (
        streams(stage, front, session_id) as (stream, proxied_stream),
        sockets(stage, front, session_id) as (socket, proxied_socket),
    ):
        everybody = (stream, proxied_stream, socket, proxied_socket)
        assert proxied_stream.head.startswith("HTTP/2 200")
        assert "text/event-stream" in proxied_stream.head
        assert "content-encoding" not in proxied_stream.head.lower()
        told: list[str] = []
        for number in range(150):
            # Each waits for the one before: a buffer anywhere would hold it back for ever.
            told += await stage.publish(session_id, custom(number))
            for follower in everybody:
                await follower.reach(told[-1])
        for follower in everybody:
            assert ids(follower.frames) == told
        added = (delay(told, stream, proxied_stream), delay(told, socket, proxied_socket))
        print(f"nginx adds: SSE over HTTP/2 {added[0] * 1000:.2f} ms, WebSocket {added[1] * 1000:.2f} ms")
        assert max(added) < 0.1


async def test_an_idle_stream_is_not_cut(stage: Stage, front: Front) -> None:
    session_id = await stage.create()
    async with (
        streams(stage, front, session_id) as (_, stream),
        sockets(stage, front, session_id) as (_, socket),
    ):
        # What is tested is that time may pass.
        await asyncio.sleep(IDLE)
        for follower in (stream, socket):
            assert not follower.is_closed
            pings = [frame for frame in follower.frames if frame["type"] == "bookmark"]
            assert IDLE / PING / 2 < len(pings) < IDLE / PING + 3
        [entry_id] = await stage.publish(session_id, custom(1))
        for follower in (stream, socket):
            assert ids(await follower.reach(entry_id)) == [entry_id]


async def test_a_stream_more_silent_than_nginx_allows_is_cut(
    nginx: str, stage: Stage, quiet_hub: HubServer, tmp_path: Path
) -> None:
    """So the test above would fail if bookmarks came too seldom, or not through."""
    front = Front(nginx, tmp_path / "nginx", quiet_hub.port, 0.5)
    await asyncio.to_thread(front.start)
    try:
        async with on_stage(quiet_hub, stage.redis, stage.organization) as quiet:
            session_id = await quiet.create()
            async with (
                streams(quiet, front, session_id) as (_, stream),
                sockets(quiet, front, session_id) as (_, socket),
            ):
                await stream.over()
                await socket.over()
    finally:
        front.stop()


@pytest.fixture
def quiet_hub(redis_server: RedisServer, tmp_path: Path) -> Iterator[HubServer]:
    """Sends no bookmark for as long as a test may take."""
    server = HubServer(tmp_path / "hub", redis_server, {"HUB_PING_INTERVAL": "600"})
    server.start()
    yield server
    server.stop()


async def test_publishing_on_a_socket_and_over_http(stage: Stage, front: Front) -> None:
    session_id = await stage.create()
    async with (
        sockets(stage, front, session_id) as (_, socket),
        httpx.AsyncClient(
            base_url=f"https://{front.address}",
            verify=front.trust(),
            headers={"Authorization": f"Bearer {stage.key}"},
        ) as client,
    ):
        reply = await socket.done(op="publish", session_id=session_id, events=[custom(1)])
        answer = await client.post(f"/v1/sessions/{session_id}/events", json=custom(2))
        assert answer.status_code == 200
        told = [reply["entries"][0]["id"], answer.json()["entries"][0]["id"]]
        assert ids(await socket.reach(told[-1])) == told
        # The hub's own refusal comes through, not one of nginx.
        large = await client.post(f"/v1/sessions/{session_id}/events", content=b"x" * 1_100_000)
        assert large.status_code == 413
        assert large.json()["error"]["code"] == "body_too_large"
