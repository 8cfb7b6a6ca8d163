"""What each published system calls what happens here: by hand, from what they have published."""

from typing import NamedTuple


class Called(NamedTuple):
    """One native status in the words of each system."""

    bigmind: str
    realtimekit: str | None
    """None: it does not know of the session before it has started."""
    meemo: str
    emogg: str
    meeting_buddy: str


STATUSES: dict[str, Called] = {
    "scheduled": Called("scheduled", None, "upcoming", "active", "initializing"),
    "initializing": Called("in_progress", None, "ongoing", "active", "initializing"),
    "joining": Called("in_progress", None, "ongoing", "active", "joining"),
    "waiting_room": Called("in_progress", None, "ongoing", "active", "joining"),
    "active": Called("in_progress", "LIVE", "ongoing", "active", "active"),
    "recording": Called("in_progress", "LIVE", "recording", "active", "recording"),
    "leaving": Called("in_progress", "LIVE", "ongoing", "active", "leaving"),
    "completed": Called("ended", "ENDED", "past", "finished", "completed"),
    "failed": Called("ended", "ENDED", "past", "finished", "failed"),
}
"""`failed` of a session that never started is unknown to realtimekit, too."""

LEVELS = {"debug": None, "info": "info", "warning": "warning", "error": "error"}
"""meeting-buddy has no word for what is told for debugging, and is not sent it."""
