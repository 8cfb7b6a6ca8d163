"""What five published session APIs know and answer, and what does the same here: all rows of the tables."""

from types import ModuleType

from contract.api import (
    published_bigmind,
    published_emogg,
    published_meemo,
    published_meeting_buddy,
    published_realtimekit,
)
from contract.api.published_endpoints import Endpoint
from contract.api.published_fields import Field

SYSTEMS: dict[str, ModuleType] = {
    "bigmind": published_bigmind,
    "realtimekit": published_realtimekit,
    "meemo": published_meemo,
    "emogg": published_emogg,
    "meeting_buddy": published_meeting_buddy,
}
"""Each with what it publishes, written down by hand (`FIELD_NAMES`, `ENDPOINT_NAMES`), what of that is in no
resource (`ELSEWHERE`, with where it comes from), and the rows of all the rest (`FIELDS`, `ENDPOINTS`)."""

FIELDS: list[Field] = [row for system in SYSTEMS.values() for row in system.FIELDS]
ENDPOINTS: list[Endpoint] = [row for system in SYSTEMS.values() for row in system.ENDPOINTS]


def field_names(system: str) -> set[str]:
    """The fields that a system publishes: those of `object: field field …`, a line each."""
    found: set[str] = set()
    for line in SYSTEMS[system].FIELD_NAMES.strip().splitlines():
        first, *more = line.split()
        if first.endswith(":"):
            of = first[:-1]
        else:
            more = [first, *more]
        found |= {f"{of}.{name}" for name in more}
    return found


def endpoint_names(system: str) -> set[tuple[str, str]]:
    """The endpoints that a system publishes, each alone and with each of its parameters."""
    return {
        (endpoint, name)
        for endpoint, names in SYSTEMS[system].ENDPOINT_NAMES.items()
        for name in (*([] if endpoint == "Errors" else [""]), *names.split())
    }
