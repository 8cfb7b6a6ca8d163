"""A transcript in the formats that other programs read, piece by piece.

Each format is a function from a heading and segments, by start, to pieces of text; none needs all segments
at once. Sources: WebVTT is https://www.w3.org/TR/webvtt1/, CSV is RFC 4180; SubRip has no specification and
is written as players agree on it.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from hub.captions.guard import guarded as guarded_srt
from schemas import codec
from schemas.session import Segment

COLUMNS = ("start", "end", "speaker", "participant_id", "text", "language", "confidence", "segment_id")
"""Of CSV; times in seconds since the session started."""

_BREAK = re.compile(r"\r\n|\r|\n")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_SPACE = re.compile(r"\s+")
_MARKUP = re.compile(r"[\\`*_{}\[\]<>#+!|~&]|^[-=]|^(?P<number>\d+)(?P<mark>[.)])", re.MULTILINE)


class Heading(NamedTuple):
    """What a transcript is of."""

    session_id: str
    entry_id: str
    """The entry it reflects."""
    title: str | None
    segment_count: int
    """Segments in it."""


class Format(NamedTuple):
    """How a transcript is written down."""

    content_type: str
    pieces: Callable[[Heading, Iterable[Segment]], Iterator[str]]


def _clock(seconds: float, mark: str) -> str:
    ms = round(seconds * 1000)
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}{mark}{ms % 1000:03}"


def _lines(text: str) -> str:
    """`text` as lines, none of them empty: an empty line would end the cue."""
    return "\n".join(line for line in _BREAK.split(text) if line.strip())


def _name(segment: Segment) -> str:
    """The speaker's name on one line; empty if nobody said it."""
    return "" if segment.speaker is None else _SPACE.sub(" ", segment.speaker.name).strip()


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _vtt(heading: Heading, segments: Iterable[Segment]) -> Iterator[str]:
    yield f"WEBVTT\n\nNOTE {heading.session_id} as of {heading.entry_id}\n"
    for number, segment in enumerate(segments, 1):
        voice = _escaped(_name(segment))
        said = f"<v {voice}>" if voice else ""
        times = f"{_clock(segment.start, '.')} --> {_clock(segment.end, '.')}"
        yield f"\n{number}\n{times}\n{said}{_escaped(_lines(segment.text))}\n"


def _srt(_heading: Heading, segments: Iterable[Segment]) -> Iterator[str]:
    for number, segment in enumerate(segments, 1):
        name = _name(segment)
        said = f"{name}: " if name else ""
        times = f"{_clock(segment.start, ',')} --> {_clock(segment.end, ',')}"
        yield f"{number}\n{times}\n{guarded_srt(said + _lines(segment.text))}\n\n"


def _txt(_heading: Heading, segments: Iterable[Segment]) -> Iterator[str]:
    for segment in segments:
        name = _name(segment)
        said = f"{name}: " if name else ""
        yield f"[{_clock(segment.start, '.')[:-4]}] {said}{_SPACE.sub(' ', segment.text).strip()}\n"


def _csv(_heading: Heading, segments: Iterable[Segment]) -> Iterator[str]:
    return _table(segments, lambda text: text)


def _spreadsheet(_heading: Heading, segments: Iterable[Segment]) -> Iterator[str]:
    # https://owasp.org/www-community/attacks/CSV_Injection
    return _table(segments, guarded)


def guarded(text: str) -> str:
    """`text` for a cell of a spreadsheet, behind an apostrophe if it begins as a formula does."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _table(segments: Iterable[Segment], shown: Callable[[str], str]) -> Iterator[str]:
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    for segment in segments:
        name, participant_id = "", None
        if segment.speaker is not None:
            name, participant_id = segment.speaker.name, segment.speaker.participant_id
        said = (name, participant_id or "", segment.text, segment.language or "")
        confidence = "" if segment.confidence is None else segment.confidence
        rows.writerow((segment.start, segment.end, *map(shown, said), confidence, shown(segment.segment_id)))
        yield text.getvalue()
        text.seek(0)
        text.truncate()
    yield text.getvalue()


def _md(heading: Heading, segments: Iterable[Segment]) -> Iterator[str]:
    yield f"# {_plain(_SPACE.sub(' ', heading.title or heading.session_id).strip())}\n"
    before: str | None = None
    for segment in segments:
        name = _name(segment)
        if name != before:
            yield f"\n**{_plain(name) or 'Unknown'}** · {_clock(segment.start, '.')[:-4]}\n"
        before = name
        # Two spaces at the end of a line keep it one.
        lines = (_plain(line.strip()) for line in _lines(segment.text).split("\n"))
        yield "\n" + "  \n".join(lines) + "\n"


def _plain(text: str) -> str:
    """`text` with nothing that Markdown would take for markup."""
    return _MARKUP.sub(
        lambda found: f"{found['number']}\\{found['mark']}" if found["number"] else f"\\{found[0]}", text
    )


def _ndjson(_heading: Heading, segments: Iterable[Segment]) -> Iterator[str]:
    for segment in segments:
        yield codec.encode(segment).decode() + "\n"


def _json(heading: Heading, segments: Iterable[Segment]) -> Iterator[str]:
    about = codec.encode({"session_id": heading.session_id, "entry_id": heading.entry_id}).decode()
    yield f'{about[:-1]},"segments":'
    yield from json_array(segments)
    yield "}"


def json_array(items: Iterable[object]) -> Iterator[str]:
    """Items as a JSON array, one by one."""
    yield "["
    between = ""
    for item in items:
        yield between + codec.encode(item).decode()
        between = ","
    yield "]"


FORMATS: dict[str, Format] = {
    "json": Format("application/json", _json),
    "ndjson": Format("application/x-ndjson", _ndjson),
    "vtt": Format("text/vtt; charset=utf-8", _vtt),
    "srt": Format("application/x-subrip; charset=utf-8", _srt),
    "txt": Format("text/plain; charset=utf-8", _txt),
    "csv": Format("text/csv; charset=utf-8; header=present", _csv),
    "md": Format("text/markdown; charset=utf-8", _md),
}
"""By the name that `?format=` takes; also the ending of a file's name."""

SPREADSHEET = Format("text/csv; charset=utf-8; header=present", _spreadsheet)
"""CSV in which no cell begins as a formula does: such a one is given an apostrophe."""
