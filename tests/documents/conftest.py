"""A hub, an organization and a session on which examples are tried."""

from collections.abc import Iterator

import httpx
import pytest
from contract.api.asking import client, make_key
from servers import HubServer

from documents.seeded import Seeded, seeded


@pytest.fixture
def admin_key(hub_server: HubServer, organization: str) -> str:
    with client(hub_server, hub_server.key) as operator:
        return make_key(operator, organization, "admin")


@pytest.fixture
def admin(hub_server: HubServer, admin_key: str) -> Iterator[httpx.Client]:
    """All that one may do in an organization of one's own."""
    with client(hub_server, admin_key) as own:
        yield own


@pytest.fixture
def seeds(admin: httpx.Client) -> Seeded:
    return seeded(admin)
