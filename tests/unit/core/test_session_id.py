"""Session ids carry 12 bytes and give them back."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.core.made_entries import bounded

from hub.core.session_id import PREFIX, session_id
from schemas.codec import ID_PATTERN

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
entropies = st.binary(min_size=12, max_size=12)


def _entropy(name):
    number = 0
    for character in name.removeprefix(PREFIX):
        number = number * 32 + ALPHABET.index(character)
    return number.to_bytes(12, "big")


@bounded
@given(entropies)
def test_the_bytes_can_be_read_back(entropy):
    name = session_id(entropy)
    assert _entropy(name) == entropy
    assert re.fullmatch(f"ses_[01][{ALPHABET}]{{19}}", name)
    assert ID_PATTERN.match(name)


@bounded
@given(entropies, entropies)
def test_order_is_that_of_the_bytes(one, other):
    assert (session_id(one) < session_id(other)) == (one < other)


@pytest.mark.parametrize(
    ("entropy", "name"),
    [
        (bytes(12), "ses_00000000000000000000"),
        (bytes(11) + b"\x01", "ses_00000000000000000001"),
        (b"\xff" * 12, "ses_1zzzzzzzzzzzzzzzzzzz"),
    ],
)
def test_known_values(entropy, name):
    assert session_id(entropy) == name


@pytest.mark.parametrize("size", [0, 11, 13, 16])
def test_other_sizes_are_refused(size):
    with pytest.raises(ValueError, match="12 bytes"):
        session_id(bytes(size))
