"""The forms of ids in other systems. Each converts both ways without a table.

A native session id carries 96 random bits (`hub.core.session_id`). Sources: version 8 of UUIDs, for what one
makes up oneself, is RFC 9562, section 5.8.
"""

import uuid

from hub.core import session_id as native


def to_uuid(session_id: str) -> str:
    """A session id as a UUID of version 8: its 24 digits, and six zeros behind the variant."""
    digits = to_hex(session_id)
    return str(uuid.UUID(f"{digits[:12]}8{digits[12:15]}8000000{digits[15:]}"))


def of_uuid(text: str) -> str:
    """The session id in a UUID, in any of its spellings.

    Raises:
        ValueError: it is no UUID, or carries none.
    """
    found = uuid.UUID(text)
    session_id = of_hex(found.hex[:12] + found.hex[13:16] + found.hex[23:])
    if to_uuid(session_id) != str(found):
        raise ValueError("no id of a session")
    return session_id


def to_hex(session_id: str) -> str:
    """A session id as 24 hexadecimal digits."""
    return native.entropy_of(session_id).hex()


def of_hex(text: str) -> str:
    """The session id in 24 hexadecimal digits.

    Raises:
        ValueError: it is something else.
    """
    if len(text) != 24 or not text.isascii():
        raise ValueError("not 24 hexadecimal digits")
    return native.session_id(bytes.fromhex(text))


def to_prefixed(session_id: str, prefix: str) -> str:
    """A session id behind another prefix."""
    return prefix + session_id.removeprefix(native.PREFIX)


def of_prefixed(text: str, prefix: str) -> str:
    """The session id in one with another prefix.

    Raises:
        ValueError: it has not that prefix, or no id behind it.
    """
    session_id = native.PREFIX + text.removeprefix(prefix)
    if not text.startswith(prefix):
        raise ValueError(f"no {prefix} in front")
    native.entropy_of(session_id)
    return session_id
