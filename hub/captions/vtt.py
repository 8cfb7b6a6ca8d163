"""WebVTT with voice tags.

Sources: https://www.w3.org/TR/webvtt1/, section 6.1 (blocks) and 6.4 (the text of a cue). More is taken than
a player must take, such as times with a comma; but where a player leaves out a cue that it cannot read, this
is an error that names the line.
"""

import html
import re
from collections.abc import Iterator

from hub.captions.line import Captions, CaptionsError, Line, captions, language_tag, named
from hub.captions.times import Times, lines_of, times_of, unreadable

_ARROW = "-->"
_SIGNATURE = re.compile(r"WEBVTT(?:[ \t]|$)")
_NO_CUE = re.compile(r"(?:NOTE|STYLE|REGION)(?:\s|$)")
# No part of it goes beyond the next `<`, and no two match the same: else long cues would take for ever.
_TAG = re.compile(
    r"<(?P<close>/)?(?P<name>[A-Za-z][A-Za-z0-9]*|[0-9:.]+|(?=>))(?:\.[^\s<>]*)?(?:\s(?P<annotation>[^<>]*))?>"
)


def parse(text: str) -> Captions:
    """Read WebVTT.

    A cue with several voices gives a line for each, all with the times of the cue; a cue without words
    gives none. Where there is no voice at all, `Name: words` tells who speaks (`named`).

    Raises:
        CaptionsError: it is not WebVTT, times cannot be read, or see `captions`.
    """
    lines = lines_of(text)
    first = next((at for at, line in enumerate(lines) if line.strip()), 0)
    if not _SIGNATURE.match(lines[first]):
        raise CaptionsError(f"This is not WebVTT: line {first + 1} does not begin with `WEBVTT`.")
    blocks = list(_blocks(lines, first))
    language = _language(blocks[0][1])
    said: list[tuple[str, Line]] = []
    skipped = 0
    for at, block in blocks[1:]:
        cue = _cue(at, block)
        if cue is None:
            skipped += not _NO_CUE.match(block[0])
            continue
        number, times, words = cue
        for speaker, spoken in voices(words):
            line = Line(
                speaker=speaker, text=spoken, start_ms=times.start, end_ms=times.end, language=language
            )
            said.append((f"The cue on line {number}", line))
    if not any(line.speaker for _where, line in said):
        said = named(said)
    return captions(said, skipped=skipped)


def _blocks(lines: list[str], first: int) -> Iterator[tuple[int, list[str]]]:
    """What stands between empty lines, each with the number of its first line from 0; the head is the first.

    Times begin another block if there are such already, and at once after the head.
    """
    begin, timed = first, False
    for at in range(first, len(lines) + 1):
        line = lines[at] if at < len(lines) else ""
        arrow = _ARROW in line
        if line and not (arrow and (timed or begin == first or at - begin > 1)):
            timed = timed or arrow
            continue
        if begin < at:
            yield begin, lines[begin:at]
        begin, timed = (at, True) if line else (at + 1, False)


def _cue(at: int, block: list[str]) -> tuple[int, Times, str] | None:
    """The number of the line with the times, the times and the text; None if the block is no cue."""
    for place, line in enumerate(block[:2]):
        if _ARROW in line and not (place == 0 and _NO_CUE.match(line)):
            number = at + place + 1
            times = times_of(line)
            if times is None:
                raise unreadable(number)
            return number, times, "\n".join(block[place + 1 :])
    return None


def _language(head: list[str]) -> str | None:
    """What the head says in `Language: en`."""
    for line in head[1:]:
        name, _, value = line.partition(":")
        if name.strip().lower() == "language":
            return language_tag(value)
    return None


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
