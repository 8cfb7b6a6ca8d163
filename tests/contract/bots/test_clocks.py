"""Hubs whose clocks are an hour wrong: what is due is told by the clock of Redis alone."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from contract.api.asking import found, taken
from contract.bots.playing import playing, wanting
from servers import HubServer, RedisServer, wait_until

from schemas import codec

HOUR = 3600
SHIFT = """
import os
import time

shift = float(os.environ["CLOCK_SHIFT"])
now, now_ns = time.time, time.time_ns
time.time = lambda: now() + shift
time.time_ns = lambda: now_ns() + int(shift * 10**9)
"""
SETTINGS = {"HUB_LEASE": "1", "HUB_BOT_LEAD": "1"}


@pytest.fixture(scope="module")
def wrong_hubs(
    redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[HubServer, HubServer]]:
    """One is an hour early, one late."""
    folder = tmp_path_factory.mktemp("clock")
    Path(folder / "sitecustomize.py").write_text(SHIFT)
    with ExitStack() as hubs:
        early, late = (
            hubs.enter_context(
                HubServer(
                    tmp_path_factory.mktemp("hub"),
                    redis_server,
                    {**SETTINGS, "PYTHONPATH": str(folder), "CLOCK_SHIFT": str(shift)},
                )
            )
            for shift in (-HOUR, HOUR)
        )
        yield early, late


def history(api: httpx.Client, session_id: str) -> list[str]:
    return [entry["type"] for entry in taken(api.get(f"/v1/sessions/{session_id}/events"))["data"]]


def test_a_lease_lasts_as_long_as_it_is_renewed(wrong_hubs: tuple[HubServer, HubServer], key: str) -> None:
    early, late = wrong_hubs
    with early.client(key) as api, playing(late, key) as bot:
        session_id = wanting(api)
        bot.next("assign", session_id)
        ends = time.monotonic() + 2.5
        while time.monotonic() < ends:
            bot.beat()
            time.sleep(0.2)
        assert "bot.lost" not in history(api, session_id)
        silent = time.monotonic()
        wait_until(lambda: "bot.lost" in history(api, session_id), "the bot counts as lost")
        assert time.monotonic() - silent > 0.5


def test_a_scheduled_session_is_offered_in_time(wrong_hubs: tuple[HubServer, HubServer], key: str) -> None:
    with ExitStack() as clients:
        for number, hub in enumerate(wrong_hubs):
            api = clients.enter_context(hub.client(key))
            begin = datetime.now(UTC) + timedelta(seconds=2.5)
            with playing(hub, key, f"bot-{number}") as bot:
                session_id = wanting(api, scheduled_for=codec.normalized(begin))
                assert found(api, session_id)["status"] == "scheduled"
                bot.next("assign", session_id)
                offered = taken(api.get(f"/v1/sessions/{session_id}/events"))["data"][1]
                assert offered["data"]["reason"] == "scheduled"
                early = begin - datetime.fromisoformat(offered["at"])
                assert timedelta(0) < early <= timedelta(seconds=1)
                # Else the next bot is given it when this one has lost it.
                taken(api.post(f"/v1/sessions/{session_id}/stop"))


def test_only_what_is_past_by_the_right_clock_is_refused(
    wrong_hubs: tuple[HubServer, HubServer], key: str
) -> None:
    for hub in wrong_hubs:
        with hub.client(key) as api:
            for minutes, status in ((-30, 422), (30, 201)):
                moment = datetime.now(UTC) + timedelta(minutes=minutes)
                answer = api.post("/v1/sessions", json={"scheduled_for": codec.normalized(moment)})
                assert answer.status_code == status
