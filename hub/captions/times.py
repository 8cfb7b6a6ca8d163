"""Times as files of captions write them, and the lines that they stand on."""

import re
from typing import NamedTuple

from hub.captions.line import CaptionsError

_CLOCK = r"(?:[0-9]{1,6}:)?[0-9]{1,2}:[0-9]{1,2}(?:[.,][0-9]{1,9})?"
_TIMES = re.compile(rf"\s*({_CLOCK})\s*-->\s*({_CLOCK})(?=\s|$)")
_ONE = re.compile(_CLOCK)
_BREAK = re.compile(r"\r\n|\r|\n")


class Times(NamedTuple):
    """From when to when; milliseconds."""

    start: int
    end: int


def lines_of(text: str) -> list[str]:
    """The lines of a file, without its byte order mark; no other character than CR and LF ends one."""
    return _BREAK.split(text.removeprefix("\ufeff").replace("\0", "\ufffd"))


def times_of(line: str) -> Times | None:
    """What a line such as `00:01.500 --> 00:02,000 align:start` says; None if it is none.

    Hours may be left out or have many digits, the comma of SubRip stands for the point of WebVTT.
    """
    found = _TIMES.match(line)
    if found is None:
        return None
    start, end = clock(found[1]), clock(found[2])
    return None if start is None or end is None else Times(start, end)


def clock(text: str) -> int | None:
    """Milliseconds of `12:34:56.789`; None if it is not that."""
    if not _ONE.fullmatch(text):
        return None
    whole, _, part = text.replace(",", ".").partition(".")
    hours, minutes, seconds = ([0, *map(int, whole.split(":"))])[-3:]
    if minutes > 59 or seconds > 59:
        return None
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + int(part[:3].ljust(3, "0"))


def unreadable(number: int) -> CaptionsError:
    """The refusal for line `number`, from 1, whose times cannot be read."""
    return CaptionsError(f"The times on line {number} cannot be read.")
