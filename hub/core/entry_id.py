"""Entry ids: `<ms>-<seq>`, a position in one stream.

One token gives order, time, gap detection and incarnation: `seq` is dense from 1 over all entries of a
session (or of an organization's feed), `ms` never falls, and after the store lost a tail `ms` jumps, so
that an id given twice differs.
"""

import re
from typing import NamedTuple, Self

_PATTERN = re.compile(r"(0|[1-9][0-9]{0,15})-(0|[1-9][0-9]{0,15})\Z")


class EntryId(NamedTuple):
    """A position; ordered by `ms`, then `seq`."""

    ms: int
    """Milliseconds since 1970, 0 to 10^16 - 1."""
    seq: int
    """0 for "before the first", else from 1."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `<ms>-<seq>`.

        Raises:
            ValueError: `text` is not an entry id.
        """
        match = _PATTERN.match(text)
        if match is None:
            raise ValueError(f"not an entry id: {text[:64]!r}")
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.ms}-{self.seq}"


ORIGIN = EntryId(0, 0)
"""Before the first entry: `after=0-0` means everything from the start."""
