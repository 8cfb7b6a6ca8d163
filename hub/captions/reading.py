"""Which form a file has, and reading it by that."""

import codecs
from collections.abc import Callable, Mapping

from hub.captions import srt, table, vtt
from hub.captions.line import Captions, CaptionsError
from hub.captions.times import lines_of, times_of

FORMS: Mapping[str, Callable[[str], Captions]] = {"vtt": vtt.parse, "srt": srt.parse, "json": table.parse}
"""How each form is read."""
LOOKED_AT = 50
"""Lines in which the first times of SubRip must be."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CHARSETS = frozenset(
    [
        *(f"iso8859-{number}" for number in (*range(1, 12), *range(13, 17))),
        *(f"cp125{number}" for number in range(9)),
        *("ascii", "utf-8", "utf-16", "utf-16-le", "utf-16-be", "koi8-r", "koi8-u"),
        *("shift_jis", "euc_jp", "gb2312", "gbk", "gb18030", "big5", "euc_kr"),
    ]
)
"""Those that a server may name; Python knows more, which are no way to write text down."""


def form_of(text: str) -> str | None:
    """The form that a file has, by how it begins; None if it is none of `FORMS`."""
    begin = text.lstrip("\ufeff \t\r\n")
    if begin.startswith("WEBVTT"):
        return "vtt"
    if any(times_of(line) for line in lines_of(begin)[:LOOKED_AT]):
        return "srt"
    return "json" if begin.startswith(("{", "[")) else None


def beginning(data: bytes, charset: str | None = None) -> str:
    """How a file begins, as text as far as it is some."""
    name, skip = _encoding(data, charset)
    return data[skip:].decode(name, "ignore")


def read(data: bytes, charset: str | None = None) -> Captions:
    """Read a file of any form.

    Args:
        data: All of it: UTF-8, UTF-16 with a byte order mark, or in `charset`.
        charset: What the server said of it.

    Raises:
        CaptionsError: it is no text, none of `FORMS`, or what reading it raises.
    """
    text = decoded(data, charset)
    form = form_of(text)
    if form is None:
        raise CaptionsError("This is neither WebVTT nor SubRip nor JSON.")
    return FORMS[form](text)


def decoded(data: bytes, charset: str | None = None) -> str:
    """The text of a file.

    Raises:
        CaptionsError: its bytes are not what they are said to be, or not UTF-8.
    """
    name, skip = _encoding(data, charset)
    try:
        return data[skip:].decode(name)
    except UnicodeDecodeError as error:
        line = data[: skip + error.start].count(b"\n") + 1
        raise CaptionsError(f"It is not {name.upper()}: line {line} has other bytes.") from None


def _encoding(data: bytes, charset: str | None) -> tuple[str, int]:
    """The encoding of a file, and how many bytes its byte order mark takes."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name, len(mark)
    try:
        name = codecs.lookup(charset or "utf-8").name
    except (LookupError, ValueError):
        return "utf-8", 0
    return (name if name in _CHARSETS else "utf-8"), 0
