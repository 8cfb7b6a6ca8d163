"""One session followed at once in all published systems and natively, after every entry of real meetings.

    python tests/follow_all.py meeting.vtt … [--system NAME …] [--every N]

Each meeting is published an entry at a time, with the chapters of the `.json` beside it. After each, every
system is asked for the session, its list, its participants and its transcript; what it should show is known
from what was published and from a table of words that was written by hand (`tests/followed`). The three
streams of meeting-buddy are read meanwhile. The exit code is 1 if anything differs.
"""

import argparse
import asyncio
import json
import tempfile
import time
from pathlib import Path

from contract.api.asking import make_key
from followed.run import follow
from followed.views import VIEWS
from servers import HubServer, RedisServer

from hub.client.script import Step, meeting, ordered
from hub.client.vtt import read


def script(file: Path) -> list[Step]:
    """The events of a meeting; chapters at their ends, when they are known."""
    steps = meeting(read(file).lines, run="r")
    beside = file.with_suffix(".json")
    said = json.loads(beside.read_text()).get("chapters", []) if beside.exists() else []
    last = next(step.at for step in steps if step.data.get("status") == "leaving")
    chapters = [
        Step(
            min(one["end"], last),
            "chapter.added",
            {"title": one["name"], "start": one["start"], "end": one["end"]},
        )
        for one in said
    ]
    return ordered(steps, chapters)


def main() -> int:
    parser = argparse.ArgumentParser(description="Follow meetings in all published systems.")
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--system", action="append", choices=list(VIEWS))
    parser.add_argument("--every", type=int, default=1, metavar="N", help="look after each Nth entry")
    options = parser.parse_args()
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        redis_server = RedisServer(Path(folder) / "redis")
        redis_server.start()
        try:
            with HubServer(Path(folder) / "hub", redis_server) as hub, hub.client() as admin:
                for file in options.files:
                    organization = file.stem.replace(".", "-")
                    key, began = make_key(admin, organization), time.monotonic()
                    systems = options.system or list(VIEWS)
                    steps, every = script(file), options.every
                    result = asyncio.run(
                        follow(hub.url, key, organization, steps, systems=systems, every=every)
                    )
                    failed |= not result.good
                    took = time.monotonic() - began
                    looks = ", ".join(f"{name} {count}" for name, count in result.looks.items())
                    print(f"{file.name}: {result.entries} entries in {took:.0f} s, looked at {looks}")
                    print(f"  {len(result.wrong)} wrong:", "good" if result.good else "BAD")
                    for one in result.wrong[:3]:
                        print(f"  {one}")
        finally:
            redis_server.close()
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
