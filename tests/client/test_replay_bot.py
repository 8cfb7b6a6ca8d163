"""The reference bot: meetings from files, through restarts of the hub, hand-overs and losses."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import NamedTuple

import anyio
import pytest
from client.conftest import CuttingProxy
from client.working import FILES, STANDUP, ended, entries, revisions, scripted, seamless, until, working
from servers import HubServer

from hub.client import Entry, Hub
from hub.client.player import Progress
from hub.client.replay_bot import ReplayBot
from schemas.codec import milliseconds
from schemas.session import SessionDetail

pytestmark = pytest.mark.anyio

SAID = scripted(FILES["standup.vtt"], "standup")


class Running(NamedTuple):
    """A `hub bot` in a process of its own."""

    process: "subprocess.Popen[str]"
    output: Path

    def says(self, words: str) -> bool:
        return words in self.output.read_text()

    async def until_it_says(self, words: str) -> None:
        async def said() -> bool:
            assert self.process.poll() is None or self.says(words), self.output.read_text()
            return self.says(words)

        await until(said, f"it says {words}")

    async def exits(self) -> int:
        async def over() -> bool:
            return self.process.poll() is not None

        await until(over, "it exits")
        return self.process.returncode


Start = Callable[..., Running]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """`start(hub_server, key, "--slots", "2")` runs `hub bot` on the standup at 5 x."""
    started: list[Running] = []

    def start(hub_server: HubServer, key: str, *options: str, speed: str = "5") -> Running:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
        environ = kept | {"HUB_URL": hub_server.url, "HUB_API_KEY": key, "PYTHONWARNINGS": "error"}
        command = [sys.executable, "-m", "hub", "bot", "--replay", str(STANDUP.parent), "--speed", speed]
        output = tmp_path / f"bot-{len(started)}.txt"
        with output.open("w") as file:
            process = subprocess.Popen(
                [*command, *options], env=environ, text=True, stdout=file, stderr=file, bufsize=1
            )
        started.append(Running(process, output))
        return started[-1]

    yield start
    for running in started:
        if running.process.poll() is None:
            running.process.send_signal(signal.SIGCONT)
            running.process.kill()
        running.process.wait()


def check(session: SessionDetail, found: list[Entry]) -> None:
    """All was said, once and in order, and everybody has left."""
    assert session.status == "completed"
    assert seamless(found)
    assert revisions(found) == SAID
    assert (session.participant_counts.live, session.segment_count) == (0, 7)


async def sealed(hub: Hub, session_id: str) -> list[Entry]:
    """All entries of a session once its bot is through with it."""

    async def over() -> bool:
        return (await hub.session(session_id)).sealed

    await until(over, f"{session_id} is sealed")
    return await entries(hub, session_id)


async def half(hub: Hub, session_id: str) -> None:
    """Wait until some of it was said."""

    async def said() -> bool:
        return (await hub.session(session_id)).segment_count >= 3

    await until(said, "some of it is said")


async def test_a_session_is_played_from_its_file(hub_server: HubServer, key: str) -> None:
    changes: list[tuple[str, str]] = []
    told: list[Progress] = []
    bot = ReplayBot(
        hub_server.url,
        key,
        FILES,
        speed=None,
        on_change=lambda _session, file, what: changes.append((file, what)),
        on_progress=told.append,
        slots=3,
    )
    async with Hub(hub_server.url, key) as hub, working(bot):
        created = [(await hub.create_session(dispatch={})).id for _ in range(5)]
        for session_id in created:
            found = await sealed(hub, session_id)
            check(await hub.session(session_id), found)
    assert sorted(changes) == [("standup.vtt", "begins")] * 5 + [("standup.vtt", "completed")] * 5
    assert {progress.session_id for progress in told} == set(created)


async def test_the_session_may_name_the_file(hub_server: HubServer, key: str) -> None:
    lines = FILES["standup.vtt"]
    files = dict.fromkeys(("a.vtt", "b.vtt", "c.vtt"), lines[:1])
    bot = ReplayBot(hub_server.url, key, files)
    async with Hub(hub_server.url, key) as hub:
        for asked, file in (
            ({"dispatch": {}}, "a.vtt"),
            ({"dispatch": {}}, "b.vtt"),
            ({"dispatch": {}, "config": {"replay": "c.vtt"}}, "c.vtt"),
            ({"dispatch": {"note": "a"}}, "a.vtt"),
            ({"dispatch": {"note": "nothing"}, "config": {"replay": 7}}, "b.vtt"),
        ):
            assert bot.file(await hub.create_session(**asked)) == file
        await bot.hub.aclose()


async def test_a_restarted_hub_loses_and_doubles_nothing(own_hub: HubServer) -> None:
    bot = ReplayBot(own_hub.url, own_hub.key, FILES, speed=8, slots=2)
    async with Hub(own_hub.url, own_hub.key) as hub, working(bot):
        created = [(await hub.create_session(dispatch={})).id for _ in range(2)]
        for _ in range(2):
            await half(hub, created[0])
            await anyio.to_thread.run_sync(own_hub.restart)
            await anyio.sleep(1)
        for session_id in created:
            found = await sealed(hub, session_id)
            check(await hub.session(session_id), found)
            assert [entry.data["lease"] for entry in found if entry.type == "bot.assigned"] == [1]


async def test_cut_connections_lose_and_double_nothing(
    short_leases: HubServer, short_key: str, cutting: Callable[..., AbstractAsyncContextManager[CuttingProxy]]
) -> None:
    async with cutting(short_leases.url, seed=3, least=3000, most=6000) as proxy:
        bot = ReplayBot(proxy.url, short_key, FILES, speed=12, slots=3)
        async with Hub(short_leases.url, short_key) as hub, working(bot):
            created = [(await hub.create_session(dispatch={})).id for _ in range(3)]
            for session_id in created:
                found = await sealed(hub, session_id)
                check(await hub.session(session_id), found)
        assert proxy.cuts >= 2


async def test_on_sigterm_another_bot_goes_on(hub_server: HubServer, key: str, start: Start) -> None:
    first = start(hub_server, key, "--slots", "3", "--name", "Ann")
    await first.until_it_says("connected as")
    async with Hub(hub_server.url, key) as hub:
        created = [(await hub.create_session(f"m{n}", dispatch={})).id for n in range(3)]
        for session_id in created:
            await half(hub, session_id)
        second = start(hub_server, key, "--slots", "3")
        await second.until_it_says("connected as")
        first.process.terminate()
        assert await first.exits() == 0
        assert first.output.read_text().count("handed over") == 3
        for session_id in created:
            found = await sealed(hub, session_id)
            check(await hub.session(session_id), found)
            assert "in_meeting" in [entry.data.get("bot_state") for entry in found]
            (lost,) = [entry for entry in found if entry.type == "bot.lost"]
            assert lost.data["reason"] == "handed_over"
            leases = [(e.data["lease"], e.at) for e in found if e.type == "bot.assigned"]
            assert [lease for lease, _ in leases] == [1, 2]
            (again,) = [at for lease, at in leases if lease == 2]
            assert _seconds(lost.at, again) < 2
    assert second.output.read_text().count("goes on") == 3
    second.process.send_signal(signal.SIGINT)
    assert await second.exits() == 0
    assert "Traceback" not in first.output.read_text() + second.output.read_text()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
async def test_what_a_dead_bot_had_is_played_on_and_it_can_do_no_harm(
    short_leases: HubServer, short_key: str, start: Start, how: signal.Signals
) -> None:
    first = start(short_leases, short_key)
    await first.until_it_says("connected as")
    async with Hub(short_leases.url, short_key) as hub:
        created = await hub.create_session(dispatch={})
        await half(hub, created.id)
        second = start(short_leases, short_key)
        await second.until_it_says("connected as")
        first.process.send_signal(how)
        await second.until_it_says("goes on")
        if how is signal.SIGSTOP:
            first.process.send_signal(signal.SIGCONT)
            await first.until_it_says("lost")
        found = await sealed(hub, created.id)
        check(await hub.session(created.id), found)
    lost = [entry.data["reason"] for entry in found if entry.type == "bot.lost"]
    assert lost == ["expired"]


async def test_a_stop_ends_the_replay(hub_server: HubServer, key: str, start: Start) -> None:
    running = start(hub_server, key, speed="1")
    async with Hub(hub_server.url, key) as hub:
        created = await hub.create_session("Weekly", dispatch={})
        await half(hub, created.id)
        await hub.stop(created.id, reason="enough")
        session = await ended(hub, created.id)
    assert (session.status, session.end and session.end.reason) == ("completed", "enough")
    await running.until_it_says("stopped, ")
    assert f"{created.id} #1 Weekly (standup.vtt) begins" in running.output.read_text()


async def test_it_takes_what_it_can_do_only(hub_server: HubServer, key: str, start: Start) -> None:
    running = start(hub_server, key, "--platform", "zoom", "--label", "eu", "--label", "vip", speed="max")
    await running.until_it_says("connected as")
    async with Hub(hub_server.url, key) as hub:
        here = await hub.create_session(
            "here", meeting_link="https://zoom.us/j/123456789", dispatch={"labels": ["vip"]}
        )
        await sealed(hub, here.id)
        for link, labels in (
            ("https://zoom.us/j/123456789", ["us"]),
            ("https://meet.google.com/abc-defg-hij", ["vip"]),
        ):
            await hub.create_session("not here", meeting_link=link, dispatch={"labels": labels})
        again = await hub.create_session(
            "again", meeting_link="https://zoom.us/j/123456789", dispatch={"labels": ["eu", "vip"]}
        )
        await sealed(hub, again.id)
    assert "not here" not in running.output.read_text()


async def test_a_folder_without_files_is_wrong_usage(
    hub_server: HubServer, key: str, start: Start, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    running = start(hub_server, key, "--replay", str(tmp_path / "empty"))
    assert await running.exits() == 2
    assert "there is no .vtt file in" in running.output.read_text()


async def test_a_label_that_cannot_be_is_wrong_usage(hub_server: HubServer, key: str, start: Start) -> None:
    running = start(hub_server, key, "--label", "not one")
    assert await running.exits() == 2
    assert running.output.read_text().startswith("hub: no bot may be like this: ")


def _seconds(before: str, after: str) -> float:
    return (milliseconds(after) - milliseconds(before)) / 1000
