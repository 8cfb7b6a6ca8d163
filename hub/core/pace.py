"""When the entries of a play are due: their own gaps, divided by a speed. Pure: the clock is the caller's."""


class Pace:
    """Deadlines on a monotonic clock.

    Each is computed from the beginning of the play, so that what is late now does not make later ones late.

    Args:
        speed: How many times as fast as it was, more than 0.
    """

    __slots__ = ("_began", "_first", "speed")

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self._first: int | None = None
        self._began = 0.0

    def due(self, ms: int, now: float) -> float:
        """When an entry is due, in seconds of the clock; the first one that is asked about is due now.

        Args:
            ms: Of its entry id.
            now: By the clock.
        """
        if self._first is None:
            self._first, self._began = ms, now
        return self._began + (ms - self._first) / (1000 * self.speed)
