"""A connection to Redis: whatever becomes of it, an answer is never taken for that of another command."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from redis.exceptions import TimeoutError as RedisTimeoutError
from servers import RedisServer

from hub.errors import Unavailable
from hub.store.client import Client
from hub.store.wire import Wire, packed


def echo(text: str) -> bytes:
    return packed(("ECHO", text))


def on_a_wire(server: RedisServer, work: Callable[[Wire], Awaitable[None]], timeout: float = 10.0) -> None:
    async def run() -> None:
        client = Client(server.url, timeout)
        wire = client.wire()
        assert await wire.exchange([echo("a"), packed(("NONSENSE",)), echo("b")]) != []
        await work(wire)
        await client.aclose()

    asyncio.run(run())


def test_replies_come_in_order_and_an_error_is_one(own_redis: RedisServer) -> None:
    async def work(wire: Wire) -> None:
        first, error, last = await wire.exchange([echo("a"), packed(("NONSENSE",)), echo("b" * 10**6)])
        assert (first, last) == (b"a", b"b" * 10**6)
        assert isinstance(error, Exception)
        assert await wire.exchange([echo("c")]) == [b"c"]
        assert wire.incarnation == 1

    on_a_wire(own_redis, work)


def test_a_late_answer_is_nobodys(own_redis: RedisServer) -> None:
    async def work(wire: Wire) -> None:
        own_redis.pause()
        with pytest.raises(RedisTimeoutError):
            await wire.exchange([echo("late")])
        own_redis.resume()
        assert await wire.exchange([echo("next")]) == [b"next"]
        assert wire.incarnation == 2

    on_a_wire(own_redis, work, timeout=0.5)


def test_the_answer_of_one_who_was_cancelled_is_nobodys(own_redis: RedisServer) -> None:
    async def work(wire: Wire) -> None:
        own_redis.pause()
        asking = asyncio.create_task(wire.exchange([echo("cancelled")]))
        await asyncio.sleep(0)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        own_redis.resume()
        assert await wire.exchange([echo("next")]) == [b"next"]

    on_a_wire(own_redis, work)


def test_what_was_closed_while_idle_is_connected_again(own_redis: RedisServer) -> None:
    async def work(wire: Wire) -> None:
        own_redis.kill()
        own_redis.start()
        async with asyncio.timeout(10):
            while wire.open:
                await asyncio.sleep(0)
        assert await wire.exchange([echo("again")]) == [b"again"]
        assert wire.incarnation == 2

    on_a_wire(own_redis, work)


def test_a_client_has_so_many_connections_and_waits_for_one(own_redis: RedisServer) -> None:
    async def run() -> None:
        client = Client(own_redis.url, 10.0, connections=3)
        echoes = await asyncio.gather(*(client.execute("ECHO", str(number)) for number in range(50)))
        assert echoes == [str(number).encode() for number in range(50)]
        connections = await client.execute("CLIENT", "LIST")
        assert connections.count(b"cmd=echo") + connections.count(b"cmd=client") == 3
        await client.aclose()

    asyncio.run(run())


def test_who_waits_for_a_connection_in_vain_is_told(own_redis: RedisServer) -> None:
    async def run() -> None:
        client = Client(own_redis.url, 0.5, connections=1)
        await client.execute("PING")
        own_redis.pause()
        results = await asyncio.gather(*(client.execute("PING") for _ in range(5)), return_exceptions=True)
        own_redis.resume()
        assert {type(result) for result in results} == {Unavailable}
        assert await client.execute("ECHO", "a") == b"a"
        await client.aclose()

    asyncio.run(run())
