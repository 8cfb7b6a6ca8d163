"""What was published so far, as plainly as can be: what every system must show is read from here."""

from collections.abc import Iterable
from typing import Any, NamedTuple


class Person(NamedTuple):
    """Somebody who joined."""

    name: str
    connections: dict[str, bool]
    """By their ids: whether it is there."""

    @property
    def there(self) -> bool:
        return any(self.connections.values())


class Said(NamedTuple):
    """A segment."""

    speaker: str | None
    text: str
    start: float
    end: float


class Told:
    """The events of one session, one after the other."""

    def __init__(self) -> None:
        self.status = "initializing"
        self.statuses = ["initializing"]
        self.started = False
        self.people: dict[str, Person] = {}
        self.peak = 0
        self.moves: list[tuple[str, str]] = []
        """Names of who joined or left, in order."""
        self.segments: dict[str, dict[str, Any]] = {}
        """The newest revision of each."""
        self.revisions: list[dict[str, Any]] = []
        self.chapters: list[str] = []
        self.lines: list[tuple[str, str]] = []
        """Level and message."""

    def take(self, event_type: str, data: dict[str, Any]) -> None:
        """The next event."""
        if event_type == "session.status_changed":
            self.status = data["status"]
            self.statuses.append(self.status)
            self.started = self.started or self.status in ("active", "recording")
        elif event_type == "participant.joined":
            person = self.people.setdefault(data["participant_id"], Person(data["name"], {}))
            person.connections[data["connection_id"]] = True
            self.moves.append((person.name, "joined"))
            self.peak = max(self.peak, len(self.there))
        elif event_type == "participant.left":
            person = self.people[data["participant_id"]]
            person.connections[data["connection_id"]] = False
            self.moves.append((person.name, "left"))
        elif event_type == "transcript.segment":
            self.segments[data["segment_id"]] = data
            self.revisions.append(data)
        elif event_type == "chapter.added":
            self.chapters.append(data["title"])
        elif event_type == "log.entry":
            self.lines.append((data["level"], data["message"]))

    @property
    def there(self) -> list[str]:
        """The names of those who are there, in the order in which they first came."""
        if self.status in ("completed", "failed"):
            return []
        return [person.name for person in self.people.values() if person.there]

    @property
    def said(self) -> list[Said]:
        """Each segment, by start and then by first appearance."""
        return _by_start(self.segments.values())

    @property
    def said_for_good(self) -> list[Said]:
        """Those that are no drafts any more."""
        return _by_start(one for one in self.segments.values() if one["final"])


def _by_start(segments: Iterable[dict[str, Any]]) -> list[Said]:
    shown = [
        Said((one.get("speaker") or {}).get("name"), one["text"], one["start"], one["end"])
        for one in segments
    ]
    return sorted(shown, key=lambda one: one.start)
