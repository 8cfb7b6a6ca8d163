"""The newest items of a stream, in memory for those who resume."""

from collections import deque
from typing import Generic, TypeVar

from hub.core.entry import Change, Entry
from hub.core.entry_id import EntryId

MAX_BYTES = 1_048_576
"""Of data in one ring."""

_Item = TypeVar("_Item", Entry, Change)


class Ring(Generic[_Item]):
    """A dense run of items that ends with the newest one, bounded by count and bytes.

    Args:
        floor: The id before the first item.
        capacity: Items at most.
    """

    def __init__(self, floor: EntryId, capacity: int) -> None:
        self._floor = floor
        self._capacity = capacity
        self._items: deque[_Item] = deque()
        self._bytes = 0

    def extend(self, items: list[_Item]) -> None:
        """Add newer items; the oldest fall out."""
        self._items.extend(items)
        self._bytes += sum(len(item.data) for item in items)
        while len(self._items) > self._capacity or self._bytes > MAX_BYTES:
            oldest = self._items.popleft()
            self._bytes -= len(oldest.data)
            self._floor = oldest.id

    def after(self, cursor: EntryId) -> list[_Item] | None:
        """All items after `cursor`; None if the ring does not hold that very id."""
        if cursor == self._floor:
            return list(self._items)
        if not self._items:
            return None
        index = cursor.seq - self._items[0].id.seq
        if not 0 <= index < len(self._items) or self._items[index].id != cursor:
            return None
        return [self._items[i] for i in range(index + 1, len(self._items))]
