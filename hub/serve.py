"""Serving: the embedded Redis if it is needed, uvicorn, and an end in order."""

import asyncio
import gc
import signal
import socket
import sys
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import partial
from types import FrameType
from typing import Any

import anyio
import uvicorn

from hub import logs
from hub.app import Hub
from hub.data_dir import DataDir
from hub.edge.body import MAX_BODY
from hub.edge.handover import LOOKS, HttpProtocol, WebSocketProtocol
from hub.errors import ConfigurationError
from hub.running import Running
from hub.settings import Settings
from hub.store.client import Client
from hub.store.embedded import EmbeddedRedis
from hub.workers import Workers

try:
    from uvloop import new_event_loop
except ImportError:
    new_event_loop = asyncio.new_event_loop

BACKLOG = 2048
"""Connections that may wait to be accepted."""
SEND_BUFFER = 128 * 1024
"""Bytes the kernel takes for a connection: with more, a slow consumer would show too late."""
USER_TIMEOUT = 10_000
"""Milliseconds after which the kernel gives up a connection whose peer acknowledges nothing."""
WS_PING = 10.0
"""Seconds between WebSocket pings, and for their answer."""
KEEP_ALIVE = 75
"""Seconds for which an idle HTTP connection is kept."""


GC = (50_000, 50, 20)
"""Thresholds of the garbage collector, by generation."""


class Server(uvicorn.Server):
    """uvicorn, but streams are drained before it cuts connections.

    Args:
        hub: What it serves.
        started: Called when it takes connections.
    """

    def __init__(self, hub: Hub, started: Callable[[], None]) -> None:
        super().__init__(_config(hub))
        self._hub = hub
        self._hub.on_failure = self._fail
        self._failed = False
        self._on_started = started
        self._look_every = max(1, round(hub.services.settings.request_timeout * 10 / LOOKS))

    async def run_on(self, listener: socket.socket) -> bool:
        """Serve until SIGINT, SIGTERM or `stop`; whether that is why it has ended."""
        await self.serve([listener])
        return not self._failed

    def stop(self) -> None:
        """Drain and end."""
        self.should_exit = True

    def _fail(self) -> None:
        self._failed = True
        self.stop()

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second, by uvicorn."""
        if counter % self._look_every == 0:
            for connection in list(self.server_state.connections):
                if isinstance(connection, HttpProtocol):
                    connection.look()
        return await super().on_tick(counter)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        # Frames and entries hold no cycles: to look for some among them all the time costs a tenth.
        gc.freeze()
        gc.set_threshold(*GC)
        self._on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more connections, end the open ones with a `disconnect`, then the rest."""
        for server in self.servers:
            server.close()
        await self._hub.drain()
        # What is written to a peer that does not read is never flushed. Streams have had their time.
        await self._abort(lambda transport: transport.is_closing())
        await super().shutdown(sockets)
        # uvloop cannot be closed while a transport is open.
        await self._abort(lambda transport: True)

    async def _abort(self, chosen: Callable[[asyncio.Transport], bool]) -> None:
        for connection in list(self.server_state.connections):
            if chosen(connection.transport):
                connection.transport.abort()
        # They tell their protocols in the next turn.
        await asyncio.sleep(0)


def serve(settings: Settings, *, banner: bool = True) -> int:
    """Run a hub until it is told to stop.

    Args:
        settings: Its settings.
        banner: Print where it listens and what to try.

    Returns:
        The exit code of the process.

    Raises:
        ConfigurationError: it cannot start; says why.
    """
    logs.configure(settings)

    async def run() -> int:
        async with running(settings) as hub:
            if banner and not hub.is_over:
                print(hub.banner, flush=True)
            return await hub.ended()

    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(run())


