"""Who somebody is: by API key, access token or stream token, from which alone the organization comes."""

import hashlib
import math
import time
from collections import OrderedDict
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import HTTPConnection

from hub.edge import tokens
from hub.edge.lookup import Known, Lookup, remember
from hub.errors import HubError, Unavailable
from hub.store import access_tokens
from hub.store.access_tokens import AccessToken, AccessTokens
from hub.store.keys import Keys, matches, split
from schemas.details import User
from schemas.events import Channel
from schemas.requests import Scope

OPERATOR = "default"
"""The organization whose admins may make keys for others."""

ALL_SCOPES: frozenset[Scope] = frozenset({"publish", "subscribe", "manage", "admin"})


class Credential(Struct, frozen=True, kw_only=True):
    """What somebody may do, and for whom."""

    organization: str
    scopes: frozenset[Scope]
    key_id: str
    """Empty for the bootstrap key."""
    user: User | None = None
    claims: tokens.Claims | None = None
    """Of a stream token; None for an API key."""
    access_token: str = ""
    """Id of the access token that stands for the key; empty for the key itself."""
    expires: int | None = None
    """When the token expires, milliseconds since 1970; None for an API key."""

    @property
    def expired(self) -> bool:
        """It is a token whose time is over."""
        return self.expires is not None and self.expires <= time.time() * 1000

    def require(self, scope: Scope) -> None:
        """Refuse unless the credential has `scope`.

        Raises:
            HubError: `missing_scope`, `token_expired`.
        """
        if self.claims is not None:
            raise HubError("missing_scope", "A stream token opens streams only.", scope=scope)
        if scope not in self.scopes and "admin" not in self.scopes:
            raise HubError("missing_scope", f"This needs the scope `{scope}`.", scope=scope)

    def channels(self, session_id: str | None, wanted: frozenset[Channel] | None) -> frozenset[Channel]:
        """The channels of a stream that this credential opens.

        Args:
            session_id: Of the stream; None for the feed.
            wanted: What was asked for; None for all there are.

        Raises:
            HubError: `session_not_found`: the token is bound to another session. `missing_scope`.
        """
        if self.claims is None:
            self.require("subscribe")
            return wanted or frozenset(Channel)
        if self.claims.session_id != session_id:
            if session_id is None:
                raise HubError("missing_scope", "This token does not open the organization's feed.")
            raise HubError("session_not_found")
        if wanted is not None and not wanted <= self.claims.channels:
            missing = ", ".join(sorted(wanted - self.claims.channels))
            raise HubError("missing_scope", f"This token does not open: {missing}.")
        return wanted or self.claims.channels


class _Holder(NamedTuple):
    """Who has an API key."""

    sha256: bytes
    """Of the key."""
    credential: Credential
    """The same object for all requests with it."""


class _Bearer(NamedTuple):
    """Who has an access token."""

    token: AccessToken
    credential: Credential
    """The same object for all requests with it."""


