"""Sockets whose connection the hub takes from the ASGI server: what they take of it, and what stays."""

import asyncio
import socket
from pathlib import Path

import pytest
from contract.streaming.descriptors import connections_of, resident
from contract.streaming.followers import RECEIVE_BUFFER
from contract.streaming.raw import (
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    close,
    frame,
    handshake,
    nobody,
    on,
    publishes,
    request,
    said,
    socket_is_well,
    taken,
)
from contract.streaming.stage import custom, eventually, hub_with, segment
from servers import RedisServer

pytestmark = pytest.mark.anyio

LARGEST = 1_048_576
"""Bytes of a message."""


async def test_a_message_in_empty_fragments_takes_no_memory(tmp_path: Path, own_redis: RedisServer) -> None:
    async with hub_with(tmp_path / "hub", own_redis) as stage, on(stage.hub) as raw:
        assert stage.hub.process is not None
        await raw.upgrade(handshake(stage.key))
        await raw.send(frame(TEXT, b"{", fin=False))
        many = frame(CONTINUATION, fin=False) * 50_000
        sizes: list[int] = []
        for _ in range(12):
            await raw.send(many + frame(PING, b"done"))
            while await raw.message() != (PONG, b"done"):
                pass
            sizes.append(resident(stage.hub.process.pid))
        # A pointer for each would be 4 MiB.
        assert sizes[-1] - sizes[1] < 2 * 2**20, sizes


async def test_a_socket_with_many_messages_is_drained(tmp_path: Path, own_redis: RedisServer) -> None:
    options = {"DRAIN_TIMEOUT": "60", "STORE_TIMEOUT": "60"}
    async with hub_with(tmp_path / "hub", own_redis, **options) as stage, on(stage.hub) as raw:
        session_id = await stage.create()
        await raw.upgrade(handshake(stage.key))
        await socket_is_well(raw)
        own_redis.pause()
        await raw.send(publishes(session_id, 200))
        await eventually(lambda: taken(raw), "the hub has read as much as it reads")
        await raw.send(publishes(session_id, 200))
        stage.hub.terminate()
        frames, code = await raw.closed()
        assert ([frame["data"]["code"] for frame in frames], code) == (["draining"], 4000)
        # Its answer is behind what the hub would not read any more.
        await raw.send(close(4000))
        async with asyncio.timeout(5):
            assert await raw.rest() == b""
        own_redis.resume()


async def test_what_a_client_has_not_read_counts_for_its_socket(
    tmp_path: Path, own_redis: RedisServer
) -> None:
    async with hub_with(tmp_path / "hub", own_redis) as stage:
        session_id = await stage.create()
        for _ in range(3):
            await stage.publish(
                session_id, *(segment(f"s{n}", text="x" * 15_000, final=True, start=n) for n in range(60))
            )
        async with on(stage.hub, receive_buffer=RECEIVE_BUFFER) as raw:
            await raw.send(request(f"/v1/sessions/{session_id}/transcript", stage.key))
            head = await raw.head()
            await raw.send(handshake(stage.key))
            await eventually(lambda: taken(raw), "the hub has read the handshake")
            await raw.send(said(op="subscribe", session_id=session_id, ref=1))
            for _ in range(5):
                # More than may wait for one client, four times.
                await stage.publish(session_id, *(custom(n, body="x" * 60_000) for n in range(16)))
            assert len(await raw.take(int(head["content-length"]))) > 800_000
            assert (await raw.head()).status == 101
            frames = [await raw.text() for _ in range(3)]
            assert [frame["type"] for frame in frames] == ["reply", "snapshot", "bookmark"]
            # Nothing has waited but the response: the snapshot is one of now.
            assert frames[1]["id"] == stage.stored(session_id)[-1]["id"]
            for _ in range(5):
                await stage.publish(session_id, *(custom(n, body="x" * 60_000) for n in range(16)))
            await nobody(stage)
            assert await raw.over() == "reset"
            assert await stage.metric("hub_disconnects_total", code="slow_consumer") == 1


