"""Hubs for bots: one under which leases are short, and two on one Redis."""

from collections.abc import Iterator

import httpx
import pytest
from servers import HubServer, RedisServer

LEASE = 1.0
"""Seconds."""


@pytest.fixture(scope="session")
def hasty_hub(redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubServer]:
    """A bot that is silent for a second has lost its session."""
    with HubServer(tmp_path_factory.mktemp("hub"), redis_server, {"HUB_LEASE": str(LEASE)}) as server:
        yield server
    assert "Traceback" not in server.log.read_text()


@pytest.fixture
def hasty(hasty_hub: HubServer, key: str) -> Iterator[httpx.Client]:
    """The API of that hub, in the organization of the test."""
    with hasty_hub.client(key) as client:
        yield client


@pytest.fixture(scope="session")
def second_hub(redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubServer]:
    """Another hub on the same Redis."""
    with HubServer(tmp_path_factory.mktemp("hub"), redis_server) as server:
        yield server
    assert "Traceback" not in server.log.read_text()
