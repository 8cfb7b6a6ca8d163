"""What is counted, for `/metrics`. No label names a session or an organization."""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """The counters of one hub; an `Observer` of the live side."""

    def __init__(self) -> None:
        disable_created_metrics()
        self.registry = CollectorRegistry()
        self.connections = Gauge(
            "hub_connections", "Open connections.", ["transport"], registry=self.registry
        )
        self.deliveries = Counter("hub_deliveries", "Frames handed to subscribers.", registry=self.registry)
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

    def delivered(self, frames: int) -> None:
        """So many frames were handed to subscribers."""
        self.deliveries.inc(frames)

    def reset(self, reason: str) -> None:
        """A subscriber's cursor could not be resumed from."""
        self.resets.labels(reason).inc()

    def woken(self, seconds: float) -> None:
        """From a wakeup to the fan-out of what it told of."""
        self.lag.observe(seconds)

    def exposition(self) -> bytes:
        """All of it in the text format of Prometheus."""
        return generate_latest(self.registry)
