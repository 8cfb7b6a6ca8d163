"""Access tokens: they do what their API key does, and no longer than they, it and their time are there."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import NamedTuple

import pytest
from servers import RedisServer

from hub.edge import auth, lookup
from hub.edge.auth import Authenticator, Credential
from hub.errors import HubError, Unavailable
from hub.store import access_tokens
from hub.store.access_tokens import PREFIX, AccessTokens
from hub.store.client import Client
from hub.store.keys import Keys
from schemas.details import User
from schemas.requests import Key

HOUR = 3_600_000
BOOTSTRAP = "sk_boot_strap"
ANN = User(id="ann", email="ann@example.com")


class Parts(NamedTuple):
    """What a hub knows keys and tokens by, and a key."""

    client: Client
    keys: Keys
    tokens: AccessTokens
    hub: Authenticator
    key: Key
    text: str

    async def refused(self, value: str) -> None:
        for look in (self.hub.text(value), self.hub.header(f"Bearer {value}".encode())):
            with pytest.raises(HubError, match="invalid_credential"):
                await look

    async def taken(self, value: str) -> Credential:
        credential = await self.hub.header(f"Bearer {value}".encode())
        assert credential is not None
        assert await self.hub.text(value) == credential
        return credential


@asynccontextmanager
async def parts(server: RedisServer) -> AsyncIterator[Parts]:
    client = Client(server.url, 10.0)
    keys, tokens = Keys(client), AccessTokens(client)
    key, text = await keys.create("acme", name=None, scopes=("publish", "manage"), user=ANN)
    yield Parts(client, keys, tokens, Authenticator(keys, tokens, BOOTSTRAP), key, text)
    await client.aclose()


def test_a_token_does_what_its_key_does(own_redis: RedisServer) -> None:
    async def run() -> None:
        async with parts(own_redis) as it:
            token, granted = await it.hub.issue(it.text, HOUR)
            assert granted == await it.hub.text(it.text)
            credential = await it.taken(token)
            assert (credential.organization, credential.scopes, credential.user, credential.key_id) == (
                "acme",
                frozenset({"publish", "manage"}),
                ANN,
                it.key.id,
            )
            assert await it.hub.header(f"Bearer {token}".encode()) is await it.hub.text(token)
            credential.require("manage")
            with pytest.raises(HubError, match="missing_scope"):
                credential.require("subscribe")
            assert not credential.expired
            assert not await it.hub.revoked(credential)
            # Another hub knows it too; another token is another secret.
            other = Authenticator(it.keys, it.tokens, "")
            assert (await other.text(token)).organization == "acme"
            second, _ = await it.hub.issue(it.text, HOUR)
            mixed = f"{PREFIX}{token.split('_')[1]}_{second.split('_')[2]}"
            for wrong in (
                token[:-1],
                token + "0",
                mixed,
                f"{PREFIX}nobody_secret",
                PREFIX,
                f"{PREFIX}a",
                "at",
            ):
                await it.refused(wrong)
            for wrong in (it.text + "0", token, "", f"sk_nobody_{'0' * 48}"):
                with pytest.raises(HubError, match="invalid_credential"):
                    await it.hub.issue(wrong, HOUR)

    asyncio.run(run())


def test_nothing_kept_tells_a_secret(own_redis: RedisServer) -> None:
    async def run() -> None:
        async with parts(own_redis) as it:
            token, _ = await it.hub.issue(it.text, HOUR)
            secrets = [token.split("_")[2].encode(), it.text.split("_")[2].encode()]
            for name in await it.client.execute("KEYS", "*access*"):
                value = await it.client.execute("DUMP", name)
                assert not any(secret in name + value for secret in secrets)
                assert 0 < await it.client.execute("PTTL", name) <= HOUR

    asyncio.run(run())


def test_it_dies_with_its_key_its_time_or_when_it_is_revoked(
    own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    clock = SimpleNamespace(monotonic=lambda: now, time=time.time)
    for module in (auth, lookup):
        monkeypatch.setattr(module, "time", clock)

    async def run() -> None:
        nonlocal now
        async with parts(own_redis) as it:
            token, other = [(await it.hub.issue(it.text, HOUR))[0] for _ in range(2)]
            foreign = (await it.keys.create("acme", name=None, scopes=("publish",), user=None))[1]
            with pytest.raises(HubError, match="invalid_credential"):
                await it.hub.withdraw(it.text + "0", token)
            for key, what in (
                (foreign, token),
                (BOOTSTRAP, token),
                (it.text, token[:-1]),
                (it.text, "at_x_y"),
            ):
                await it.hub.withdraw(key, what)
            half = lookup.FRESH / 2
            now += 2 * half
            await it.taken(it.text)
            now += half
            held = await it.taken(token)
            now += half
            # The key is looked up anew, which says nothing of the token.
            await it.taken(it.text)
            await it.hub.withdraw(it.text, token)
            await it.taken(token)
            assert not await it.hub.revoked(held)
            now += half
            await it.refused(token)
            assert await it.hub.revoked(held)
            # The key is as good as before, and so is its other token, until the key goes.
            now += half
            await it.taken(it.text)
            now += half
            # The token is looked up, which says nothing of the key.
            held = await it.taken(other)
            await it.keys.revoke(it.key.id)
            await it.taken(other)
            now += half
            await it.refused(other)
            assert await it.hub.revoked(held)

    asyncio.run(run())


def test_its_time_is_over(own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    at = time.time()
    clock = SimpleNamespace(monotonic=time.monotonic, time=lambda: at)
    for module in (auth, access_tokens):
        monkeypatch.setattr(module, "time", clock)

    async def run() -> None:
        nonlocal at
        async with parts(own_redis) as it:
            token, _ = await it.hub.issue(it.text, HOUR)
            held = await it.taken(token)
            at += HOUR / 1000 - 1
            assert await it.taken(token) is held
            at += 1
            assert held.expired
            await it.refused(token)
            short, _ = await it.hub.issue(it.text, 1)
            (name,) = await it.client.execute("KEYS", f"*{short.split('_')[1]}*") or [b"gone"]
            while await it.client.execute("EXISTS", name):
                await asyncio.sleep(0.001)
            await it.refused(short)

    asyncio.run(run())


def test_a_token_of_the_bootstrap_key_dies_with_it(own_redis: RedisServer) -> None:
    async def run() -> None:
        async with parts(own_redis) as it:
            token, _ = await it.hub.issue(BOOTSTRAP, HOUR)
            credential = await it.taken(token)
            assert (credential.organization, credential.key_id) == (auth.OPERATOR, "")
            assert credential.scopes == auth.ALL_SCOPES
            assert not await it.hub.revoked(credential)
            for bootstrap in ("", "sk_boot_other"):
                with pytest.raises(HubError, match="invalid_credential"):
                    await Authenticator(it.keys, it.tokens, bootstrap).text(token)
            assert (await Authenticator(it.keys, it.tokens, BOOTSTRAP).text(token)).key_id == ""
            await it.hub.withdraw(BOOTSTRAP, token)
            other = Authenticator(it.keys, it.tokens, BOOTSTRAP)
            with pytest.raises(HubError, match="invalid_credential"):
                await other.text(token)

    asyncio.run(run())


def test_of_one_key_there_are_only_so_many(own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_tokens, "MOST", 3)

    async def run() -> None:
        async with parts(own_redis) as it:
            made: list[str] = []
            for _ in range(5):
                made.append((await it.hub.issue(it.text, HOUR))[0])
                # By their times, which are milliseconds.
                await asyncio.sleep(0.002)
            other, _ = await it.hub.issue(BOOTSTRAP, HOUR)
            for token in made[:2]:
                await it.refused(token)
            for token in (*made[2:], other):
                await it.taken(token)
            # Those whose time is over do not count.
            for _ in range(3):
                await it.tokens.create("k", b"", 1)
            await asyncio.sleep(0.005)
            await it.tokens.create("k", b"", HOUR)
            assert len(await it.client.execute("KEYS", "hub:{access.tokens}:*")) == 4 + 1 + 3

    asyncio.run(run())


def test_who_is_known_goes_on_through_an_outage(
    own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "MAX_KNOWN", 10)
    monkeypatch.setattr(lookup, "FRESH", 0.0)

    async def run() -> None:
        async with parts(own_redis) as it:
            token, stranger = [(await it.hub.issue(it.text, HOUR))[0] for _ in range(2)]
            credential = await it.taken(token)
            for number in range(25):
                await it.refused(f"{PREFIX}guess{number}_secret")
            own_redis.kill()
            assert await it.taken(token) == credential
            assert not await it.hub.revoked(credential)
            with pytest.raises(Unavailable):
                await it.hub.text(stranger)

    asyncio.run(run())
