"""How a transcript is assembled from its entries.

Laws: a segment is an upsert by id. A final beats a partial; among equals the higher revision wins, and of two
equal revisions the later entry. A retracted segment stays retracted. A corrected speaker stays through
later revisions, until the next correction.
"""

from bisect import bisect_left
from collections.abc import Iterable
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from hub.core.entry import Entry
from schemas import codec, session
from schemas.session import Speaker, Word

PAGE = 256
"""Segments on one page of the assembled transcript; position // PAGE is the page."""


class Segment(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A transcript segment as it stands after some entries."""

    segment_id: str
    position: int
    revision: int = 0
    final: bool = False
    retracted: bool = False
    corrected: bool = False
    """The speaker comes from a correction."""
    speaker: Speaker | None = None
    text: str = ""
    start: float = 0.0
    end: float = 0.0
    language: str | None = None
    confidence: float | None = None
    words: list[Word] | None = None
    changed: int = 0
    """Number of the entry that made it what it is; 0 of one that an older hub wrote down."""

    def view(self, started_ms: int | None) -> session.Segment:
        """What is shown of it; `started_ms` is when the session started."""
        return session.Segment(
            segment_id=self.segment_id,
            position=self.position,
            revision=self.revision,
            final=self.final,
            retracted=self.retracted,
            corrected=self.corrected,
            speaker=self.speaker,
            text=self.text,
            start=self.start,
            end=self.end,
            language=self.language,
            confidence=self.confidence,
            words=self.words,
            started_at=_absolute(started_ms, self.start),
            ended_at=_absolute(started_ms, self.end),
        )


def _absolute(started_ms: int | None, seconds: float) -> str | None:
    return None if started_ms is None else codec.timestamp(started_ms + int(seconds * 1000 + 0.5))


def _speaker(data: dict[str, Any] | None) -> Speaker | None:
    if data is None:
        return None
    return Speaker(name=data["name"], participant_id=data.get("participant_id"))


def _words(data: list[dict[str, Any]] | None) -> list[Word] | None:
    if data is None:
        return None
    return [
        Word(text=w["text"], start=w["start"], end=w["end"], confidence=w.get("confidence")) for w in data
    ]


def revised(old: Segment | None, data: dict[str, Any], position: int, seq: int) -> Segment:
    """`old` after a `transcript.segment` entry with `data` and number `seq`; `old` if that is superseded."""
    revision, final = data.get("revision", 0), data["final"]
    if old is not None and (old.retracted or (final, revision) < (old.final, old.revision)):
        return old
    keeps_speaker = old is not None and old.corrected
    return Segment(
        segment_id=data["segment_id"],
        position=position,
        revision=revision,
        final=final,
        corrected=keeps_speaker,
        speaker=old.speaker if old is not None and keeps_speaker else _speaker(data.get("speaker")),
        text=data["text"],
        start=data["start"],
        end=data["end"],
        language=data.get("language"),
        confidence=data.get("confidence"),
        words=_words(data.get("words")),
        changed=seq,
    )


def retracted(old: Segment, seq: int) -> Segment:
    """`old` withdrawn by entry `seq`: it keeps its place and loses what was said."""
    if old.retracted:
        return old
    return replace(old, retracted=True, speaker=None, text="", confidence=None, words=None, changed=seq)


def corrected(old: Segment, data: dict[str, Any], seq: int) -> Segment:
    """`old` after a `transcript.speaker_corrected` entry."""
    if old.retracted:
        return old
    return replace(old, speaker=_speaker(data["speaker"]), corrected=True, changed=seq)


def assemble(segments: dict[int, Segment], entries: Iterable[Entry]) -> set[int]:
    """Apply the transcript entries among `entries` to `segments` (by position), in place.

    Positions that an entry touches and that are not in `segments` are taken as not there yet.

    Returns:
        The positions that changed.
    """
    changed: set[int] = set()
    for entry in entries:
        change = _CHANGES.get(entry.type)
        if change is None or not entry.positions:
            continue
        data = entry.decoded()
        for position in entry.positions:
            old = segments.get(position)
            new = change(old, data, position, entry.id.seq)
            if new is not None and new is not old:
                segments[position] = new
                changed.add(position)
    return changed


def extend(segments: list[Segment], entry: Entry, first: int) -> None:
    """Apply an entry to a part of the transcript, by position and in place; below `first` nothing is kept."""
    data = entry.decoded()
    for position in entry.positions:
        if position >= first:
            at = place(segments, position)
            there = at < len(segments) and segments[at].position == position
            new = _CHANGES[entry.type](segments[at] if there else None, data, position, entry.id.seq)
            if new is not None:
                segments[at : at + there] = [new]


def place(segments: list[Segment], position: int) -> int:
    """The index of the first segment, of those by position, that is not before `position`."""
    if not segments or position > segments[-1].position:
        return len(segments)
    # Mostly there are no holes.
    index = position - segments[0].position
    if 0 <= index < len(segments) and segments[index].position == position:
        return index
    return bisect_left(segments, position, key=lambda segment: segment.position)


def _retract(old: Segment | None, _data: dict[str, Any], _position: int, seq: int) -> Segment | None:
    return None if old is None else retracted(old, seq)


def _correct(old: Segment | None, data: dict[str, Any], _position: int, seq: int) -> Segment | None:
    return None if old is None else corrected(old, data, seq)


_CHANGES = {
    "transcript.segment": revised,
    "transcript.retracted": _retract,
    "transcript.speaker_corrected": _correct,
}


def touched_pages(entries: Iterable[Entry]) -> set[int]:
    """The pages that `entries` touch."""
    return {position // PAGE for entry in entries if entry.type in _CHANGES for position in entry.positions}


def readable(segments: Iterable[Segment], started_ms: int | None) -> list[session.Segment]:
    """What a transcript shows: no retracted segment, by start, then by first appearance."""
    kept = [segment for segment in segments if not segment.retracted]
    kept.sort(key=lambda segment: (segment.start, segment.position))
    return [segment.view(started_ms) for segment in kept]
