"""What it costs to read a long transcript: pages, and exports of it.

    python tests/bench/transcript.py [--segments 20000]

A page is asked for 200 times at random places; each export is read piece by piece, with the most memory that
the hub has taken meanwhile. Before, the same with a tenth of the length.
"""

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:1] = [str(TESTS), str(TESTS.parent)]

import httpx  # noqa: E402 - only now is it known where to import from
import psutil  # noqa: E402 - as above
from exported import publish  # noqa: E402 - as above
from servers import HubServer, RedisServer  # noqa: E402 - as above

PAGES = 200


def _segments(count: int) -> list[dict[str, object]]:
    words = ("the", "plan", "for", "next", "quarter", "and", "what", "Ada", "said", "of", "it")
    chosen = random.Random(7)
    return [
        {
            "segment_id": f"s{number}",
            "final": True,
            "text": " ".join(chosen.choices(words, k=20)),
            "start": number * 1.5,
            "end": number * 1.5 + 1,
            "speaker": {"name": f"Speaker {number % 5}", "participant_id": f"p{number % 5}"},
        }
        for number in range(count)
    ]


def _pages(api: httpx.Client, session_id: str, count: int) -> tuple[float, float]:
    """Median and 99th percentile of the time for a page of 100, in milliseconds."""
    path = f"/v1/sessions/{session_id}/transcript"
    cursors: list[str | None] = [None]
    while len(cursors) * 1000 < count:
        page = api.get(path, params={"limit": 1000} | ({"cursor": cursors[-1]} if cursors[-1] else {})).json()
        if page["next"] is None:
            break
        cursors.append(page["next"])
    chosen = random.Random(8)
    took: list[float] = []
    for _ in range(PAGES):
        cursor = chosen.choice(cursors)
        began = time.perf_counter()
        api.get(path, params={"cursor": cursor} if cursor else {}).raise_for_status()
        took.append((time.perf_counter() - began) * 1000)
    took.sort()
    return took[PAGES // 2], took[PAGES * 99 // 100]


def _export(api: httpx.Client, hub: psutil.Process, session_id: str, name: str) -> tuple[int, float, float]:
    """Bytes, seconds, and MB by which the hub grew at most."""
    before = most = hub.memory_info().rss
    size, began = 0, time.perf_counter()
    with api.stream("GET", f"/v1/sessions/{session_id}/transcript", params={"format": name}) as answer:
        for piece in answer.iter_raw():
            size += len(piece)
            most = max(most, hub.memory_info().rss)
    return size, time.perf_counter() - began, (most - before) / 1e6


def main() -> None:
    """Both lengths."""
    parser = argparse.ArgumentParser(description="Read a long transcript.")
    parser.add_argument("--segments", type=int, default=20_000)
    most = parser.parse_args().segments
    with tempfile.TemporaryDirectory() as folder:
        redis_server = RedisServer(Path(folder) / "redis")
        redis_server.start()
        hub = HubServer(Path(folder) / "hub", redis_server)
        hub.start()
        try:
            assert hub.process is not None
            watched = psutil.Process(hub.process.pid)
            with hub.client() as api:
                for count in (most // 10, most):
                    session_id = publish(api, _segments(count))
                    median, slowest = _pages(api, session_id, count)
                    print(f"{count:,} segments: a page p50 {median:.1f} ms, p99 {slowest:.1f} ms")
                    for name in ("vtt", "csv", "json"):
                        size, seconds, grown = _export(api, watched, session_id, name)
                        grew = f"the hub grew by {grown:.1f} MB"
                        print(f"  {name}: {size / 1e6:.1f} MB in {seconds:.2f} s, {grew}")
        finally:
            hub.stop()
            redis_server.stop()


if __name__ == "__main__":
    main()
