"""Sessions of meeting_buddy, natively brought to where they should be."""

from typing import Any

import httpx
from contract.api.asking import event, new, published, status, taken
from contract.compat.conftest import House

BASE = "/compat/meeting-buddy/v1/meeting-buddy"
LINKS = {
    "teams": "https://teams.microsoft.com/l/meetup-join/abc123",
    "zoom": "https://us02web.zoom.us/j/123456789",
    "google_meet": "https://meet.google.com/abc-defg-hij",
    "webex": "https://example.webex.com/meet/ada",
}
LINK = LINKS["teams"]
PATHS = {
    "initializing": (),
    "joining": ("joining",),
    "active": ("joining", "active"),
    "recording": ("active", "recording"),
    "leaving": ("active", "leaving"),
    "completed": ("active", "completed"),
    "failed": ("joining", "failed"),
}
"""Through which native statuses a session comes to each status."""
SPOKEN = [
    ("b", "Second.", 2.0, {"speaker": {"name": "Bob"}, "confidence": 0.5, "language": "de"}),
    ("a", "First.", 1.0, {}),
]
"""Segments by first appearance."""


def native_of(session_id: str) -> str:
    return session_id.replace("mbsess_", "ses_")


def buddy_of(session_id: str) -> str:
    return session_id.replace("ses_", "mbsess_")


def started(api: httpx.Client, **fields: Any) -> str:
    return taken(api.post("/sessions", json={"meeting_link": LINK, **fields}), 201)["session_id"]


def brought_to(house: House, name: str, **fields: Any) -> str:
    """A session in a status, by its id here."""
    session_id = new(house.native, meeting_link=LINK, **fields)
    for step in PATHS[name]:
        published(house.native, session_id, status(step))
    return buddy_of(session_id)


def segment(name: str, text: str, start: float, *, final: bool = True, **more: Any) -> Any:
    data = {"segment_id": name, "final": final, "text": text, "start": start, "end": start + 0.5}
    return event("transcript.segment", **data, **more)
