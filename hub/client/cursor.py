"""Where a subscriber stands: one cursor a subscription, and which sessions of an organization to follow."""

import re

from hub.client.frames import Bookmark, End, Entry, Frame, ResetFrame, SnapshotFrame

START = "0-0"
"""The cursor before the first entry."""

_ID = re.compile(r"([0-9]{1,20})-([0-9]{1,20})\Z")
_REMEMBERED = 10_000


def order(entry_id: str | None) -> tuple[int, int] | None:
    """`entry_id` as something that can be compared; None for what is no entry id."""
    match = _ID.match(entry_id or "")
    return (int(match[1]), int(match[2])) if match else None


class Subscription:
    """One stream that is followed.

    Args:
        session_id: The session; None for the organization's feed.
        cursor: Entry id to go on after; None begins with a snapshot.
    """

    def __init__(self, session_id: str | None, cursor: str | None) -> None:
        self.session_id = session_id
        self.cursor = cursor

    def accept(self, frame: Frame) -> bool:
        """Move the cursor to `frame`. False: it was seen before, so it must not be passed on."""
        new, old = order(frame.id), order(self.cursor)
        if new is None:
            return True
        if isinstance(frame, SnapshotFrame | ResetFrame):
            self.cursor = frame.id
            return True
        if old is not None and new <= old:
            return not isinstance(frame, Entry)
        if isinstance(frame, Entry | Bookmark | End):
            self.cursor = frame.id
        return True


class Roster:
    """Which sessions of an organization to follow, as its feed tells.

    A session that ended is remembered until the feed, too, has told of its end: the feed may lag behind
    the session's own stream, and must not bring a session back that has been followed to its end.
    """

    def __init__(self) -> None:
        self._finished: dict[str, None] = {}
        self._told: dict[str, None] = {}
        self._began = False

    @property
    def remembered(self) -> int:
        """How many sessions it keeps in mind; 20,000 at most."""
        return len(self._finished) + len(self._told)

    def found(self, frame: Frame) -> list[tuple[str, str | None]]:
        """Sessions that a frame of the feed names and that are to be followed, each with its cursor.

        Sessions of the first snapshot begin with a snapshot; those that appear later, at their first entry.
        """
        after = START if self._began else None
        self._began = True
        if isinstance(frame, SnapshotFrame | ResetFrame):
            data = frame.data if isinstance(frame, SnapshotFrame) else frame.data["snapshot"]
            named = [(session["id"], after) for session in data["sessions"]]
        elif isinstance(frame, Entry) and frame.session_id is not None:
            named = self._entry(frame, frame.session_id)
        else:
            named = []
        return [(session_id, after) for session_id, after in named if session_id not in self._finished]

    def _entry(self, frame: Entry, session_id: str) -> list[tuple[str, str | None]]:
        if frame.type in ("session.sealed", "session.deleted"):
            if session_id in self._finished:
                del self._finished[session_id]
            else:
                _remember(self._told, session_id)
            return []
        if frame.type == "session.created":
            return [(session_id, START)]
        ended = frame.data.get("status") in ("completed", "failed")
        return [(session_id, START)] if frame.type == "session.status_changed" and not ended else []

    def finished(self, session_id: str) -> None:
        """The session was followed to its end."""
        if session_id in self._told:
            del self._told[session_id]
        else:
            _remember(self._finished, session_id)


def _remember(known: dict[str, None], session_id: str) -> None:
    known[session_id] = None
    if len(known) > _REMEMBERED:
        del known[next(iter(known))]
