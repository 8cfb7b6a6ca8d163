"""A stream that is over leaves nothing for the garbage collector, which seldom comes."""

import asyncio
import gc

from hub.edge.auth import Credential
from hub.edge.connections import Connections
from hub.edge.metrics import Metrics
from hub.edge.sse import NAMED, Wanted
from hub.edge.sse_direct import SseConnection
from hub.live.subscriber import Filter
from schemas.events import Channel


class _Transport(asyncio.Transport):
    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Nobody reads it."""

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """As wide as one likes."""


def test_a_connection_that_is_lost_is_freed_at_once() -> None:
    credential = Credential(organization="acme", scopes=frozenset(), key_id="k")
    what = Filter(channels=frozenset(Channel))
    wanted = Wanted(("acme", "ses_1"), what, None, None, credential, NAMED)
    connections = Connections(None, Metrics())  # type: ignore[arg-type]  # asks nobody here
    gc.collect()
    gc.disable()
    try:
        connection = SseConnection(_Transport(), wanted, connections=connections, backlog=1024)
        connection.connection_lost(None)
        del connection
        assert not [one for one in gc.get_objects() if type(one) is SseConnection]
    finally:
        gc.enable()
