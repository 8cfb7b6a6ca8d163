"""What is told of a meeting that a file holds: events, from its lines. Pure.

Each has an idempotency key, and all of them follow from the file and the session alone: told again by another
hub, they are the same entries.
"""

from collections.abc import Iterator

from msgspec import Struct

from hub.captions.line import Captions, Line
from hub.captions.speakers import participants
from hub.core.event import Draft, hub_draft
from hub.imports.failure import ImportFailure
from schemas import codec
from schemas.events import (
    LogEntry,
    LogLevel,
    ParticipantJoined,
    ParticipantLeft,
    Speaker,
    Status,
    StatusChanged,
    TranscriptSegment,
)

ENDED = "import-ended"
"""The key of the end, whatever it is: there is one."""


class Script(Struct, frozen=True):
    """The events of a meeting."""

    captions: Captions
    started: int
    """When it began, milliseconds since 1970."""

    @property
    def length(self) -> int:
        """Milliseconds."""
        return _length(self.captions)

    def opening(self) -> Draft:
        """The meeting begins."""
        return _status(StatusChanged(status=Status.ACTIVE), self._at(0), "import-active")

    def spoken(self) -> Iterator[Draft]:
        """Everybody comes when they first speak, all is said, everybody leaves."""
        ids = participants(self.captions.lines)
        there: set[str] = set()
        for number, line in enumerate(self.captions.lines, 1):
            if line.speaker is not None and line.speaker not in there:
                there.add(line.speaker)
                yield self._joined(ids[line.speaker], line.speaker, line.start_ms)
            yield _segment(line, ids, number)
        for participant_id in ids.values():
            left = ParticipantLeft(participant_id=participant_id, connection_id=f"{participant_id}-1")
            key = f"import-left-{participant_id}"
            yield hub_draft("participant.left", left, occurred_at=self._at(self.length), key=key)
        yield self._note(len(ids))

    def closing(self) -> Draft:
        """The meeting has ended."""
        ended = StatusChanged(status=Status.COMPLETED, reason="imported", code="IMPORTED")
        return _status(ended, self._at(self.length), ENDED)

    def _joined(self, participant_id: str, name: str, ms: int) -> Draft:
        joined = ParticipantJoined(
            participant_id=participant_id, connection_id=f"{participant_id}-1", name=name
        )
        key = f"import-joined-{participant_id}"
        return hub_draft("participant.joined", joined, occurred_at=self._at(ms), key=key)

    def _note(self, speakers: int) -> Draft:
        skipped = self.captions.skipped
        line = LogEntry(
            level=LogLevel.WARNING if skipped else LogLevel.INFO,
            message="Imported, without blocks that are no cues" if skipped else "Imported",
            source="import",
            fields={"segments": len(self.captions.lines), "speakers": speakers, "skipped": skipped},
        )
        return hub_draft("log.entry", line, key="import-log")

    def _at(self, ms: int) -> str:
        return codec.timestamp(self.started + ms)


def script_of(captions: Captions, created: int) -> Script:
    """The script of a file.

    A file that does not say when the meeting was is told as if it had ended when the session was created; so
    is one that says it ended later.

    Args:
        captions: What is in the file.
        created: When the session was created, milliseconds since 1970.
    """
    latest = max(0, created - _length(captions))
    started = latest if captions.started_ms is None else max(0, min(captions.started_ms, latest))
    return Script(captions, started)


def begun() -> Draft:
    """The hub has begun with the import."""
    return _status(StatusChanged(status=Status.INITIALIZING), "", "import-begun")


def failed(failure: ImportFailure) -> Draft:
    """There is nothing to import."""
    ended = StatusChanged(
        status=Status.FAILED,
        reason="import_failed",
        code=failure.code,
        message=failure.message[:1024],
        stage=failure.stage,
    )
    return _status(ended, "", ENDED)


def _status(to: StatusChanged, occurred_at: str, key: str) -> Draft:
    return hub_draft("session.status_changed", to, occurred_at=occurred_at, key=key)


def _segment(line: Line, ids: dict[str, str], number: int) -> Draft:
    speaker = None
    if line.speaker is not None:
        speaker = Speaker(name=line.speaker, participant_id=ids[line.speaker])
    segment = TranscriptSegment(
        segment_id=f"line-{number:05}",
        final=True,
        speaker=speaker,
        text=line.text,
        start=line.start,
        end=line.end,
        language=line.language,
    )
    return hub_draft("transcript.segment", segment, key=f"import-line-{number}")


def _length(captions: Captions) -> int:
    return max(line.end_ms for line in captions.lines)
