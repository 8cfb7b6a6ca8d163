"""One parameter of a request, declared once: documents show it, and `Parameters` holds queries to it."""

from collections.abc import Collection
from typing import Any

from msgspec import Struct

from schemas.events import Channel

ID = r"^[A-Za-z0-9_-]{1,64}$"
NAME = r"^[^\s\x00-\x1f\x7f,]{1,128}$"
"""An id of a publisher's own, as it stands in a list."""
ENTRY_ID = r"^(0|[1-9][0-9]{0,15})-[1-9][0-9]{0,15}$"
PLACE_ID = r"^(0|[1-9][0-9]{0,15})-(0|[1-9][0-9]{0,15})$"


class Parameter(Struct, frozen=True, kw_only=True):
    """A parameter of a query, a header, or a part of a path."""

    name: str
    about: str
    """What it is for, in a sentence."""
    schema: dict[str, Any]
    """JSON Schema: the only place of its bounds, its words and its default."""
    example: Any
    along: dict[str, str] = {}
    """Parameters that the example needs beside it."""
    required: bool = False
    """A header without which nothing is done."""


def text(name: str, about: str, example: str) -> Parameter:
    """Any text."""
    return Parameter(name=name, about=about, schema={"type": "string"}, example=example)


def identifier(name: str, about: str, example: str) -> Parameter:
    """An id."""
    return Parameter(name=name, about=about, schema={"type": "string", "pattern": ID}, example=example)


def entry_id(name: str, about: str, *, origin: bool = False) -> Parameter:
    """An entry id; with `origin` also the place before the first one."""
    schema = {"type": "string", "pattern": PLACE_ID if origin else ENTRY_ID}
    return Parameter(name=name, about=about, schema=schema, example="1767225600000-7")


def number(
    name: str, about: str, least: int, most: int, *, example: int, default: int | None = None
) -> Parameter:
    """A whole number from `least` to `most`; 1 to 9 digits."""
    schema: dict[str, Any] = {"type": "integer", "minimum": least, "maximum": most}
    return Parameter(name=name, about=about, schema=_with(schema, default), example=example)


def decimal(name: str, about: str, least: float, most: float, *, example: float) -> Parameter:
    """A number from `least` to `most`."""
    schema = {"type": "number", "minimum": least, "maximum": most}
    return Parameter(name=name, about=about, schema=schema, example=example)


def flag(name: str, about: str, *, along: dict[str, str] | None = None) -> Parameter:
    """`true` or `false`."""
    return Parameter(name=name, about=about, schema={"type": "boolean"}, example=True, along=along or {})


def moment(name: str, about: str, example: str = "2026-01-31T09:30:00Z") -> Parameter:
    """A date, or a time in ISO 8601 with its offset from UTC."""
    schema = {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}]}
    return Parameter(name=name, about=about, schema=schema, example=example)


def day(name: str, about: str, example: str, *, along: dict[str, str] | None = None) -> Parameter:
    """A day."""
    schema = {"type": "string", "format": "date"}
    return Parameter(name=name, about=about, schema=schema, example=example, along=along or {})


def phrase(name: str, about: str, most: int, *, example: str) -> Parameter:
    """Text of 1 to `most` characters."""
    schema = {"type": "string", "minLength": 1, "maxLength": most}
    return Parameter(name=name, about=about, schema=schema, example=example)


def choices(name: str, about: str, words: Collection[str], *, example: list[str]) -> Parameter:
    """Some of a few words, separated by commas."""
    items = {"type": "string", "enum": list(words)}
    schema = {"type": "array", "items": items, "minItems": 1}
    return Parameter(name=name, about=about, schema=schema, example=example)


def names(name: str, about: str, most: int, *, example: list[str]) -> Parameter:
    """1 to `most` ids of the publishers' own, separated by commas."""
    schema = {"type": "array", "items": {"type": "string", "pattern": NAME}, "minItems": 1, "maxItems": most}
    return Parameter(name=name, about=about, schema=schema, example=example)


def word(
    name: str, about: str, words: Collection[str], *, example: str, default: str | None = None
) -> Parameter:
    """One of a few words."""
    schema: dict[str, Any] = {"type": "string", "enum": list(words)}
    return Parameter(name=name, about=about, schema=_with(schema, default), example=example)


def cursor(example: str) -> Parameter:
    """Where a page of a list begins."""
    about = "Where the page begins: `next` of the page before, of the same list in the same order."
    schema = {"type": "string", "maxLength": 1024}
    return Parameter(name="cursor", about=about, schema=schema, example=example)


def limit(about: str, most: int, default: int) -> Parameter:
    """How many items a page has at most."""
    return number("limit", about, 1, most, example=2, default=default)


def _with(schema: dict[str, Any], default: Any) -> dict[str, Any]:
    return schema if default is None else {**schema, "default": default}


CHANNELS = choices(
    "channels",
    "Channels, separated by commas; by default all.",
    Channel,
    example=["status", "transcript"],
)
PLACE = number("cursor", "`next` of the page before.", 1, 999_999_999, example=17)
"""Where a page of a list by number begins."""

IN_PATHS = {
    one.name: one
    for one in (
        identifier("session_id", "The session.", "ses_0123456789abcdefghjk"),
        identifier("meeting_id", "A meeting.", "mtg-42"),
        identifier("topic_id", "A topic.", "top_0123456789abcdefghjk"),
        text("participant_id", "A participant, by the publisher's own id.", "p-1"),
        text("connection_id", "A connection of a participant.", "c-1"),
        identifier("key_id", "An API key.", "0123456789abcdef"),
    )
}
"""What paths name."""
