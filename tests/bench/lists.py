"""How long a page of the list takes with many sessions in one organization, and what a search does to others.

    python tests/bench/lists.py --sessions 100000

Each count is compared with what was made. Redis reports which of its commands took long.
"""

import argparse
import asyncio
import http.client
import itertools
import json
import multiprocessing
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).parents[1]))

from msgspec import Raw
from servers import HubServer, RedisServer, wait_until

from hub.core.event import draft
from hub.core.platform import platform_of
from hub.core.session_id import session_id as new_session_id
from hub.live.checkpointer import Checkpointer
from hub.live.states import States
from hub.store.appender import Appender
from hub.store.checkpoints import Checkpoints
from hub.store.client import Client
from hub.store.directory import Directory
from hub.store.streams import Limits, Streams
from schemas import codec
from schemas.events import Event, SessionCreated, Status

AT_ONCE = 64
"""Sessions made at the same time."""
EVERYWHERE, OFTEN = "recorder", "weekly"
"""Somebody who is in every session; the meeting of every tenth."""
LINKS = ("https://zoom.us/j/1", "https://meet.google.com/abc-defg-hij", "https://example.org/room")
WORDS = ("Quarterly", "budget", "Planung", "review", "café", "sync", "Interview", "retro")
LIFE: dict[str, tuple[str, ...]] = {
    "completed": ("active", "completed"),
    "failed": ("failed",),
    "active": ("active",),
    "recording": ("active", "recording"),
    "joining": ("joining",),
}
ROUNDS = 5
"""Without and with a search, in turn, as the machine may be faster in one than in the next."""
SLOW = 1000
"""Microseconds from which on Redis notes a command."""


class Made(NamedTuple):
    """What is known of a session that was made."""

    status: str
    meeting: str
    platform: str
    person: str
    title: str


def session(number: int, chance: random.Random) -> tuple[SessionCreated, Made, list[Event]]:
    """What is to be made, and what happens in it."""
    (status,) = chance.choices(tuple(LIFE), (70, 10, 10, 5, 5))
    meeting = OFTEN if number % 10 == 0 else f"m{chance.randrange(2000)}"
    link, person = chance.choice(LINKS), f"p{chance.randrange(20_000)}"
    title = " ".join(chance.sample(WORDS, 4)) + f" {number}"
    platform = platform_of(link)
    data = SessionCreated(
        number=0,
        status=Status.INITIALIZING,
        meeting_id=meeting,
        meeting_link=link,
        platform=platform,
        title=title,
    )
    first, *rest = LIFE[status]
    said: list[tuple[str, dict[str, Any]]] = [
        *(
            ("participant.joined", {"participant_id": who, "connection_id": "c", "name": "Ann Example"})
            for who in (person, EVERYWHERE)
        ),
        *(("session.status_changed", {"status": step}) for step in (first, *rest)),
    ]
    events = [Event(type=kind, data=Raw(codec.encode(about))) for kind, about in said]
    return data, Made(status, meeting, str(platform), person, title), events


async def fill(url: str, organization: str, count: int) -> list[Made]:
    """Make sessions as a hub does, written down as they stand."""
    client, retention = Client(url, 60.0), 10**9
    appender = Appender(client)
    directory = Directory(client, retention=retention, feed_kept=1000, most=0)
    streams = Streams(client, appender, retention=retention, logs_kept=1000, feed_kept=1000, limits=Limits())
    checkpoints = Checkpoints(client, feed_kept=1000)
    checkpointer = Checkpointer(States(streams, checkpoints), checkpoints)
    sending = asyncio.create_task(appender.run())
    chance, made = random.Random(7), list[Made]()
    began = time.perf_counter()

    async def one(data: SessionCreated, events: list[Event]) -> None:
        session_id = new_session_id(chance.randbytes(12))
        await directory.create(organization, session_id, data, idempotency_key=None)
        await streams.append(organization, session_id, [draft(event) for event in events])
        await checkpointer.write(organization, session_id)

    for first in range(0, count, AT_ONCE):
        planned = [session(number, chance) for number in range(first, min(first + AT_ONCE, count))]
        made += (known for _data, known, _events in planned)
        await asyncio.gather(*(one(data, events) for data, _known, events in planned))
        if first % (AT_ONCE * 100) == 0:
            print(f"\r{len(made)} sessions, {time.perf_counter() - began:.0f} s", end="", file=sys.stderr)
    print(file=sys.stderr)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    await client.aclose()
    return made


