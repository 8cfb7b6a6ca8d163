"""Stream tokens: read-only, bound to an organization, a session and channels, and short-lived.

`st_<claims>.<signature>`: base64url without padding; the signature is HMAC-SHA256 over the claims.
"""

import base64
import binascii
import hashlib
import hmac

import msgspec

from schemas.events import Channel

PREFIX = "st_"


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What a token says."""

    organization: str
    key_id: str
    """Of the API key that asked for it; the token dies with it."""
    session_id: str | None
    """None: the organization's feed."""
    channels: frozenset[Channel]
    expires: int
    """Milliseconds since 1970."""


_decoder = msgspec.json.Decoder(Claims)


def sign(claims: Claims, secret: bytes) -> str:
    """The token that carries `claims`."""
    body = _encode(msgspec.json.encode(claims))
    return f"{PREFIX}{body}.{_encode(_signature(body, secret))}"


def verify(token: str, secret: bytes) -> Claims | None:
    """The claims of a token, expired or not; None if it is not one of ours."""
    body, _, signature = token.removeprefix(PREFIX).partition(".")
    try:
        given = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
        if not hmac.compare_digest(given, _signature(body, secret)):
            return None
        return _decoder.decode(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (binascii.Error, ValueError):
        return None


def _signature(body: str, secret: bytes) -> bytes:
    return hmac.digest(secret, body.encode(), hashlib.sha256)


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