async def test_nothing_stays_of_clients_that_leave(tmp_path: Path, own_redis: RedisServer) -> None:
    async with hub_with(tmp_path / "hub", own_redis, LINGER="0.2", STORE_TIMEOUT="0.3") as stage:
        process = stage.hub.process
        assert process is not None
        session_id = await stage.create()
        await stage.publish(session_id, *(custom(n, body="x" * 60_000) for n in range(15)))
        async with on(stage.hub) as raw:
            await raw.upgrade(handshake(stage.key))
        await nobody(stage)
        before = connections_of(process.pid)

        async def freed() -> bool:
            return connections_of(process.pid) <= before

        async def leave(data: bytes, how: str) -> None:
            async with on(stage.hub, receive_buffer=RECEIVE_BUFFER) as raw:
                if how == "at once":
                    await raw.send(handshake(stage.key))
                    raw.reset()
                    return
                await raw.upgrade(handshake(stage.key))
                await raw.send(data)
                if how == "half":
                    raw.socket.shutdown(socket.SHUT_WR)
                    await raw.over()
                elif how == "reset":
                    await raw.take(1)
                    raw.reset()

        replay = said(op="subscribe", session_id=session_id, after="0-0", ref=1)
        many = said(op="publish", session_id=session_id, events=[custom(1)], ref=2) * 100
        for _ in range(5):
            await asyncio.gather(
                *(
                    leave(data, how)
                    for how in ("close", "half", "reset", "at once")
                    for data in (said(op="subscribe", session_id=session_id), replay, many, replay + many)
                ),
                leave(frame(TEXT, b"{", fin=False), "close"),
                leave(frame(TEXT, length=LARGEST), "half"),
            )
        await nobody(stage)
        await eventually(freed, "the descriptors are free")
        # Subscriptions and messages that wait for the store.
        other = await stage.create()
        own_redis.pause()
        waiting = said(op="subscribe", session_id=other, ref=1)
        await asyncio.gather(*(leave(waiting + many, how) for how in ("close", "half", "at once")))
        await nobody(stage)
        await eventually(freed, "the descriptors are free")
        own_redis.resume()
        async with on(stage.hub) as raw:
            await raw.upgrade(handshake(stage.key))
            await raw.send(waiting)
            assert [(await raw.text())["type"] for _ in range(3)] == ["reply", "snapshot", "bookmark"]
        assert "Traceback" not in stage.hub.log.read_text()


async def test_200_sockets_leave_no_trace(tmp_path: Path, own_redis: RedisServer) -> None:
    async with hub_with(tmp_path / "hub", own_redis, LINGER="0.2") as stage:
        process = stage.hub.process
        assert process is not None
        sizes: list[int] = []
        for _ in range(4):
            for _ in range(4):
                sessions = [await stage.create() for _ in range(5)]

                async def visit(number: int, sessions: list[str] = sessions) -> None:
                    async with on(stage.hub) as raw:
                        key = (stage.key, None, "sk_a_b")[number % 3]
                        await raw.upgrade(handshake(key))
                        if number % 3 == 2:
                            assert (await raw.closed())[1] == 4500
                            await raw.send(close(4500))
                            await raw.over()
                            return
                        await raw.send(said(op="auth", token=stage.key))
                        await raw.send(said(op="subscribe", session_id=sessions[number % 5]))
                        told = [(await raw.text())["type"] for _ in range(4)]
                        assert told == ["reply", "reply", "snapshot", "bookmark"]

                await asyncio.gather(*(visit(number) for number in range(50)))
            await nobody(stage)
            sizes.append(resident(process.pid))

        async def forgotten() -> bool:
            return await stage.metric("hub_followed_streams") == 0

        # Sooner than a bookmark would find out that nobody is there.
        await eventually(forgotten, "no session is followed any more", 5)
        # The first rounds fill what is kept for good.
        assert sizes[-1] - sizes[1] < 4 * 2**20, sizes
