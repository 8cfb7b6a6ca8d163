"""The clock by which all that is due is due: that of Redis, which all hubs share."""

from hub.store import scripts
from hub.store.client import Client


async def now(client: Client) -> int:
    """The time of Redis, in milliseconds since 1970.

    Raises:
        Unavailable.
    """
    return int(await scripts.NOW.run(client, ()))
