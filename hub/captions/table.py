"""Transcripts as JSON: what the hub itself exports, and what other programs write.

There is no standard. Nearly all have a list of objects, each with a text, a start, mostly an end and a
speaker; `hub.captions.names` says what they call them.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple, cast

import msgspec

from hub.captions import names
from hub.captions.line import Captions, CaptionsError, Line, captions, language_tag
from hub.captions.times import clock, lines_of
from schemas import codec

_SLOWEST = 0.25
"""Characters a second. Nobody speaks so slowly: whole numbers that would mean it are milliseconds."""
_PLACE = re.compile(r"\(byte (\d+)\)")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?s?")


class _Time(NamedTuple):
    """A time as it was found."""

    ms: int
    """Milliseconds, if a number without a unit means seconds."""
    unit: Literal["known", "whole", "day"]
    """`whole`: it is a whole number and may mean milliseconds · `day`: since 1970, not since the start."""


class _Item(NamedTuple):
    where: str
    speaker: str | None
    text: str
    start: _Time
    end: _Time | None
    language: str | None
    day: int | None
    """When it was said, milliseconds since 1970, if that is told beside `start`."""


def parse(text: str) -> Captions:
    """Read a transcript in JSON: one document, or one object a line.

    A segment without an end goes up to the start of the next one. Times of day become seconds since the first
    of them.

    Raises:
        CaptionsError: it is not JSON, no list of segments is found, one of them lacks a text or a start, or
            see `captions`. The error names the line, or the place as `$.segments[3].start`.
    """
    document = _document(text)
    path, rows = _rows(document, "$", 3)
    common = _language(document)
    found = [_item(row, f"{path}[{number}]") for number, row in enumerate(rows)]
    items = [item for item in found if item is not None]
    if not items:
        raise CaptionsError("There are no words in it.")
    return _captions(items, common)


def _document(text: str) -> Any:
    try:
        return _decoded(text)
    except msgspec.DecodeError as error:
        lines = [(number, line) for number, line in enumerate(lines_of(text), 1) if line.strip()]
        if len(lines) > 1 and _is_object(lines[0][1]):
            return [_decoded_line(number, line) for number, line in lines]
        place = _PLACE.search(str(error))
        at = text.encode()[: int(place[1])].count(b"\n") + 1 if place else text.count("\n") + 1
        raise CaptionsError(f"This is not JSON: line {at}: {_PLACE.sub('', str(error)).strip()}.") from None


def _decoded(text: str) -> Any:
    try:
        return codec.decode(text.removeprefix("\ufeff"))
    except RecursionError:
        raise CaptionsError("It is nested too deep.") from None


def _is_object(line: str) -> bool:
    try:
        return isinstance(_decoded(line), dict)
    except msgspec.DecodeError:
        return False


def _decoded_line(number: int, line: str) -> Any:
    try:
        return _decoded(line)
    except msgspec.DecodeError as error:
        raise CaptionsError(f"Line {number} is not JSON: {_PLACE.sub('', str(error)).strip()}.") from None


def _rows(document: Any, path: str, depth: int) -> tuple[str, Sequence[Any]]:
    """The list of segments and where it is."""
    if isinstance(document, list):
        return path, cast("list[Any]", document)
    if isinstance(document, dict) and depth:
        among = cast("dict[str, Any]", document)
        for name in names.LISTS:
            if isinstance(among.get(name), list):
                return f"{path}.{name}", among[name]
        for name in names.AROUND:
            if isinstance(among.get(name), dict):
                return _rows(among[name], f"{path}.{name}", depth - 1)
        if all(any(name in among for name in known) for known in (names.TEXT, names.START)):
            # Of a file with an object a line, the only one.
            return path, [among]
    raise CaptionsError(
        "There is no list of segments in the JSON: neither the document nor `segments` is one."
    )


def _item(row: Any, where: str) -> _Item | None:
    """A segment; None if nothing is said in it."""
    if not isinstance(row, dict):
        raise CaptionsError(f"`{where}` is not an object.")
    among = cast("dict[str, Any]", row)
    parts = _parts(among)
    text = next((among[name] for name in names.TEXT if isinstance(among.get(name), str)), None)
    if text is None:
        text = _joined(parts, spaced="elements" not in among)
    if text is None:
        raise CaptionsError(f"`{where}` has no text.")
    text = text.strip()
    if not text:
        return None
    start, end = _span(among, where)
    if start is None:
        start = next((time for part in parts if (time := _time(part, names.START, where))), None)
        end = next((time for part in reversed(parts) if (time := _time(part, names.END, where))), None)
    if start is None:
        raise CaptionsError(f"`{where}` has no start.")
    day = _moment(among.get("started_at"))
    return _Item(where, _speaker(among), text, start, end, _language(among), day)


def _parts(among: dict[str, Any]) -> list[dict[str, Any]]:
    """The words of a segment, if it has a list of such."""
    for name in names.WORDS:
        if isinstance(among.get(name), list):
            words = cast("list[Any]", among[name])
            return [cast("dict[str, Any]", word) for word in words if isinstance(word, dict)]
    return []


def _joined(parts: Sequence[dict[str, Any]], *, spaced: bool) -> str | None:
    words = [
        next((part[name] for name in names.WORD if isinstance(part.get(name), str)), "") for part in parts
    ]
    if not words:
        return None
    # Elements bring their own spaces.
    return " ".join(word.strip() for word in words if word.strip()) if spaced else "".join(words)


def _span(among: dict[str, Any], where: str) -> tuple[_Time | None, _Time | None]:
    pair = among.get("timestamp")
    if isinstance(pair, list) and len(cast("list[Any]", pair)) == 2:
        first, last = (_value(value, f"{where}.timestamp") for value in cast("list[Any]", pair))
        return first, last
    for name, ending in names.PAIRS:
        if isinstance(among.get(name), dict):
            first, last = (_value(among[name].get(key), f"{where}.{name}{ending}") for key in ("from", "to"))
            return first, last
    start, end = _time(among, names.START, where), _time(among, names.END, where)
    if end is None and start is not None and (length := _time(among, names.LENGTH, where)):
        end = start._replace(ms=start.ms + length.ms)
    return start, end


def _time(among: dict[str, Any], known: Iterable[str], where: str) -> _Time | None:
    found = ((name, among[name]) for name in known if among.get(name) is not None)
    return next((_value(value, f"{where}.{name}") for name, value in found), None)


def _value(value: Any, where: str) -> _Time | None:
    """The time at the place `where`; None if there is none."""
    if isinstance(value, dict):
        inner = cast("dict[str, Any]", value)
        value = inner.get("relative", inner.get("seconds"))
    if isinstance(value, str):
        text = value.strip()
        if (ms := clock(text)) is not None:
            return _Time(ms, "known")
        if (day := _moment(text)) is not None:
            return _Time(day, "day")
        # Seconds, with an `s` behind them or not.
        value = float(text.rstrip("s")) if _NUMBER.fullmatch(text) and len(text) < 32 else text
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e15:
        raise CaptionsError(f"`{where}` is not a time.")
    if where.endswith(names.MILLISECONDS):
        return _Time(round(value), "known")
    return _Time(round(value * 1000), "whole" if isinstance(value, int) or not value else "known")


def _moment(value: Any) -> int | None:
    """A time of day, milliseconds since 1970; None if it is none."""
    if not isinstance(value, str) or "T" not in value[:16]:
        return None
    try:
        moment = datetime.fromisoformat(value)
        return codec.milliseconds(moment.isoformat() if moment.tzinfo else f"{moment.isoformat()}+00:00")
    except (ValueError, OverflowError):
        return None


def _speaker(among: dict[str, Any]) -> str | None:
    for name in names.SPEAKER:
        value = among.get(name)
        if isinstance(value, dict):
            inner = cast("dict[str, Any]", value)
            value = next((inner[key] for key in names.NAME if inner.get(key) not in (None, "")), None)
        if isinstance(value, int) and not isinstance(value, bool):
            return f"Speaker {value}"
        if isinstance(value, str) and value.strip():
            return " ".join(value.split())
    return None


def _language(document: Any) -> str | None:
    if not isinstance(document, dict):
        return None
    among = cast("dict[str, Any]", document)
    inner = among.get("result")
    own = next((tag for name in names.LANGUAGE if (tag := language_tag(among.get(name)))), None)
    return own or (_language(cast("dict[str, Any]", inner)) if isinstance(inner, dict) else None)


def _captions(items: Sequence[_Item], common: str | None) -> Captions:
    times = [time for item in items for time in (item.start, item.end) if time is not None]
    days = [time.ms for time in times if time.unit == "day"]
    if days and len(days) < len(times):
        raise CaptionsError("Some of the times are times of day and others are not.")
    origin = min(days, default=0)
    divisor = 1000 if _in_milliseconds(items, times) else 1
    items = sorted(items, key=lambda item: item.start.ms)
    starts = [(item.start.ms - origin) // divisor for item in items]
    lines: list[tuple[str, Line]] = []
    for item, start, after in zip(items, starts, [*starts[1:], starts[-1]], strict=True):
        line = Line(
            speaker=item.speaker,
            text=item.text,
            start_ms=start,
            end_ms=after if item.end is None else (item.end.ms - origin) // divisor,
            language=item.language or common,
        )
        lines.append((f"`{item.where}`", line))
    told = [item.day - start for item, start in zip(items, starts, strict=True) if item.day is not None]
    return captions(lines, started_ms=origin if days else min(told, default=None))


def _in_milliseconds(items: Sequence[_Item], times: Sequence[_Time]) -> bool:
    """Whether whole numbers are milliseconds, though nothing says so."""
    if any(time.unit != "whole" for time in times):
        return False
    seconds = sum(item.end.ms - item.start.ms for item in items if item.end is not None) / 1000
    return seconds > 0 and sum(len(item.text) for item in items) / seconds < _SLOWEST
