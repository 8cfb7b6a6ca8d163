"""How something is said of a session, and where it is read: parts of the rows of `published_systems.py`."""

from collections.abc import Sequence
from typing import Any, NamedTuple

_ASKED = {
    "heartbeat": "`POST …/heartbeat`",
    "seal": "`POST …/seal`",
    "meeting": "`PUT /v1/meetings/{meeting_id}`",
    "topic": "`POST /v1/topics`",
    "key": "`POST /v1/keys`",
    "summarize": "`POST …/summary`",
}


class Said(NamedTuple):
    """How something is said of a session."""

    where: str
    """`create`: a field of `POST /v1/sessions`; another request (`_ASKED`); else an event type."""
    data: dict[str, Any]
    """In it `{topic_id}` stands for the topic that was said before."""

    def __str__(self) -> str:
        if self.where == "create":
            request = "`POST /v1/sessions`" + (
                " or `PATCH`" if self.data and not FIXED & set(self.data) else ""
            )
        elif self.where in _ASKED:
            request = _ASKED[self.where]
        else:
            return f"`{self.where}`"
        names = ", ".join(f"`{name}`" for name in self.data)
        return f"{names} of {request}" if names else request


class Field(NamedTuple):
    """A field of one of the systems."""

    system: str
    field: str
    """As the system calls it."""
    said: tuple[Said, ...]
    read: str
    """The native resource below the session (empty: the session itself), or one that begins with `/v1`; then
    the path to the value in it. One that ends in `/stream` is followed: its frames up to the bookmark."""
    value: Any
    """What is read then; `...` stands for whatever is not empty."""

    def __str__(self) -> str:
        return f"{self.system}: {self.field}"

    @property
    def resource(self) -> str:
        """What is asked for, with `{session_id}` in it."""
        resource = self.read.rpartition(" ")[0]
        return resource if resource.startswith("/v1") else f"/v1/sessions/{{session_id}}{resource}"

    @property
    def path(self) -> str:
        """Where in the answer the value is."""
        return self.read.rpartition(" ")[2]


class Rows:
    """Makes the rows of one system.

    Args:
        system: Its name.
    """

    def __init__(self, system: str) -> None:
        self._system = system

    def __call__(self, field: str, said: Said | Sequence[Said], read: str, value: Any = ...) -> Field:
        return Field(self._system, field, (said,) if isinstance(said, Said) else tuple(said), read, value)

    def by_user(
        self, field: str, said: Said | Sequence[Said], read: str, user: dict[str, str]
    ) -> list[Field]:
        """A row for each thing that is said of a user."""
        return [self(f"{field}.{name}", said, f"{read}.{name}", value) for name, value in user.items()]


FIXED = {"meeting_id", "meeting_link"}
"""Fields that only the creation has."""
MEETING_ID = "m-1"
"""Of the meeting that rows put."""
ADA = {"id": "u-1", "first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com"}
ADA["avatar_url"] = "https://example.com/ada.png"
LINK = "https://teams.microsoft.com/l/meetup-join/abc123"


def create(**fields: Any) -> Said:
    return Said("create", fields)


def meeting(**fields: Any) -> Said:
    return Said("meeting", fields)


def topic(**fields: Any) -> Said:
    return Said("topic", {"name": "Sales", **fields})


def key(**fields: Any) -> Said:
    """The API key with which all else is said and read."""
    return Said("key", fields)


def event(kind: str, /, **data: Any) -> Said:
    return Said(kind, data)


def joined(**more: Any) -> Said:
    return event("participant.joined", participant_id="ada", connection_id="c1", name="Ada", **more)


def segment(**more: Any) -> Said:
    said = {"segment_id": "s1", "final": True, "text": "Good morning.", "start": 1.5, "end": 2.25}
    return event("transcript.segment", **said | more)


ACTIVE = event("session.status_changed", status="active")
DONE = event("session.status_changed", status="completed", reason="all left", code="DONE")
LEAVING = event("session.status_changed", status="leaving")
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
SUMMARIZE = Said("summarize", {})
CHAT = event("chat.message", message_id="m1", text="hi", sender={"name": "Ada", "participant_id": "ada"})
ROOM = event("breakout.opened", room_id="r1", title="Room 1")


def recording(**more: Any) -> Said:
    return event("recording.updated", state="ready", **more)
