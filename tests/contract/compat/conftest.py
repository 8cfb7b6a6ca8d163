"""Organizations of their own for the tests of a system, each with clients of the native API."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple

import httpx
import pytest
from contract.api.asking import client, taken, unique
from servers import HubServer

collect_ignore = ["test_meemo_client.py"] if sys.version_info >= (3, 14) else []
"""Its library takes no newer Python."""
USER = {
    "id": "550e8400-e29b-41d4-a716-446655440000",
    "first_name": "John",
    "last_name": "Doe",
    "email": "john.doe@example.com",
    "avatar_url": "https://example.com/avatars/johndoe.jpg",
}


class House(NamedTuple):
    """An organization."""

    hub: HubServer
    organization: str
    key: str
    """May publish, subscribe and manage, and is John Doe's."""
    key_id: str
    native: httpx.Client
    """Signed in with it."""
    reader: str
    """A key that may subscribe only."""
    publisher: str
    """A key that may publish only."""


@pytest.fixture(scope="module")
def house_of(hub_server: HubServer) -> Iterator[Callable[[], House]]:
    """Makes organizations."""
    with ExitStack() as clients:
        admin = clients.enter_context(client(hub_server, hub_server.key))

        def make() -> House:
            organization = unique("org")

            def key(*scopes: str) -> dict[str, Any]:
                body = {"organization": organization, "user": USER, "scopes": scopes}
                return taken(admin.post("/v1/keys", json=body), 201)

            own = key("publish", "subscribe", "manage")
            native = clients.enter_context(client(hub_server, own["key"]))
            return House(
                hub_server,
                organization,
                own["key"],
                own["id"],
                native,
                key("subscribe")["key"],
                key("publish")["key"],
            )

        yield make


@pytest.fixture(scope="module")
def house(house_of: Callable[[], House]) -> House:
    """One that the tests of a module share."""
    return house_of()


@pytest.fixture(scope="module")
def other(house_of: Callable[[], House]) -> House:
    """Another one, whose sessions are nobody else's."""
    return house_of()


@pytest.fixture(scope="module")
def below(hub_server: HubServer) -> Iterator[Callable[..., httpx.Client]]:
    """`below("/compat/bigmind", key)`: a client of a system."""
    with ExitStack() as clients:

        def make(base: str, key: str | None = None, **headers: str) -> httpx.Client:
            signed = {"Authorization": f"Bearer {key}"} if key else {}
            return clients.enter_context(
                httpx.Client(
                    base_url=hub_server.url + base, headers=signed | headers, timeout=20, verify=False
                )
            )

        yield make
