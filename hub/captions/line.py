"""What a file of captions holds: lines, each of one voice."""

import re
from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

MAX_TEXT = 16_384
MAX_NAME = 256
"""Characters that the hub takes of a segment's text and of a speaker's name."""
MAX_MS = 31_536_000_000
"""Milliseconds after the beginning of a meeting that the hub takes: a year."""

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8}){0,3}")


class CaptionsError(Exception):
    """A file is not what it should be; says where."""


class Line(Struct, frozen=True, kw_only=True, gc=False):
    """What one voice says at one time."""

    speaker: str | None
    text: str
    """Not empty."""
    start_ms: int
    """Milliseconds since the beginning of the meeting."""
    end_ms: int
    language: str | None = None
    """A BCP 47 tag."""

    @property
    def start(self) -> float:
        """Seconds."""
        return self.start_ms / 1000

    @property
    def end(self) -> float:
        """Seconds."""
        return self.end_ms / 1000


class Captions(Struct, frozen=True, kw_only=True):
    """A file of captions."""

    lines: list[Line]
    """By start; never empty."""
    skipped: int = 0
    """Blocks that are no cue and no comment; what WebVTT says of them is to leave them out."""
    started_ms: int | None = None
    """When the meeting began, milliseconds since 1970, if the file says so."""


def captions(
    lines: Iterable[tuple[str, Line]], *, skipped: int = 0, started_ms: int | None = None
) -> Captions:
    """A file of these lines.

    Args:
        lines: In the order of the file, each with where it is, for an error.
        skipped: As in `Captions`.
        started_ms: As in `Captions`.

    Raises:
        CaptionsError: there is none, or one that a transcript cannot hold: it ends before it starts, is later
            than a year, has more than 16,384 characters, or a name of more than 256.
    """
    taken: list[Line] = []
    for where, line in lines:
        if line.end_ms < line.start_ms:
            raise CaptionsError(f"{where} ends before it starts.")
        if not 0 <= line.start_ms <= line.end_ms <= MAX_MS:
            raise CaptionsError(f"{where} is not within a year from the start.")
        if len(line.text) > MAX_TEXT:
            raise CaptionsError(f"{where} has more than {MAX_TEXT} characters.")
        if line.speaker and len(line.speaker) > MAX_NAME:
            raise CaptionsError(f"{where} has a name of more than {MAX_NAME} characters.")
        taken.append(line)
    if not taken:
        raise CaptionsError("There are no words in it.")
    taken.sort(key=lambda line: line.start_ms)
    return Captions(lines=taken, skipped=skipped, started_ms=started_ms)


def language_tag(text: object) -> str | None:
    """`text` as a language tag; None if it is none."""
    if not isinstance(text, str) or not _LANGUAGE.fullmatch(text.strip()):
        return None
    return text.strip().replace("_", "-")


def named(lines: list[tuple[str, Line]]) -> list[tuple[str, Line]]:
    """Lines of a file that has no other way to tell a speaker than `Name: words`.

    Not all that stands before a colon is a name: it is one if at least half of the lines begin so, or if
    it begins two of them.
    """
    split = [_split(line.text) for _where, line in lines]
    counted: dict[str, int] = {}
    for name, _words in split:
        if name:
            counted[name] = counted.get(name, 0) + 1
    all_of_them = 2 * sum(counted.values()) >= len(lines)
    return [
        (where, replace(line, speaker=name, text=words))
        if name and (all_of_them or counted[name] > 1)
        else (where, line)
        for (where, line), (name, words) in zip(lines, split, strict=True)
    ]


def _split(text: str) -> tuple[str, str]:
    """The name and the words of `Name: words`; no name if it is not that."""
    name, _, words = text.partition(": ")
    # `>>` is how subtitles of broadcasts mark another speaker.
    name, words = name.lstrip(">").strip(), words.strip()
    return (name, words) if words and "\n" not in name and len(name) <= MAX_NAME else ("", text)
