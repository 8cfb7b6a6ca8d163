"""Serving: the embedded Redis if it is needed, uvicorn, and an end in order."""

import asyncio
import signal
import socket
import sys
import threading
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from types import FrameType

import anyio
import uvicorn

from hub import logs
from hub.app import Hub
from hub.data_dir import DataDir
from hub.edge.body import MAX_BODY
from hub.errors import ConfigurationError
from hub.settings import Settings
from hub.store.embedded import EmbeddedRedis

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

_ANY = ("0.0.0.0", "::", "")  # noqa: S104 - compared with, not bound to
_PROMISE = {
    "everysec": "synced every second: a power failure may lose the last two, the death of the hub nothing",
    "always": "synced before each acknowledgement: nothing acknowledged is lost",
    "": "that of the Redis in HUB_REDIS_URL",
}


class Running:
    """A hub that is up."""

    def __init__(self, server: uvicorn.Server, *, url: str, port: int, key: str, durability: str) -> None:
        self._server = server
        self._over = anyio.Event()
        self._failed = False
        self.url = url
        self.port = port
        self.key = key
        """The bootstrap admin key."""
        self.durability = durability
        """What an acknowledgement promises, in words."""

    def page(self, settings: Settings) -> str:
        """The address of the page; it signs in by one click where the key may be shown."""
        return f"{self.url}/#key={self.key}" if shows_key(settings) else f"{self.url}/"

    def stop(self) -> None:
        """Make it stop, as SIGTERM would."""
        self._server.should_exit = True

    def fail(self) -> None:
        """It cannot do its work any more."""
        self._failed = True
        self.stop()

    def over(self) -> None:
        """It has stopped."""
        self._over.set()

    async def ended(self) -> int:
        """Wait until it has stopped; the exit code of the process."""
        await self._over.wait()
        return 1 if self._failed else 0


class _Server(uvicorn.Server):
    """uvicorn, but streams are drained before it cuts connections."""

    def __init__(self, config: uvicorn.Config, hub: Hub, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._hub = hub
        self._on_started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
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
            if banner:
                _print_banner(hub, settings)
            return await hub.ended()

    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(run())


@asynccontextmanager
async def running(settings: Settings) -> AsyncGenerator[Running]:
    """A hub in this event loop; SIGINT and SIGTERM stop it, as does the end of the context.

    Raises:
        ConfigurationError: it cannot start.
    """
    data_dir = DataDir(settings.data_dir)
    async with AsyncExitStack() as stack:
        listener = _listener(settings)
        stack.callback(listener.close)
        redis_url, durability, embedded = settings.redis_url, "", None
        if not redis_url:
            embedded = EmbeddedRedis(data_dir.path, settings.durability)
            await stack.enter_async_context(embedded)
            redis_url, durability = embedded.url, settings.durability
        hub = Hub(settings, redis_url=redis_url, api_key=settings.api_key or data_dir.key())
        up = anyio.Event()
        server = _Server(_config(hub), hub, up.set)
        port: int = listener.getsockname()[1]
        handle = Running(
            server,
            url=f"http://{_reachable(settings.host)}:{port}",
            port=port,
            key=settings.api_key or data_dir.key(),
            durability=_PROMISE[durability],
        )
        hub.on_failure = handle.fail
        stack.enter_context(_signals_absorbed())
        tasks = await stack.enter_async_context(anyio.create_task_group())
        tasks.start_soon(_run, server, listener, handle, up, name="uvicorn")
        if embedded is not None:
            tasks.start_soon(_supervise, embedded, handle, name="embedded Redis")
        await up.wait()
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


async def _run(server: _Server, listener: socket.socket, handle: Running, up: anyio.Event) -> None:
    try:
        await server.serve([listener])
    finally:
        up.set()
        handle.over()


async def _supervise(embedded: EmbeddedRedis, handle: Running) -> None:
    await embedded.supervise()
    handle.fail()


@contextmanager
def _signals_absorbed() -> Generator[None]:
    """uvicorn raises the signals it caught again at its end: the embedded Redis is to be stopped first."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def absorb(_number: int, _frame: FrameType | None) -> None:
        return

    before = {number: signal.signal(number, absorb) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _reachable(host: str) -> str:
    if host in _ANY:
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _config(hub: Hub) -> uvicorn.Config:
    return uvicorn.Config(
        hub.application(),
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=MAX_BODY,
        ws_ping_interval=WS_PING,
        ws_ping_timeout=WS_PING,
        # Compression would cost 64 KiB and more a socket, and every frame an encoding for each.
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=1,
    )


def _listener(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Accepted connections inherit these.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    if sys.platform == "linux":
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"Cannot listen on {settings.host}:{settings.port}: {error.strerror}. "
            "Choose another address with --host and --port."
        ) from None
    listener.setblocking(False)
    return listener


def shows_key(settings: Settings) -> bool:
    """Whether the key may be printed: whoever set it knows it, and what is no terminal may be a log."""
    return not settings.api_key or sys.stdout.isatty()


def _print_banner(hub: Running, settings: Settings) -> None:
    key = f"{hub.key}  (admin of the organization `default`)"
    bearer = f"-H 'Authorization: Bearer {hub.key}'"
    if not shows_key(settings):
        key = "as set in HUB_API_KEY"
        bearer = '-H "Authorization: Bearer $HUB_API_KEY"'
    lines = (
        "",
        f"  session-hub listens on {hub.url}",
        f"  page        {hub.page(settings)}",
        f"  key         {key}",
        f"  kept in     {settings.redis_address or settings.data_dir}",
        f"  durability  {hub.durability}",
        "",
        "  Try, in another terminal:",
        f'    curl {bearer} {hub.url}/v1/sessions -d \'{{"title": "Hello"}}\'',
        "    hub replay meeting.vtt --speed 10",
        "    hub sessions",
        "",
    )
    print("\n".join(lines), flush=True)
