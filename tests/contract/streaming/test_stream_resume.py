"""Going on from a cursor: everything after it, once, in order, whatever is published meanwhile."""

import asyncio
import random

import pytest
from contract.streaming.followers import Frame, Transport, entries, ids
from contract.streaming.stage import Stage, custom, joined, line, message, of_every_channel, segment

from schemas.events import Channel

pytestmark = pytest.mark.anyio

NO_LOGS = [channel for channel in Channel if channel is not Channel.LOGS]


async def told_of(stage: Stage, transport: Transport, session_id: str) -> tuple[list[str], str]:
    """Publish 33 entries, also to somebody who is there; their ids and that of a bookmark between them."""
    witness = await stage.caught_up(transport, session_id)
    told = await stage.publish(session_id, *of_every_channel(0), *of_every_channel(1))
    await witness.reach(told[-1])
    bookmark = (await witness.until("bookmark"))[-1]["id"]
    for number in range(2, 20):
        told += await stage.publish(session_id, line(number) if number % 3 else segment(f"s{number}"))
    told += await stage.publish(session_id, line(20))
    await witness.reach(told[-1])
    return told, bookmark


@pytest.mark.parametrize("place", ["start", "middle", "log", "bookmark", "head"])
@pytest.mark.parametrize("logs", [True, False], ids=["logs", "no-logs"])
async def test_resumes_from(either: Stage, transport: Transport, place: str, logs: bool) -> None:
    channels = list(Channel) if logs else NO_LOGS
    session_id = await either.create()
    told, bookmark = await told_of(either, transport, session_id)
    cursor = {
        "start": "0-0",
        "middle": told[4],
        # The last entry of `of_every_channel` but one is a log, and so are most of those that follow.
        "log": told[15],
        "bookmark": bookmark,
        "head": told[-1],
    }[place]
    follower = await either.follow(transport, session_id, after=cursor, channels=channels)
    *replayed, caught_up = await follower.until("bookmark")
    assert [frame["type"] for frame in replayed] == [frame["type"] for frame in entries(replayed)]
    assert ids(replayed) == either.wanted(session_id, cursor, channels)
    assert caught_up["id"] == told[-1]
    later = await either.publish(session_id, custom(1), line(1), message(1))
    assert ids(await follower.reach(later[-1])) == either.wanted(session_id, told[-1], channels)


async def test_resumes_over_more_entries_than_one_read_gives(either: Stage, transport: Transport) -> None:
    session_id = await either.create()
    told: list[str] = []
    for start in (0, 400, 800):
        told += await either.publish(session_id, *(custom(number) for number in range(start, start + 400)))
    follower = await either.follow(transport, session_id, after=told[9])
    assert ids(await follower.until("bookmark")) == told[10:]


async def test_a_request_of_the_largest_size_cuts_nobody_who_reads(
    stage: Stage, transport: Transport
) -> None:
    """Its frames are larger than the request, which is as large as a backlog may be."""
    session_id = await stage.create()
    live = await stage.caught_up(transport, session_id)
    body = "x" * 63_000
    told = await stage.publish(session_id, *(custom(number, body=body) for number in range(16)))
    told += await stage.publish(session_id, *(custom(number, body=body) for number in range(16)))
    assert ids(await live.reach(told[-1])) == told
    # More than is in memory, and what is.
    for cursor, wanted in ((stage.stored(session_id)[0]["id"], told), (told[20], told[21:])):
        resumed = await stage.follow(transport, session_id, after=cursor)
        assert ids(await resumed.until("bookmark")) == wanted


