"""Messages of the chat and lines of the log, as they are shown: each from its entry alone."""

from msgspec.structs import replace

from hub.core.entry import Entry
from schemas import session
from schemas.events import LogLevel
from schemas.session import Speaker


def message(entry: Entry) -> session.Message:
    """The message of a `chat.message` entry."""
    data = entry.decoded()
    sender = data.get("sender")
    return session.Message(
        message_id=data["message_id"],
        sender=None
        if sender is None
        else Speaker(name=sender["name"], participant_id=sender.get("participant_id")),
        text=data["text"],
        at=entry.at,
    )


def edited(old: session.Message | None, new: session.Message) -> session.Message:
    """A message that may have had an older version: it keeps the time of that, and tells of another text."""
    return new if old is None else replace(new, at=old.at, edited=old.edited or new.text != old.text)


def line(entry: Entry) -> session.LogLine:
    """The line of a `log.entry` entry."""
    data = entry.decoded()
    return session.LogLine(
        id=str(entry.id),
        at=entry.at,
        level=LogLevel(data["level"]),
        message=data["message"],
        source=data.get("source"),
        fields=data.get("fields", {}),
    )
