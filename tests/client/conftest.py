"""What tests of the client share: a hub with short leases, and a TCP proxy that breaks connections."""

import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from urllib.parse import urlsplit

import anyio
import pytest
from anyio.abc import SocketAttribute, SocketStream
from servers import HubServer, RedisServer


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def short_leases(redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubServer]:
    """A hub on which bots may be silent for three seconds."""
    with HubServer(tmp_path_factory.mktemp("hub"), redis_server, {"HUB_LEASE": "3"}) as server:
        yield server


@pytest.fixture
def short_key(short_leases: HubServer, organization: str) -> str:
    """An API key of that hub that may publish, subscribe and manage."""
    return short_leases.make_key(organization)


class CuttingProxy:
    """Lets so many bytes of the hub's through, drawn anew for each connection, then breaks it off."""

    def __init__(self, target: str, seed: int, least: int, most: int) -> None:
        parts = urlsplit(target)
        self._target = (str(parts.hostname), int(parts.port or 80))
        self._random = random.Random(seed)
        self._range = (least, most)
        self.url = ""
        self.cuts = 0
        self.healed = False

    async def serve(self, client: SocketStream) -> None:
        """One connection."""
        budget = self._random.randint(*self._range)
        async with (
            client,
            await anyio.connect_tcp(*self._target) as server,
            anyio.create_task_group() as tasks,
        ):
            tasks.start_soon(self._forward, client, server)
            await self._back(server, client, budget)
            tasks.cancel_scope.cancel()

    async def _forward(self, client: SocketStream, server: SocketStream) -> None:
        try:
            async for data in client:
                await server.send(data)
            await server.send_eof()
        except (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError):
            return

    async def _back(self, server: SocketStream, client: SocketStream, budget: int) -> None:
        try:
            async for data in server:
                if not self.healed and len(data) >= budget:
                    self.cuts += 1
                    await client.send(data[:budget])
                    return
                budget -= len(data)
                await client.send(data)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            return


@pytest.fixture
def cutting() -> Callable[..., AbstractAsyncContextManager[CuttingProxy]]:
    """`async with cutting(url, seed=…, least=…, most=…) as proxy`: bytes of the hub's a connection."""

    @asynccontextmanager
    async def run(target: str, *, seed: int, least: int, most: int) -> AsyncIterator[CuttingProxy]:
        proxy = CuttingProxy(target, seed, least, most)
        async with (
            await anyio.create_tcp_listener(local_host="127.0.0.1") as listener,
            anyio.create_task_group() as tasks,
        ):
            proxy.url = f"http://127.0.0.1:{listener.extra(SocketAttribute.local_port)}"
            tasks.start_soon(listener.serve, proxy.serve)
            yield proxy
            tasks.cancel_scope.cancel()

    return run
