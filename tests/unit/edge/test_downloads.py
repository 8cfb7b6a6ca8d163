"""Signatures of download URLs."""

import base64
import hashlib
import hmac

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from hub.edge import tokens
from hub.edge.downloads import Download, sign, verify
from schemas.events import Channel

SECRET = b"s" * 32
DOWNLOAD = Download(
    organization="acme", key_id="k", session_id="ses_1", what="summary", format="txt", expires=1
)


@given(st.builds(Download))
def test_a_signature_opens_what_was_signed(download: Download) -> None:
    signature = sign(download, SECRET)
    if len(signature) <= 1024:
        assert verify(signature, SECRET) == download
    assert verify(signature, b"t" * 32) is None


@given(st.text())
def test_whatever_else_opens_nothing(text: str) -> None:
    assert verify(text, SECRET) is None


@given(st.integers(0, len(sign(DOWNLOAD, SECRET)) - 1), st.characters())
def test_no_character_of_a_signature_can_be_another(place: int, other: str) -> None:
    signature = sign(DOWNLOAD, SECRET)
    changed = signature[:place] + other + signature[place + 1 :]
    assert (verify(changed, SECRET) is None) == (changed != signature)


def test_what_is_signed_as_a_stream_token_is_no_download() -> None:
    claims = base64.urlsafe_b64encode(msgspec.json.encode(DOWNLOAD)).rstrip(b"=").decode()
    digest = hmac.digest(SECRET, claims.encode(), hashlib.sha256)
    as_token = f"{claims}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"
    assert verify(as_token, SECRET) is None


def test_a_download_is_no_stream_token() -> None:
    token = tokens.Claims(
        organization="acme", key_id="k", session_id="ses_1", channels=frozenset({Channel.CHAT}), expires=1
    )
    # Were the purpose not signed, this would be the signature of the token's claims.
    claims = tokens.sign(token, SECRET).removeprefix("st_").partition(".")[0]
    signed = hmac.digest(SECRET, b"download." + claims.encode(), hashlib.sha256)
    forged = f"st_{claims}.{base64.urlsafe_b64encode(signed).rstrip(b'=').decode()}"
    assert tokens.verify(forged, SECRET) is None
