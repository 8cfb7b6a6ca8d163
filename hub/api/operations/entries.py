"""What a session's streams hold, by pages."""

from hub.api.operation import JSON, Answer, Operation
from hub.api.operations.sessions import ONE
from hub.api.parameter import CHANNELS, cursor, entry_id, flag, limit, moment, text, word
from schemas.events import LogLevel
from schemas.pages import EntryPage, LogPage, MessagePage

_GROUP = "parts of a session"

EVENTS = Operation(
    name="list_entries",
    group=_GROUP,
    method="GET",
    path=f"{ONE}/events",
    summary="The entries as streams send them, by pages",
    scope="subscribe",
    parameters=(
        entry_id("after", "Only entries after this one; by default all.", origin=True),
        CHANNELS,
        text("types", "Event types, separated by commas; by default all.", "chat.message,x.poll.opened"),
        limit("Entries of a page. There may be fewer on one that is not the last.", 500, 100),
        cursor("WyJldmVudHMiLCIxNzY3MjI1NjAwMDAwLTEiXQ"),
    ),
    answers={200: Answer(about="A page, by entry id.", body=EntryPage)},
)
CHAT = Operation(
    name="list_messages",
    group=_GROUP,
    method="GET",
    path=f"{ONE}/chat",
    summary="The chat, by pages or as CSV",
    scope="subscribe",
    parameters=(
        text("text", "Only messages with this text, in any case.", "lunch"),
        word("format", "CSV is all of the chat in one.", ("json", "csv"), example="csv", default="json"),
        flag(
            "spreadsheet",
            "In CSV: an apostrophe before what a spreadsheet would take for a formula.",
            along={"format": "csv"},
        ),
        limit("Messages of a page; not with CSV.", 500, 100),
        cursor("WyJjaGF0ICIsMV0"),
    ),
    answers={
        200: Answer(
            about="A page, by time of the first version; or the file.",
            body=MessagePage,
            content_types=(JSON, "text/csv; charset=utf-8; header=present"),
            headers={"Content-Disposition": "Of a file: its name."},
        )
    },
)
LOGS = Operation(
    name="list_log_lines",
    group=_GROUP,
    method="GET",
    path=f"{ONE}/logs",
    summary="The log lines that are kept, by pages",
    scope="subscribe",
    parameters=(
        word("level", "The least level.", LogLevel, example="warning", default="debug"),
        text("text", "Only lines with this text, in any case.", "joined"),
        moment("from", "Only lines from this time on."),
        moment("to", "Only lines up to this time."),
        word("order", "Oldest or newest first.", ("asc", "desc"), example="desc", default="asc"),
        limit("Lines of a page. There may be fewer on one that is not the last.", 500, 100),
        cursor("WyJsb2dzIGFzYyIsIjE3NjcyMjU2MDAwMDAtMSJd"),
    ),
    answers={200: Answer(about="A page.", body=LogPage)},
)
