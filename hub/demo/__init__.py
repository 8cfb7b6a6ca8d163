"""`hub demo`: a hub and a sample meeting on it, over and over.

`meeting` what is said and done · `stage` how the terminal shows it.
"""

import itertools
import secrets

import anyio
from rich.console import Console
from rich.live import Live

from hub.client import Hub, HubProblem
from hub.client.replay import Replay
from hub.demo import meeting
from hub.demo.stage import Stage
from hub.serve import running
from hub.settings import Settings
from hub.terminal import Lines

LINK = "https://meet.google.com/tid-ewat-erx"
INTERVAL = 4.0
"""Seconds between two meetings, for whoever reads the last words."""


def show(settings: Settings, *, speed: float = 1.0, once: bool = False) -> None:
    """Run a hub and play the meeting until Ctrl-C.

    Args:
        settings: Of the hub.
        speed: Seconds of the meeting a second.
        once: End after one meeting.

    Raises:
        ConfigurationError: a setting is wrong.
    """
    anyio.run(_show, settings, speed, once)


async def _show(settings: Settings, speed: float, once: bool) -> None:
    console = Console(highlight=False)
    async with running(settings) as server, Hub(server.url, server.key) as hub:
        page = f"{server.url}/#key={server.key}"
        console.print(f"The hub runs; Ctrl-C ends it. Open [bold]{page}[/bold]", soft_wrap=True)
        problem: HubProblem | None = None
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_watch, hub, console, page, name="demo view")
            try:
                await _play(hub, speed, once)
            except HubProblem as error:
                problem = error
            tasks.cancel_scope.cancel()
        if problem is not None:
            raise problem


async def _play(hub: Hub, speed: float, once: bool) -> None:
    for number in itertools.count(1):
        replay = Replay(hub, meeting.steps(f"demo-{secrets.token_hex(3)}"), speed=speed)
        await replay.run(
            title=meeting.TITLE,
            meeting_link=LINK,
            bot_name="Notetaker",
            metadata={"demo": True, "round": number},
        )
        if once:
            return
        await anyio.sleep(INTERVAL / speed)


async def _watch(hub: Hub, console: Console, page: str) -> None:
    if not console.is_terminal:
        lines = Lines()
        async for frame in hub.follow():
            for line in lines.lines(frame):
                console.print(line, soft_wrap=True)
        return
    stage = Stage(page)
    with Live(stage, console=console, refresh_per_second=8, screen=False):
        async for frame in hub.follow():
            stage.see(frame)
