"""Reading WebVTT with voice tags.

Blocks and times are read by webvtt-py. The text of a cue is read here: the library knows a voice only at the
very beginning of a cue and one a cue, and leaves character references (`&amp;`) as they are.
Source: https://www.w3.org/TR/webvtt1/, section 6.4 (cue text parsing rules).
"""

import html
import re
from pathlib import Path

import webvtt
from msgspec import Struct
from webvtt.errors import MalformedCaptionError, MalformedFileError

from hub.client.errors import VttError

MAX_TEXT = 16_384
MAX_NAME = 256
"""Characters that the hub takes of a segment's text and of a speaker's name."""

_TAG = re.compile(
    r"<(?P<close>/)?(?P<name>[A-Za-z][A-Za-z0-9]*|[0-9:.]+|(?=>))(?:\.[^\s>]*)?(?:\s+(?P<annotation>[^>]*))?>"
)


class Line(Struct, frozen=True, kw_only=True):
    """What one voice says in one cue."""

    speaker: str | None
    text: str
    start_ms: int
    """Milliseconds since the beginning of the meeting."""
    end_ms: int

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
    skipped: int
    """Cues that could not be read, since their times are malformed."""


def read(path: Path) -> Captions:
    """Read the WebVTT file at `path`.

    Raises:
        VttError: see `parse`; also if the file cannot be read.
    """
    try:
        return parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise VttError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise VttError(f"{path} is not UTF-8 at byte {error.start}.") from error
    except VttError as error:
        raise VttError(f"{path}: {error}") from error


def parse(text: str) -> Captions:
    """Read WebVTT.

    A cue with several voices gives a line for each, all with the times of the cue; a cue without words
    gives none.

    Raises:
        VttError: it is not WebVTT, nothing is said in it, or a cue ends before it starts, is longer than
            16,384 characters, or has a name longer than 256.
    """
    try:
        file = webvtt.from_string(text)
    except (MalformedFileError, MalformedCaptionError) as error:
        raise VttError(f"This is not WebVTT: {error}.") from error
    lines: list[Line] = []
    for number, cue in enumerate(file.captions, 1):
        start, end = cue.start_time.in_milliseconds(), cue.end_time.in_milliseconds()
        where = f"cue {number} ({cue.start})"
        if end < start:
            raise VttError(f"{where} ends before it starts.")
        for speaker, said in voices(cue.raw_text):
            if len(said) > MAX_TEXT:
                raise VttError(f"{where} has more than {MAX_TEXT} characters.")
            if speaker and len(speaker) > MAX_NAME:
                raise VttError(f"{where} has a name of more than {MAX_NAME} characters.")
            lines.append(Line(speaker=speaker, text=said, start_ms=start, end_ms=end))
    if not lines:
        raise VttError("There is no cue with words in it.")
    lines.sort(key=lambda line: line.start_ms)
    timings = sum("-->" in line for line in text.splitlines())
    return Captions(lines=lines, skipped=max(0, timings - len(file.captions)))


def voices(cue: str) -> list[tuple[str | None, str]]:
    """Who says what in the text of a cue, in order; tags are left out, character references resolved.

    What looks like no tag stays, `1 < 2` for one: words are not thrown away.
    """
    parts: list[tuple[str | None, str]] = []
    speaker: str | None = None
    said = ""
    place = 0
    for tag in _TAG.finditer(cue):
        said += cue[place : tag.start()]
        place = tag.end()
        if tag["name"] == "v":
            parts.append((speaker, said))
            speaker, said = None if tag["close"] else _name(tag["annotation"]), ""
    parts.append((speaker, said + cue[place:]))
    spoken = [(who, html.unescape(words).strip()) for who, words in parts]
    return [(who, words) for who, words in spoken if words]


def _name(annotation: str | None) -> str | None:
    return " ".join(html.unescape(annotation or "").split()) or None
