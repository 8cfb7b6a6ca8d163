"""SubRip. It has no specification: what is read here is what programs write, and what the hub exports.

A cue goes from its times to the number before the next times, so empty lines within one do no harm.
"""

import re

from hub.captions.guard import meant
from hub.captions.line import Captions, CaptionsError, Line, captions, named
from hub.captions.times import Times, lines_of, times_of, unreadable

_TAG = re.compile(r"</?(?:b|i|u|s|font)(?:\s[^<>\n]*)?>|\{\\[^{}\n]*\}", re.IGNORECASE)
_LIKE_TIMES = re.compile(r"\s*[0-9]+\s*:\s*[0-9].*-->")
_INDEX = re.compile(r"\s*[0-9]+\s*")


def parse(text: str) -> Captions:
    """Read SubRip; who speaks is told by `Name: words` (`hub.captions.line.named`).

    Raises:
        CaptionsError: it is not SubRip, times cannot be read, or see `captions`.
    """
    lines = lines_of(text)
    cues = _cues(lines)
    if not cues:
        raise CaptionsError("This is not SubRip: there are no times in it.")
    first = cues[0][0]
    numbered = first > 0 and _INDEX.fullmatch(lines[first - 1]) is not None
    before = next((at for at, line in enumerate(lines[: first - numbered]) if line.strip()), None)
    if before is not None:
        raise CaptionsError(f"This is not SubRip: line {before + 1} is neither a number nor times.")
    said: list[tuple[str, Line]] = []
    ends = [at for at, _times in cues[1:]]
    for (at, times), end in zip(cues, [*ends, None], strict=True):
        words = _text(lines[at + 1 : end], numbered=numbered and end is not None)
        if words:
            line = Line(speaker=None, text=words, start_ms=times.start, end_ms=times.end)
            said.append((f"The cue on line {at + 1}", line))
    return captions(named(said))


def _cues(lines: list[str]) -> list[tuple[int, Times]]:
    """Where there are times, by number of the line from 0."""
    found: list[tuple[int, Times]] = []
    for at, line in enumerate(lines):
        if "-->" not in line:
            continue
        times = times_of(line)
        if times is not None:
            found.append((at, times))
        elif _LIKE_TIMES.match(line) or _follows_index(lines, at):
            raise unreadable(at + 1)
    return found


def _follows_index(lines: list[str], at: int) -> bool:
    """Whether before a line there is a number, and before that an empty line or nothing."""
    return at > 0 and bool(_INDEX.fullmatch(lines[at - 1])) and (at == 1 or not lines[at - 2].strip())


def _text(lines: list[str], *, numbered: bool) -> str:
    if numbered and lines and _INDEX.fullmatch(lines[-1]):
        lines = lines[:-1]
    return meant(_TAG.sub("", "\n".join(line for line in lines if line.strip())).strip())
