"""What the hub says about itself at `/metrics`."""

import time

from msgspec import Struct

from hub.client import HubProblem
from hub.client.http import Http

_NAMES = {
    "process_cpu_seconds_total": "cpu",
    "process_resident_memory_bytes": "memory",
    "hub_deliveries_total": "deliveries",
    "hub_writes_total": "writes",
}


class Usage(Struct, frozen=True):
    """Counters at one moment; None where the hub does not tell. With several workers they are sums."""

    at: float
    """Of the monotonic clock, in seconds."""
    cpu: float | None = None
    """Processor seconds since it was started."""
    memory: float | None = None
    """Resident bytes."""
    deliveries: float | None = None
    writes: float | None = None

    def cores(self, earlier: "Usage") -> float | None:
        """Processors that the hub kept busy since `earlier`."""
        used = _difference(self.cpu, earlier.cpu)
        return None if used is None or self.at <= earlier.at else used / (self.at - earlier.at)

    def entries_a_write(self, earlier: "Usage") -> float | None:
        """Frames that one write to a subscriber carried since `earlier`, on average."""
        frames = _difference(self.deliveries, earlier.deliveries)
        writes = _difference(self.writes, earlier.writes)
        return frames / writes if frames is not None and writes else None

    def memory_since(self, earlier: "Usage") -> float | None:
        """Bytes by which it has grown since `earlier`."""
        return _difference(self.memory, earlier.memory)


def _difference(later: float | None, earlier: float | None) -> float | None:
    return None if later is None or earlier is None else later - earlier


async def usage(url: str, key: str) -> Usage:
    """Ask the hub; where it does not answer, nothing is known."""
    http = Http(url, key, 15.0)
    try:
        text = await http.send("GET", "/metrics")
    except HubProblem:
        text = b""
    finally:
        await http.aclose()
    return parse(text.decode("utf-8", "replace"), time.monotonic())


def parse(text: str, at: float) -> Usage:
    """Read the text format of Prometheus; of a metric with several lines (labels), their sum."""
    found: dict[str, float] = {}
    for line in text.splitlines():
        name, _, value = line.rpartition(" ")
        field = _NAMES.get(name.partition("{")[0])
        if field is None:
            continue
        try:
            found[field] = found.get(field, 0.0) + float(value)
        except ValueError:
            continue
    return Usage(at, **found)
