"""All subscribers cut at once and resuming: how long it takes, and how often Redis is read for it."""

from pathlib import Path
from typing import Any

import httpx
from servers import RedisServer

from bench.contenders import Hub, pinned
from hub.bench.errors import BenchError
from hub.bench.readers import Readers
from hub.bench.wire import Wire

MISSED = 20
"""Events that each session gets while nobody is connected."""
READS = ("xrange", "xrevrange", "xread", "xlen", "xinfo", "get", "mget", "hget", "hmget", "hgetall", "zrange")
"""Commands that read; those of scripts are counted too, as Redis counts them by themselves."""


def storm(folder: Path, cores: tuple[int, int], subscribers: int, sessions: int) -> dict[str, Any]:
    """Cut all, publish what they miss, and let them resume from where they were.

    Args:
        folder: For files of Redis and the hub.
        cores: The hub's, and that of Redis and the load.
        subscribers: All of them.
        sessions: Over which they are spread evenly.

    Returns:
        Seconds until all had caught up, and calls of each reading command a session.

    Raises:
        BenchError: one could not resume, or was not sent exactly what it had missed.
    """
    redis_server = RedisServer(folder / "redis")
    with pinned(cores[1]):
        redis_server.start()
    try:
        with Hub(folder / "hub", redis_server, cores[0]) as hub, hub.server.client() as client:
            found = [_session(client) for _ in range(sessions)]
            wire = Wire(hub.server.url, hub.server.key)
            cursors = {session_id: _publish(client, session_id, 1) for session_id in found}
            with Readers(wire.streams(found, "sse"), subscribers, cpus={cores[1]}) as readers:
                readers.open()
                readers.cut()
                seam = {name: (cursor, _publish(client, name, MISSED)) for name, cursor in cursors.items()}
                before = _calls(redis_server)
                opened = readers.open(wire.streams(found, "sse", seam), at_once=subscribers, timeout=120)
                after = _calls(redis_server)
            if (opened.least, opened.most) != (MISSED, MISSED):
                raise BenchError(f"{MISSED} events were missed, and {opened.least} to {opened.most} sent")
    finally:
        redis_server.close()
    calls = {name: (after[name] - before[name]) / sessions for name in READS if after[name] > before[name]}
    return {
        "subscribers": subscribers,
        "sessions": sessions,
        "missed": MISSED,
        "seconds": opened.wall,
        "p99": opened.seconds.p99 if opened.seconds else None,
        "reads_a_session": sum(calls.values()),
        "calls_a_session": calls,
    }


def _session(client: httpx.Client) -> str:
    return client.post("/v1/sessions", json={"title": "Storm"}).raise_for_status().json()["id"]


def _publish(client: httpx.Client, session_id: str, count: int) -> str:
    """Publish so many events at once; the id of the last."""
    events = [{"type": "x.bench", "data": {"t": number}} for number in range(count)]
    answer = client.post(f"/v1/sessions/{session_id}/events", json=events).raise_for_status()
    return answer.json()["entries"][-1]["id"]


def _calls(redis_server: RedisServer) -> dict[str, int]:
    with redis_server.client() as client:
        found: Any = client.info("commandstats")
    return {name: found.get(f"cmdstat_{name}", {"calls": 0})["calls"] for name in READS}
