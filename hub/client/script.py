"""What a bot would publish of a meeting, and when: from captions to timed events. Pure."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from hub.captions.line import Line
from hub.captions.speakers import participants
from schemas.events import Status

JOINED_BEFORE = 1.5
"""Seconds a participant is there before they first speak."""
PAUSE = 1.0
"""Seconds of silence after which somebody has stopped to speak."""
LONG_PAUSE = 8.0
"""Seconds of silence that are worth a line in the log."""
GROUP = 3
"""Words that a partial has more than the one before."""
PARTIALS = 12
"""At most of one segment."""


class Step(Struct, frozen=True):
    """One event of the script."""

    at: float
    """Seconds since the meeting began; negative before the bot was let in."""
    type: str
    data: dict[str, Any]


def ordered(*parts: Iterable[Step]) -> list[Step]:
    """All steps by time; of the same time, in the order given."""
    return sorted((step for part in parts for step in part), key=lambda step: step.at)


def meeting(lines: Sequence[Line], *, run: str, connection: int = 1) -> list[Step]:
    """The whole script of a meeting of which only the captions are known.

    Args:
        lines: By start.
        run: Begins every segment id, so that two runs in one session do not meet.
        connection: Number of everybody's connection.
    """
    ids = participants(lines)
    end = max(line.end for line in lines)
    connections = {who: f"{who}-{connection}" for who in ids.values()}
    return ordered(
        opening(),
        arrivals(lines, ids, connection),
        spoken(lines, ids, run=run),
        closing(end, connections, len(lines)),
    )


def going_on(steps: Sequence[Step], begun: int) -> list[Step]:
    """The rest of a script, for a bot that comes after another one.

    It joins anew, and finds there who had come and not left. The segment that was begun last is said again
    from its beginning: how far the other bot came with it is not known.

    Args:
        steps: The whole script, by time.
        begun: Segments of which the other bot published something; 0 gives the whole script.
    """
    place, seen = 0, set[str]()
    for at, step in enumerate(steps):
        if step.type == "transcript.segment" and step.data["segment_id"] not in seen:
            if len(seen) == begun:
                break
            place = at
            seen.add(step.data["segment_id"])
    if not seen:
        return list(steps)
    there: dict[str, Step] = {}
    for step in steps[:place]:
        if step.type == "participant.joined":
            there[step.data["connection_id"]] = step
        elif step.type == "participant.left":
            there.pop(step.data["connection_id"], None)
    now = steps[place].at
    again = [Step(now, step.type, step.data) for step in there.values()]
    return [*opening(now), *again, *steps[place:]]


def opening(at: float = 0.0) -> list[Step]:
    """The bot joins, and is let in `at` so many seconds."""
    return [
        status(at - 2.0, Status.JOINING),
        log(at - 2.0, "info", "Asked to be let into the meeting"),
        status(at, Status.ACTIVE),
        log(at, "info", "Let into the meeting, listening"),
    ]


def arrivals(lines: Iterable[Line], ids: Mapping[str, str], connection: int = 1) -> list[Step]:
    """Each speaker joins shortly before they first speak."""
    steps: list[Step] = []
    seen: set[str] = set()
    for line in lines:
        if line.speaker is not None and line.speaker not in seen:
            seen.add(line.speaker)
            at = max(0.0, line.start - JOINED_BEFORE)
            steps += joined(at, ids[line.speaker], line.speaker, connection=connection)
    return steps


def spoken(lines: Sequence[Line], ids: Mapping[str, str], *, run: str) -> list[Step]:
    """What is said: partials that grow, finals, who speaks, and a note of each long silence."""
    steps = _speaking(lines, ids)
    heard = 0.0
    start, shown = -1.0, 0.0
    for number, line in enumerate(lines, 1):
        if line.start - heard >= LONG_PAUSE:
            silence = round(line.start - heard, 1)
            steps.append(
                log(line.start, "warning", "Nobody spoke for a while", source="audio", seconds=silence)
            )
        heard = max(heard, line.end)
        revisions = segment(line, ids, f"{run}-{number:05d}")
        # Of lines that start together the transcript keeps the order in which they first appear.
        floor = shown if line.start == start else 0.0
        start, shown = line.start, max(floor, revisions[0].at)
        steps += [Step(max(floor, step.at), step.type, step.data) for step in revisions]
    return steps


def segment(line: Line, ids: Mapping[str, str], segment_id: str) -> list[Step]:
    """The revisions of one line; the last is the final and has its text and times."""
    speaker = None
    if line.speaker is not None:
        speaker = {"name": line.speaker, "participant_id": ids[line.speaker]}
    words = list(re.finditer(r"\S+", line.text))
    group = max(GROUP, math.ceil(len(words) / PARTIALS))
    steps: list[Step] = []
    for count in [*range(group, len(words), group), len(words)]:
        final = count == len(words)
        shown = line.start_ms + round((line.end_ms - line.start_ms) * count / max(1, len(words)))
        end = line.end if final else shown / 1000
        data: dict[str, Any] = {
            "segment_id": segment_id,
            "revision": len(steps),
            "final": final,
            "text": line.text if final else line.text[: words[count - 1].end()],
            "start": line.start,
            "end": end,
        }
        if speaker is not None:
            data["speaker"] = speaker
        steps.append(Step(end, "transcript.segment", data))
    return steps


def _speaking(lines: Sequence[Line], ids: Mapping[str, str]) -> list[Step]:
    """A toggle where a voice begins and where it has been silent for `PAUSE`."""
    turns: dict[str, list[tuple[float, float]]] = {}
    for line in lines:
        if line.speaker is None:
            continue
        mine = turns.setdefault(ids[line.speaker], [])
        if mine and line.start - mine[-1][1] < PAUSE:
            mine[-1] = (mine[-1][0], max(mine[-1][1], line.end))
        else:
            mine.append((line.start, line.end))
    return [
        Step(at, "participant.speaking", {"participant_id": who, "speaking": speaking})
        for who, spans in turns.items()
        for start, end in spans
        for at, speaking in ((start, True), (end, False))
    ]


def closing(end: float, connections: Mapping[str, str], segments: int) -> list[Step]:
    """Everyone leaves, then the bot.

    Args:
        end: When the last word was said, in seconds.
        connections: The open connection of each participant id.
        segments: Transcript segments, for the log.
    """
    steps = [
        Step(
            end + 0.5 + 0.2 * place, "participant.left", {"participant_id": who, "connection_id": connection}
        )
        for place, (who, connection) in enumerate(connections.items())
    ]
    last = end + 0.5 + 0.2 * len(steps)
    return [
        *steps,
        status(last, Status.LEAVING),
        log(last, "info", "The meeting is over", segments=segments, seconds=round(end, 1)),
        status(last + 0.5, Status.COMPLETED),
    ]


def status(at: float, to: Status) -> Step:
    """The session takes a step."""
    return Step(at, "session.status_changed", {"status": str(to)})


def log(at: float, level: str, message: str, *, source: str = "bot", **fields: Any) -> Step:
    """A line of the bot's log."""
    return Step(at, "log.entry", {"level": level, "message": message, "source": source, "fields": fields})


def joined(at: float, participant_id: str, name: str, *, connection: int, **data: Any) -> list[Step]:
    """A participant's connection number `connection` opens; the log tells."""
    fields = {
        "participant_id": participant_id,
        "connection_id": f"{participant_id}-{connection}",
        "name": name,
        **data,
    }
    return [
        Step(at, "participant.joined", fields),
        log(at, "debug", f"{name} joined", source="roster", connection=fields["connection_id"]),
    ]
