"""How long to wait before trying again."""

import random
from collections.abc import Callable


class Backoff:
    """Waits that double from `first` to `most` seconds, each cut at random to between half and all of it.

    Args:
        first: Seconds, longest first wait.
        most: Seconds, longest wait at all.
        draw: A number from 0 to 1, anew at each call.
    """

    def __init__(
        self, first: float = 0.25, most: float = 15.0, draw: Callable[[], float] = random.random
    ) -> None:
        self._first = first
        self._most = most
        self._draw = draw
        self._ceiling = first

    def next(self, at_least: float | None = None) -> float:
        """Seconds to wait now; never less than `at_least`, which the hub asked for."""
        wait = self._ceiling * (0.5 + 0.5 * self._draw())
        self._ceiling = min(self._most, self._ceiling * 2)
        return max(wait, at_least or 0.0)

    def reset(self) -> None:
        """It worked: begin with `first` again."""
        self._ceiling = self._first
