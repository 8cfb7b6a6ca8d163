"""When things happened."""

from hub.core.entry import Entry
from schemas import codec, session


def moment(about: session.About, entry: Entry, *, after: int | None) -> int:
    """When something happened, milliseconds since 1970: when the stream took it.

    But of a recorded session when the entry says it did; not later than the stream took it, and not before
    `after`: else stretches of time would be negative.
    """
    if about.file_url is None or entry.occurred_at is None:
        return entry.id.ms
    return max(min(codec.milliseconds(entry.occurred_at), entry.id.ms), after or 0)
