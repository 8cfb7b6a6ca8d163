"""Kill and pause bots and hubs while they work, and see that every session ends as it should.

    python tests/chaos.py [--sessions 200] [--bots 5] [--hubs 2] [--seconds 120] [--seed 1]

Bots are programs made with `hub.client.Bot`; what they publish names the bot and its lease. Most sessions are
to complete; some are stopped, some are for later, some want a bot that there is not. When it is over, the
streams are read: each session has ended, for a reason that its entries explain; between `bot.assigned` and
`bot.lost` only that bot has published; and nothing is left in Redis of offers, deadlines and live sessions.
What is killed, when and for how long follows from the seed. The exit code is 1 if anything is wrong.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import anyio
import httpx
from contract.api.asking import client, make_key
from servers import HubServer, RedisServer, wait_until

from hub.client import Assignment, Bot
from schemas import codec

LEASE = 3.0
"""Seconds."""
ATTEMPTS = 4
MARKS = 25
"""Events of a bot in a session."""
SETTLED = 150.0
"""Seconds after the chaos in which all sessions must have ended."""
SETTINGS = {
    "HUB_LEASE": str(LEASE),
    "HUB_BOT_ATTEMPTS": str(ATTEMPTS),
    "HUB_BOT_LEAD": "2",
    "HUB_DEADLINE_LEAVING": "5",
    "HUB_DEADLINE_UNCLAIMED": "100",
}
UNCLAIMED = 8.0
"""Seconds that those wait for whom there is no bot."""


class Marker(Bot):
    """Publishes events that say whose they are."""

    async def on_assign(self, assignment: Assignment) -> None:
        await assignment.status("joining")
        await assignment.status("active")
        with assignment.until_stopped():
            for number in range(MARKS):
                mark = {"bot": self.said.id, "lease": assignment.lease, "number": number}
                await assignment.send("x.mark", mark)
                await anyio.sleep(random.uniform(0.1, 0.3))
        if assignment.stop is None:
            await assignment.status("leaving")
            await assignment.status("completed")


class Plan(NamedTuple):
    """What is to become of a session."""

    kind: str
    """`plain`, `stopped`, `scheduled` or `nobody`."""
    session_id: str


class BotProcess:
    """A bot that may be killed and paused."""

    def __init__(self, folder: Path, number: int, hub: HubServer, key: str) -> None:
        self.name = f"bot {number}"
        command = [sys.executable, __file__, "--bot", f"marker-{number}", hub.url]
        self._command, self._environ = command, {**os.environ, "HUB_API_KEY": key}
        self.log = folder / f"bot-{number}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self._command, env=self._environ, stdout=log, stderr=log)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()


class Storm:
    """Kills and pauses, one after the other, from a thread of its own.

    Args:
        victims: Each has `start`, `kill` and `process`.
        dice: Tells what is done, to whom, and for how long.
    """

    def __init__(self, victims: list[Any], dice: random.Random) -> None:
        self._victims = victims
        self._dice = dice
        self.done = Counter[str]()

    def blow(self, until: float) -> None:
        """Go on until a time, then leave all running."""
        while time.monotonic() < until:
            victim, dice = self._dice.choice(self._victims), self._dice
            what = "bot" if isinstance(victim, BotProcess) else "hub"
            if dice.random() < 0.5:
                victim.kill()
                time.sleep(dice.uniform(0.1, 2))
                victim.start()
                self.done[f"{what} killed"] += 1
            else:
                victim.process.send_signal(signal.SIGSTOP)
                time.sleep(dice.uniform(0.5, 2 * LEASE))
                victim.process.send_signal(signal.SIGCONT)
                self.done[f"{what} paused"] += 1
            time.sleep(dice.uniform(0.2, 2))


class Api:
    """The API of whichever hub answers."""

    def __init__(self, hubs: list[HubServer], key: str) -> None:
        self._clients = [client(hub, key) for hub in hubs]
        for one in self._clients:
            one.timeout = 3.0

    def ask(self, method: str, path: str, **options: Any) -> Any:
        """What is answered, however long that takes; creations must not be asked twice without their key."""
        while True:
            for one in self._clients:
                try:
                    answer = one.request(method, path, **options)
                except httpx.TransportError:
                    continue
                if answer.status_code < 500:
                    assert answer.is_success, answer.text
                    return answer.json()
            time.sleep(0.2)

    def create(self, number: int, kind: str) -> Plan:
        body: dict[str, Any] = {"title": kind, "dispatch": {}}
        if kind == "nobody":
            body["dispatch"] = {"labels": ["none"], "deadlines": {"unclaimed": UNCLAIMED}}
        if kind == "scheduled":
            body["scheduled_for"] = codec.normalized(BEGIN + timedelta(seconds=number / 2 + 10))
        headers = {"Idempotency-Key": f"session-{number}"}
        return Plan(kind, self.ask("POST", "/v1/sessions", json=body, headers=headers)["id"])

    def entries(self, session_id: str) -> list[dict[str, Any]]:
        """All of a session."""
        found: list[dict[str, Any]] = []
        cursor = None
        while cursor or not found:
            query = {"limit": 500} | ({"cursor": cursor} if cursor else {})
            page = self.ask("GET", f"/v1/sessions/{session_id}/events", params=query)
            found += page["data"]
            cursor = page["next"]
        return found


BEGIN = datetime.now(UTC)


def complaints(plan: Plan, entries: list[dict[str, Any]]) -> list[str]:
    """What is wrong with a session."""
    found: list[str] = []
    holder: tuple[str, int] | None = None
    active = False
    losses = 0
    steps = [entry["data"] for entry in entries if entry["type"] == "session.status_changed"]
    for entry in entries:
        data = entry["data"]
        match entry["type"]:
            case "bot.assigned":
                if holder is not None:
                    found.append(f"{entry['id']}: assigned while {holder} has it")
                holder = data["bot_id"], data["lease"]
            case "bot.lost":
                if holder != (data["bot_id"], data["lease"]):
                    found.append(f"{entry['id']}: lost by who did not have it")
                losses += data["reason"] == "expired"
                holder = None
            case "x.mark" if (data["bot"], data["lease"]) != holder:
                found.append(f"{entry['id']}: published by {data['bot']} while {holder} has it")
            case "session.status_changed":
                active = active or data["status"] == "active"
            case _:
                pass
    end = steps[-1] if steps else {}
    code = end.get("code")
    if [step["status"] in ("completed", "failed") for step in steps].count(True) != 1:
        found.append(f"ended {[step['status'] for step in steps]}")
    right = {
        "completed": active and code in (None, "STOPPED", "BOT_LOST", "LEAVING_TIMEOUT"),
        "failed": {
            "BOT_LOST": losses >= ATTEMPTS,
            "BOT_ERROR": any(one["type"] == "bot.lost" for one in entries),
            "BOT_UNAVAILABLE": plan.kind == "nobody",
            "CANCELLED": plan.kind == "stopped" and not active,
        }.get(code, False),
    }.get(end.get("status", ""), False)
    if plan.kind == "nobody" and code != "BOT_UNAVAILABLE":
        right = False
    if code == "STOPPED" and plan.kind != "stopped":
        right = False
    if not right:
        found.append(f"ended {end} after {losses} losses")
    return [f"{plan.kind} {plan.session_id} {one}" for one in found]


def left_over(redis_server: RedisServer) -> list[str]:
    """What is in Redis of sessions that are being worked on."""
    patterns = ("*:deadlines", "*:offers:*", "*:live")
    with redis_server.client() as store:
        return [key.decode() for pattern in patterns for key in store.keys(pattern)]


def run(folder: Path, options: argparse.Namespace) -> int:
    """All of it; the exit code."""
    dice = random.Random(options.seed)
    redis_server = RedisServer(folder / "redis")
    redis_server.start()
    hubs = [HubServer(folder / f"hub-{n}", redis_server, SETTINGS) for n in range(options.hubs)]
    bots: list[BotProcess] = []
    try:
        for hub in hubs:
            hub.start()
        with client(hubs[0], hubs[0].key) as operator:
            key = make_key(operator, "chaos", "publish", "subscribe", "manage")
        bots = [BotProcess(folder, n, hubs[n % len(hubs)], key) for n in range(options.bots)]
        for bot in bots:
            bot.start()
        return judged(options, redis_server, Storm([*hubs, *bots], dice), Api(hubs, key), dice)
    finally:
        for bot in bots:
            bot.kill()
        for hub in hubs:
            hub.stop()
        redis_server.close()


def judged(
    options: argparse.Namespace, redis_server: RedisServer, storm: Storm, api: Api, dice: random.Random
) -> int:
    """Create sessions while the storm blows, and look at what became of them."""
    ends = time.monotonic() + options.seconds
    thread = threading.Thread(target=storm.blow, args=(ends,), name="storm")
    thread.start()
    plans: list[Plan] = []
    own = random.Random(dice.random())
    for number in range(options.sessions):
        plans.append(api.create(number, planned(own)))
        stopped = [plan for plan in plans[:-20] if plan.kind == "stopped"]
        if stopped and number % 5 == 0:
            api.ask("POST", f"/v1/sessions/{own.choice(stopped).session_id}/stop", json={})
        time.sleep(0.8 * options.seconds / options.sessions)
    for plan in plans:
        if plan.kind == "stopped":
            api.ask("POST", f"/v1/sessions/{plan.session_id}/stop", json={})
    thread.join()

    def running() -> int:
        return api.ask("GET", "/v1/sessions", params={"live": "true", "limit": 1})["count"]

    wait_until(lambda: not running(), "all sessions have ended", SETTLED)
    wait_until(lambda: not left_over(redis_server), f"nothing is left: {left_over(redis_server)}")
    found: list[str] = []
    ended = Counter[str]()
    taken_again = marks = 0
    for plan in plans:
        entries = api.entries(plan.session_id)
        found += complaints(plan, entries)
        marks += sum(entry["type"] == "x.mark" for entry in entries)
        taken_again += sum(entry["type"] == "bot.assigned" for entry in entries) > 1
        end = [entry["data"] for entry in entries if entry["type"] == "session.status_changed"][-1]
        ended[f"{end['status']} {end.get('code', '')}".strip()] += 1
    print(", ".join(f"{count} x {what}" for what, count in sorted(storm.done.items())))
    print(f"{len(plans)} sessions, {taken_again} of them taken by more than one bot, {marks} marks")
    print(", ".join(f"{count} {end}" for end, count in sorted(ended.items())))
    for one in found:
        print(f"wrong: {one}")
    print("BAD" if found else "good")
    return 1 if found else 0


def planned(dice: random.Random) -> str:
    """What is to become of the next session."""
    return dice.choices(("plain", "stopped", "scheduled", "nobody"), (70, 15, 10, 5))[0]


def main() -> int:
    """Run what was asked for; the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sessions", type=int, default=200)
    parser.add_argument("--bots", type=int, default=5)
    parser.add_argument("--hubs", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bot", nargs=2, metavar=("ID", "URL"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.bot:
        bot_id, url = options.bot
        anyio.run(Marker(url, os.environ["HUB_API_KEY"], bot_id=bot_id, slots=30, attempts=50).run)
        return 0
    with tempfile.TemporaryDirectory(prefix="chaos-") as name:
        return run(Path(name), options)


if __name__ == "__main__":
    sys.exit(main())
