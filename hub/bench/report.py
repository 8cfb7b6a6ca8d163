"""What a load test has found: a table for people, one JSON object for programs."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct, field, structs
from rich.table import Table

from hub.bench.spread import Spread


class Report(Struct, kw_only=True):
    """The JSON object of `--json`. None: not measured by this scenario, or the hub does not tell.

    Seconds are wall-clock time, times in `…_ms` milliseconds: `{"n", "p50", "p95", "p99", "max"}`.
    """

    scenario: str
    url: str
    options: dict[str, Any]
    """The sizes that count for the scenario."""
    seconds: float | None = None
    """From the begin of the measurement to the last delivery, without any to the last acknowledgement."""
    connections: int | None = None
    """Streams that were open."""
    events: int | None = None
    """Acknowledged during the measurement."""
    events_per_second: float | None = None
    refused: int | None = None
    """Requests that were not acknowledged."""
    deliveries: int | None = None
    expected: int | None = None
    """Deliveries that there should be."""
    complete: bool | None = None
    """Every subscriber got every event once."""
    deliveries_per_second: float | None = None
    entries_per_write: float | None = None
    """Frames that the hub handed to a subscriber in one write, on average."""
    publish_ms: Spread | None = None
    """From a request to its acknowledgement."""
    latency_ms: Spread | None = None
    """From sending an event to its arrival at a subscriber, over all (a sample where there are many)."""
    first_ms: Spread | None = None
    """The same of the first subscriber of each event,"""
    median_ms: Spread | None = None
    """of the one in the middle,"""
    last_ms: Spread | None = None
    """and of the last."""
    burst_ms: Spread | None = None
    """From the begin of a burst to its last delivery."""
    open_seconds: float | None = None
    """Until all streams were open."""
    open_ms: Spread | None = None
    """Of each stream, from connecting to the first bookmark."""
    missed: int | None = None
    """Events that each subscriber missed while it was away."""
    catch_up_seconds: float | None = None
    """From the first reconnect until every subscriber had the newest entry."""
    catch_up_ms: Spread | None = None
    """Of each subscriber, from connecting to having the newest entry."""
    bytes_per_connection: float | None = None
    """By which the hub's resident memory grew, by streams."""
    hub_memory_bytes: float | None = None
    """Resident memory of the hub at the end."""
    hub_cpu_cores: float | None = None
    """Processors that the hub kept busy during the measurement."""
    readers_busy: float | None = None
    """Share of its time in which the busiest reading process ran or waited for a processor."""
    writers_busy: float | None = None
    """The same of the publishing processes."""
    generator_is_limit: bool = False
    """The load generator itself may have been the limit."""
    notes: list[str] = field(default_factory=list[str])
    """What to know about these figures."""


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _seconds(value: float) -> str:
    return f"{value:.2f} s"


def _bytes(value: float) -> str:
    return f"{value / 1e6:,.1f} MB" if abs(value) >= 1e6 else f"{value:,.0f} B"


def _spread(value: Spread) -> str:
    return f"p50 {value.p50:.2f} · p95 {value.p95:.2f} · p99 {value.p99:.2f} · max {value.max:.2f} ms"


_ROWS: dict[str, tuple[str, Callable[[Any], str]]] = {
    "seconds": ("measured for", _seconds),
    "connections": ("streams", _count),
    "open_seconds": ("all streams open after", _seconds),
    "open_ms": ("a stream opens in", _spread),
    "events": ("events acknowledged", _count),
    "events_per_second": ("events a second", _count),
    "refused": ("requests refused", _count),
    "deliveries": ("deliveries", _count),
    "deliveries_per_second": ("deliveries a second", _count),
    "entries_per_write": ("entries a write", lambda value: f"{value:.2f}"),
    "publish_ms": ("publish to acknowledgement", _spread),
    "latency_ms": ("publish to subscriber", _spread),
    "first_ms": ("to the first subscriber", _spread),
    "median_ms": ("to the median subscriber", _spread),
    "last_ms": ("to the last subscriber", _spread),
    "burst_ms": ("burst to its last delivery", _spread),
    "missed": ("missed while away, each", _count),
    "catch_up_seconds": ("all caught up after", _seconds),
    "catch_up_ms": ("a subscriber catches up in", _spread),
    "bytes_per_connection": ("hub memory a connection", _bytes),
    "hub_memory_bytes": ("hub memory", _bytes),
    "hub_cpu_cores": ("hub CPU", lambda value: f"{value:.2f} cores"),
    "readers_busy": ("readers busy", lambda value: f"{value:.0%}"),
    "writers_busy": ("publishers busy", lambda value: f"{value:.0%}"),
}


def heading(report: Report) -> str:
    """What was done."""
    options = (f"{name} {value}" for name, value in report.options.items() if value is not False)
    return f"{report.scenario}: {', '.join(options)}"


def table(report: Report) -> Table:
    """The report for people: what was measured, and what the hub should have told."""
    shown = Table(box=None, show_header=False, pad_edge=False)
    shown.add_column(style="dim", no_wrap=True)
    shown.add_column()
    found = structs.asdict(report)
    for name, (label, tell) in _ROWS.items():
        if found[name] is not None:
            shown.add_row(label, tell(found[name]))
        elif _is_due(report, name):
            shown.add_row(label, "n/a")
    return shown


def _is_due(report: Report, name: str) -> bool:
    """Whether a hub that tells of itself would have told this."""
    match name:
        case "hub_cpu_cores" | "hub_memory_bytes":
            return True
        case "entries_per_write":
            return report.deliveries is not None
        case "bytes_per_connection":
            return report.scenario == "idle"
        case _:
            return False
