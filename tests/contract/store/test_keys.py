"""API keys: what looks like one, and which of them a hub remembers."""

import asyncio
import time
from types import SimpleNamespace

import pytest
from servers import RedisServer

from hub.edge import auth, lookup
from hub.edge.auth import Authenticator
from hub.errors import HubError
from hub.store.access_tokens import AccessTokens
from hub.store.client import Client
from hub.store.keys import MAX_SECRET, Keys, Record, split


@pytest.mark.parametrize(
    "text",
    [
        "sk_a", "sk_a_", "sk__secret", "pk_a_secret", "a_secret", "sk_a b_secret", "sk_{a}_secret",
        f"sk_{'a' * 65}_secret", f"sk_a_{'s' * (MAX_SECRET + 1)}",
    ],
)  # fmt: skip
def test_what_looks_like_no_key_is_none(text: str) -> None:
    assert split(text) is None


def test_a_key_has_an_id_and_a_secret() -> None:
    secret = "s" * MAX_SECRET
    assert split(f"sk_{'a' * 64}_{secret}") == ("a" * 64, secret)
    assert split("sk_a_b_c") == ("a", "b_c")


class Asked(Keys):
    """Notes which key ids were looked up."""

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self.ids: list[str] = []

    async def find(self, key_id: str) -> Record | None:
        self.ids.append(key_id)
        return await super().find(key_id)


async def refused(authenticator: Authenticator, key: str) -> None:
    with pytest.raises(HubError, match="invalid_credential"):
        await authenticator.text(key)


def test_guessing_does_not_make_a_hub_forget_keys_that_outlive_an_outage(
    own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "MAX_KNOWN", 10)
    monkeypatch.setattr(lookup, "FRESH", 0.0)

    async def run() -> None:
        client = Client(own_redis.url, 10.0)
        keys = Keys(client)
        authenticator = Authenticator(keys, AccessTokens(client), "")
        _kept, key = await keys.create("acme", name=None, scopes=("publish",), user=None)
        assert (await authenticator.text(key)).organization == "acme"
        for number in range(25):
            await refused(authenticator, f"sk_guess{number}_secret")
        own_redis.kill()
        assert (await authenticator.text(key)).organization == "acme"
        await client.aclose()

    asyncio.run(run())


def test_only_so_many_guesses_are_remembered(own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup, "MAX_KNOWN", 10)
    monkeypatch.setattr(lookup, "FRESH", 3600.0)

    async def run() -> None:
        client = Client(own_redis.url, 10.0)
        keys = Asked(client)
        authenticator = Authenticator(keys, AccessTokens(client), "")
        await refused(authenticator, f"sk_{'x' * 1000}_secret")
        assert keys.ids == []
        for number in (*range(20), 19, 10, 0):
            await refused(authenticator, f"sk_guess{number}_secret")
        assert keys.ids == [f"guess{number}" for number in (*range(20), 0)]
        await client.aclose()

    asyncio.run(run())


def test_a_header_that_was_verified_is_known_until_it_must_be_asked_for_again(
    own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        client = Client(own_redis.url, 10.0)
        keys = Asked(client)
        authenticator = Authenticator(keys, AccessTokens(client), "sk_boot_strap")
        kept, key = await keys.create("acme", name=None, scopes=("publish",), user=None)
        header = f"Bearer {key}".encode()
        monkeypatch.setattr(lookup, "FRESH", 3600.0)
        first = await authenticator.header(header)
        assert first is not None
        assert first.organization == "acme"
        assert await authenticator.header(header) is first
        assert await authenticator.header(f"bearer  {key} ".encode()) is first
        assert keys.ids == [kept.id]
        for wrong in (header + b"x", header[:-1], b"Bearer sk_boot_strap2"):
            with pytest.raises(HubError, match="invalid_credential"):
                await authenticator.header(wrong)
        for nothing in (b"", b"Bearer", b"Bearer  ", b"Basic abc", header[7:]):
            assert await authenticator.header(nothing) is None
        operator = await authenticator.header(b"Bearer sk_boot_strap")
        assert operator is not None
        assert operator.organization == auth.OPERATOR
        await client.aclose()

    asyncio.run(run())


def test_a_revoked_key_is_taken_no_longer_than_it_is_fresh(
    own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    for module in (auth, lookup):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now, time=time.time))

    async def run() -> None:
        nonlocal now
        client = Client(own_redis.url, 10.0)
        keys = Keys(client)
        authenticator = Authenticator(keys, AccessTokens(client), "")
        kept, key = await keys.create("acme", name=None, scopes=("publish",), user=None)
        header = f"Bearer {key}".encode()
        await authenticator.text(key)
        await keys.revoke(kept.id)
        # It is the look-up that counts, not when the header came first or last.
        for share in (0.5, 0.9):
            now = lookup.FRESH * share
            assert await authenticator.header(header) is not None
        now = lookup.FRESH
        with pytest.raises(HubError, match="invalid_credential"):
            await authenticator.header(header)
        await client.aclose()

    asyncio.run(run())
