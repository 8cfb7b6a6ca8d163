"""Session ids: `ses_` and 20 characters of Crockford's base 32 that carry 96 random bits.

96 bits fit the id forms of other systems (a UUID, 24 hex digits) both ways without a table.
Source of the alphabet: https://www.crockford.com/base32.html, in lower case.
"""

PREFIX = "ses_"
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def session_id(entropy: bytes) -> str:
    """The session id that carries `entropy`, exactly 12 bytes of it."""
    return PREFIX + spelled(entropy)


def spelled(entropy: bytes) -> str:
    """What is behind the prefix of an id that carries `entropy`, exactly 12 bytes of it."""
    if len(entropy) != 12:
        raise ValueError("an id carries 12 bytes")
    number = int.from_bytes(entropy, "big")
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(95, -1, -5))


def entropy_of(text: str) -> bytes:
    """The 12 bytes that a session id carries.

    Raises:
        ValueError: it is none.
    """
    digits = text.removeprefix(PREFIX)
    if not text.startswith(PREFIX) or len(digits) != 20:
        raise ValueError("not a session id")
    number = 0
    for digit in digits:
        number = number << 5 | _ALPHABET.index(digit)
    # 20 digits have room for 100 bits.
    if number >> 96:
        raise ValueError("not a session id")
    return number.to_bytes(12, "big")
