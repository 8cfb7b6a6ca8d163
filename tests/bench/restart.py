"""How long a read of a long session takes just after a restart of the hub, against one of a short one."""

import time
from pathlib import Path
from statistics import median
from typing import Any

import httpx
from servers import RedisServer

from bench.contenders import Hub, pinned

SHORT = 50
"""Entries of the short session."""
_AT_ONCE = 500
"""Events in one request."""


def read_after_restart(folder: Path, cores: tuple[int, int], long: int, restarts: int) -> dict[str, Any]:
    """Restart the hub so many times, and read both sessions after each, in turn first.

    Args:
        folder: For files of Redis and the hub.
        cores: The hub's, and that of Redis.
        long: Entries of the long session.
        restarts: How many pairs.

    Returns:
        Medians of the reads in milliseconds, and of the pairs' ratios; the seconds of each read.
    """
    redis_server = RedisServer(folder / "redis")
    with pinned(cores[1]):
        redis_server.start()
    try:
        hub = Hub(folder / "hub", redis_server, cores[0])
        with hub:
            with hub.server.client() as client:
                warming, short, many = (_session(client, entries) for entries in (SHORT, SHORT, long))
            pairs = [
                _pair(hub, cores[0], warming, (short, many), bool(number % 2)) for number in range(restarts)
            ]
    finally:
        redis_server.close()
    return {
        "entries": {"short": SHORT, "long": long},
        "short_seconds": [pair[0] for pair in pairs],
        "long_seconds": [pair[1] for pair in pairs],
        "short_ms": median(pair[0] for pair in pairs) * 1000,
        "long_ms": median(pair[1] for pair in pairs) * 1000,
        "ratio": median(pair[1] / pair[0] for pair in pairs),
    }


def _session(client: httpx.Client, entries: int) -> str:
    """A new session with a transcript of so many segments."""
    session_id: str = client.post("/v1/sessions", json={"title": "Read"}).raise_for_status().json()["id"]
    for first in range(1, entries, _AT_ONCE):
        events = [_segment(number) for number in range(first, min(first + _AT_ONCE, entries))]
        client.post(f"/v1/sessions/{session_id}/events", json=events).raise_for_status()
    return session_id


def _segment(number: int) -> dict[str, Any]:
    times = {"start": float(number), "end": number + 0.9}
    data = {
        "segment_id": f"s{number}",
        "final": True,
        "text": "What was said.",
        "speaker": {"name": "Ann"},
        **times,
    }
    return {"type": "transcript.segment", "data": data}


def _pair(hub: Hub, core: int, warming: str, sessions: tuple[str, str], turned: bool) -> list[float]:
    """Seconds that a read of each took just after a restart."""
    with pinned(core):
        hub.server.stop()
        hub.server.start()
    with hub.server.client() as client:
        # The very first request opens connections, of the client and of the hub to Redis.
        _seconds(client, warming)
        order = sessions[::-1] if turned else sessions
        found = [_seconds(client, session_id) for session_id in order]
    return found[::-1] if turned else found


def _seconds(client: httpx.Client, session_id: str) -> float:
    began = time.perf_counter()
    client.get(f"/v1/sessions/{session_id}").raise_for_status()
    return time.perf_counter() - began
