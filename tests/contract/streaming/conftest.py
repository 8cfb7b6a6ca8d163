"""Hubs with settings under which a test need not publish thousands of entries, or wait for 15 s."""

from collections.abc import AsyncIterator, Iterator

import pytest
from contract.streaming.followers import TRANSPORTS, Transport
from contract.streaming.stage import Stage, on_stage
from servers import WAYS, HubServer, RedisServer, Way

QUICK = {"HUB_PING_INTERVAL": "0.2"}
CRAMPED = QUICK | {"HUB_RING": "1", "HUB_LOGS_KEPT": "20", "HUB_FEED_KEPT": "20", "HUB_BACKLOG": "65536"}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest) -> Transport:
    return request.param


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test of streams over both ways, but for those of what only the direct one has."""
    if "way" in metafunc.fixturenames:
        only_direct = metafunc.definition.path.name.startswith("test_direct_")
        metafunc.parametrize("way", ("direct",) if only_direct else WAYS, indirect=True, scope="session")


@pytest.fixture(scope="session")
def way(request: pytest.FixtureRequest) -> Way:
    """How the hub serves."""
    return request.param


def shared(
    redis_server: RedisServer, factory: pytest.TempPathFactory, settings: dict[str, str], way: Way
) -> Iterator[HubServer]:
    server = HubServer(factory.mktemp("hub"), redis_server, settings, way)
    server.start()
    yield server
    server.stop()
    text = server.log.read_text()
    assert "Traceback" not in text, text


@pytest.fixture(scope="session")
def quick_hub(
    redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory, way: Way
) -> Iterator[HubServer]:
    """Quiet streams are told of progress soon."""
    yield from shared(redis_server, tmp_path_factory, QUICK, way)


@pytest.fixture(scope="session")
def cramped_hub(
    redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory, way: Way
) -> Iterator[HubServer]:
    """Keeps next to nothing in memory, and little in the streams that are capped."""
    yield from shared(redis_server, tmp_path_factory, CRAMPED, way)


@pytest.fixture
def own_hub(
    own_redis: RedisServer, tmp_path_factory: pytest.TempPathFactory, way: Way
) -> Iterator[HubServer]:
    """A hub that the test may kill, on a Redis that it may kill too."""
    server = HubServer(tmp_path_factory.mktemp("hub"), own_redis, way=way)
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def stage(quick_hub: HubServer, redis_server: RedisServer) -> AsyncIterator[Stage]:
    async with on_stage(quick_hub, redis_server) as made:
        yield made


@pytest.fixture
async def cramped(cramped_hub: HubServer, redis_server: RedisServer) -> AsyncIterator[Stage]:
    async with on_stage(cramped_hub, redis_server) as made:
        yield made


@pytest.fixture
async def own(own_hub: HubServer, own_redis: RedisServer) -> AsyncIterator[Stage]:
    """On a hub and a Redis that the test may kill."""
    async with on_stage(own_hub, own_redis) as made:
        yield made


@pytest.fixture(params=["ring", "redis"])
async def either(
    request: pytest.FixtureRequest, quick_hub: HubServer, cramped_hub: HubServer, redis_server: RedisServer
) -> AsyncIterator[Stage]:
    """A hub that has old entries in memory, and one that has not."""
    hub = quick_hub if request.param == "ring" else cramped_hub
    async with on_stage(hub, redis_server) as made:
        yield made
