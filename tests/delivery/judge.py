"""What should have been delivered, read from Redis and from the file by code of its own, against what was."""

import json
from pathlib import Path
from typing import Any

import redis
import webvtt

from delivery.subscribers import Record
from hub.core import view
from hub.core.entry import Entry
from hub.core.entry_id import EntryId
from hub.core.fold import fold, initial
from schemas import codec
from schemas.events import Channel


def stored(client: "redis.Redis", organization: str, session_id: str) -> list[dict[str, Any]]:
    """All entries of a session as the streams hold them, by `seq`."""
    root = f"hub:{{{organization}}}:s:{session_id}"
    rows: list[Any] = client.xrange(f"{root}:events") + client.xrange(f"{root}:logs")
    entries = [
        {
            "id": key.decode(),
            "type": fields[b"t"].decode(),
            "data": json.loads(fields[b"d"]),
            "positions": [int(p) for p in fields.get(b"p", b"").split()],
            "raw": fields[b"d"],
        }
        for key, fields in rows
    ]
    return sorted(entries, key=lambda entry: int(entry["id"].split("-")[1]))


def complaints(expected: list[dict[str, Any]], record: Record) -> list[str]:
    """What is wrong with what one subscriber saw; empty if nothing is."""
    found: list[str] = []
    if record.resets:
        found.append(f"reset: {record.resets[0]['data']['reason']}")
    start = record.snapshot["id"] if record.snapshot else record.start
    assert start is not None
    after = int(start.split("-")[1])
    wanted = [(e["id"], e["type"], e["data"]) for e in expected[after:]]
    seen = [(e["id"], e["type"], e["data"]) for e in record.entries]
    if seen != wanted:
        found.append(_difference([w[0] for w in wanted], [s[0] for s in seen]))
    if record.ended not in ("sealed", "204"):
        found.append(f"ended by {record.ended}")
    return [f"{record.name}: {complaint}" for complaint in found]


def _difference(wanted: list[str], seen: list[str]) -> str:
    missing = [key for key in wanted if key not in set(seen)]
    twice = sorted({key for key in seen if seen.count(key) > 1}) if len(seen) < 20_000 else []
    for index, (a, b) in enumerate(zip(wanted, seen, strict=False)):
        if a != b:
            return f"at {index}: expected {a}, saw {b}; missing {missing[:5]}, twice {twice[:5]}"
    return f"expected {len(wanted)} entries, saw {len(seen)}; missing {missing[:5]}, twice {twice[:5]}"


def folded(session_id: str, entries: list[dict[str, Any]], upto: str | None = None) -> Any:
    """The state after the stored entries, or after those up to an id."""
    last = EntryId.parse(upto) if upto else None
    items = [
        Entry(
            id=EntryId.parse(entry["id"]),
            type=entry["type"],
            data=entry["raw"],
            positions=tuple(entry["positions"]),
        )
        for entry in entries
    ]
    return fold(initial(session_id), [item for item in items if last is None or item.id <= last])


def snapshot_complaints(session_id: str, expected: list[dict[str, Any]], record: Record) -> list[str]:
    """Whether the snapshot that a subscriber began with is the fold of the entries it reflects."""
    if record.snapshot is None:
        return []
    state = folded(session_id, expected, record.snapshot["id"])
    shown = codec.decode(codec.encode(view.snapshot(state, frozenset(Channel))))
    return [] if shown == record.snapshot["data"] else [f"{record.name}: the snapshot is not the fold"]


def detail_complaints(session_id: str, record: Record, prefix: list[dict[str, Any]], got: Any) -> list[str]:
    """Whether what a subscriber saw folds to what `GET /v1/sessions/{id}` answers.

    Args:
        session_id: Which session.
        record: Its frames as they were delivered.
        prefix: The stored entries up to the snapshot that it began with.
        got: The answer.
    """
    delivered = [
        {
            "id": frame["id"],
            "type": frame["type"],
            "raw": codec.encode(frame["data"]),
            "positions": [frame["position"]] if "position" in frame else [],
        }
        for frame in record.entries
    ]
    shown = codec.decode(codec.encode(view.detail_view(folded(session_id, prefix + delivered))))
    # No entry tells of these.
    untold = {"heartbeat_at": None, "expires_at": None}
    return [] if shown == got | untold else [f"{record.name}: its fold is not what GET answers"]


def transcript_complaints(file: Path, transcript: Any) -> list[str]:
    """Whether the transcript is the file, cue for cue."""
    wanted = [
        (caption.voice, _plain(caption.text), _seconds(caption.start), _seconds(caption.end))
        for caption in webvtt.read(str(file))
    ]
    got = [
        (s["speaker"]["name"], s["text"], s["start"], s["end"]) for s in transcript["segments"] if s["final"]
    ]
    if len(wanted) != len(got) or len(got) != len(transcript["segments"]):
        return [f"{len(wanted)} cues in the file, {len(got)} finals, {len(transcript['segments'])} segments"]
    return [
        f"cue {index}: {a} is {b}"
        for index, (a, b) in enumerate(zip(wanted, got, strict=True))
        if a[:2] != b[:2] or abs(a[2] - b[2]) > 0.0011 or abs(a[3] - b[3]) > 0.0011
    ][:3]


def _plain(text: str) -> str:
    return " ".join(text.split())


def _seconds(text: str) -> float:
    hours, minutes, seconds = text.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
