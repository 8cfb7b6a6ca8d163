"""The hub's ASGI application, for other servers than its own: `uvicorn --factory hub.asgi:application`.

`hub serve` is the better way where it can be had: here streams and sockets take the portable way. Address,
port, processes (each is a hub of its own) and bounds of the connections are the server's; it must run the
application's lifespan, as all do unless told otherwise.

The end: ASGI has no place to drain. uvicorn closes sockets and waits for streams, without
`--timeout-graceful-shutdown` for ever, before it tells the lifespan; others cut both. So while the
application runs, SIGTERM and SIGINT are taken from the server: all streams and sockets are told `draining`,
and when they are gone, after `HUB_DRAIN_TIMEOUT` s at the latest, the server gets the signal. A second one it
gets at once. Where the server's parent stops its processes without a signal, as hypercorn's does unless it
has `--workers 0`, streams are cut, and their clients resume.
"""

import asyncio
import logging
import os
import signal
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import FrameType
from typing import Any

import anyio
from starlette.applications import Starlette

from hub import logs
from hub.app import Hub
from hub.data_dir import DataDir
from hub.errors import ConfigurationError
from hub.settings import Settings

_log = logging.getLogger("hub")


def application() -> Starlette:
    """The ASGI application of a hub with the settings of the environment.

    `HUB_HOST`, `HUB_PORT` and `HUB_WORKERS` mean nothing here. Without `HUB_API_KEY` the key is that of the
    data directory.

    Raises:
        ConfigurationError: a setting is wrong, or `HUB_REDIS_URL` is empty.
    """
    settings = Settings.from_env(os.environ)
    if not settings.redis_url:
        raise ConfigurationError(
            "Set HUB_REDIS_URL: under another server there is no embedded Redis, only under `hub serve`."
        )
    logs.configure(settings)
    key = settings.api_key or DataDir(settings.data_dir).key()
    hub = Hub(settings, redis_url=settings.redis_url, api_key=key)

    @asynccontextmanager
    async def running() -> AsyncGenerator[None]:
        hub.on_failure = _stop
        async with hub.running(), anyio.create_task_group() as tasks:
            signals = _Signals(hub.drain)
            tasks.start_soon(signals.run, name="signals")
            _log.info("up; kept in %s", settings.redis_address)
            try:
                yield
            finally:
                signals.give_back()
                tasks.cancel_scope.cancel()

    return hub.application(running)


def _stop() -> None:
    """End the process in order."""
    os.kill(os.getpid(), signal.SIGTERM)


class _Signals:
    """Takes the signals that end the process, and gives them back to the server when all is drained.

    Args:
        drain: Ends all streams and sockets.
    """

    def __init__(self, drain: Callable[[], Awaitable[None]]) -> None:
        self._drain = drain
        self._loop = asyncio.get_running_loop()
        self._told = asyncio.Event()
        self._taken: int | None = None
        self._before: dict[int, Any] = {}
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                before = signal.getsignal(number)
                # Whoever ignores a signal, or handles it outside Python, is stopped by other means.
                if before not in (None, signal.SIG_IGN):
                    self._before[number] = before
                    signal.signal(number, self._take)

    async def run(self) -> None:
        """Wait for a signal, drain, and let the server have it."""
        await self._told.wait()
        await self._drain()
        self._pass_on()

    def _take(self, number: int, _frame: FrameType | None) -> None:
        if self._taken is None:
            self._taken = number
            self._loop.call_soon_threadsafe(self._told.set)
        else:
            self._pass_on()

    def _pass_on(self) -> None:
        """Let the server have the signal, unless it has got it."""
        if self._before and self._taken is not None:
            self.give_back()
            signal.raise_signal(self._taken)

    def give_back(self) -> None:
        """Let the server have its signals from now on."""
        for number, before in self._before.items():
            # Not if somebody else has taken it meanwhile.
            if signal.getsignal(number) == self._take:
                signal.signal(number, before)
        self._before.clear()
