"""`hub demo`: a hub and a sample meeting on it, over and over.

`meeting` what is said and done · `stage` how the terminal shows it.
"""

import itertools
import secrets
import signal

import anyio
from rich.console import Console
from rich.live import Live

from hub.client import Hub, HubProblem
from hub.client.replay import Replay
from hub.demo import meeting
from hub.demo.stage import Stage
from hub.running import Running
from hub.serve import running
from hub.settings import Settings
from hub.terminal import Lines

LINK = "https://meet.google.com/tid-ewat-erx"
INTERVAL = 4.0
"""Seconds between two meetings, for whoever reads the last words."""


def show(settings: Settings, *, speed: float = 1.0, once: bool = False) -> int:
    """Run a hub and play the meeting until Ctrl-C.

    Args:
        settings: Of the hub.
        speed: Seconds of the meeting a second.
        once: End after one meeting.

    Returns:
        The exit code of the process.

    Raises:
        ConfigurationError: a setting is wrong.
    """
    return anyio.run(_show, settings, speed, once)


async def _show(settings: Settings, speed: float, once: bool) -> int:
    console = Console(highlight=False)
    problem: HubProblem | None = None
    async with running(settings) as server, Hub(server.url, server.key) as hub:
        page = server.page
        console.print(f"The hub runs; Ctrl-C ends it. Open [bold]{page}[/bold]", soft_wrap=True)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_until_signal, tasks.cancel_scope, name="demo signals")
            tasks.start_soon(_until_over, server, tasks.cancel_scope, name="demo hub")
            tasks.start_soon(_watch, hub, console, server.url, name="demo view")
            try:
                await _play(hub, speed, once)
            except HubProblem as error:
                problem = error
            tasks.cancel_scope.cancel()
        server.stop()
        code = await server.ended()
    if problem is not None:
        raise problem
    return code


async def _until_signal(scope: anyio.CancelScope) -> None:
    """Ctrl-C ends the meeting first, so that it is sealed while there is a hub to seal it."""
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for _ in signals:
            scope.cancel()


async def _until_over(server: Running, scope: anyio.CancelScope) -> None:
    await server.ended()
    scope.cancel()


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


async def _watch(hub: Hub, console: Console, url: str) -> None:
    if not console.is_terminal:
        lines = Lines()
        async for frame in hub.follow():
            for line in lines.lines(frame):
                console.print(line, soft_wrap=True)
        return
    stage = Stage(url)
    with Live(stage, console=console, refresh_per_second=8, screen=False):
        async for frame in hub.follow():
            stage.see(frame)
