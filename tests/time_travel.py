"""Time travel to every entry of a meeting: what the hub answers is the fold of the prefix.

    python tests/time_travel.py meeting.vtt … [--ids all|N] [--seed TEXT]

Each file is replayed into a hub. Then, for each of its entries (or N random ones), the session is asked for
as of that entry: the answer must be the fold of the entries up to it, read from the raw stream.
"""

import argparse
import random
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from delivery.judge import stored
from servers import HubServer, RedisServer

from hub.core import view
from hub.core.entry import Entry
from hub.core.entry_id import EntryId
from hub.core.fold import apply, initial
from schemas import codec

AT_ONCE = 4


def meeting_into(hub: HubServer, file: Path) -> str:
    """Replay a meeting; its session."""
    with hub.client() as client:
        session_id: str = client.post("/v1/sessions", json={"title": file.stem}).json()["id"]
    command = ["replay", str(file), "--speed", "max", "--session", session_id]
    subprocess.run(
        [sys.executable, "-m", "hub", *command, "--url", hub.url, "--key", hub.key],
        check=True,
        capture_output=True,
    )
    return session_id


def prefixes(session_id: str, entries: list[dict[str, Any]]) -> dict[str, bytes]:
    """What the session is after each entry, by its id."""
    state, shown = initial(session_id), {}
    for raw in entries:
        entry = Entry(
            id=EntryId.parse(raw["id"]), type=raw["type"], data=raw["raw"], positions=tuple(raw["positions"])
        )
        state = apply(state, entry)
        shown[raw["id"]] = codec.encode(view.detail_view(state))
    return shown


def travel(
    hub: HubServer,
    redis_server: RedisServer,
    session_id: str,
    took: list[float] | None = None,
    choose: Callable[[list[str]], list[str]] = list,
) -> tuple[int, list[str]]:
    """How many entries were asked for, and those where the answer was another."""
    with redis_server.client() as store:
        expected = prefixes(session_id, stored(store, "default", session_id))
    chosen = choose(list(expected))
    with hub.client() as client:

        def ask(entry_id: str) -> bool:
            began = time.monotonic()
            answer = client.get(f"/v1/sessions/{session_id}", params={"as_of": entry_id})
            if took is not None:
                took.append(time.monotonic() - began)
            return answer.status_code == 200 and answer.content == expected[entry_id]

        with ThreadPoolExecutor(AT_ONCE) as pool:
            right = list(pool.map(ask, chosen))
    return len(chosen), [key for key, is_right in zip(chosen, right, strict=True) if not is_right]


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare the past of a meeting with the fold of its stream.")
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--ids", default="all")
    parser.add_argument("--seed", default=secrets.token_hex(4))
    options = parser.parse_args()
    chance = random.Random(options.seed)

    def choose(ids: list[str]) -> list[str]:
        return ids if options.ids == "all" else chance.sample(ids, min(int(options.ids), len(ids)))

    print(f"seed {options.seed}")
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        redis_server = RedisServer(Path(folder) / "redis")
        redis_server.start()
        try:
            with HubServer(Path(folder) / "hub", redis_server) as hub:
                for file in options.files:
                    took: list[float] = []
                    asked, wrong = travel(hub, redis_server, meeting_into(hub, file), took, choose)
                    failed |= bool(wrong)
                    median, slowest = statistics.median(took) * 1000, max(took) * 1000
                    print(
                        f"{file.name}: as of {asked} entries, {len(wrong)} wrong {wrong[:3]}; "
                        f"median {median:.1f} ms, slowest {slowest:.1f} ms with {AT_ONCE} at once"
                    )
        finally:
            redis_server.close()
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
