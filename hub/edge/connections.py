"""All open streams and sockets: counted, checked while they live, and ended in order."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from typing import Any, Protocol

from hub.edge.auth import Authenticator, Credential
from hub.edge.keepalive import Keepalive
from hub.edge.metrics import Metrics

_log = logging.getLogger("hub.connections")

CHECK = 1.0
"""Seconds between looks at the credentials of open connections."""


class Connection(Protocol):
    """An open stream or socket."""

    @property
    def transport(self) -> str:
        """`sse`, `websocket`, or `bots` for one that takes sessions."""
        ...

    @property
    def credential(self) -> Credential | None:
        """Whose it is; None before it has said so."""
        ...

    def disconnect(self, code: str) -> None:
        """End it with a code of `schemas.errors.DISCONNECTS`; does not wait."""
        ...

    def abort(self) -> None:
        """End it at once."""
        ...


class Connections:
    """The open connections of this process."""

    def __init__(self, authenticator: Authenticator, metrics: Metrics) -> None:
        self._authenticator = authenticator
        self._metrics = metrics
        self._gauges = {name: metrics.connections.labels(name) for name in ("sse", "websocket", "bots")}
        self._open: set[Connection] = set()
        self._ending: set[Connection] = set()
        self._closed = asyncio.Event()
        self._tasks: asyncio.TaskGroup | None = None
        self.keepalive = Keepalive()
        self.draining = False

    def __len__(self) -> int:
        return len(self._open)

    def add(self, connection: Connection) -> None:
        """Know a connection until it is discarded."""
        self._open.add(connection)
        self._gauges[connection.transport].inc()
        if self.draining:
            self.end(connection, "draining")

    def discard(self, connection: Connection) -> None:
        """It is closed."""
        if connection in self._open:
            self._open.discard(connection)
            self._ending.discard(connection)
            self._closed.set()
            self._gauges[connection.transport].dec()

    @contextmanager
    def opened(self, connection: Connection) -> Generator[None]:
        """Know a connection for as long as it is open."""
        self.add(connection)
        try:
            yield
        finally:
            self.discard(connection)

    def start(self, work: Callable[..., Coroutine[Any, Any, Any]], *arguments: Any) -> None:
        """Do some work for a connection that has no task of its own; it must see to its own failures."""
        if self._tasks is None:
            raise RuntimeError("the connections are not watched yet")
        self._tasks.create_task(work(*arguments), name=work.__name__)

    def end(self, connection: Connection, code: str) -> None:
        """Disconnect one; further codes for it, or for one that is closed, come too late."""
        if connection in self._ending or connection not in self._open:
            return
        self._ending.add(connection)
        self._metrics.disconnects.labels(code).inc()
        connection.disconnect(code)

    async def watch(self) -> None:
        """Check credentials and ping sockets until cancelled; a long task."""
        # Work is started from callbacks of transports too, which are no tasks: where sniffio is installed, as
        # many clients of other services have it, anyio finds no event loop there.
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            tasks.create_task(self.keepalive.run(), name="keepalive")
            # By itself: each look at a key may wait for the store, and what has expired is known without it.
            tasks.create_task(self._cut_revoked(), name="revocations")
            while True:
                await asyncio.sleep(CHECK)
                self._cut(
                    {key for key, credential in self._credentials().items() if credential.expired},
                    "token_expired",
                )

    async def _cut_revoked(self) -> None:
        while True:
            await asyncio.sleep(CHECK)
            credentials = self._credentials()
            self._cut(
                {
                    key
                    for key, credential in credentials.items()
                    if await self._authenticator.revoked(credential)
                },
                "revoked",
            )

    def _credentials(self) -> dict[int, Credential]:
        """Those in use, by identity: most connections share theirs, and each is looked at once."""
        return {
            id(connection.credential): connection.credential
            for connection in self._open
            if connection.credential is not None
        }

    def _cut(self, bad: set[int], code: str) -> None:
        if bad:
            for connection in list(self._open):
                # One that was renewed meanwhile is another.
                if id(connection.credential) in bad:
                    self.end(connection, code)

    async def drain(self, grace: float) -> None:
        """End all, with a jittered time to come back; those that do not go within `grace` s are aborted."""
        self.draining = True
        for connection in list(self._open):
            self.end(connection, "draining")
        if await self._all_gone(grace):
            return
        _log.warning("%d connections did not end in time", len(self._open))
        for connection in list(self._open):
            connection.abort()
        await self._all_gone(1.0)

    async def _all_gone(self, grace: float) -> bool:
        try:
            async with asyncio.timeout(grace):
                while self._open:
                    self._closed.clear()
                    await self._closed.wait()
        except TimeoutError:
            return False
        return True
