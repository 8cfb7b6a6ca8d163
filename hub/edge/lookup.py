"""What is looked up by id in the store, again and again."""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, NamedTuple, TypeVar

from hub.errors import Unavailable

FRESH = 2.0
"""Seconds for which what was looked up is taken as known; a revocation takes effect within them."""
MAX_KNOWN = 10_000
"""Remembered at most, and ids for which there is nothing."""

_Value = TypeVar("_Value")
_Key = TypeVar("_Key", str, bytes)
_Kept = TypeVar("_Kept")


class Known(NamedTuple, Generic[_Value]):
    """Something that was looked up."""

    value: _Value
    asked: float
    """When, by the monotonic clock."""

    @property
    def until(self) -> float:
        """Until when it is taken as known."""
        return self.asked + FRESH


class Lookup(Generic[_Value]):
    """Looks things up by id.

    Args:
        find: What is behind an id, now; None for nothing. May raise Unavailable.
    """

    def __init__(self, find: Callable[[str], Awaitable[_Value | None]]) -> None:
        self._find = find
        self._known: OrderedDict[str, Known[_Value]] = OrderedDict()
        # By themselves: whoever guesses must not make the hub forget those who go on through an outage.
        self._unknown: OrderedDict[str, float] = OrderedDict()

    async def find(self, name: str) -> Known[_Value] | None:
        """What is behind an id; None for nothing.

        Raises:
            Unavailable: and nothing was known before.
        """
        now = time.monotonic()
        known = self._known.get(name)
        if known is not None and now < known.until:
            return known
        if name in self._unknown and now - self._unknown[name] < FRESH:
            return None
        try:
            value = await self._find(name)
        except Unavailable:
            # Whoever was known may go on: a stream must not end because the store is away.
            if known is None:
                raise
            return known
        if value is None:
            self._known.pop(name, None)
            remember(self._unknown, name, now)
            return None
        found = Known(value, now)
        remember(self._known, name, found)
        return found


def remember(memory: OrderedDict[_Key, _Kept], key: _Key, value: _Kept) -> None:
    """Put something into a memory, which forgets what was put there longest ago when it is full."""
    memory[key] = value
    memory.move_to_end(key)
    if len(memory) > MAX_KNOWN:
        memory.popitem(last=False)
