"""The transcript."""

from hub.api.operation import Answer, Operation
from hub.api.operations.sessions import ONE
from hub.api.parameter import cursor, decimal, flag, limit, text, word
from hub.core.export import FORMATS
from schemas.pages import TranscriptPage
from schemas.session import Transcript

LONGEST = 31_536_000
"""Seconds."""

GET = Operation(
    name="get_transcript",
    group="parts of a session",
    method="GET",
    path=f"{ONE}/transcript",
    summary="The assembled transcript: by pages, or all of it in a format; also of a live session",
    scope="subscribe",
    parameters=(
        word("format", "All of it by start, in this format; without it, a page.", FORMATS, example="vtt"),
        flag(
            "spreadsheet",
            "In CSV: an apostrophe before what a spreadsheet would take for a formula.",
            along={"format": "csv"},
        ),
        decimal("from", "Only what is said from this second after `started_at` on.", 0, LONGEST, example=0.5),
        decimal("to", "Only what is said up to this second.", 0, LONGEST, example=90),
        text("speaker", "Only this speaker: the name, in any case, or the participant's id.", "Ann"),
        text("text", "Only segments with this text, in any case.", "morning"),
        limit("Segments of a page; not with `format`.", 1000, 100),
        cursor("WyJ0cmFuc2NyaXB0IiwxXQ"),
    ),
    answers={
        200: Answer(
            about="A page, by first appearance of its segments; or the file.",
            body=(TranscriptPage, Transcript),
            content_types=tuple(form.content_type for form in FORMATS.values()),
            headers={
                "Content-Disposition": "Of a file: its name.",
                "X-Entry-Id": "Of a file: the entry that it reflects.",
            },
        )
    },
)