@asynccontextmanager
async def running(settings: Settings) -> AsyncGenerator[Running]:
    """A hub in this event loop, or with several workers in processes that it starts.

    SIGINT and SIGTERM stop it, as does the end of the context.

    Raises:
        ConfigurationError: it cannot start.
    """
    data_dir = DataDir(settings.data_dir)
    async with AsyncExitStack() as stack:
        listeners = _listeners(settings)
        for listener in listeners:
            stack.callback(listener.close)
        redis_url, embedded = settings.redis_url, None
        if not redis_url:
            embedded = EmbeddedRedis(data_dir.path, settings.durability)
            await stack.enter_async_context(embedded)
            redis_url = embedded.url
        key = settings.api_key or data_dir.key()
        port: int = listeners[0].getsockname()[1]
        up = anyio.Event()
        if settings.workers == 1:
            server = Server(Hub(settings, redis_url=redis_url, api_key=key), up.set)
            run, stop = partial(server.run_on, listeners[0]), server.stop
            stack.enter_context(signals_absorbed())
        else:
            # Each worker would find out, after the hub has said that it is up.
            await Client(redis_url, settings.store_timeout).aclose()
            workers = Workers(settings, listeners, redis_url=redis_url, api_key=key, up=up.set)
            run, stop = workers.run, workers.stop
            loop = asyncio.get_running_loop()
            stack.enter_context(signals_absorbed(lambda: loop.call_soon_threadsafe(workers.obey)))
        handle = Running(settings, port=port, key=key, stop=stop)
        tasks = await stack.enter_async_context(anyio.create_task_group())
        tasks.start_soon(_run, run, handle, up, name="hub")
        if embedded is not None:
            tasks.start_soon(_supervise, embedded, handle, name="embedded Redis")
        await up.wait()
        if not handle.is_over:
            data_dir.announce(handle.url)
        try:
            yield handle
        finally:
            data_dir.withdraw()
            handle.stop()
            with anyio.CancelScope(shield=True):
                await handle.ended()
            # The embedded Redis is to be stopped now, not started again.
            tasks.cancel_scope.cancel()


async def _run(run: Callable[[], Awaitable[bool]], handle: Running, up: anyio.Event) -> None:
    try:
        if not await run():
            handle.fail()
    finally:
        handle.over()
        up.set()


async def _supervise(embedded: EmbeddedRedis, handle: Running) -> None:
    await embedded.supervise()
    handle.fail()


@contextmanager
def signals_absorbed(told: Callable[[], object] = lambda: None) -> Generator[None]:
    """Keep SIGINT and SIGTERM from ending the process: `told` is called for each that nobody else catches.

    uvicorn raises the signals it caught again at its end, and the embedded Redis is to be stopped first.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def absorb(_number: int, _frame: FrameType | None) -> None:
        told()

    before = {number: signal.signal(number, absorb) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _config(hub: Hub) -> uvicorn.Config:
    return uvicorn.Config(
        hub.application(),
        http=HttpProtocol,
        ws=WebSocketProtocol,
        ws_max_size=MAX_BODY,
        ws_ping_interval=WS_PING,
        ws_ping_timeout=WS_PING,
        # Compression would cost 64 KiB and more a socket, and every frame an encoding for each.
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        # Nothing here depends on the client's address.
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=1,
    )


def _listeners(settings: Settings) -> list[socket.socket]:
    """One for each worker: the kernel chooses among them by a hash of the connection's addresses.

    From a single one, whoever wakes first accepts: of 1,000 streams four workers took 55 to 436 each. By the
    hash they take 212 to 280.
    """
    first = _listener(settings)
    if settings.workers == 1 or sys.platform != "linux":
        return [first]
    listeners = [first]
    try:
        # Only now, so that the port was nobody's when it was taken, not even that of another hub like this.
        first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        address = first.getsockname()
        for _ in range(1, settings.workers):
            listeners.append(_listener(settings, address))
    except BaseException:
        for listener in listeners:
            listener.close()
        raise
    return listeners


def _listener(settings: Settings, beside: tuple[Any, ...] | None = None) -> socket.socket:
    """A socket on the address that was set, or on the one that another one has."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Accepted connections inherit these.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    if sys.platform == "linux":
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT)
    try:
        if beside:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(beside or (settings.host, settings.port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"Cannot listen on {settings.host}:{settings.port}: {error.strerror}. "
            "Choose another address with --host and --port."
        ) from None
    listener.setblocking(False)
    return listener
