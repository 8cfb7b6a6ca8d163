"""Reading many sources at once when one of them holds what nobody can read."""

import asyncio

from servers import RedisServer

from hub.core.entry_id import ORIGIN
from hub.errors import HubError
from hub.store.appender import Appender
from hub.store.client import Client
from hub.store.streams import Limits, Source, Streams, feed_source, session_source


def test_an_entry_that_cannot_be_read_fails_its_own_source_only(own_redis: RedisServer) -> None:
    broken, foreign, good = (session_source("acme", name) for name in ("broken", "foreign", "good"))
    feeds = feed_source("acme"), feed_source("other")

    async def run() -> list[object]:
        client = Client(own_redis.url, 10.0)
        streams = Streams(
            client, Appender(client), retention=10**6, logs_kept=10, feed_kept=10, limits=Limits()
        )
        await client.execute("XADD", broken.streams[0], "1-1", "unknown", "field")
        await client.execute("SET", foreign.streams[0], "no stream")
        await client.execute("XADD", good.streams[0], "1-1", "t", "x.a", "d", "{}")
        await client.execute("XADD", feeds[0].streams[0], "1-1", "unknown", "field")
        change = ("s", "good", "e", "1-1", "t", "session.created", "d", "{}")
        await client.execute("XADD", feeds[1].streams[0], "1-1", *change)
        sources: tuple[Source, ...] = (broken, foreign, good, *feeds)
        results = await streams.news([(source, ORIGIN) for source in sources])
        await client.aclose()
        return list(results)

    results = asyncio.run(run())
    for failed in (results[0], results[1], results[3]):
        assert isinstance(failed, Exception)
        # That would mean: it may be readable later.
        assert not isinstance(failed, HubError)
    for read in (results[2], results[4]):
        assert isinstance(read, list)
        assert len(read) == 1
