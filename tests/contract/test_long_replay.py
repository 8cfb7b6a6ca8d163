"""A replay longer than one read, of streams that do not grow at the same pace."""

import asyncio
from pathlib import Path

import pytest
from resume import resumed, sse, two_hubs, websocket
from servers import RedisServer

BLOCK = 400


@pytest.mark.parametrize("order", ["logs first", "events first"])
def test_both_streams_are_merged_in_order(tmp_path: Path, redis_server: RedisServer, order: str) -> None:
    log = {"type": "log.entry", "data": {"level": "info", "message": "line"}}
    event = {"type": "x.number", "data": {}}
    kinds = [log, event] if order == "logs first" else [event, log]
    hub = two_hubs(tmp_path, redis_server)["Redis"]
    with hub, hub.client() as api:
        session_id = api.post("/v1/sessions", json={}).json()["id"]
        ids: list[str] = []
        for kind in kinds * 3:
            for _ in range(2):
                answer = api.post(f"/v1/sessions/{session_id}/events", json=[kind] * BLOCK)
                ids += [entry["id"] for entry in answer.json()["entries"]]
        for transport in (sse, websocket):
            for start in (0, 1, 399, 400, 801, len(ids) - 1):
                got = asyncio.run(resumed(transport(hub, session_id, ids[start])))
                assert got == ids[start + 1 :]