class Wanderer:
    """Cuts its connection after a few entries, again and again, and goes on from where it was."""

    def __init__(self, stage: Stage, transport: Transport, channels: list[Channel], seed: str) -> None:
        self.stage = stage
        self.transport = transport
        self.channels = channels
        self.chance = random.Random(seed)
        self.seen: list[Frame] = []
        self.rounds = 0

    async def run(self, session_id: str, published: asyncio.Event) -> None:
        cursor = "0-0"
        while True:
            last = published.is_set()
            follower = await self.stage.follow(
                self.transport, session_id, after=cursor, channels=self.channels
            )
            if last:
                await follower.reach(self.stage.stored(session_id)[-1]["id"])
            else:
                for _ in range(self.chance.randint(1, 60)):
                    await follower.next()
                    if published.is_set():
                        # Only bookmarks would come.
                        break
            follower.abort()
            # What was received is what a subscriber has: also what was not looked at yet.
            self.seen += follower.frames
            cursor = follower.cursor
            self.rounds += 1
            if last:
                return


async def publish_all(stage: Stage, session_id: str, publisher: int) -> None:
    for number in range(50):
        name = f"{publisher}-{number}"
        await stage.publish(session_id, joined(name), segment(name), line(number), segment(name, final=True))


@pytest.mark.parametrize("logs", [True, False], ids=["logs", "no-logs"])
async def test_nothing_is_lost_or_doubled_while_publishing_goes_on(
    stage: Stage, transport: Transport, logs: bool
) -> None:
    channels = list(Channel) if logs else NO_LOGS
    session_id = await stage.create()
    # More than one read gives, so that the replay takes its time.
    for _ in range(2):
        await stage.publish(session_id, *(custom(number) for number in range(350)))
    published = asyncio.Event()
    wanderers = [Wanderer(stage, transport, channels, f"{logs}-{number}") for number in range(6)]
    async with asyncio.TaskGroup() as tasks:
        for wanderer in wanderers:
            tasks.create_task(wanderer.run(session_id, published))
        async with asyncio.TaskGroup() as publishers:
            for publisher in range(4):
                publishers.create_task(publish_all(stage, session_id, publisher))
        published.set()
    wanted = stage.wanted(session_id, channels=channels)
    for wanderer in wanderers:
        assert not [frame for frame in wanderer.seen if frame["type"] in ("reset", "snapshot", "disconnect")]
        assert ids(wanderer.seen) == wanted
        assert wanderer.rounds > 1


async def test_nothing_is_lost_or_doubled_when_one_reads_from_redis(
    cramped: Stage, transport: Transport
) -> None:
    """As above, where hardly any entry is in memory at the seam."""
    session_id = await cramped.create()
    await cramped.publish(session_id, *(custom(number) for number in range(450)))
    published = asyncio.Event()
    wanderers = [Wanderer(cramped, transport, NO_LOGS, f"redis-{number}") for number in range(4)]
    async with asyncio.TaskGroup() as tasks:
        for wanderer in wanderers:
            tasks.create_task(wanderer.run(session_id, published))
        async with asyncio.TaskGroup() as publishers:
            for publisher in range(4):
                publishers.create_task(publish_all(cramped, session_id, publisher))
        published.set()
    wanted = cramped.wanted(session_id, channels=NO_LOGS)
    for wanderer in wanderers:
        assert not [frame for frame in wanderer.seen if frame["type"] in ("reset", "snapshot", "disconnect")]
        assert ids(wanderer.seen) == wanted


async def test_what_was_acknowledged_comes_before_the_bookmark(either: Stage, transport: Transport) -> None:
    session_id = await either.create()
    # While somebody is there, who subscribes goes on from what the hub holds in memory.
    await either.caught_up(transport, session_id)

    async def look(number: int) -> None:
        told = await either.publish(session_id, custom(number))
        follower = await either.follow(transport, session_id, after="0-0" if number % 2 else None)
        *shown, bookmark = await follower.until("bookmark")
        assert all(frame["type"] != "bookmark" for frame in shown)
        assert int(bookmark["id"].partition("-")[2]) >= int(told[0].partition("-")[2])
        await follower.close()

    for round_ in range(10):
        await asyncio.gather(*(look(round_ * 10 + number) for number in range(10)))
