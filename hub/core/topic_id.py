"""Topic ids: `top_`, and then as in session ids."""

from hub.core.session_id import spelled

PREFIX = "top_"


def topic_id(entropy: bytes) -> str:
    """The topic id that carries `entropy`, exactly 12 bytes of it."""
    return PREFIX + spelled(entropy)
