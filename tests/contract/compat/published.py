"""What all systems have published, by their names."""

from contract.compat import (
    published_bigmind,
    published_emogg,
    published_meemo,
    published_meeting_buddy,
    published_realtimekit,
)
from contract.compat.conformance import Published

_ALL = (
    published_bigmind.PUBLISHED,
    published_meemo.PUBLISHED,
    published_emogg.PUBLISHED,
    published_meeting_buddy.PUBLISHED,
    published_realtimekit.PUBLISHED,
)
PUBLISHED: dict[str, Published] = {one.system: one for one in _ALL}
