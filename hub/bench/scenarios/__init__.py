"""The scenarios of `hub bench`: each a function that fills the report of a rig."""

from collections.abc import Callable

from hub.bench.load import Scenario
from hub.bench.rig import Rig
from hub.bench.scenarios import fanout, idle, ingest, latency, sessions, storm

SCENARIOS: dict[Scenario, Callable[[Rig], None]] = {
    "fanout": fanout.run,
    "sessions": sessions.run,
    "ingest": ingest.run,
    "latency": latency.run,
    "idle": idle.run,
    "storm": storm.run,
}
