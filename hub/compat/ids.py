"""The forms of ids in other systems. Each converts both ways without a table.

A native session id carries 96 random bits (`hub.core.session_id`). Sources: version 8 of UUIDs, for what one
makes up oneself, is RFC 9562, section 5.8.
"""

import base64
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


def to_peer(session_id: str, participant_id: str, connection_id: str | None = None) -> str:
    """A participant of a session, or one of their connections, as one text that is safe in URLs.

    Such an id leads back to its session, where a system asks for somebody and names no session.
    """
    who = participant_id if connection_id is None else f"{participant_id}\0{connection_id}"
    return base64.urlsafe_b64encode(native.entropy_of(session_id) + who.encode()).rstrip(b"=").decode()


def of_peer(text: str) -> tuple[str, str, str | None]:
    """Session, participant and connection of a text made by `to_peer`; None: it names no connection.

    Raises:
        ValueError: it is something else.
    """
    if not text.isascii():
        raise ValueError("not the id of a peer")
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    session_id = native.session_id(raw[:12])
    participant_id, nul, connection_id = raw[12:].decode().partition("\0")
    peer = session_id, participant_id, connection_id if nul else None
    # What is no character of base64 was left out, and more than one text stands for the same bytes.
    if to_peer(*peer) != text:
        raise ValueError("not the id of a peer")
    return peer
