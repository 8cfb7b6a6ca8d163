"""What is measured of the hub alone, each in its own hub on a Redis of its own, once in a round."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from servers import RedisServer

from bench.contenders import Hub, Missing, pinned
from bench.limit import Limit
from bench.restart import read_after_restart
from bench.storm import storm
from hub.bench import load as loads
from hub.bench.progress import Display
from hub.bench.readers import Readers
from hub.bench.run import run


class Sizes(Struct, frozen=True):
    """How large the scenarios are."""

    sessions: int = 2000
    watched: int = 200
    subscribers: int = 1000
    streams: int = 10_000
    cut: int = 5000
    """Subscribers that are cut at once."""
    storm_sessions: int = 50
    long: int = 50_000
    """Entries of the long session."""
    restarts: int = 3
    batch: int = 100
    seconds: float = 5.0


QUICK = Sizes(
    sessions=100,
    watched=20,
    subscribers=100,
    streams=200,
    cut=200,
    storm_sessions=5,
    long=2000,
    restarts=1,
    seconds=1.0,
)


class Place(Struct, frozen=True):
    """Where a scenario runs."""

    folder: Path
    cores: tuple[int, int]
    """The hub's, and that of Redis and the load, which the caller runs on itself."""
    sizes: Sizes


Found = dict[str, Any]
Measure = Callable[[Place], Found]


class Figure(Struct, frozen=True):
    """A number of what was found."""

    label: str
    path: str
    """Such as `latency_ms.p99`."""
    form: str
    """How it is written; `{}` is the number."""


def at(found: Found, path: str) -> float | None:
    """The number at `path`; None if there is none."""
    value: Any = found
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


class Scenario(Struct, frozen=True):
    """One thing to measure."""

    title: str
    """A format with the names of `Sizes`."""
    measure: Measure
    figures: tuple[Figure, ...]
    beside: str = ""
    """Another scenario, whose first figure this one's is divided by."""


def _bench(name: loads.Scenario, given: Callable[[Sizes], dict[str, Any]]) -> Measure:
    """A scenario of `hub bench`."""

    def measure(place: Place) -> Found:
        redis_server = RedisServer(place.folder / "redis", "--auto-aof-rewrite-percentage", "0")
        with pinned(place.cores[1]):
            redis_server.start()
        try:
            with Hub(place.folder / "hub", redis_server, place.cores[0]) as hub:
                load = loads.load(name, 1, given(place.sizes))
                found = run(hub.server.url, hub.server.key, load, Display())
        finally:
            redis_server.close()
        return msgspec.to_builtins(found)

    return measure


def _latency(place: Place) -> Found:
    """That of the hub, and how long a program takes at the same rate that only sends."""
    sizes = place.sizes
    load = {"subscribers": sizes.subscribers, "seconds": sizes.seconds}
    found = _bench("latency", lambda _sizes: load)(place)
    try:
        with Limit(place.folder / "limit", sizes.subscribers, place.cores[0]) as program:
            target = program.session("sse").target
            with Readers(target, sizes.subscribers, cpus={place.cores[1]}) as readers:
                readers.open()
                program.ready()
                found["limit_ms"] = program.send(1, sizes.seconds, pause=0.1).a_round * 1000
    except Missing:
        # Named and left out, as with the fan-out.
        found["limit_ms"] = None
    return found


def _ingest(watched: bool, **given: Any) -> Measure:
    def sizes(sizes: Sizes) -> dict[str, Any]:
        batch = {"batch": sizes.batch} if "over" in given else {}
        return {
            "watched" if watched else "sessions": sizes.watched,
            "seconds": sizes.seconds,
            **batch,
            **given,
        }

    return _bench("ingest", sizes)


def _storm(place: Place) -> Found:
    return storm(place.folder, place.cores, place.sizes.cut, place.sizes.storm_sessions)


def _restart(place: Place) -> Found:
    return read_after_restart(place.folder, place.cores, place.sizes.long, place.sizes.restarts)


_INGESTED = (
    Figure("events/s", "events_per_second", "{:,.0f}"),
    Figure("ack p99", "publish_ms.p99", "{:.1f} ms"),
)
_IDLE = (
    Figure("memory a connection", "bytes_per_connection", "{:,.0f} B"),
    Figure("CPU", "hub_cpu_cores", "{:.1%}"),
    Figure("opened in", "open_seconds", "{:.1f} s"),
)

SCENARIOS = {
    "sessions": Scenario(
        "{sessions:,} live sessions with 2 subscribers each, 1 event/s in each",
        _bench("sessions", lambda sizes: {"sessions": sizes.sessions, "seconds": sizes.seconds}),
        (
            Figure("p50", "latency_ms.p50", "{:.1f} ms"),
            Figure("p99", "latency_ms.p99", "{:.1f} ms"),
            Figure("CPU", "hub_cpu_cores", "{:.0%}"),
        ),
    ),
    "burst": Scenario(
        "one event to each of {sessions:,} such sessions at once",
        _bench("sessions", lambda sizes: {"sessions": sizes.sessions, "burst": True}),
        (
            Figure("last delivery after", "burst_ms.p50", "{:,.0f} ms"),
            Figure("slowest", "burst_ms.max", "{:,.0f} ms"),
        ),
    ),
    "latency": Scenario(
        "from publishing to the last of {subscribers:,} subscribers, 10 events/s",
        _latency,
        (
            Figure("p50", "last_ms.p50", "{:.1f} ms"),
            Figure("p99", "last_ms.p99", "{:.1f} ms"),
            Figure("C only to send it", "limit_ms", "{:.1f} ms"),
        ),
    ),
    "ingest": Scenario(
        "single events over HTTP on 32 connections to {watched} sessions, nobody watches",
        _ingest(False),
        _INGESTED,
    ),
    "ingest-watched": Scenario("the same, each session watched", _ingest(True), _INGESTED, "ingest"),
    "ndjson": Scenario(
        "batches of {batch} by NDJSON, nobody watches", _ingest(False, over="ndjson"), _INGESTED
    ),
    "ndjson-watched": Scenario(
        "the same, each session watched", _ingest(True, over="ndjson"), _INGESTED, "ndjson"
    ),
    "websocket": Scenario(
        "batches of {batch} by WebSocket, nobody watches", _ingest(False, over="websocket"), _INGESTED
    ),
    "websocket-watched": Scenario(
        "the same, each session watched", _ingest(True, over="websocket"), _INGESTED, "websocket"
    ),
    "idle-sse": Scenario(
        "{streams:,} idle SSE connections",
        _bench("idle", lambda sizes: {"connections": sizes.streams}),
        _IDLE,
    ),
    "idle-websocket": Scenario(
        "{streams:,} idle WebSocket connections",
        _bench("idle", lambda sizes: {"connections": sizes.streams, "transport": "websocket"}),
        _IDLE,
    ),
    "storm": Scenario(
        "{cut:,} subscribers of {storm_sessions} sessions cut at once, coming back at once",
        _storm,
        (
            Figure("all caught up after", "seconds", "{:.1f} s"),
            Figure("Redis reads a session", "reads_a_session", "{:.1f}"),
        ),
    ),
    "restart": Scenario(
        "reading a session of {long:,} entries just after a restart, against one of 50",
        _restart,
        (
            Figure("ratio", "ratio", "{:.2f}"),
            Figure("long", "long_ms", "{:.1f} ms"),
            Figure("short", "short_ms", "{:.1f} ms"),
        ),
    ),
}
