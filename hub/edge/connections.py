"""All open streams and sockets: counted, checked while they live, and ended in order."""

import asyncio
import logging
from collections.abc import Generator
from contextlib import contextmanager
from typing import Protocol

from hub.edge.auth import Authenticator, Credential
from hub.edge.metrics import Metrics

_log = logging.getLogger("hub.connections")

CHECK = 1.0
"""Seconds between looks at the credentials of open connections."""


class Connection(Protocol):
    """An open stream or socket."""

    @property
    def transport(self) -> str:
        """`sse` or `websocket`."""
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
        self._open: set[Connection] = set()
        self._ending: set[Connection] = set()
        self._closed = asyncio.Event()
        self.draining = False

    def __len__(self) -> int:
        return len(self._open)

    @contextmanager
    def opened(self, connection: Connection) -> Generator[None]:
        """Know a connection for as long as it is open."""
        gauge = self._metrics.connections.labels(connection.transport)
        self._open.add(connection)
        gauge.inc()
        try:
            if self.draining:
                self.end(connection, "draining")
            yield
        finally:
            self._open.discard(connection)
            self._ending.discard(connection)
            self._closed.set()
            gauge.dec()

    def end(self, connection: Connection, code: str) -> None:
        """Disconnect one; further codes for it come too late."""
        if connection in self._ending:
            return
        self._ending.add(connection)
        self._metrics.disconnects.labels(code).inc()
        connection.disconnect(code)

    async def watch(self) -> None:
        """Cut connections whose token has expired or whose key was revoked; a long task."""
        while True:
            await asyncio.sleep(CHECK)
            for connection in list(self._open):
                credential = connection.credential
                if credential is None or connection not in self._open:
                    continue
                if credential.expired:
                    self.end(connection, "token_expired")
                elif await self._authenticator.revoked(credential):
                    self.end(connection, "revoked")

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
