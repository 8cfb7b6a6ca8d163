"""A real Redis and a real hub, each a process of its own that a test may stop, kill and pause."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, Self

import httpx
import redis

from hub.store.embedded import find_engine

DEADLINE = 30.0


def wait_until(condition: Callable[[], Any], what: str = "", deadline: float = DEADLINE) -> Any:
    """Poll `condition` until it is true; its value."""
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"never came about: {what or condition}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class RedisServer:
    """A redis-server on a unix socket with an append-only file."""

    def __init__(self, folder: Path, *options: str, engine: str | None = None) -> None:
        self.folder = folder
        self._options = options
        self._engine = engine or find_engine()
        # Unix sockets have short names; pytest's folders do not.
        self._sockets = tempfile.TemporaryDirectory(prefix="hubtest-")
        self.socket = f"{self._sockets.name}/redis"
        self.url = f"unix://{self.socket}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [self._engine, "--port", "0", "--unixsocket", self.socket, "--dir", str(self.folder)]
        command += ["--appendonly", "yes", "--appendfsync", "no", "--save", "", "--loglevel", "warning"]
        self.process = subprocess.Popen([*command, *self._options], stdout=subprocess.DEVNULL)
        wait_until(self._answers, "redis-server answers")

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, "redis-server exited"
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    @contextmanager
    def client(self) -> Iterator["redis.Redis"]:
        """Separate from the hub's own way of speaking Redis."""
        client = redis.Redis(unix_socket_path=self.socket)
        try:
            yield client
        finally:
            client.close()

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            self.process.wait()

    def pause(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def append_only_file(self) -> Path:
        """The file with the newest commands, of any engine version."""
        found = sorted(self.folder.rglob("*.incr.aof")) or sorted(self.folder.rglob("*.aof"))
        return found[-1]

    def close(self) -> None:
        self.stop()
        self._sockets.cleanup()


Way = Literal["direct", "portable"]
WAYS: tuple[Way, ...] = ("direct", "portable")
"""How a hub writes to streams and sockets: as `hub serve` directly, elsewhere by the means of ASGI."""


class HubServer:
    """A hub as a process: `hub serve`, or its application under a plain uvicorn if that is the `way`.

    On `redis_server`, or with `None` on the embedded one, which only the direct way has.
    """

    def __init__(
        self,
        folder: Path,
        redis_server: RedisServer | None = None,
        settings: Mapping[str, str] | None = None,
        way: Way = "direct",
    ) -> None:
        self.folder = folder
        self.way = way
        self.redis = redis_server
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.key = f"sk_bootstrap_{secrets.token_hex(24)}"
        self._settings = dict(settings or {})
        self.log = folder / "hub.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *, ready: bool = True) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        environ = {k: v for k, v in os.environ.items() if not k.startswith("HUB_")}
        environ |= {
            "HUB_PORT": str(self.port),
            "HUB_API_KEY": self.key,
            "HUB_DATA_DIR": str(self.folder / "data"),
            "HUB_SWEEP_INTERVAL": "0.3",
            "PYTHONWARNINGS": "error",
        }
        if self.redis is not None:
            environ["HUB_REDIS_URL"] = self.redis.url
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command(),
                env=environ | self._settings,
                stdout=log,
                stderr=log,
            )
        wait_until(lambda: self._answers("/readyz" if ready else "/healthz"), "the hub answers")

    def _command(self) -> list[str]:
        if self.way == "direct":
            return [sys.executable, "-m", "hub", "serve"]
        # With another parser than `hub serve` has, and without its bounds.
        options = f"--port {self.port} --http h11 --ws websockets-sansio --timeout-graceful-shutdown 1"
        return [sys.executable, "-m", "uvicorn", "--factory", "hub.asgi:application", *options.split()]

    @property
    def in_order(self) -> int:
        """The exit code after SIGTERM: uvicorn's command raises the signal again at its end."""
        return 0 if self.way == "direct" else -signal.SIGTERM

    @property
    def resets(self) -> bool:
        """Whether it resets the connection of who does not read: ASGI has no way to."""
        return self.way == "direct"

    def _answers(self, path: str) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()
        try:
            return httpx.get(self.url + path).status_code == 200
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def terminate(self) -> None:
        assert self.process is not None
        self.process.terminate()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)

    def restart(self) -> None:
        """Kill it, and start it again on the same port."""
        self.kill()
        self.start()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def client(self, key: str | None = None) -> httpx.Client:
        """HTTP with a key; by default the admin of `default`."""
        headers = {"Authorization": f"Bearer {key or self.key}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=20)

    def make_key(self, organization: str, *scopes: str) -> str:
        """A new API key of an organization."""
        body: dict[str, Any] = {"organization": organization}
        if scopes:
            body["scopes"] = scopes
        with self.client() as client:
            answer = client.post("/v1/keys", json=body)
            answer.raise_for_status()
            return answer.json()["key"]
