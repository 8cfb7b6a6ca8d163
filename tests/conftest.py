"""One Redis and one hub for each worker of the test run; each test has an organization of its own."""

import os
import secrets
from collections.abc import Iterator

import httpx
import pytest
from servers import HubServer, RedisServer


def pytest_xdist_auto_num_workers() -> int:
    """Most of the time of most tests is waiting, for what happens at its time: more workers than cores."""
    return 2 * (os.cpu_count() or 1)


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.close()


@pytest.fixture(scope="session")
def hub_server(redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubServer]:
    """A hub that all tests of a worker share: not to be stopped."""
    # What a test has taken for a bot is to stay with it.
    settings = {"HUB_LOG_LEVEL": "debug", "HUB_LEASE": "600"}
    server = HubServer(tmp_path_factory.mktemp("hub"), redis_server, settings)
    server.start()
    yield server
    server.stop()
    text = server.log.read_text()
    assert "Traceback" not in text, text


@pytest.fixture
def own_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis that the test may kill."""
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.close()


@pytest.fixture
def own_hub(own_redis: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubServer]:
    """A hub that the test may kill, on a Redis that it may kill too."""
    server = HubServer(tmp_path_factory.mktemp("hub"), own_redis)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def organization() -> str:
    return f"org-{secrets.token_hex(6)}"


@pytest.fixture
def key(hub_server: HubServer, organization: str) -> str:
    """An API key that may publish, subscribe and manage."""
    return hub_server.make_key(organization)


@pytest.fixture
def api(hub_server: HubServer, key: str) -> Iterator[httpx.Client]:
    with hub_server.client(key) as client:
        yield client
