"""What the processes of one hub have counted, as one."""

import operator
from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec import Struct
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector


class Family(Struct, frozen=True, array_like=True):
    """One metric as one process has it."""

    name: str
    kind: str
    """`counter`, `gauge` or `histogram`."""
    meaning: str
    samples: list[tuple[str, dict[str, str], float]]
    """Each with its own name, its labels and its value."""


def _first(first: float, _other: float) -> float:
    return first


_TOGETHER: dict[str, Callable[[float, float], float]] = {
    # Of the store, not of a process: whoever was asked has looked just now.
    "hub_live_sessions": _first,
    "hub_summaries_waiting": _first,
    "hub_imports_waiting": _first,
    "hub_offers_waiting": _first,
    "process_start_time_seconds": min,
}
"""How two values become one, where they are not added."""
_KEPT = ("counter", "histogram")


class Totals:
    """The latest report of each process, and what those have counted that are gone: a sum never falls."""

    def __init__(self) -> None:
        self._latest: dict[int, list[Family]] = {}
        self._kept: list[Family] = []

    def heard(self, number: int, report: list[Family]) -> None:
        """Worker `number` has counted this so far."""
        self._latest[number] = report

    def gone(self, number: int) -> None:
        """Worker `number` has ended; another one may take its number."""
        report = self._latest.pop(number, [])
        self._kept = total([self._kept, [family for family in report if family.kind in _KEPT]])

    def exposition(self, asked: int) -> bytes:
        """All of it in the text format of Prometheus, from the side of worker `asked`."""
        first = self._latest.get(asked, [])
        rest = [report for number, report in self._latest.items() if number != asked]
        registry = CollectorRegistry()
        registry.register(_Shown(total([first, *rest, self._kept])))
        return generate_latest(registry)


class _Shown(Collector):
    def __init__(self, families: Sequence[Family]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        for family in self._families:
            metric = Metric(family.name, family.meaning, family.kind)
            for name, labels, value in family.samples:
                metric.add_sample(name, labels, value)
            yield metric


def families(registry: CollectorRegistry) -> list[Family]:
    """What a registry holds."""
    return [
        Family(
            metric.name,
            metric.type,
            metric.documentation,
            [(sample.name, sample.labels, sample.value) for sample in metric.samples],
        )
        for metric in registry.collect()
    ]


def total(reports: Iterable[Sequence[Family]]) -> list[Family]:
    """Several reports as one; the order is that of the first one."""
    samples: dict[str, dict[tuple[str, tuple[tuple[str, str], ...]], float]] = {}
    found: dict[str, Family] = {}
    for report in reports:
        for family in report:
            found.setdefault(family.name, family)
            values = samples.setdefault(family.name, {})
            together = _TOGETHER.get(family.name, operator.add)
            for name, labels, value in family.samples:
                key = name, tuple(labels.items())
                values[key] = together(values[key], value) if key in values else value
    return [
        Family(
            name,
            family.kind,
            family.meaning,
            [(sample, dict(labels), value) for (sample, labels), value in samples[name].items()],
        )
        for name, family in found.items()
    ]
