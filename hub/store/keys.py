"""API keys and the secret that stream tokens are signed with."""

import hashlib
import hmac
import secrets
import time

import msgspec

from hub.store import layout
from hub.store.client import Client
from schemas import codec
from schemas.details import User
from schemas.requests import Key, Scope

PREFIX = "sk_"
MAX_SECRET = 128
"""Characters of a secret at most."""


def matches(secret: str, digest: bytes) -> bool:
    """Whether a digest is that of a secret, compared in constant time."""
    return hmac.compare_digest(hashlib.sha256(secret.encode()).digest(), digest)


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of an API key: never the secret."""

    sha256: bytes
    """Of the secret; it has 192 random bits, so no slow hash is needed."""
    key: Key

    def matches(self, secret: str) -> bool:
        """Whether `secret` is the key's."""
        return matches(secret, self.sha256)


_records = msgspec.json.Decoder(Record)


def split(text: str, prefix: str = PREFIX) -> tuple[str, str] | None:
    """Id and secret of `sk_<keyid>_<secret>`, or with another prefix; None if it does not look like that."""
    name, found, secret = text.removeprefix(prefix).partition("_")
    if not (text.startswith(prefix) and found and codec.ID_PATTERN.match(name)):
        return None
    return (name, secret) if 0 < len(secret) <= MAX_SECRET else None


class Keys:
    """API keys in Redis."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def create(
        self, organization: str, *, name: str | None, scopes: tuple[Scope, ...], user: User | None
    ) -> tuple[Key, str]:
        """Make a key.

        Returns:
            What is kept of it, and the key itself: `sk_<keyid>_<secret>`.
        """
        key_id, secret = secrets.token_hex(8), secrets.token_hex(24)
        now = codec.timestamp(int(time.time() * 1000))
        key = Key(id=key_id, organization=organization, name=name, scopes=scopes, user=user, created_at=now)
        await self._put(key, secret)
        return key, f"{PREFIX}{key_id}_{secret}"

    async def _put(self, key: Key, secret: str) -> None:
        record = Record(sha256=hashlib.sha256(secret.encode()).digest(), key=key)
        await self._client.execute("HSET", layout.API_KEYS, key.id, codec.encode(record))

    async def find(self, key_id: str) -> Record | None:
        """The record of a key id; None if there is none or it was revoked."""
        raw = await self._client.execute("HGET", layout.API_KEYS, key_id)
        return None if raw is None else _records.decode(raw)

    async def all(self, organization: str | None) -> list[Key]:
        """The keys of an organization, or of all of them, oldest first."""
        raw = await self._client.execute("HVALS", layout.API_KEYS)
        keys = (_records.decode(record).key for record in raw)
        return sorted(
            (key for key in keys if organization in (None, key.organization)),
            key=lambda key: (key.created_at, key.id),
        )

    async def revoke(self, key_id: str) -> None:
        """Forget a key."""
        await self._client.execute("HDEL", layout.API_KEYS, key_id)

    async def token_secret(self) -> bytes:
        """What stream tokens are signed with, the same for all hubs on this Redis."""
        secret = await self._client.execute("GET", layout.SECRET)
        if secret is None:
            # Only now, as a full store takes no SET, not even one that would change nothing.
            await self._client.execute("SET", layout.SECRET, secrets.token_bytes(32), "NX")
            secret = await self._client.execute("GET", layout.SECRET)
        return secret
