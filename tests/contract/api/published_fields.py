"""How something is said of a session, and where it is read: parts of the rows in `published_systems.py`."""

from typing import Any, NamedTuple


class Said(NamedTuple):
    """How something is said of a session."""

    where: str
    """`create`: a field of `POST /v1/sessions`; `heartbeat`; else an event type."""
    data: dict[str, Any]

    def __str__(self) -> str:
        names = ", ".join(f"`{name}`" for name in self.data)
        if self.where == "heartbeat":
            return f"{names} of `POST …/heartbeat`"
        if self.where != "create":
            return f"`{self.where}`"
        if not names:
            return "`POST /v1/sessions`"
        return f"{names} of `POST /v1/sessions`" + ("" if FIXED & set(self.data) else " or `PATCH`")


class Field(NamedTuple):
    """A field of one of the systems."""

    system: str
    field: str
    """As the system calls it."""
    said: tuple[Said, ...]
    read: str
    """The native resource below the session (empty: the session itself), then the path to the value in it."""
    value: Any
    """What is read then; `...` stands for whatever is not empty."""

    def __str__(self) -> str:
        return f"{self.system}: {self.field}"


FIXED = {"meeting_id", "meeting_link"}
"""Fields that only the creation has."""
ADA = {"id": "u-1", "first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com"}
ADA["avatar_url"] = "https://example.com/ada.png"
LINK = "https://teams.microsoft.com/l/meetup-join/abc123"


def create(**fields: Any) -> Said:
    return Said("create", fields)


def event(kind: str, /, **data: Any) -> Said:
    return Said(kind, data)


def joined(**more: Any) -> Said:
    return event("participant.joined", participant_id="ada", connection_id="c1", name="Ada", **more)


def segment(**more: Any) -> Said:
    said = {"segment_id": "s1", "final": True, "text": "Good morning.", "start": 1.5, "end": 2.25}
    return event("transcript.segment", **said, **more)


ACTIVE = event("session.status_changed", status="active")
DONE = event("session.status_changed", status="completed", reason="all left", code="DONE")
FAILED = event(
    "session.status_changed", status="failed", message="No entry.", code="NOT_ADMITTED", stage="join"
)
LATER = event("x.later")
"""Published until some time has passed."""
POSITIVE = object()
"""Stands for any number above 0."""
LEFT = event("participant.left", participant_id="ada", connection_id="c1")
CALENDAR = {
    "id": "cal-7",
    "title": "Weekly",
    "organizer_email": "grace@example.com",
    "meeting_link": LINK,
    "starts_at": "2026-01-01T09:00:00.000Z",
    "ends_at": "2026-01-01T10:00:00.000Z",
}
ATTENDEE = {"email": "bob@example.com", "name": "Bob", "response_status": "accepted"}
REPORT = {
    "device": {"os": "Linux"},
    "network": {"ip": "192.0.2.1"},
    "precall": {"rtt": 9},
    "quality": {"mos": 4.2},
}
SOURCE = {
    "id": "cam",
    "name": "Integrated Webcam",
    "type": "video",
    "device": "local_camera",
    "url": "rtmp://example.com/live",
}
CHAPTER = event("chapter.added", title="Introduction", start=2.5, end=10)
SUMMARY = event("summary.ready", text="# All well", format="markdown", notes="- ask Bob", keywords=["plan"])
CHAT = event("chat.message", message_id="m1", text="hi", sender={"name": "Ada", "participant_id": "ada"})
ROOM = event("breakout.opened", room_id="r1", title="Room 1")


def recording(**more: Any) -> Said:
    return event("recording.updated", state="ready", **more)
