"""Every time that may be over, to the millisecond of a clock that is set; three hubs look at once."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import pytest
from contract.store.bot_stage import LEASE, ORGANIZATION, SPANS, Stage, staged
from servers import RedisServer

from hub.errors import HubError
from schemas.events import Status, StatusChanged

Arrangement = Callable[[Stage], Awaitable[tuple[str, int]]]
"""Brings a session to where a deadline runs: its id, and in how many milliseconds the time is over."""


async def _unclaimed(stage: Stage) -> tuple[str, int]:
    return await stage.created(), SPANS.unclaimed


async def _unclaimed_by_its_own(stage: Stage) -> tuple[str, int]:
    return await stage.created(own={"unclaimed": 7.5}), 7_500


async def _taken(stage: Stage, *statuses: str, own: dict[str, float] | None = None) -> tuple[str, int]:
    session_id = await stage.created(own=own)
    lease = await stage.taken(session_id)
    await stage.passes(session_id, lease, *statuses)
    return session_id, lease


async def _initializing(stage: Stage) -> tuple[str, int]:
    return (await _taken(stage))[0], SPANS.initializing


async def _joining(stage: Stage) -> tuple[str, int]:
    return (await _taken(stage, "joining"))[0], SPANS.joining


async def _joining_by_its_own(stage: Stage) -> tuple[str, int]:
    return (await _taken(stage, "joining", own={"joining": 0.25}))[0], 250


async def _waiting_room(stage: Stage) -> tuple[str, int]:
    return (await _taken(stage, "joining", "waiting_room"))[0], SPANS.waiting_room


async def _leaving(stage: Stage) -> tuple[str, int]:
    return (await _taken(stage, "active", "leaving"))[0], SPANS.leaving


async def _duration(stage: Stage) -> tuple[str, int]:
    session_id, lease = await _taken(stage, "active")
    await stage.says(
        session_id, lease, "participant.joined", participant_id="ada", connection_id="c1", name="Ada"
    )
    return session_id, SPANS.duration


async def _alone(stage: Stage) -> tuple[str, int]:
    return (await _taken(stage, "active"))[0], SPANS.alone


async def _left_alone(stage: Stage) -> tuple[str, int]:
    """The last one leaves when the time from the beginning is over already."""
    session_id, lease = await _taken(stage, "active")
    who = {"participant_id": "ada", "connection_id": "c1"}
    await stage.says(session_id, lease, "participant.joined", **who, name="Ada")
    bot = {"participant_id": "bot", "connection_id": "b", "name": "Scribe", "role": "bot"}
    await stage.says(session_id, lease, "participant.joined", **bot)
    await stage.tick(SPANS.alone + 1000)
    await stage.beats(session_id, lease)
    await stage.act()
    assert (await stage.standing(session_id)).status == "active"
    await stage.says(session_id, lease, "participant.left", **who)
    await stage.tick(SPANS.alone - 1)
    await stage.beats(session_id, lease)
    await stage.act()
    return session_id, 1


class Case(NamedTuple):
    arrange: Arrangement
    status: str
    code: str
    ends: tuple[str, str]
    """What the event says that the deadline writes: status and code."""
    stage: str


CASES = [
    Case(_unclaimed, "initializing", "BOT_UNAVAILABLE", ("failed", "BOT_UNAVAILABLE"), "initializing"),
    Case(
        _unclaimed_by_its_own,
        "initializing",
        "BOT_UNAVAILABLE",
        ("failed", "BOT_UNAVAILABLE"),
        "initializing",
    ),
    Case(
        _initializing,
        "initializing",
        "INITIALIZING_TIMEOUT",
        ("failed", "INITIALIZING_TIMEOUT"),
        "initializing",
    ),
    Case(_joining, "joining", "JOINING_TIMEOUT", ("failed", "JOINING_TIMEOUT"), "joining"),
    Case(_joining_by_its_own, "joining", "JOINING_TIMEOUT", ("failed", "JOINING_TIMEOUT"), "joining"),
    Case(
        _waiting_room,
        "waiting_room",
        "WAITING_ROOM_TIMEOUT",
        ("failed", "WAITING_ROOM_TIMEOUT"),
        "waiting_room",
    ),
    Case(_leaving, "leaving", "LEAVING_TIMEOUT", ("completed", "LEAVING_TIMEOUT"), "leaving"),
    Case(_duration, "active", "MAX_DURATION", ("leaving", "MAX_DURATION"), "active"),
    Case(_alone, "active", "ALONE", ("leaving", "ALONE"), "active"),
    Case(_left_alone, "active", "ALONE", ("leaving", "ALONE"), "active"),
]


def run(server: RedisServer, test: Callable[[Stage], Awaitable[None]]) -> None:
    async def whole() -> None:
        async with staged(server.url) as stage:
            await test(stage)

    asyncio.run(whole())


@pytest.mark.parametrize("case", CASES, ids=[case.arrange.__name__.strip("_") for case in CASES])
def test_a_time_that_is_over(own_redis: RedisServer, case: Case) -> None:
    """Nothing a millisecond before; then once, and however often is looked."""

    async def test(stage: Stage) -> None:
        session_id, span = await case.arrange(stage)
        standing = await stage.standing(session_id)
        assert standing.status == case.status
        await _pass(stage, session_id, standing.lease, span - 1)
        before = await stage.told(session_id)
        await stage.act()
        assert await stage.told(session_id) == before
        await stage.tick(1)
        for _ in range(3):
            await stage.act()
        (written,) = (await stage.told(session_id))[len(before) :]
        assert written["type"] == "session.status_changed"
        assert (written["status"], written["code"]) == case.ends
        assert written["reason"]
        if case.ends[0] == "leaving":
            await stage.tick(SPANS.leaving - 1)
            await stage.beats(session_id, standing.lease)
            await stage.act()
            assert (await stage.standing(session_id)).status == "leaving"
            await stage.tick(1)
            await stage.act()
            await stage.act()
            (written,) = (await stage.told(session_id))[len(before) + 1 :]
            assert (written["status"], written["code"]) == ("completed", case.code)
        assert written["stage"] == case.stage
        assert await stage.left_over() == []

    run(own_redis, test)


async def _pass(stage: Stage, session_id: str, lease: int, milliseconds: int) -> None:
    """Let time pass while the bot is alive."""
    while lease and milliseconds > LEASE - 1:
        await stage.tick(LEASE - 1)
        await stage.beats(session_id, lease)
        milliseconds -= LEASE - 1
    await stage.tick(milliseconds)
    if lease:
        await stage.beats(session_id, lease)


@pytest.mark.parametrize("status", ["initializing", "joining", "waiting_room", "active", "recording"])
def test_a_silent_bot_is_replaced_once_and_then_no_more(own_redis: RedisServer, status: str) -> None:
    async def test(stage: Stage) -> None:
        session_id, lease = await _taken(stage, *([] if status == "initializing" else [status]))
        await stage.tick(LEASE - 1)
        await stage.act()
        assert (await stage.standing(session_id)).lease == lease
        await stage.tick(1)
        await stage.act()
        standing = await stage.standing(session_id)
        assert (standing.lease, standing.status, standing.losses, standing.offered) == (
            0,
            "initializing",
            1,
            True,
        )
        with pytest.raises(HubError, match="lease_lost"):
            await stage.says(session_id, lease, "x.zombie")
        assert await stage.taken(session_id, "bot-2") == lease + 1
        await stage.tick(LEASE)
        await stage.act()
        await stage.act()
        told = await stage.told(session_id)
        losses = [entry for entry in told if entry["type"] == "bot.lost"]
        assert [(one["bot_id"], one["lease"], one["reason"]) for one in losses] == [
            ("bot-1", 1, "expired"),
            ("bot-2", 2, "expired"),
        ]
        assert (told[-1]["status"], told[-1]["code"], told[-1]["stage"]) == (
            "failed",
            "BOT_LOST",
            "initializing",
        )
        assert await stage.left_over() == []

    run(own_redis, test)


def test_a_bot_lost_while_leaving_has_left(own_redis: RedisServer) -> None:
    async def test(stage: Stage) -> None:
        session_id, _lease = await _taken(stage, "active", "leaving", own={"leaving": 500})
        await stage.tick(LEASE)
        await stage.act()
        told = await stage.told(session_id)
        assert [entry["type"] for entry in told[-2:]] == ["bot.lost", "session.status_changed"]
        assert (told[-1]["status"], told[-1]["code"]) == ("completed", "BOT_LOST")
        assert await stage.left_over() == []

    run(own_redis, test)


def test_a_scheduled_session_is_offered_to_the_millisecond(own_redis: RedisServer) -> None:
    async def test(stage: Stage) -> None:
        session_id = await stage.created(starts_in=600_000)
        await stage.tick(600_000 - SPANS.lead - 1)
        await stage.act()
        assert (await stage.standing(session_id)).status == "scheduled"
        assert await stage.one.leases.read(ORGANIZATION, ["zoom"], 1) == []
        await stage.tick(1)
        await stage.act()
        told = await stage.told(session_id)
        assert [(entry["type"], entry["status"]) for entry in told] == [
            ("session.created", "scheduled"),
            ("session.status_changed", "initializing"),
        ]
        assert await stage.taken(session_id) == 1

    run(own_redis, test)


def test_a_time_that_is_changed_or_taken_back_counts(own_redis: RedisServer) -> None:
    async def test(stage: Stage) -> None:
        session_id = await stage.created(starts_in=600_000)
        later = "2026-01-01T01:00:00.000Z"
        await stage.says(session_id, 0, "session.updated", scheduled_for=later)
        await stage.tick(600_000)
        await stage.act()
        assert (await stage.standing(session_id)).status == "scheduled"
        await stage.says(session_id, 0, "session.updated", scheduled_for=None)
        await stage.tick(3_600_000)
        await stage.act()
        assert (await stage.standing(session_id)).status == "scheduled"
        assert await stage.left_over() == []
        # A time that has passed already: at once.
        await stage.says(session_id, 0, "session.updated", scheduled_for=later)
        await stage.act()
        assert (await stage.standing(session_id)).offered

    run(own_redis, test)


def test_hubs_that_were_down_catch_up(own_redis: RedisServer) -> None:
    async def test(stage: Stage) -> None:
        sessions = [await stage.created(starts_in=600_000 + n) for n in range(20)]
        await stage.tick(86_400_000)
        await stage.act()
        for session_id in sessions:
            assert len(await stage.told(session_id)) == 2
            assert (await stage.standing(session_id)).offered

    run(own_redis, test)


ENDING = StatusChanged(status=Status.COMPLETED, reason="stopped", code="STOPPED")


def test_a_stop_has_its_way_whatever_the_bot_says(own_redis: RedisServer) -> None:
    async def test(stage: Stage) -> None:
        session_id, lease = await _taken(stage, "active")
        stops = [
            hub.endings.stop(ORGANIZATION, session_id, await stage.standing(session_id), ENDING, grace=20_000)
            for hub in stage.hubs
        ]
        await asyncio.gather(*stops, return_exceptions=True)
        standing = await stage.standing(session_id)
        assert standing.status == "leaving"
        assert standing.ending is not None
        assert standing.ending.at == stage.at + 20_000
        await stage.says(session_id, lease, "session.status_changed", status="failed", code="KICKED")
        told = await stage.told(session_id)
        steps = [entry for entry in told if entry["type"] == "session.status_changed"]
        assert [(one["status"], one.get("code")) for one in steps] == [
            ("active", None),
            ("leaving", "STOPPED"),
            ("completed", "STOPPED"),
        ]
        await stage.tick(20_000)
        await stage.act()
        assert await stage.told(session_id) == told
        assert await stage.left_over() == []

    run(own_redis, test)


def test_a_stop_before_the_bot_got_in_fails_at_once(own_redis: RedisServer) -> None:
    async def test(stage: Stage) -> None:
        session_id, lease = await _taken(stage, "joining")
        cancelled = StatusChanged(status=Status.FAILED, reason="stopped", code="CANCELLED")
        standing = await stage.standing(session_id)
        assert await stage.one.endings.stop(ORGANIZATION, session_id, standing, cancelled, grace=20_000)
        told = await stage.told(session_id)
        assert (told[-1]["status"], told[-1]["code"]) == ("failed", "CANCELLED")
        assert await stage.left_over() == []
        # Its last words are still taken.
        await stage.says(session_id, lease, "x.goodbye")

    run(own_redis, test)


def test_a_bot_that_never_got_in_completes_nothing(own_redis: RedisServer) -> None:
    async def test(stage: Stage) -> None:
        session_id, lease = await _taken(stage, "joining")
        with pytest.raises(HubError, match="invalid_transition"):
            await stage.passes(session_id, lease, "completed")
        await stage.passes(session_id, lease, "active", "completed")
        assert await stage.left_over() == []

    run(own_redis, test)


def test_a_session_that_is_let_go_of_counts_no_loss(own_redis: RedisServer) -> None:
    async def test(stage: Stage) -> None:
        session_id, lease = await _taken(stage, "active")
        await stage.says(
            session_id, lease, "participant.joined", participant_id="ada", connection_id="c1", name="A"
        )
        standing = await stage.standing(session_id)
        results = [hub.endings.lose(ORGANIZATION, session_id, standing, "draining") for hub in stage.hubs]
        assert sorted(await asyncio.gather(*results)) == [False, False, True]
        standing = await stage.standing(session_id)
        assert (standing.losses, standing.offered, standing.status) == (0, True, "initializing")
        assert await stage.taken(session_id, "bot-2") == 2

    run(own_redis, test)


def test_an_offer_that_is_put_back_comes_last_and_that_of_a_dead_hub_comes_back(
    own_redis: RedisServer,
) -> None:
    async def test(stage: Stage) -> None:
        sessions = [await stage.created() for _ in range(3)]
        first, second, third = (hub.leases for hub in stage.hubs)
        (offer,) = await first.read(ORGANIZATION, ["zoom"], 1)
        await first.put_back(ORGANIZATION, offer)
        found = await second.read(ORGANIZATION, ["zoom"], 10)
        assert [one.session_id for one in found] == [*sessions[1:], sessions[0]]
        assert await third.reclaim(ORGANIZATION, ["zoom"], 10) == []
        for key in await stage.one.client.execute("KEYS", "*:offers:*"):
            # As if they had been read long ago.
            ids = [one.id for one in found]
            await stage.one.client.execute("XCLAIM", key, "bots", "hub-1", 0, *ids, "IDLE", 10_000, "JUSTID")
        again = await third.reclaim(ORGANIZATION, ["zoom"], 10)
        assert [one.session_id for one in again] == [one.session_id for one in found]
        await stage.tick(5_000)
        queue = await first.queue(ORGANIZATION)
        assert (queue.waiting, queue.by_platform, queue.oldest_seconds) == (3, {"zoom": 3}, 5.0)

    run(own_redis, test)


def test_a_deleted_session_leaves_nothing(own_redis: RedisServer) -> None:
    async def test(stage: Stage) -> None:
        for statuses in ((), ("joining",), ("active",)):
            session_id = await stage.created()
            if statuses:
                await stage.passes(session_id, await stage.taken(session_id), *statuses)
            await stage.delete(session_id)
        await stage.act()
        assert await stage.left_over() == []

    run(own_redis, test)
