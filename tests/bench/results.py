"""What a comparison has found: every run of every round, as JSON, and medians over the rounds."""

from collections.abc import Callable
from statistics import median
from typing import Any

from msgspec import Struct, field


class Run(Struct, kw_only=True):
    """One contender's fan-out, measured once."""

    deliveries: int
    """Frames that the readers have received."""
    seconds: float
    """From the first publish until the last frame had been received."""
    published: int
    """Events published, or rounds of sends."""
    missing: int
    """Deliveries that never came, as the subscriber was cut."""
    entries_a_write: float | None
    """Frames that one write to a subscriber carried on average; None where the contender does not tell."""
    entries_a_read: float
    """Frames that one recv of a reader returned on average; more than a write has, where the readers lag."""
    frame: float
    """Bytes of a delivery on the wire."""
    server_cpu: float
    """Share of its core that the contender used, 0 to 1."""
    others: float
    """Share of that core that was used by something else: the contender was disturbed."""
    readers_cpu: float
    """Share of their core that the readers used."""
    load_core: float
    """Share of that core that all on it used; near 1 it may have been the limit."""
    p50: float | None = None
    """Seconds from before the publish to a subscriber, median of samples."""
    p99: float | None = None

    @property
    def rate(self) -> float:
        """Deliveries a second."""
        return self.deliveries / self.seconds

    @property
    def work(self) -> float:
        """Deliveries a second of the contender's processor time: less disturbed by what else runs."""
        return self.rate / max(self.server_cpu, 0.001)


class Comparison(Struct, kw_only=True):
    """All that one command has measured."""

    machine: dict[str, Any]
    options: dict[str, Any]
    sizes: dict[str, Any] = field(default_factory=dict)
    """Of the other scenarios."""
    rounds: list[dict[str, Run]] = field(default_factory=list)
    """Fan-out: each round's runs by name, such as `hub sse 1`."""
    scenarios: dict[str, Any] = field(default_factory=dict)
    """The other scenarios, each a list with what every round has found."""
    skipped: dict[str, str] = field(default_factory=dict)
    """Contenders that could not run, and why."""


class Ratio(Struct, frozen=True):
    """Of two runs within a round; the median over the rounds, and the range."""

    median: float
    least: float
    most: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.least:.2f} to {self.most:.2f})"


def typical(comparison: Comparison, name: str, of: Callable[[Run], float | None]) -> float | None:
    """The median over the rounds of something of a run; None if it never ran."""
    values = [of(found[name]) for found in comparison.rounds if name in found]
    known = [value for value in values if value is not None]
    return median(known) if known else None


def ratio(comparison: Comparison, above: str, below: str, of: Callable[[Run], float]) -> Ratio | None:
    """How two runs compare, taken within each round; None if no round had both."""
    values = [
        of(found[above]) / of(found[below])
        for found in comparison.rounds
        if above in found and below in found
    ]
    return Ratio(median(values), min(values), max(values)) if values else None
