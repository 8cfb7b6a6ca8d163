"""Exports read back by programs that did not write them.

    python tests/exported.py meeting.vtt …

What was said in each meeting is published to a hub, exported in every format, read back, and compared: texts,
speakers and times. The exit code is 1 if anything differs.
"""

import argparse
import csv
import html
import io
import json
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import srt
import webvtt
from servers import HubServer, RedisServer

from hub.captions.guard import NO_WIDTH


class Said(NamedTuple):
    """What a format must bring back of a segment."""

    start: int
    """Milliseconds."""
    end: int
    speaker: str
    text: str


def said(segment: dict[str, Any]) -> Said:
    """A segment of the JSON transcript."""
    speaker = segment["speaker"]
    name = " ".join(speaker["name"].split()) if speaker else ""
    return Said(round(segment["start"] * 1000), round(segment["end"] * 1000), name, segment["text"])


def cue(one: Said) -> Said:
    """What a format of cues can hold: lines, none of them empty."""
    lines = re.split(r"\r\n|\r|\n", one.text)
    return one._replace(text="\n".join(line for line in lines if line.strip()))


def _vtt(text: str) -> list[Said]:
    def ms(clock: str) -> int:
        hours, minutes, seconds = clock.split(":")
        return int(hours) * 3_600_000 + int(minutes) * 60_000 + round(float(seconds) * 1000)

    captions = webvtt.from_string(text)
    return [
        Said(ms(one.start), ms(one.end), html.unescape(one.voice or ""), html.unescape(one.text))
        for one in captions
    ]


def _srt(text: str) -> list[Said]:
    found: list[Said] = []
    for one in srt.parse(text):
        name, colon, words = one.content.partition(": ")
        if not colon:
            name, words = "", one.content
        start, end = (round(time.total_seconds() * 1000) for time in (one.start, one.end))
        found.append(Said(start, end, name.replace(NO_WIDTH, ""), words.replace(NO_WIDTH, "")))
    return found


def _csv(text: str) -> list[Said]:
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    return [
        Said(
            round(float(row["start"]) * 1000),
            round(float(row["end"]) * 1000),
            " ".join(row["speaker"].split()),
            row["text"],
        )
        for row in rows
    ]


READERS: dict[str, tuple[Callable[[str], list[Said]], Callable[[Said], Said]]] = {
    "vtt": (_vtt, cue),
    "srt": (_srt, cue),
    "csv": (_csv, lambda one: one),
    "json": (lambda text: [said(one) for one in json.loads(text)["segments"]], lambda one: one),
    "ndjson": (lambda text: [said(json.loads(one)) for one in text.splitlines()], lambda one: one),
}
"""How a format is read, and what it can hold of a segment."""


def differences(api: httpx.Client, session_id: str, expected: list[Said]) -> list[str]:
    """What any format brings back otherwise than it was said."""
    found: list[str] = []
    for name, (read, holds) in READERS.items():
        answer = api.get(f"/v1/sessions/{session_id}/transcript", params={"format": name})
        answer.raise_for_status()
        back, wanted = read(answer.text), [holds(one) for one in expected]
        if back != wanted:
            pairs = zip(back, wanted, strict=False)
            first = next((pair for pair in pairs if pair[0] != pair[1]), (len(back), len(wanted)))
            found.append(f"{name}: {first[0]!r} in place of {first[1]!r}")
    return found


def spoken(file: Path) -> list[dict[str, Any]]:
    """The cues of a WebVTT file as final segments."""
    return [
        {
            "segment_id": f"s{number}",
            "final": True,
            "text": one.text,
            "start": one.start_in_seconds + one.start_time.milliseconds / 1000,
            "end": one.end_in_seconds + one.end_time.milliseconds / 1000,
        }
        | ({"speaker": {"name": one.voice}} if one.voice else {})
        for number, one in enumerate(webvtt.read(str(file)))
    ]


def publish(api: httpx.Client, segments: list[dict[str, Any]]) -> str:
    """A new session in which these were said."""
    created = api.post("/v1/sessions", json={"title": "read back"}).raise_for_status().json()
    for start in range(0, len(segments), 200):
        events = [{"type": "transcript.segment", "data": one} for one in segments[start : start + 200]]
        api.post(f"/v1/sessions/{created['id']}/events", json=events).raise_for_status()
    return created["id"]


def expected(segments: list[dict[str, Any]]) -> list[Said]:
    """What every format should bring back of segments, by start."""
    return [said({"speaker": None} | one) for one in sorted(segments, key=lambda one: one["start"])]


def main() -> int:
    """Every file given."""
    parser = argparse.ArgumentParser(description="Read exports back.")
    parser.add_argument("files", nargs="+", type=Path)
    bad = False
    with tempfile.TemporaryDirectory() as folder:
        redis_server = RedisServer(Path(folder) / "redis")
        redis_server.start()
        hub = HubServer(Path(folder) / "hub", redis_server)
        hub.start()
        try:
            with hub.client() as api:
                for file in parser.parse_args().files:
                    segments = spoken(file)
                    found = differences(api, publish(api, segments), expected(segments))
                    print(f"{file.name}: {len(segments)} segments, {len(READERS)} formats: ", end="")
                    print("; ".join(found) or "good")
                    bad = bad or bool(found)
        finally:
            hub.stop()
            redis_server.stop()
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