class Authenticator:
    """Looks credentials up.

    Args:
        keys: Where API keys are kept.
        access_tokens: Where access tokens are.
        bootstrap: An admin key of `OPERATOR` that is always valid.
    """

    def __init__(self, keys: Keys, access_tokens: AccessTokens, bootstrap: str) -> None:
        self._keys = keys
        self._access_tokens = access_tokens
        self._bootstrap = hashlib.sha256(bootstrap.encode()).digest() if bootstrap else b""
        operator = Credential(organization=OPERATOR, scopes=ALL_SCOPES, key_id="")
        self._operator = Known(_Holder(self._bootstrap, operator), math.inf)
        self._holders = Lookup(self._holder)
        self._bearers = Lookup(self._bearer)
        self._headers: OrderedDict[bytes, tuple[Credential, float]] = OrderedDict()
        """By the hash of a header that was verified: whose it is, and until when that is fresh."""
        self._secret: bytes | None = None

    async def connection(self, connection: HTTPConnection, *, token: bool = False) -> Credential:
        """The credential of a request.

        Args:
            connection: Its `Authorization` header is read.
            token: Also the query parameter `token`, as browsers cannot set the header on a stream.

        Raises:
            HubError: `missing_credential`, `invalid_credential`. Unavailable.
        """
        value = connection.headers.get("authorization")
        credential = await self.header(value.encode("latin-1")) if value else None
        if credential is not None:
            return credential
        parameter = connection.query_params.get("token") if token else None
        if parameter:
            return await self.text(parameter)
        raise HubError("missing_credential")

    async def header(self, value: bytes) -> Credential | None:
        """The credential in the value of an `Authorization` header; None if there is none in it.

        Raises:
            HubError: `invalid_credential`. Unavailable.
        """
        # By hash: neither is the secret kept, nor tells the time of the look-up anything of it.
        hashed = hashlib.sha256(value).digest()
        credential, until = self._headers.get(hashed, (None, 0.0))
        if credential is not None and time.monotonic() < until and not credential.expired:
            return credential
        scheme, _, text = value.decode("latin-1").partition(" ")
        text = text.strip()
        if scheme.lower() != "bearer" or not text:
            return None
        credential, until = await self._resolved(text)
        if until:
            remember(self._headers, hashed, (credential, until))
        return credential

    async def text(self, value: str) -> Credential:
        """The credential that `value` is; an expired stream token is one too.

        Raises:
            HubError: `invalid_credential`. Unavailable.
        """
        return (await self._resolved(value))[0]

    async def _resolved(self, value: str) -> tuple[Credential, float]:
        """The credential that `value` is, and until when that is known; 0 for something to look at again."""
        if value.startswith(tokens.PREFIX):
            return await self._stream_token(value), 0.0
        if value.startswith(access_tokens.PREFIX):
            return await self._access_token(value)
        known = await self._key(value)
        return known.value.credential, known.until

    async def _key(self, value: str) -> Known[_Holder]:
        if self._bootstrap and matches(value, self._bootstrap):
            return self._operator
        parts = split(value)
        known = None if parts is None else await self._holders.find(parts[0])
        if parts is None or known is None or not matches(parts[1], known.value.sha256):
            raise HubError("invalid_credential")
        return known

    async def _access_token(self, value: str) -> tuple[Credential, float]:
        parts = split(value, access_tokens.PREFIX)
        known = None if parts is None else await self._bearers.find(parts[0])
        if parts is None or known is None or not known.value.token.matches(parts[1]):
            raise HubError("invalid_credential")
        # By itself: a key may be revoked just after its token was looked up.
        owner = await self._owner(known.value.token)
        if owner is None or known.value.credential.expired:
            raise HubError("invalid_credential")
        return known.value.credential, min(known.until, owner.until)

    async def _owner(self, token: AccessToken) -> Known[_Holder] | None:
        """Who has the API key that a token stands for; None if there is no such key any more."""
        owner = await self._holders.find(token.key_id) if token.key_id else self._operator
        return owner if owner is not None and owner.value.sha256 == token.key_sha256 else None

    async def _stream_token(self, value: str) -> Credential:
        claims = tokens.verify(value, await self.secret())
        if claims is None or (claims.key_id and await self._holders.find(claims.key_id) is None):
            raise HubError("invalid_credential")
        return Credential(
            organization=claims.organization,
            scopes=frozenset({"subscribe"}),
            key_id=claims.key_id,
            claims=claims,
            expires=claims.expires,
        )

    async def issue(self, api_key: str, lifetime: int) -> tuple[str, Credential]:
        """An access token that stands for an API key, for `lifetime` milliseconds; and what the key allows.

        Raises:
            HubError: `invalid_credential`. Unavailable, StorageFull.
        """
        holder = (await self._key(api_key)).value
        token = await self._access_tokens.create(holder.credential.key_id, holder.sha256, lifetime)
        return token, holder.credential

    async def withdraw(self, api_key: str, token: str) -> None:
        """Revoke an access token of an API key; what is none of its tokens stays as it is.

        It takes effect within `hub.edge.lookup.FRESH`.

        Raises:
            HubError: `invalid_credential`: of the key. Unavailable.
        """
        holder = (await self._key(api_key)).value
        parts = split(token, access_tokens.PREFIX)
        found = None if parts is None else await self._access_tokens.find(parts[0])
        if parts is None or found is None or not found.matches(parts[1]):
            return
        if found.key_id == holder.credential.key_id:
            await self._access_tokens.revoke(found.id)

    async def revoked(self, credential: Credential) -> bool:
        """Whether the key or token behind a credential is gone; while the store is away, nobody knows."""
        try:
            if credential.access_token and await self._bearers.find(credential.access_token) is None:
                return True
            return bool(credential.key_id) and await self._holders.find(credential.key_id) is None
        except Unavailable:
            return False

    async def secret(self) -> bytes:
        """What tokens are signed with.

        Raises:
            Unavailable: it was never read.
        """
        if self._secret is None:
            self._secret = await self._keys.token_secret()
        return self._secret

    async def _holder(self, key_id: str) -> _Holder | None:
        record = await self._keys.find(key_id)
        if record is None:
            return None
        key = record.key
        credential = Credential(
            organization=key.organization, scopes=frozenset(key.scopes), key_id=key.id, user=key.user
        )
        return _Holder(record.sha256, credential)

    async def _bearer(self, token_id: str) -> _Bearer | None:
        token = await self._access_tokens.find(token_id)
        owner = None if token is None else await self._owner(token)
        if token is None or owner is None:
            return None
        credential = replace(owner.value.credential, access_token=token.id, expires=token.expires)
        return _Bearer(token, credential)
