"""Resume from every entry id of a meeting, over both transports, from the ring and from Redis.

    python tests/resume.py meeting.vtt … [--ids all|N] [--seed TEXT]

Each file is replayed once. Then, for each id (or N random ones), a subscriber resumes from it and must be
sent exactly the entries after it. One hub holds the whole meeting in its ring, another one a single entry.
"""

import argparse
import asyncio
import json
import random
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import httpx
import websockets
from delivery.judge import stored
from servers import HubServer, RedisServer

AT_ONCE = 8

Resumed = AsyncGenerator[tuple[str, str]]


async def sse(hub: HubServer, session_id: str, after: str) -> Resumed:
    headers = {"Authorization": f"Bearer {hub.key}"}
    path = f"{hub.url}/v1/sessions/{session_id}/stream?after={after}"
    async with (
        httpx.AsyncClient(verify=False, timeout=30) as client,
        client.stream("GET", path, headers=headers) as answer,
    ):
        if answer.status_code == 204:
            yield "bookmark", after
            return
        kind = ""
        async for line in answer.aiter_lines():
            if line.startswith("event: "):
                kind = line[7:]
            elif line.startswith("id: "):
                yield kind, line[4:]


async def websocket(hub: HubServer, session_id: str, after: str) -> Resumed:
    async with websockets.connect(
        hub.url.replace("http", "ws", 1) + "/v1/ws",
        additional_headers={"Authorization": f"Bearer {hub.key}"},
        max_size=None,
    ) as socket:
        operation = {"op": "subscribe", "session_id": session_id, "after": after}
        await socket.send(json.dumps(operation))
        async for text in socket:
            frame = json.loads(text)
            if frame["type"] != "reply":
                yield frame["type"], frame["id"]


async def resumed(frames: Resumed) -> list[str]:
    """The ids of the entries up to the bookmark."""
    ids: list[str] = []
    try:
        async for kind, key in frames:
            if kind == "bookmark":
                return ids
            ids.append(key if kind != "reset" else f"reset at {key}")
    finally:
        await frames.aclose()
    return [*ids, "no bookmark"]


async def check(
    hub: HubServer, session_id: str, ids: list[str], chosen: list[int], transport: Callable[..., Resumed]
) -> int:
    """How many resumes went wrong."""
    wrong = 0
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(index: int) -> None:
        nonlocal wrong
        async with slots:
            got = await resumed(transport(hub, session_id, ids[index]))
        if got != ids[index + 1 :]:
            wrong += 1
            print(f"  after {ids[index]}: {len(got)} entries, expected {len(ids) - index - 1}; {got[:3]}")

    async with asyncio.timeout(1200), asyncio.TaskGroup() as tasks:
        for index in chosen:
            tasks.create_task(one(index))
    return wrong


def two_hubs(folder: Path, redis_server: RedisServer) -> dict[str, HubServer]:
    """One that resumes from its ring, one that has to ask Redis."""
    rings = {"ring": "1000000", "Redis": "1"}
    return {
        name: HubServer(folder / name, redis_server, {"HUB_RING": ring, "HUB_LINGER": "3600"})
        for name, ring in rings.items()
    }


def main() -> int:
    parser = argparse.ArgumentParser(description="Resume from every entry id.")
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--ids", default="all")
    parser.add_argument("--seed", default=secrets.token_hex(4))
    options = parser.parse_args()
    print(f"seed {options.seed}")
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        redis_server = RedisServer(Path(folder) / "redis")
        redis_server.start()
        hubs = two_hubs(Path(folder), redis_server)
        try:
            for hub in hubs.values():
                hub.start()
            for file in options.files:
                wrong += resume_from(file, hubs, redis_server, options.ids, random.Random(options.seed))
        finally:
            for hub in hubs.values():
                hub.stop()
            redis_server.close()
    return int(wrong > 0)


def resume_from(
    file: Path, hubs: dict[str, HubServer], redis_server: RedisServer, how_many: str, chance: random.Random
) -> int:
    """How many resumes went wrong."""
    first = hubs["ring"]
    with first.client() as client:
        session_id = client.post("/v1/sessions", json={"title": file.stem}).json()["id"]
    for hub in hubs.values():
        # Followed from its first entry on, so that the ring holds all of it.
        assert asyncio.run(resumed(sse(hub, session_id, "0-0")))
    command = ["replay", str(file), "--speed", "max", "--session", session_id]
    subprocess.run(
        [sys.executable, "-m", "hub", *command, "--url", first.url, "--key", first.key],
        check=True,
        capture_output=True,
    )
    with redis_server.client() as store:
        ids = [entry["id"] for entry in stored(store, "default", session_id)]
    everything = list(range(len(ids)))
    chosen = everything if how_many == "all" else chance.sample(everything, min(int(how_many), len(ids)))
    wrong = 0
    for name, hub in hubs.items():
        for transport in (sse, websocket):
            began = time.monotonic()
            bad = asyncio.run(check(hub, session_id, ids, chosen, transport))
            print(
                f"{file.name}: {len(chosen)} resumes of {len(ids)} entries from the {name} over "
                f"{transport.__name__}, {time.monotonic() - began:.1f} s: {bad} wrong"
            )
            wrong += bad
    return wrong


if __name__ == "__main__":
    raise SystemExit(main())
