"""Play every meeting of a folder several times at once by `hub bot --replay`, and compare with the files.

    python tests/fifty.py DIR [--each 10] [--bots 5] [--speed 20]

With the embedded Redis. Every session asks for a bot (`dispatch`); the bots are processes of their own.
A subscriber follows the whole organization: it must see each entry once and in order, and of each segment all
revisions that the script of its file has. Two delays are told: from an entry's time in the stream to its
delivery; and from when the script says it to its delivery, which has the bot and its request in it.
The exit code is 1 if anything is wrong.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import msgspec
from servers import HubServer

from hub.captions.speakers import slug
from hub.client import End, Entry, Hub
from hub.client.script import Step, meeting
from hub.client.vtt import read
from schemas import codec
from schemas.events import TranscriptSegment


class Seen:
    """What a subscriber was sent of one session."""

    def __init__(self) -> None:
        self.sequence: list[int] = []
        self.segments: list[dict[str, Any]] = []
        self.times: list[float] = []
        """When each of the segments arrived, in seconds since 1970."""
        self.active: float | None = None
        self.status = ""
        self.delays: list[float] = []

    def take(self, entry: Entry, now: float) -> None:
        at = codec.milliseconds(entry.at) / 1000
        self.sequence.append(int(str(entry.id).split("-")[1]))
        self.delays.append(now - at)
        if entry.type == "session.status_changed":
            self.status = entry.data["status"]
            self.active = at if self.status == "active" else self.active
        elif entry.type == "transcript.segment":
            self.segments.append(entry.data)
            self.times.append(now)


def read_segment(data: dict[str, Any]) -> TranscriptSegment:
    """What a segment says, whether or not what goes without saying is said."""
    return msgspec.convert(data, TranscriptSegment)


def complaints(seen: Seen, script: list[Step]) -> list[str]:
    """What is wrong with a session."""
    said = [read_segment(step.data) for step in script if step.type == "transcript.segment"]
    found: list[str] = []
    if seen.status != "completed":
        found.append(f"ended as {seen.status or 'nothing'}")
    if seen.sequence != list(range(1, len(seen.sequence) + 1)):
        found.append("entries are missing, doubled or out of order")
    if [read_segment(data) for data in seen.segments] != said:
        found.append(f"{len(seen.segments)} revisions arrived of {len(said)}, or others")
    return found


def percentile(values: list[float], share: float) -> float:
    """Of no values: 0."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else 0.0


async def play(hub_server: HubServer, files: list[Path], each: int, patience: float) -> dict[str, Seen]:
    """Create the sessions, and follow them all to their ends; by session and file."""
    seen: dict[str, Seen] = defaultdict(Seen)
    async with Hub(hub_server.url, hub_server.key) as hub, asyncio.timeout(patience):
        following = hub.follow(after="0-0")
        wanted: dict[str, str] = {}
        for number in range(each):
            for file in files:
                session = await hub.create_session(
                    f"{file.stem} {number + 1}", dispatch={}, config={"replay": file.name}
                )
                wanted[session.id] = f"{file.name} {number + 1}"
        ended: set[str] = set()
        async for frame in following:
            if isinstance(frame, Entry) and not frame.feed and frame.session_id in wanted:
                seen[wanted[frame.session_id]].take(frame, time.time())
            elif isinstance(frame, End) and frame.session_id in wanted:
                ended.add(frame.session_id)
                if len(ended) == len(wanted):
                    break
    return seen


def main() -> int:
    parser = argparse.ArgumentParser(description="Many real meetings at once, played by bots.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--each", type=int, default=10)
    parser.add_argument("--bots", type=int, default=5)
    parser.add_argument("--speed", type=float, default=20.0)
    options = parser.parse_args()
    files = sorted(options.folder.glob("*.vtt"))
    scripts = {file.name: meeting(read(file).lines, run=slug(file.stem)) for file in files}
    sessions = options.each * len(files)
    longest = max(script[-1].at for script in scripts.values()) / options.speed
    print(f"{sessions} sessions of {len(files)} files, {options.bots} bots, about {longest:.0f} s")
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        hub = HubServer(Path(folder) / "hub")
        hub.start()
        environ = os.environ | {"HUB_URL": hub.url, "HUB_API_KEY": hub.key}
        command = [sys.executable, "-m", "hub", "bot", "--replay", str(options.folder)]
        command += ["--speed", str(options.speed), "--slots", str(-(-sessions // options.bots))]
        bots = [
            subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL) for _ in range(options.bots)
        ]
        try:
            seen = asyncio.run(play(hub, files, options.each, patience=longest * 2 + 120))
            for bot in bots:
                bot.terminate()
            codes = [bot.wait(20) for bot in bots]
        finally:
            for bot in bots:
                bot.kill()
            hub.stop()
    bad = any(codes)
    late: list[float] = []
    for name, session in sorted(seen.items()):
        script = scripts[name.rsplit(" ", 1)[0]]
        for complaint in complaints(session, script):
            bad = True
            print(f"  {name}: {complaint}")
        said = [step.at for step in script if step.type == "transcript.segment"]
        if session.active is not None:
            begin = session.active
            late += [now - (begin + at / options.speed) for at, now in zip(said, session.times, strict=False)]
    delays = [delay for session in seen.values() for delay in session.delays]
    bad = bad or len(seen) != sessions
    took = time.monotonic() - began
    print(
        f"{len(seen)} sessions, {len(delays)} entries delivered, "
        f"{sum(len(session.segments) for session in seen.values())} revisions of segments, {took:.0f} s, "
        f"{len(delays) / took:.0f} entries/s: {'BAD' if bad else 'good'}"
    )
    for what, values in (("stream to delivery", delays), ("said to delivery", late)):
        parts = ", ".join(
            f"p{share * 100:g} {percentile(values, share) * 1000:.1f} ms" for share in (0.5, 0.99)
        )
        print(f"{what}: {parts}, longest {max(values, default=0.0) * 1000:.0f} ms")
    return int(bad)


if __name__ == "__main__":
    raise SystemExit(main())
