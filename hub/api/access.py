"""Access tokens in exchange for API keys, as OAuth 2.0 has them: how clients of published systems come in."""

from msgspec import Struct

from hub.api.services import Services
from hub.store.keys import PREFIX
from schemas.requests import Scope

LIFETIME = 10_800
"""Seconds for which an access token is good."""


class Grant(Struct, frozen=True):
    """An access token."""

    token: str
    """The only time it is shown."""
    expires_in: int
    """Seconds."""
    scopes: frozenset[Scope]


class Access:
    """Client credentials are an API key: its id, and the secret behind it."""

    def __init__(self, services: Services) -> None:
        self._authenticator = services.authenticator

    async def grant(self, client_id: str, client_secret: str) -> Grant:
        """An access token: it may do what the key may, and dies with it.

        Raises:
            HubError: `invalid_credential`. Unavailable, StorageFull.
        """
        token, credential = await self._authenticator.issue(_key(client_id, client_secret), LIFETIME * 1000)
        return Grant(token, LIFETIME, credential.scopes)

    async def revoke(self, client_id: str, client_secret: str, token: str) -> None:
        """Revoke a token of these credentials; of anything else nothing is said (RFC 7009, section 2.2).

        It takes effect within 5 s, on open connections too.

        Raises:
            HubError: `invalid_credential`: of the credentials. Unavailable.
        """
        await self._authenticator.withdraw(_key(client_id, client_secret), token)


def _key(client_id: str, client_secret: str) -> str:
    return f"{PREFIX}{client_id}_{client_secret}"
