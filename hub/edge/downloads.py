"""Signatures of download URLs: what one opens, and until when.

`<claims>.<signature>`: base64url without padding; the signature is HMAC-SHA256 over a word of its own and the
claims, so that no stream token is a download and no download a stream token.
"""

import base64
import binascii
import hashlib
import hmac

import msgspec

MAX_SIGNATURE = 1024
"""Characters of a signature that is looked at."""
_PURPOSE = b"download."


class Download(msgspec.Struct, frozen=True, kw_only=True):
    """What a signature opens."""

    organization: str
    key_id: str
    """Of the API key that asked for it; the URL dies with it."""
    session_id: str
    what: str
    """Such as `transcript`."""
    format: str
    expires: int
    """Milliseconds since 1970."""


_decoder = msgspec.json.Decoder(Download)


def sign(download: Download, secret: bytes) -> str:
    """The signature that opens `download`."""
    claims = _encode(msgspec.json.encode(download))
    return f"{claims}.{_signature(claims, secret)}"


def verify(signature: str, secret: bytes) -> Download | None:
    """What a signature opens, expired or not; None if it is not one of ours."""
    claims, _, given = signature.partition(".")
    if len(signature) > MAX_SIGNATURE or not signature.isascii():
        return None
    # As text: more than one text stands for the same bytes.
    if not hmac.compare_digest(given, _signature(claims, secret)):
        return None
    try:
        return _decoder.decode(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    except (binascii.Error, msgspec.MsgspecError):
        return None


def _signature(claims: str, secret: bytes) -> str:
    return _encode(hmac.digest(secret, _PURPOSE + claims.encode(), hashlib.sha256))


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
