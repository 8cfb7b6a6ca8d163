"""Connections to Redis, and what its failures mean.

redis-py retries commands by default, which would append an entry twice; here it connects only, and nothing is
retried: whoever asked does that, with an idempotency key. When all connections are in use, a command waits.
"""

import asyncio
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import Any

from redis.asyncio import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from hub.errors import ConfigurationError, HubError, StorageFull, Unavailable
from hub.settings import masked
from hub.store.wire import Argument, Wire, packed

POOL = 16
"""Connections of a client at most; further commands wait for one."""

_AWAY = ("LOADING", "READONLY", "MASTERDOWN", "NOREPLICAS", "CLUSTERDOWN", "TRYAGAIN", "BUSY", "NOAUTH")
_FULL = ("OOM", "MISCONF")


class Client:
    """Redis as the store uses it: plain commands and plain replies.

    Args:
        url: `redis://`, `rediss://` or `unix://`; connected to when first used.
        timeout: Seconds for a connection, and for an answer.
        connections: How many at most.

    Raises:
        ConfigurationError: the URL is none.
    """

    def __init__(self, url: str, timeout: float, *, connections: int = POOL) -> None:
        try:
            # redis-py's own types leave much unknown; nothing of them passes beyond `hub.store.wire`.
            pools: Any = ConnectionPool
            self._pool: Any = pools.from_url(
                url,
                socket_timeout=timeout,
                socket_connect_timeout=timeout,
                retry=Retry(NoBackoff(), 0),
                protocol=2,
            )
        except ValueError:
            # What redis-py says may quote a part of the password.
            raise ConfigurationError(f"HUB_REDIS_URL={masked(url)!r} is not the URL of a Redis.") from None
        self._turns = asyncio.Semaphore(connections)
        self._wires: list[Wire] = []
        self._idle: list[Wire] = []
        self.timeout = timeout

    async def execute(self, *command: Argument) -> Any:
        """Run one command.

        Raises:
            Unavailable, StorageFull, or a `ResponseError` of redis-py that is the hub's own mistake.
        """
        (reply,) = await self.exchange((packed(command),))
        if isinstance(reply, Exception):
            raise failure(reply) or reply
        return reply

    async def pipeline(self, commands: Sequence[Sequence[Argument]]) -> list[Any]:
        """Run commands in one round trip; an error of one is its result, not raised.

        Raises:
            Unavailable: the connection failed; nothing is known of any of them.
        """
        return await self.exchange([packed(command) for command in commands])

    async def exchange(self, commands: Sequence[bytes]) -> list[Any]:
        """Like `pipeline`, of packed commands (`hub.store.wire`)."""
        with failures_explained():
            await self._turn()
            try:
                wire = self._idle.pop() if self._idle else self.wire()
                try:
                    return await wire.exchange(commands)
                finally:
                    self._idle.append(wire)
            finally:
                self._turns.release()

    async def memory_policy(self) -> str:
        """What Redis does when its memory is full: `maxmemory_policy` of INFO.

        Raises:
            Unavailable.
        """
        memory: bytes = await self.execute("INFO", "memory")
        fields = dict(line.split(":", 1) for line in memory.decode().splitlines() if ":" in line)
        return fields["maxmemory_policy"]

    async def _turn(self) -> None:
        if not self._turns.locked():
            await self._turns.acquire()
            return
        try:
            async with asyncio.timeout(self.timeout):
                await self._turns.acquire()
        except TimeoutError:
            raise Unavailable("no connection became free") from None

    def wire(self) -> Wire:
        """A new connection, not connected yet; `aclose` closes it."""
        wire = Wire(self._pool.make_connection(), self.timeout)
        self._wires.append(wire)
        return wire

    async def aclose(self) -> None:
        """Close all connections."""
        for wire in self._wires:
            wire.close()
        # Transports tell their protocols in the next turn.
        await asyncio.sleep(0)


def failure(error: Exception) -> HubError | None:
    """What a failure of Redis means to whoever asked; None if it is a mistake of the hub."""
    text = str(error)
    if isinstance(error, RedisConnectionError | RedisTimeoutError | OSError):
        return Unavailable(f"{type(error).__name__}: {text}")
    if isinstance(error, RedisError):
        # Redis 6.2 puts the refusal that a script met into the middle of the text.
        met = any(f"-{code} " in text for code in _FULL)
        if text.startswith(_FULL) or met:
            return StorageFull(text)
        met = any(f"-{code} " in text for code in _AWAY)
        if text.startswith(_AWAY) or met or not isinstance(error, ResponseError):
            return Unavailable(f"{type(error).__name__}: {text}")
    return None


def unknown_script(reply: object) -> bool:
    """The server does not know the script that it was to run; it has not run."""
    return isinstance(reply, ResponseError) and str(reply).startswith("NOSCRIPT")


def no_group(reply: object) -> bool:
    """Whether a reply says that there is no such stream, or no such consumer group of it."""
    return isinstance(reply, ResponseError) and "NOGROUP" in str(reply)


def raised(replies: Iterable[Any]) -> list[Any]:
    """The replies of a pipeline, if there is no failure among them.

    Raises:
        Unavailable, StorageFull, or a `ResponseError` of redis-py: the first failure.
    """
    parts = list(replies)
    for reply in parts:
        if isinstance(reply, Exception):
            raise failure(reply) or reply
    return parts


@contextmanager
def failures_explained() -> Generator[None]:
    """Turn failures of Redis within into `Unavailable` and `StorageFull`."""
    try:
        yield
    except (RedisError, OSError) as error:
        explained = failure(error)
        if explained is None:
            raise
        raise explained from error
