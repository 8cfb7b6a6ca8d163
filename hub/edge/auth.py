"""Who somebody is: API keys and stream tokens. The organization comes from the credential, nowhere else."""

import hashlib
import hmac
import math
import time
from collections import OrderedDict
from typing import NamedTuple, TypeVar

from msgspec import Struct
from starlette.requests import HTTPConnection

from hub.edge import tokens
from hub.errors import HubError, Unavailable
from hub.store.keys import Keys, Record, split
from schemas.details import User
from schemas.events import Channel
from schemas.requests import Scope

OPERATOR = "default"
"""The organization whose admins may make keys for others."""
FRESH = 2.0
"""Seconds for which a key that was looked up is taken as known; a revocation takes effect within them."""
MAX_KNOWN = 10_000
"""Keys remembered at most, and key ids for which there is none."""

ALL_SCOPES: frozenset[Scope] = frozenset({"publish", "subscribe", "manage", "admin"})

_Key = TypeVar("_Key", str, bytes)
_Value = TypeVar("_Value")


class Credential(Struct, frozen=True, kw_only=True):
    """What somebody may do, and for whom."""

    organization: str
    scopes: frozenset[Scope]
    key_id: str
    """Empty for the bootstrap key."""
    user: User | None = None
    claims: tokens.Claims | None = None
    """Of a stream token; None for an API key."""

    @property
    def expired(self) -> bool:
        """It is a token whose time is over."""
        return self.claims is not None and self.claims.expires <= time.time() * 1000

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


class _Known(NamedTuple):
    """A key that was looked up."""

    record: Record
    credential: Credential
    """The same object for all its requests."""
    asked: float
    """When, by the monotonic clock."""


class Authenticator:
    """Looks credentials up.

    Args:
        keys: Where API keys are kept.
        bootstrap: An admin key of `OPERATOR` that is always valid.
    """

    def __init__(self, keys: Keys, bootstrap: str) -> None:
        self._keys = keys
        self._bootstrap = hashlib.sha256(bootstrap.encode()).digest() if bootstrap else b""
        self._operator = Credential(organization=OPERATOR, scopes=ALL_SCOPES, key_id="")
        self._known: OrderedDict[str, _Known] = OrderedDict()
        # By themselves: whoever guesses must not make the hub forget those who go on through an outage.
        self._unknown: OrderedDict[str, float] = OrderedDict()
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
        if credential is not None and time.monotonic() < until:
            return credential
        scheme, _, text = value.decode("latin-1").partition(" ")
        text = text.strip()
        if scheme.lower() != "bearer" or not text:
            return None
        credential = await self.text(text)
        until = self._fresh_until(credential)
        if until:
            _remember(self._headers, hashed, (credential, until))
        return credential

    def _fresh_until(self, credential: Credential) -> float:
        if credential is self._operator:
            return math.inf
        known = self._known.get(credential.key_id)
        return known.asked + FRESH if known is not None and known.credential is credential else 0.0

    async def text(self, value: str) -> Credential:
        """The credential that `value` is; an expired token is one too.

        Raises:
            HubError: `invalid_credential`. Unavailable.
        """
        if value.startswith(tokens.PREFIX):
            return await self._token(value)
        if self._bootstrap and hmac.compare_digest(hashlib.sha256(value.encode()).digest(), self._bootstrap):
            return self._operator
        parts = split(value)
        if parts is None:
            raise HubError("invalid_credential")
        known = await self._find(parts[0])
        if known is None or not known.record.matches(parts[1]):
            raise HubError("invalid_credential")
        return known.credential

    async def _token(self, value: str) -> Credential:
        claims = tokens.verify(value, await self.secret())
        if claims is None or (claims.key_id and await self._find(claims.key_id) is None):
            raise HubError("invalid_credential")
        return Credential(
            organization=claims.organization,
            scopes=frozenset({"subscribe"}),
            key_id=claims.key_id,
            claims=claims,
        )

    async def revoked(self, credential: Credential) -> bool:
        """Whether the key behind a credential is gone; as long as the store is away, nobody knows."""
        if not credential.key_id:
            return False
        try:
            return await self._find(credential.key_id) is None
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

    async def _find(self, key_id: str) -> _Known | None:
        now = time.monotonic()
        known = self._known.get(key_id)
        if known is not None and now - known.asked < FRESH:
            return known
        if key_id in self._unknown and now - self._unknown[key_id] < FRESH:
            return None
        try:
            record = await self._keys.find(key_id)
        except Unavailable:
            # Whoever was known may go on: a stream must not end because the store is away.
            if known is None:
                raise
            return known
        if record is None:
            self._known.pop(key_id, None)
            _remember(self._unknown, key_id, now)
            return None
        found = _Known(record, _credential(record), now)
        _remember(self._known, key_id, found)
        return found


def _credential(record: Record) -> Credential:
    key = record.key
    return Credential(
        organization=key.organization, scopes=frozenset(key.scopes), key_id=key.id, user=key.user
    )


def _remember(memory: OrderedDict[_Key, _Value], key: _Key, value: _Value) -> None:
    memory[key] = value
    memory.move_to_end(key)
    if len(memory) > MAX_KNOWN:
        memory.popitem(last=False)
