"""The Python client of a session hub.

    async with Hub("https://hub.example", key) as hub:
        session = await hub.create_session("Weekly")
        async with hub.publisher(session.id) as publisher:
            await publisher.send("session.status_changed", {"status": "active"})
        async for frame in hub.follow(session.id):
            ...

`hub` the hub itself · `follow` frames through every loss of the connection · `publisher` events in order ·
`frames` what is received · `errors` what can go wrong · `bot`, `assignment` a bot that is given
sessions · `vtt`, `script`, `player`, `replay`, `replay_bot` a WebVTT file played as a bot would · `local` the
hub of this machine. Needs asyncio.
"""

from hub.client.assignment import Assignment
from hub.client.bot import Bot
from hub.client.errors import (
    HubDisconnected,
    HubProblem,
    HubRefused,
    HubUnavailable,
    LeaseLost,
    VttError,
)
from hub.client.follow import FEED, Following
from hub.client.frames import (
    Bookmark,
    Disconnect,
    End,
    Entry,
    Frame,
    ResetFrame,
    SnapshotFrame,
    UnknownFrame,
)
from hub.client.hub import Hub
from hub.client.publisher import Publisher, Receipt

__all__ = [
    "FEED",
    "Assignment",
    "Bookmark",
    "Bot",
    "Disconnect",
    "End",
    "Entry",
    "Following",
    "Frame",
    "Hub",
    "HubDisconnected",
    "HubProblem",
    "HubRefused",
    "HubUnavailable",
    "LeaseLost",
    "Publisher",
    "Receipt",
    "ResetFrame",
    "SnapshotFrame",
    "UnknownFrame",
    "VttError",
]
