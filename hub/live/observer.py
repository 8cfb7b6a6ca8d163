"""What the live side reports to whoever counts."""

from typing import Protocol


class Observer(Protocol):
    """Counts what happens; must not fail and must not wait."""

    def delivered(self, frames: int, writes: int) -> None:
        """So many frames were handed to subscribers, in so many writes."""
        ...

    def reset(self, reason: str) -> None:
        """A subscriber's cursor could not be resumed from."""
        ...

    def woken(self, seconds: float) -> None:
        """From a wakeup to the fan-out of what it told of."""
        ...
