"""The newest frames of a stream, in memory for those who resume."""

from collections import deque
from collections.abc import Sequence

from hub.core.entry import Change, Entry
from hub.core.entry_id import EntryId
from hub.live.frames import Frame

MAX_BYTES = 2 * 1_048_576
"""Of data and frames in one ring."""


class Ring:
    """A dense run of entries (or changes of a feed), as frames, that ends with the newest one.

    Bounded by count and bytes.

    Args:
        floor: The id before the first one.
        capacity: How many at most.
    """

    def __init__(self, floor: EntryId, capacity: int) -> None:
        self._floor: EntryId | None = floor
        self._capacity = capacity
        self._frames: deque[Frame] = deque()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._frames)

    def extend(self, frames: Sequence[Frame]) -> None:
        """Add newer ones; the oldest fall out."""
        self._frames.extend(frames)
        self._bytes += sum(map(_size, frames))
        self._shrink()

    def fill(self, frames: Sequence[Frame], head: EntryId) -> None:
        """Put older ones before those that are there, as far as they join them without a gap.

        Args:
            frames: In order; those that are there already, or do not fit together, are left out.
            head: The newest entry of the stream.
        """
        following = _item(self._frames[0]).id.seq if self._frames else head.seq + 1
        older: list[Frame] = []
        for frame in reversed(frames):
            if _item(frame).id.seq == following - 1:
                older.append(frame)
                following -= 1
        if not older or (not self._frames and _item(older[0]).id != head):
            return
        self._frames.extendleft(older)
        self._bytes += sum(map(_size, older))
        # What came before the first is not known, unless there was nothing.
        self._floor = None if following > 1 else EntryId(0, 0)
        self._shrink()

    def _shrink(self) -> None:
        while len(self._frames) > self._capacity or self._bytes > MAX_BYTES:
            oldest = self._frames.popleft()
            self._bytes -= _size(oldest)
            self._floor = _item(oldest).id

    def after(self, cursor: EntryId) -> list[Frame] | None:
        """All after `cursor`; None if the ring does not hold that very id."""
        if cursor == self._floor:
            return list(self._frames)
        if not self._frames:
            return None
        index = cursor.seq - _item(self._frames[0]).id.seq
        if not 0 <= index < len(self._frames) or _item(self._frames[index]).id != cursor:
            return None
        return [self._frames[i] for i in range(index + 1, len(self._frames))]


def _item(frame: Frame) -> Entry | Change:
    if frame.item is None:
        raise ValueError("a control frame has no place in a ring")
    return frame.item


def _size(frame: Frame) -> int:
    return len(frame.json) + len(_item(frame).data)
