"""Access tokens of OAuth 2.0: what an API key is exchanged for, for a while."""

import hashlib
import secrets
import time

import msgspec

from hub.store import layout, scripts
from hub.store.client import Client
from hub.store.keys import matches
from schemas import codec

PREFIX = "at_"
MOST = 1000
"""Tokens of one API key that are good at the same time; a further one takes the place of the oldest."""


class AccessToken(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a token: never its secret."""

    id: str
    sha256: bytes
    """Of its secret; it has 192 random bits, so no slow hash is needed."""
    key_id: str
    """Of the API key it stands for; empty for the bootstrap key."""
    key_sha256: bytes
    """Of that key, so that the token dies with it."""
    expires: int
    """Milliseconds since 1970."""

    def matches(self, secret: str) -> bool:
        """Whether `secret` is the token's."""
        return matches(secret, self.sha256)


_records = msgspec.json.Decoder(AccessToken)


class AccessTokens:
    """Access tokens in Redis, which forgets them when their time is over."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def create(self, key_id: str, key_sha256: bytes, lifetime: int) -> str:
        """Make a token.

        Args:
            key_id: Of the API key it stands for.
            key_sha256: Of that key.
            lifetime: Milliseconds.

        Returns:
            The token itself: `at_<id>_<secret>`.

        Raises:
            Unavailable, StorageFull.
        """
        token_id, secret = secrets.token_hex(8), secrets.token_hex(24)
        record = AccessToken(
            id=token_id,
            sha256=hashlib.sha256(secret.encode()).digest(),
            key_id=key_id,
            key_sha256=key_sha256,
            expires=int(time.time() * 1000) + lifetime,
        )
        keys = (layout.access_token_key(token_id), layout.access_tokens_key(key_id))
        await scripts.ACCESS.run(self._client, keys, (token_id, codec.encode(record), lifetime, MOST))
        return f"{PREFIX}{token_id}_{secret}"

    async def find(self, token_id: str) -> AccessToken | None:
        """What is kept of a token; None if there is none, it was revoked or its time is over.

        Raises:
            Unavailable.
        """
        raw = await self._client.execute("GET", layout.access_token_key(token_id))
        return None if raw is None else _records.decode(raw)

    async def revoke(self, token_id: str) -> None:
        """Forget a token.

        Raises:
            Unavailable.
        """
        await self._client.execute("DEL", layout.access_token_key(token_id))
