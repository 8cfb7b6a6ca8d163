"""Clients that cost nothing to make: a new one loads no certificates, which takes longer than most tests."""

from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest
from contract.api.asking import (
    Api,
    Other,
    client,
    event,
    make_key,
    new,
    published,
    sealed,
    status,
    taken,
    unique,
)
from servers import HubServer


@pytest.fixture(scope="session")
def admin(hub_server: HubServer) -> Iterator[httpx.Client]:
    """The operator: an admin of `default`."""
    with client(hub_server, hub_server.key) as operator:
        yield operator


@pytest.fixture
def key(admin: httpx.Client, organization: str) -> str:
    return make_key(admin, organization)


@pytest.fixture
def api(hub_server: HubServer, key: str) -> Iterator[httpx.Client]:
    with client(hub_server, key) as own:
        yield own


@pytest.fixture
def api_of(hub_server: HubServer, admin: httpx.Client) -> Iterator[Api]:
    with ExitStack() as clients:

        def make(organization: str | None = None, *scopes: str) -> httpx.Client:
            own = make_key(admin, organization or unique("org"), *scopes)
            return clients.enter_context(client(hub_server, own))

        yield make


@pytest.fixture
def other(api_of: Api) -> Other:
    api = api_of(unique("other"), "admin")
    live, sealed_one = new(api, title="secret", meeting_id="shared"), new(api, meeting_id="shared")
    published(api, live, status("active"), {**event("x.secret"), "idempotency_key": "k"})
    sealed(api, sealed_one)
    (key,) = taken(api.get("/v1/keys"))["data"]
    return Other(api, live, sealed_one, key["id"])


@pytest.fixture
def mine(api_of: Api, organization: str) -> httpx.Client:
    """One's own organization, and all one may have there."""
    return api_of(organization, "admin")
