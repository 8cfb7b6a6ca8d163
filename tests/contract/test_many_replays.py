"""One socket that follows much at once: no client that reads is a slow consumer."""

import asyncio
import json
from pathlib import Path

import httpx
import websockets
from servers import HubServer, RedisServer

SESSIONS = 8
ENTRIES = 120


async def caught_up(hub: HubServer, session_ids: list[str], after: str | None) -> dict[str, int]:
    """Entries of each session up to its bookmark, all over one socket."""
    seen: dict[str, int] = dict.fromkeys(session_ids, 0)
    waiting = set(session_ids)
    async with (
        asyncio.timeout(30),
        websockets.connect(
            hub.url.replace("http", "ws", 1) + "/v1/ws",
            additional_headers={"Authorization": f"Bearer {hub.key}"},
            max_size=None,
        ) as socket,
    ):
        for session_id in session_ids:
            operation = {"op": "subscribe", "session_id": session_id}
            await socket.send(json.dumps(operation | ({"after": after} if after else {})))
        while waiting:
            frame = json.loads(await socket.recv())
            if frame["type"] == "bookmark":
                waiting.discard(frame["session_id"])
            elif "." in frame["type"]:
                seen[frame["session_id"]] += 1
    return seen


def test_replays_and_snapshots_of_many_sessions_wait_for_one_another(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    settings = {"HUB_BACKLOG": "65536", "HUB_RING": "1"}
    with HubServer(tmp_path, redis_server, settings) as hub, hub.client() as api:
        session_ids = [_long_session(api) for _ in range(SESSIONS)]
        replayed = asyncio.run(caught_up(hub, session_ids, "0-0"))
        assert replayed == dict.fromkeys(session_ids, ENTRIES + 1)
        assert asyncio.run(caught_up(hub, session_ids, None)) == dict.fromkeys(session_ids, 0)
        cut = [line for line in api.get("/metrics").text.splitlines() if "slow_consumer" in line]
        assert cut == []


def _long_session(api: httpx.Client) -> str:
    session_id: str = api.post("/v1/sessions", json={}).json()["id"]
    said = [
        {"type": "chat.message", "data": {"message_id": f"m{number}", "text": "x" * 4000}}
        for number in range(ENTRIES)
    ]
    assert api.post(f"/v1/sessions/{session_id}/events", json=said).status_code == 200
    return session_id
