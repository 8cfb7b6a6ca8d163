"""What every generator of summaries is."""

from collections.abc import Sequence
from typing import Protocol

from hub.summary.spoken import Line
from schemas.events import SummaryReady


class SummaryFailure(Exception):
    """There will be no summary.

    Args:
        reason: Why, to be told to whoever asked: a sentence that quotes nobody and holds no secret.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Generator(Protocol):
    """Writes summaries."""

    async def write(self, lines: Sequence[Line]) -> SummaryReady:
        """A summary of what was said: one line at least, in order.

        Raises:
            SummaryFailure: for good; another attempt would not do better.
        """
        ...
