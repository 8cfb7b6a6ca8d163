"""How the tests of meemo sign in, and the meetings that they look at."""

from collections.abc import Callable
from typing import Any, NamedTuple

import httpx
from contract.api.asking import created, event, published, status, taken
from contract.compat.conftest import House
from contract.compat.published_meemo import PARTICIPANTS, RECORDING, ROOT, SUMMARY, TRANSCRIPT

BASE = "/compat/meemo"
LINK = "https://meet.google.com/abc-defg-hij"
ADA = {"id": "u-ada", "first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com"}
CALENDAR = {
    "id": "cal-7",
    "title": "Weekly planning",
    "organizer_email": "grace@example.com",
    "meeting_link": LINK,
    "starts_at": "2026-01-05T09:00:00.000Z",
    "ends_at": "2026-01-05T10:00:00.000Z",
}
ATTENDEES = [
    {"email": "bob@example.com", "name": "Bob", "response_status": "accepted"},
    {"email": "cem@example.com"},
]
FULL = {
    "title": "Weekly planning",
    "location": "Room 4.12",
    "host": ADA,
    "language": "en",
    "keywords": ["plan", "launch"],
    "cluster_count": 3,
    "calendar_event": CALENDAR,
    "attendees": ATTENDEES,
}


MEETINGS = f"{ROOT}/meeting/"
PARTS = {"transcript": TRANSCRIPT, "summary": SUMMARY, "participants": PARTICIPANTS, "recording": RECORDING}
FOREIGN = 7
"""A number that no organization of the tests has."""

Own = Callable[[], tuple[House, httpx.Client]]
"""Makes an organization that nothing is in yet, with a client of this system."""


def one(number: int, part: str = "") -> str:
    """The path of a meeting, or of a part of it."""
    return f"{MEETINGS}{number}/{part}"


class Credentials(NamedTuple):
    """What a client signs in with."""

    client_id: str
    client_secret: str

    @classmethod
    def of(cls, key: str) -> "Credentials":
        _prefix, key_id, secret = key.split("_")
        return cls(key_id, secret)

    def form(self, **more: str) -> dict[str, str]:
        return {"grant_type": "client_credentials", **self._asdict(), **more}


def access(nobody: httpx.Client, key: str) -> str:
    """An access token for an API key."""
    return taken(nobody.post("/api/auth/token/", data=Credentials.of(key).form()))["access_token"]


def signed_in(below: Callable[..., httpx.Client], house: House, key: str | None = None) -> httpx.Client:
    """A client with an access token for a key; by default that which may do all."""
    return below(BASE, access(below(BASE), key or house.key))


def spoken(number: int, text: str, start: float, **more: Any) -> dict[str, Any]:
    return event(
        "transcript.segment",
        segment_id=f"s{number}",
        final=True,
        text=text,
        start=start,
        end=start + 1.25,
        **more,
    )


def full_meeting(native: httpx.Client) -> dict[str, Any]:
    """A session of which everything is known, and that is over."""
    session = created(native, **FULL)
    published(
        native,
        session["id"],
        status("active"),
        event(
            "participant.joined",
            participant_id="ada",
            connection_id="c1",
            name="Ada Lovelace",
            user_id="u-ada",
            email="ada@example.com",
            position="Engineer",
            department="Research",
        ),
        event("participant.joined", participant_id="guest", connection_id="c2", name="Guest"),
        spoken(2, "Good morning.", 3.5, speaker={"name": "Ada Lovelace"}),
        spoken(1, "Hello?", 1.5),
        event("summary.ready", text="# All well", format="markdown", notes="- ask Bob", keywords=["bob"]),
        event(
            "recording.updated", state="ready", url="https://example.com/r.mp4", duration=61.5, format="mp4"
        ),
        status("completed"),
    )
    return session
