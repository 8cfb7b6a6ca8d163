"""What all systems have published, by their names."""

from contract.compat import published_bigmind, published_meeting_buddy
from contract.compat.conformance import Published

PUBLISHED: dict[str, Published] = {
    one.system: one for one in (published_bigmind.PUBLISHED, published_meeting_buddy.PUBLISHED)
}
