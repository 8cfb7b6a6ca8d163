"""Those who are compared: each a server on one core, with the same frames for the same events."""

import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from shutil import which
from string import Template
from typing import Literal, Protocol, Self

import psutil
from msgspec import Struct
from servers import HubServer, RedisServer, free_port, wait_until

from bench.messages import EVENT_LINES, OVERHEAD, data, event, request
from hub.bench.dialling import Server
from hub.bench.stamp import KEY
from hub.bench.target import Target
from hub.bench.wire import Wire

_HERE = Path(__file__).parent
_MODULES = ("/usr/lib/nginx/modules", "/usr/lib64/nginx/modules", "/usr/local/lib/nginx/modules")
_FILES = 20_000

Transport = Literal["sse", "websocket"]


class Missing(Exception):
    """What a contender needs is not installed."""


class Address(Struct, frozen=True):
    """Where one session of a contender is followed and published to."""

    target: Target
    publish: bytes = b""
    """The request that publishes one event; empty: nothing can be published."""


class Contender(Protocol):
    """A server that fans out."""

    def session(self, transport: Transport) -> Address:
        """A new session that nobody follows yet.

        Raises:
            ValueError: it does not speak this transport.
        """
        ...

    def cpu(self) -> float:
        """Seconds of processor time that it has used."""
        ...


@contextmanager
def pinned(core: int) -> Generator[None]:
    """Processes started in this context run on `core`."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def events(port: int, opening: bytes, ready: bytes) -> Target:
    """A stream of Server-Sent Events on this machine; the arguments are those of `Target`."""
    return Target(server=Server("127.0.0.1", port), requests=[opening], ready=[ready], marker=KEY)


def only_sse(transport: Transport) -> None:
    """Refuse any other transport.

    Raises:
        ValueError: it is another.
    """
    if transport != "sse":
        raise ValueError(f"only Server-Sent Events, not {transport}")


def used(process: psutil.Process) -> float:
    """Seconds of processor time that a process and its children have used."""
    times = [one.cpu_times() for one in (process, *process.children(recursive=True))]
    return sum(time.user + time.system for time in times)


class Hub(AbstractContextManager["Hub"]):
    """The hub of this tree, through Redis."""

    def __init__(self, folder: Path, redis_server: RedisServer, core: int) -> None:
        # The tests' own interval is shorter than the default.
        self.server = HubServer(folder, redis_server, {"HUB_SWEEP_INTERVAL": "3"})
        self._core = core

    def __enter__(self) -> Self:
        try:
            with pinned(self._core):
                self.server.start()
        except BaseException:
            self.server.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.server.stop()

    def session(self, transport: Transport) -> Address:
        """A new session that nobody follows yet."""
        with self.server.client() as client:
            session_id = (
                client.post("/v1/sessions", json={"title": "Fan-out"}).raise_for_status().json()["id"]
            )
        wire = Wire(self.server.url, self.server.key)
        # A message of a WebSocket does without the lines before the data.
        overhead = OVERHEAD if transport == "sse" else OVERHEAD - EVENT_LINES
        return Address(
            wire.streams([session_id], transport), wire.publish(session_id, [event(overhead)], "http")
        )

    def handed_out(self) -> tuple[float, float]:
        """Frames handed to subscribers up to now, and the writes for them; 0 if it does not count."""
        with self.server.client() as client:
            lines = client.get("/metrics").raise_for_status().text.splitlines()
        counters = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        deliveries, writes = (counters.get(f"hub_{name}_total", 0) for name in ("deliveries", "writes"))
        return float(deliveries), float(writes)

    def cpu(self) -> float:
        """Seconds of processor time that it has used."""
        assert self.server.process is not None
        return used(psutil.Process(self.server.process.pid))


class _Process:
    """A contender that is a process of its own, on a free port."""

    def __init__(self, folder: Path, core: int) -> None:
        self.folder = folder
        self.port = free_port()
        self._core = core
        self.process: subprocess.Popen[str] | None = None

    def _command(self) -> list[str]:
        raise NotImplementedError

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        command = self._command()
        with pinned(self._core):
            self.process = subprocess.Popen(command, text=True)
        try:
            wait_until(self._listens, f"{command[0]} listens")
        except BaseException:
            self._stop()
            raise
        return self

    def _listens(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"{self.process.args} exited"
        try:
            socket.create_connection(("127.0.0.1", self.port)).close()
        except ConnectionRefusedError:
            return False
        return True

    def __exit__(self, *_: object) -> None:
        self._stop()

    def _stop(self) -> None:
        assert self.process is not None
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def cpu(self) -> float:
        """Seconds of processor time that it has used."""
        assert self.process is not None
        return used(psutil.Process(self.process.pid))


class ByHand(_Process, AbstractContextManager["ByHand"]):
    """`peer_sse.py`, through the same Redis as the hub."""

    def __init__(self, folder: Path, redis_server: RedisServer, core: int) -> None:
        super().__init__(folder, core)
        self._redis = redis_server
        self._key = secrets.token_hex(24)

    def _command(self) -> list[str]:
        return [sys.executable, str(_HERE / "peer_sse.py"), str(self.port), self._redis.socket, self._key]

    def session(self, transport: Transport) -> Address:
        """A new session that nobody follows yet."""
        only_sse(transport)
        path = f"/sessions/ses_{secrets.token_hex(10)}"
        opening = request("GET", f"{path}/stream", self._key)
        # Redis numbers the entries of one millisecond from 0: its ids, twice in a frame, are shorter.
        publish = request("POST", f"{path}/events", self._key, event(OVERHEAD - 4))
        return Address(events(self.port, opening, b": ready"), publish)


class Nchan(_Process, AbstractContextManager["Nchan"]):
    """nginx with one worker and its module Nchan, which keeps messages in memory.

    Raises:
        Missing: nginx or the module is not installed.
    """

    def __init__(self, folder: Path, core: int) -> None:
        super().__init__(folder, core)
        self._nginx = which("nginx") or which("nginx", path="/usr/sbin:/usr/local/sbin")
        modules = [Path(path) / "ngx_nchan_module.so" for path in _MODULES]
        module = next((path for path in modules if path.exists()), None)
        if self._nginx is None or module is None:
            raise Missing("nginx with Nchan (apt-get install nginx libnginx-mod-nchan)")
        self._module = module

    def _command(self) -> list[str]:
        template = Template((_HERE / "nginx.conf").read_text())
        names = {"MODULE": self._module, "FILES": _FILES, "FOLDER": self.folder, "PORT": self.port}
        path = self.folder / "nginx.conf"
        # nginx has variables of its own in it.
        path.write_text(template.safe_substitute(names))
        return [str(self._nginx), "-p", str(self.folder), "-e", f"{self.folder}/error.log", "-c", str(path)]

    def session(self, transport: Transport) -> Address:
        """A new session that nobody follows yet."""
        only_sse(transport)
        path = f"/sessions/{secrets.token_hex(10)}"
        publish = request("POST", f"{path}/events", body=data(len(b"id: 1767225600:0\ndata: \n\n")))
        return Address(events(self.port, request("GET", f"{path}/stream"), b": hi"), publish)