class Asking:
    """One connection to a hub, with next to no cost of its own."""

    def __init__(self, port: int, key: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"Authorization": f"Bearer {key}"}

    def ask(self, path: str, body: Any = None) -> Any:
        """The answer."""
        content = None if body is None else json.dumps(body)
        self._connection.request("GET" if body is None else "POST", path, content, self._headers)
        answer = self._connection.getresponse()
        read = answer.read()
        assert answer.status == 200, read
        return read

    def page(self, **query: Any) -> Any:
        """A page of the list."""
        return json.loads(self.ask("/v1/sessions?" + urlencode(query)))

    def timed(self, paths: Iterator[tuple[str, Any]], count: int) -> list[float]:
        """Milliseconds that each request took, in order."""
        took: list[float] = []
        for _ in range(count):
            path, body = next(paths)
            began = time.perf_counter()
            self.ask(path, body)
            took.append((time.perf_counter() - began) * 1000)
        return sorted(took)


def told(name: str, took: list[float], count: int | str = "") -> None:
    """One row."""
    print(f"{name:46} {count:>8} {took[len(took) // 2]:8.1f} {p99(took):8.1f} {took[-1]:8.1f}", flush=True)


def p99(took: list[float]) -> float:
    """Of sorted times."""
    return took[min(len(took) - 1, int(len(took) * 0.99))]


