"""All published systems that are served, each below `/compat/<name>`."""

from starlette.routing import BaseRoute

from hub.api.native import Native
from hub.compat import bigmind, emogg, meemo, meeting_buddy, realtimekit
from hub.compat.system import System

SYSTEMS: tuple[System, ...] = (
    bigmind.SYSTEM,
    realtimekit.SYSTEM,
    meemo.SYSTEM,
    emogg.SYSTEM,
    meeting_buddy.SYSTEM,
)


def routes(native: Native) -> list[BaseRoute]:
    """The routes of all systems."""
    return [route for system in SYSTEMS for route in system.routes(native)]
