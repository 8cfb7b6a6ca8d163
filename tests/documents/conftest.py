"""A hub, an organization and a session on which examples are tried.

`admin` and `seeds` are new for each test; `shared` and `sown` are for tests of a module that change neither.
"""

from collections.abc import Iterator

import httpx
import pytest
from contract.api.asking import client, make_key, unique
from servers import HubServer

from documents.generated import NativeTrial
from documents.seeded import Seeded, seeded


def _admin_key(hub_server: HubServer, organization: str) -> str:
    with client(hub_server, hub_server.key) as operator:
        return make_key(operator, organization, "admin")


@pytest.fixture
def admin(hub_server: HubServer, organization: str) -> Iterator[httpx.Client]:
    """All that one may do in an organization of one's own."""
    with client(hub_server, _admin_key(hub_server, organization)) as own:
        yield own


@pytest.fixture
def seeds(admin: httpx.Client) -> Seeded:
    return seeded(admin)


@pytest.fixture(scope="module")
def shared_key(hub_server: HubServer) -> str:
    return _admin_key(hub_server, unique("org"))


@pytest.fixture(scope="module")
def shared(hub_server: HubServer, shared_key: str) -> Iterator[httpx.Client]:
    with client(hub_server, shared_key) as own:
        yield own


@pytest.fixture(scope="module")
def sown(shared: httpx.Client) -> Seeded:
    return seeded(shared)


@pytest.fixture(scope="module")
def trial(hub_server: HubServer, shared: httpx.Client, shared_key: str) -> Iterator[NativeTrial]:
    trial = NativeTrial(hub_server.url, shared, shared_key)
    yield trial
    trial.close()