def pages(asking: Asking, query: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Pages by cursor from the first on, each followed by one that begins anywhere."""
    chance, cursor = random.Random(1), None
    last = max(1, asking.page(**query)["count"] // 50)
    while True:
        asked = query if cursor is None else {**query, "cursor": cursor}
        yield "/v1/sessions?" + urlencode(asked), None
        cursor = asking.page(**asked)["next"]
        yield "/v1/sessions?" + urlencode({**query, "page": chance.randint(1, last), "size": 50}), None


def lists(asking: Asking, made: list[Made], first: str, last: str, requests: int) -> None:
    """How long pages take, query by query."""
    live = {"active", "recording", "joining"}
    queries: list[tuple[dict[str, Any], Callable[[Made], bool]]] = [
        ({}, lambda _one: True),
        ({"status": "completed"}, lambda one: one.status == "completed"),
        ({"status": "active,recording"}, lambda one: one.status in ("active", "recording")),
        ({"live": "true"}, lambda one: one.status in live),
        ({"meeting_id": OFTEN}, lambda one: one.meeting == OFTEN),
        ({"meeting_id": "m17"}, lambda one: one.meeting == "m17"),
        ({"platform": "zoom"}, lambda one: one.platform == "zoom"),
        ({"created_after": first, "created_before": last}, lambda _one: True),
        ({"participants": EVERYWHERE}, lambda _one: True),
        ({"participants": "p17"}, lambda one: one.person == "p17"),
        (
            {
                "participants": f"p17,p18,{EVERYWHERE}",
                "live": "true",
                "platform": "zoom",
                "meeting_id": OFTEN,
            },
            lambda one: one.status in live and one.platform == "zoom" and one.meeting == OFTEN,
        ),
        ({"sort": "started"}, lambda _one: True),
        ({"sort": "duration", "status": "completed"}, lambda one: one.status == "completed"),
        ({"sort": "minutes", "order": "asc"}, lambda _one: True),
    ]
    print(f"{'page of 50 by cursor, or anywhere':46} {'count':>8} {'p50 ms':>8} {'p99 ms':>8} {'max ms':>8}")
    for query, chosen in queries:
        count = sum(map(chosen, made))
        assert asking.page(**query)["count"] == count, query
        if count:
            told(urlencode(query)[:46], asking.timed(pages(asking, query), requests), count)
    for query, word in (
        ({"title": "PLANUNG"}, "planung"),
        ({"search": "café"}, "café"),
        ({"search": "99"}, "99"),
    ):
        found = asking.page(**query)["count"]
        known = sum(word in one.title.casefold() for one in made)
        assert found == known if "title" in query else found >= known, query
        told(urlencode(query)[:46], asking.timed(pages(asking, query), max(4, requests // 10)), found)


def search_on(port: int, key: str, turns: Any) -> None:
    """Search, again and again."""
    asking = Asking(port, key)
    while True:
        asking.page(search="nowhere to be found")
        turns.value += 1


@contextmanager
def searching(port: int, key: str) -> Iterator[Any]:
    """Somebody searches meanwhile, in a process of their own."""
    turns = multiprocessing.Value("i", 0)
    process = multiprocessing.Process(target=search_on, args=(port, key, turns), daemon=True)
    process.start()
    try:
        yield turns
    finally:
        process.kill()
        process.join()


def beside(asking: Asking, hub: HubServer, key: str, requests: int) -> None:
    """What a search does to other requests."""
    session_id = asking.page(status="active", limit=1)["data"][0]["id"]
    line = {"type": "log.entry", "data": {"level": "info", "message": "m"}}
    others: dict[str, tuple[str, Any]] = {
        "publish": (f"/v1/sessions/{session_id}/events", line),
        "read a session": (f"/v1/sessions/{session_id}", None),
        "list by status": ("/v1/sessions?status=completed", None),
    }
    for name, request in others.items():
        alone: list[list[float]] = []
        meanwhile: list[list[float]] = []
        for _ in range(ROUNDS):
            alone.append(asking.timed(itertools.repeat(request), requests * 2))
            with searching(hub.port, key) as turns:
                while not turns.value:
                    time.sleep(0.01)
                before = turns.value
                while turns.value < before + 2:
                    meanwhile.append(asking.timed(itertools.repeat(request), requests * 2))
        told(f"{name}, alone", sorted(itertools.chain(*alone)))
        told(f"{name}, beside a search", sorted(itertools.chain(*meanwhile)))
        first, second = (median(map(p99, runs)) for runs in (alone, meanwhile))
        print(f"{name}: median p99 of the rounds {first:.2f} and {second:.2f} ms, {second / first:.2f} times")


def rewriting(store: Any) -> bool:
    """Redis writes its append-only file anew."""
    state = store.info("persistence")
    return bool(state["aof_rewrite_in_progress"] or state["aof_rewrite_scheduled"])


def main() -> None:
    """Make the sessions and ask for them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=200, help="of each query")
    asked = parser.parse_args()
    calm = {"HUB_IDLE_TIMEOUT": "86400", "HUB_LATE_WINDOW": "86400", "HUB_SWEEP_INTERVAL": "3"}
    with tempfile.TemporaryDirectory() as folder:
        redis = RedisServer(Path(folder) / "redis")
        redis.start()
        try:
            made = asyncio.run(fill(redis.url, "large", asked.sessions))
            with HubServer(Path(folder) / "hub", redis, calm) as hub, redis.client() as store:
                key = hub.make_key("large")
                asking = Asking(hub.port, key)
                first = asking.page(order="asc", limit=1)["data"][0]["created_at"]
                last = asking.page(limit=1)["data"][0]["created_at"]
                # What was made at once is written to the disk anew, which is no part of what is measured.
                wait_until(lambda: not rewriting(store), "the append-only file is rewritten", 300)
                store.config_set("slowlog-log-slower-than", SLOW)
                store.slowlog_reset()
                lists(asking, made, first, last, asked.requests)
                beside(asking, hub, key, asked.requests)
                slow = store.slowlog_get(1000)
                for entry in sorted(slow, key=lambda entry: -entry["duration"])[:3]:
                    print(f"{entry['duration'] / 1000:.1f} ms: {entry['command'][:120]}")
                worst = max((entry["duration"] for entry in slow), default=0) / 1000
                print(f"commands of Redis over {SLOW / 1000:g} ms: {len(slow)}, the longest {worst:.1f} ms")
                print(f"memory of Redis: {store.info('memory')['used_memory_human']}")
        finally:
            redis.close()


if __name__ == "__main__":
    main()
