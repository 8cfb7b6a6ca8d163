"""Connections to Redis, and what its failures mean.

redis-py retries commands by default, which would append an entry twice, and raises when its pool is full;
both are set here on purpose: no retry (whoever asked retries, with an idempotency key), and a pool
that waits.
"""

from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    ClusterDownError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TryAgainError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from hub.errors import ConfigurationError, HubError, StorageFull, Unavailable
from hub.settings import masked

Argument = str | bytes | int | float
"""What a command may be made of."""

POOL = 16
"""Connections of a client at most; further commands wait for one."""

_AWAY = ("LOADING", "READONLY", "MASTERDOWN", "NOREPLICAS", "CLUSTERDOWN", "TRYAGAIN", "BUSY")
_FULL = ("OOM", "MISCONF")
# Of errors that it has a type for, redis-py takes the code off the text.
_AWAY_TYPES = (ReadOnlyError, TryAgainError, ClusterDownError)
_FULL_TYPES = (OutOfMemoryError,)


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
            # redis-py's own types leave much unknown; nothing of them passes beyond this class.
            pools: Any = BlockingConnectionPool
            self._pool: Any = pools.from_url(
                url,
                max_connections=connections,
                timeout=timeout,
                socket_timeout=timeout,
                socket_connect_timeout=timeout,
                retry=Retry(NoBackoff(), 0),
                protocol=2,
            )
        except ValueError:
            # What redis-py says may quote a part of the password.
            raise ConfigurationError(f"HUB_REDIS_URL={masked(url)!r} is not the URL of a Redis.") from None
        self._redis: Any = Redis(connection_pool=self._pool)
        # Its callbacks turn stream replies into tuples and dicts; the store reads them as they come.
        for command in ("XREAD", "XRANGE", "XREVRANGE"):
            self._redis.response_callbacks.pop(command, None)
        self.timeout = timeout

    async def execute(self, *command: Argument) -> Any:
        """Run one command.

        Raises:
            Unavailable, StorageFull, or a `ResponseError` of redis-py that is the hub's own mistake.
        """
        with failures_explained():
            return await self._redis.execute_command(*command)

    async def pipeline(self, commands: Sequence[Sequence[Argument]]) -> list[Any]:
        """Run commands in one round trip; an error of one is its result, not raised.

        Raises:
            Unavailable: the connection failed; nothing is known of any of them.
        """
        pipeline = self._redis.pipeline(transaction=False)
        for command in commands:
            pipeline.execute_command(*command)
        with failures_explained():
            return await pipeline.execute(raise_on_error=False)

    def connection(self) -> Any:
        """A connection outside the pool, for Pub/Sub."""
        return self._pool.make_connection()

    async def aclose(self) -> None:
        """Close all connections."""
        await self._redis.aclose()
        await self._pool.disconnect()


def failure(error: Exception) -> HubError | None:
    """What a failure of Redis means to whoever asked; None if it is a mistake of the hub."""
    text = str(error)
    if isinstance(error, RedisConnectionError | RedisTimeoutError | OSError):
        return Unavailable(f"{type(error).__name__}: {text}")
    if isinstance(error, RedisError):
        # Redis 6.2 puts the refusal that a script met into the middle of the text.
        met = any(f"-{code} " in text for code in _FULL)
        if isinstance(error, _FULL_TYPES) or text.startswith(_FULL) or met:
            return StorageFull(text)
        met = isinstance(error, _AWAY_TYPES) or any(f"-{code} " in text for code in _AWAY)
        if text.startswith(_AWAY) or met or not isinstance(error, ResponseError):
            return Unavailable(f"{type(error).__name__}: {text}")
    return None


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
