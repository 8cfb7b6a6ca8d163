"""One file replayed to many subscribers that cut their connections, and the verdict on all of them."""

import asyncio
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import httpx
from servers import HubServer, RedisServer

from delivery.judge import (
    complaints,
    detail_complaints,
    snapshot_complaints,
    stored,
    transcript_complaints,
)
from delivery.subscribers import Record, SseSubscriber, Subscriber, WebSocketSubscriber

ROUNDS = 40
Plant = Literal["loss", "duplicate", "swap"]


@dataclass
class Verdict:
    """What came of one file."""

    cuts: Counter[str] = field(default_factory=Counter)
    rounds: int = 0
    entries: int = 0
    delivered: int = 0
    complaints: list[str] = field(default_factory=list)


def deliver(
    hub: HubServer,
    redis_server: RedisServer,
    file: Path,
    *,
    sse: int,
    websocket: int,
    cuts: int,
    seed: str,
    plant: Plant | None = None,
) -> Verdict:
    """Replay `file` at full speed again and again until each kind of cut was made `cuts` times."""
    verdict = Verdict()
    while verdict.rounds < ROUNDS and min(verdict.cuts["replay"], verdict.cuts["seam"], cuts) < cuts:
        verdict.rounds += 1
        _round(hub, redis_server, file, verdict, (sse, websocket), f"{seed}-{verdict.rounds}", plant)
        if verdict.complaints:
            break
    if min(verdict.cuts["replay"], verdict.cuts["seam"]) < cuts:
        verdict.complaints.append(f"only {dict(verdict.cuts)} cuts in {verdict.rounds} rounds")
    return verdict


def _round(
    hub: HubServer,
    redis_server: RedisServer,
    file: Path,
    verdict: Verdict,
    counts: tuple[int, int],
    seed: str,
    plant: Plant | None,
) -> None:
    with hub.client() as client:
        session_id = client.post("/v1/sessions", json={"title": file.stem}).json()["id"]
        kinds: list[type[Subscriber]] = [SseSubscriber] * counts[0] + [WebSocketSubscriber] * counts[1]
        totals: Counter[str] = Counter()
        publishing = asyncio.Event()
        subscribers = [
            kind(
                hub.url,
                hub.key,
                session_id,
                Record(f"{kind.__name__} {index}", start="0-0" if index % 2 else None),
                totals=totals,
                publishing=publishing,
                seed=f"{seed}-{index}",
            )
            for index, kind in enumerate(kinds)
        ]
        asyncio.run(_follow(hub, file, session_id, subscribers, publishing))
        verdict.cuts += totals
        records = [subscriber.record for subscriber in subscribers]
        if plant is not None:
            tamper(records[-1], plant)
        with redis_server.client() as store:
            expected = stored(store, "default", session_id)
        verdict.entries += len(expected)
        verdict.delivered += sum(len(record.entries) for record in records)
        verdict.complaints += judge(client, session_id, file, expected, records)


def judge(
    client: httpx.Client, session_id: str, file: Path, expected: list[dict[str, Any]], records: list[Record]
) -> list[str]:
    """All that is wrong."""
    found: list[str] = []
    dense = [int(entry["id"].split("-")[1]) for entry in expected]
    if dense != list(range(1, len(expected) + 1)):
        found.append("the ids in the stream are not dense")
    detail = client.get(f"/v1/sessions/{session_id}").json()
    for record in records:
        found += complaints(expected, record)
        found += snapshot_complaints(session_id, expected, record)
        before = int(record.snapshot["id"].split("-")[1]) if record.snapshot else 0
        found += detail_complaints(session_id, record, expected[:before], detail)
    found += transcript_complaints(
        file, client.get(f"/v1/sessions/{session_id}/transcript?format=json").json()
    )
    return found


def tamper(record: Record, plant: Plant) -> None:
    """Do to what was recorded what a broken hub would do."""
    middle = len(record.entries) // 2
    if plant == "loss":
        del record.entries[middle]
    elif plant == "duplicate":
        record.entries.insert(middle, record.entries[middle])
    else:
        pair = record.entries[middle : middle + 2]
        record.entries[middle : middle + 2] = pair[::-1]


async def _follow(
    hub: HubServer, file: Path, session_id: str, subscribers: list[Subscriber], publishing: asyncio.Event
) -> None:
    command = ["replay", str(file), "--speed", "max", "--session", session_id]
    async with asyncio.TaskGroup() as tasks:
        for subscriber in subscribers:
            tasks.create_task(subscriber.run())
        for subscriber in subscribers:
            await subscriber.caught_up.wait()
        publishing.set()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "hub", *command, "--url", hub.url, "--key", hub.key,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
        _out, problem = await process.communicate()
        publishing.clear()
        assert process.returncode == 0, problem.decode()
