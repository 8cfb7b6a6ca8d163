"""What a load test is to do: its scenario and sizes."""

from typing import Any, Literal, get_args

from msgspec import Struct, structs

Scenario = Literal["fanout", "sessions", "ingest", "latency", "idle", "storm"]
Transport = Literal["sse", "websocket"]
Way = Literal[Transport, "both"]
Over = Literal["http", "ndjson", "websocket"]

SIZE = 230
"""Bytes of a frame over SSE."""
MOST_REQUEST = 1 << 20
"""Bytes that a hub takes in one request."""

DEFAULTS: dict[Scenario, dict[str, Any]] = {
    "fanout": {"subscribers": 1000, "publishers": 1, "transport": "sse", "seconds": 10.0, "size": SIZE},
    "sessions": {
        "sessions": 200,
        "rate": 1.0,
        "publishers": 64,
        "transport": "sse",
        "seconds": 10.0,
        "size": SIZE,
        "burst": False,
    },
    "ingest": {
        "connections": 32,
        "sessions": 8,
        "batch": 1,
        "over": "http",
        "watched": 0,
        "seconds": 10.0,
        "size": SIZE,
    },
    "latency": {"subscribers": 1000, "rate": 10.0, "transport": "sse", "seconds": 10.0, "size": SIZE},
    "idle": {"connections": 10_000, "transport": "sse", "seconds": 5.0},
    "storm": {
        "subscribers": 5000,
        "sessions": 5,
        "rate": 10.0,
        "transport": "sse",
        "seconds": 2.0,
        "size": SIZE,
    },
}
"""The options of each scenario."""


class Load(Struct, frozen=True, kw_only=True):
    """One load test. What its scenario has no option for has no meaning."""

    scenario: Scenario
    processes: int
    """Processes that read, and as many that publish."""
    subscribers: int = 0
    publishers: int = 1
    sessions: int = 1
    transport: Way = "sse"
    rate: float = 1.0
    """Events a second: of each session, with `latency` of all."""
    seconds: float = 1.0
    """Of the measurement; with `storm` of being away."""
    connections: int = 0
    batch: int = 1
    watched: int = 0
    size: int = SIZE
    over: Over = "http"
    burst: bool = False

    @property
    def options(self) -> dict[str, Any]:
        """The options of its scenario."""
        return {name: getattr(self, name) for name in (*DEFAULTS[self.scenario], "processes")}


def load(scenario: Scenario, processes: int, given: dict[str, Any]) -> Load:
    """A load test with the options that were `given`, and its scenario's defaults.

    Raises:
        ValueError: the scenario has no such option, or they do not go together.
    """
    defaults = DEFAULTS[scenario]
    for name in given:
        if name not in defaults:
            others = ", ".join(other for other in get_args(Scenario) if name in DEFAULTS[other])
            raise ValueError(f"--{name} means nothing to `{scenario}` (only to {others})")
    wanted = Load(scenario=scenario, processes=processes, **(defaults | given))
    if wanted.transport == "both" and scenario != "idle":
        raise ValueError("--transport both is for `idle` only")
    if wanted.batch * wanted.size > MOST_REQUEST:
        raise ValueError(f"--batch times --size is more than the {MOST_REQUEST} bytes a request may have")
    if wanted.watched and "sessions" in given:
        raise ValueError("--watched says how many sessions there are: leave out --sessions")
    return structs.replace(wanted, sessions=wanted.watched) if wanted.watched else wanted


def processes(cpus: int | None) -> int:
    """How many processes read by default: half the processors, as the hub needs some too; 8 at most."""
    return max(1, min(8, (cpus or 1) // 2))
