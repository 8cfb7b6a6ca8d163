"""What is counted, for `/metrics`. No label names a session or an organization."""

from collections.abc import Awaitable, Callable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from hub.edge.totals import Family, families

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """The counters of one process; an `Observer` of the live side."""

    def __init__(self) -> None:
        self.others: Callable[[list[Family]], Awaitable[bytes]] | None = None
        """Adds what the other processes of this hub have counted, where there are any."""
        disable_created_metrics()
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.connections = Gauge(
            "hub_connections", "Open connections.", ["transport"], registry=self.registry
        )
        self.deliveries = Counter("hub_deliveries", "Frames handed to subscribers.", registry=self.registry)
        self.writes = Counter(
            "hub_writes", "Writes to subscribers; one may carry many frames.", registry=self.registry
        )
        self.publishes = Counter("hub_publishes", "Events published.", ["outcome"], registry=self.registry)
        self.latency = Histogram(
            "hub_publish_seconds",
            "From the request to the acknowledgement.",
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.resets = Counter("hub_resets", "Resets of subscribers.", ["reason"], registry=self.registry)
        self.disconnects = Counter(
            "hub_disconnects", "Connections ended by the hub.", ["code"], registry=self.registry
        )
        self.lag = Histogram(
            "hub_wakeup_lag_seconds",
            "From a wakeup to the fan-out of what it told of.",
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.live_sessions = Gauge(
            "hub_live_sessions", "Sessions that are live, in the store.", registry=self.registry
        )
        self.followed = Gauge(
            "hub_followed_streams", "Streams that this hub follows.", registry=self.registry
        )

        self.summaries_waiting = Gauge(
            "hub_summaries_waiting",
            "Summaries that were asked for and are not done yet, in the store.",
            registry=self.registry,
        )
        self.summaries = Counter(
            "hub_summaries",
            "Summaries that this hub was asked for and ended.",
            ["outcome"],
            registry=self.registry,
        )

        self.imports_waiting = Gauge(
            "hub_imports_waiting", "Files that are not imported yet, in the store.", registry=self.registry
        )
        self.imports = Counter(
            "hub_imports", "Imports that this hub has ended.", ["outcome"], registry=self.registry
        )
        self.offers_waiting = Gauge(
            "hub_offers_waiting", "Sessions that wait for a bot, in the store.", registry=self.registry
        )
        self.bots = Gauge("hub_bots", "Bots connected to this hub.", registry=self.registry)
        self.bot_sessions = Gauge(
            "hub_bot_sessions", "Sessions in the hands of bots connected to this hub.", registry=self.registry
        )
        self.leases_lost = Counter(
            "hub_leases_lost",
            "Leases that this hub saw ending without the session: run out, or given back.",
            ["reason"],
            registry=self.registry,
        )

    def imported(self, outcome: str) -> None:
        """An import has ended: `imported`, or the code of its failure."""
        self.imports.labels(outcome).inc()

    def lease_lost(self, reason: str) -> None:
        """A bot has lost its session: its lease has `expired`, or was `released`."""
        self.leases_lost.labels(reason).inc()

    def summarized(self, outcome: str) -> None:
        """A summary that was asked for has ended: `ready` or `failed`."""
        self.summaries.labels(outcome).inc()

    def delivered(self, frames: int, writes: int) -> None:
        """So many frames were handed to subscribers, in so many writes."""
        self.deliveries.inc(frames)
        self.writes.inc(writes)

    def reset(self, reason: str) -> None:
        """A subscriber's cursor could not be resumed from."""
        self.resets.labels(reason).inc()

    def woken(self, seconds: float) -> None:
        """From a wakeup to the fan-out of what it told of."""
        self.lag.observe(seconds)

    def report(self) -> list[Family]:
        """What this process has counted."""
        return families(self.registry)

    async def exposition(self) -> bytes:
        """What the hub has counted, all its processes together, in the text format of Prometheus."""
        return generate_latest(self.registry) if self.others is None else await self.others(self.report())
