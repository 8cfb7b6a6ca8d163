"""How values are spread."""

import math
from collections.abc import Iterable

from msgspec import Struct


class Spread(Struct, frozen=True):
    """Percentiles of some values, in their unit."""

    n: int
    p50: float
    p95: float
    p99: float
    max: float

    @classmethod
    def of(cls, values: Iterable[float], scale: float = 1.0) -> "Spread | None":
        """Of `values`, each times `scale`; None if there are none."""
        ordered = sorted(values)
        if not ordered:
            return None

        def at(share: float) -> float:
            # The nearest rank: a value that was really seen.
            return ordered[max(0, math.ceil(share * len(ordered)) - 1)] * scale

        return cls(len(ordered), at(0.5), at(0.95), at(0.99), ordered[-1] * scale)
