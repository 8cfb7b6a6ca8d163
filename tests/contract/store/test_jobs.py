"""A queue: each job is one hub's at a time, and is not forgotten before it is done."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from servers import RedisServer

from hub.errors import HubError, StorageFull
from hub.store import jobs as module
from hub.store import layout
from hub.store.client import Client
from hub.store.jobs import Job, Jobs

LEASE = 60.0


def on(redis_server: RedisServer, work: Callable[[Jobs], Awaitable[None]]) -> None:
    """Do `work` on an empty queue."""

    async def run() -> None:
        client = Client(redis_server.url, 10.0)
        try:
            await work(Jobs(client, layout.SUMMARIES, busy="summaries_busy"))
        finally:
            await client.aclose()

    asyncio.run(run())


async def claimed(jobs: Jobs, lease: float = LEASE) -> Job:
    job = await jobs.claim(lease)
    assert job is not None
    return job


def test_a_session_has_one_job_at_a_time(own_redis: RedisServer) -> None:
    async def work(jobs: Jobs) -> None:
        first = await jobs.add("acme", "ses_1")
        assert await jobs.add("acme", "ses_1") == first
        assert await jobs.add("acme", "ses_2") != first
        assert await jobs.add("other", "ses_1") != first
        assert await jobs.depth() == 3
        job = await claimed(jobs)
        assert (job.organization, job.session_id, job.id, job.attempt) == ("acme", "ses_1", first, 1)
        # It waits no more, but is under way.
        assert await jobs.add("acme", "ses_1") == first
        assert await jobs.done(job)
        assert await jobs.add("acme", "ses_1") != first

    on(own_redis, work)


def test_jobs_are_taken_in_their_order_and_once(own_redis: RedisServer) -> None:
    async def work(jobs: Jobs) -> None:
        ids: list[str] = []
        for number in range(5):
            ids.append(await jobs.add("acme", f"ses_{number}"))
            # Those of the same millisecond are as good as each other.
            await asyncio.sleep(0.002)
        assert [(await claimed(jobs)).id for _ in range(2)] == ids[:2]
        rest = await asyncio.gather(*(jobs.claim(LEASE) for _ in range(8)))
        assert sorted(job.id for job in rest if job is not None) == sorted(ids[2:])
        assert await jobs.claim(LEASE) is None
        assert await jobs.depth() == 5

    on(own_redis, work)


def test_a_lapsed_lease_is_another_hubs(own_redis: RedisServer) -> None:
    async def work(jobs: Jobs) -> None:
        await jobs.add("acme", "ses_1")
        dead = await claimed(jobs, 0)
        job = await claimed(jobs)
        assert (job.id, job.attempt) == (dead.id, 2)
        # Whoever comes back from the dead changes nothing.
        assert not await jobs.keep(dead, LEASE)
        assert not await jobs.put_back(dead, 0, counts=True)
        assert not await jobs.done(dead)
        assert await jobs.claim(LEASE) is None
        assert await jobs.depth() == 1
        assert await jobs.done(job)
        assert not await jobs.done(job)
        assert not await jobs.keep(job, LEASE)
        assert await jobs.depth() == 0

    on(own_redis, work)


def test_a_lease_is_kept(own_redis: RedisServer) -> None:
    async def work(jobs: Jobs) -> None:
        await jobs.add("acme", "ses_1")
        job = await claimed(jobs, 0)
        assert await jobs.keep(job, LEASE)
        assert await jobs.claim(LEASE) is None
        assert await jobs.done(job)

    on(own_redis, work)


def test_what_is_put_back_is_due_again(own_redis: RedisServer) -> None:
    async def work(jobs: Jobs) -> None:
        await jobs.add("acme", "ses_1")
        assert await jobs.put_back(await claimed(jobs), 0, counts=False)
        assert await jobs.put_back(again := await claimed(jobs), 0, counts=True)
        assert again.attempt == 1
        assert not await jobs.done(again)
        assert await jobs.put_back(last := await claimed(jobs), LEASE, counts=True)
        assert last.attempt == 2
        assert await jobs.claim(LEASE) is None

    on(own_redis, work)


def test_the_queue_is_bounded(own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_JOBS", 2)

    async def work(jobs: Jobs) -> None:
        first = await jobs.add("acme", "ses_1")
        await jobs.add("acme", "ses_2")
        with pytest.raises(HubError, match="summaries_busy"):
            await jobs.add("acme", "ses_3")
        assert await jobs.add("acme", "ses_1") == first

    on(own_redis, work)


def test_a_job_ends_when_memory_is_full(own_redis: RedisServer) -> None:
    async def work(jobs: Jobs) -> None:
        await jobs.add("acme", "ses_1")
        job = await claimed(jobs)
        with own_redis.client() as store:
            store.config_set("maxmemory", 1)
        with pytest.raises(StorageFull):
            await jobs.add("acme", "ses_2")
        assert await jobs.done(job)
        assert await jobs.depth() == 0

    on(own_redis, work)


def test_nothing_is_left_of_a_job_that_is_done(own_redis: RedisServer) -> None:
    async def work(jobs: Jobs) -> None:
        await jobs.add("acme", "ses_1")
        assert await jobs.done(await claimed(jobs))
        with own_redis.client() as store:
            assert store.keys("hub:*") == []

    on(own_redis, work)


def test_a_job_is_told_what_it_was_queued_with(own_redis: RedisServer) -> None:
    async def work(jobs: Jobs) -> None:
        payload = "https://example.com/a|b|c?d=ü"
        await jobs.add("acme", "ses_1", payload=payload)
        assert (first := await claimed(jobs)).payload == payload
        assert await jobs.put_back(first, 0, counts=True)
        assert (again := await claimed(jobs, 0)).payload == payload
        assert (last := await claimed(jobs)).payload == payload
        assert await jobs.keep(last, LEASE)
        assert (again.attempt, last.attempt) == (2, 3)
        assert await jobs.done(last)

    on(own_redis, work)


def test_a_job_may_be_due_later_and_is_not_put_off(own_redis: RedisServer) -> None:
    async def work(jobs: Jobs) -> None:
        first = await jobs.add("acme", "ses_1", delay=LEASE)
        assert await jobs.claim(LEASE) is None
        assert not jobs.bell.is_set()
        assert await jobs.add("acme", "ses_1") == first
        assert jobs.bell.is_set()
        assert await jobs.add("acme", "ses_1", delay=LEASE) == first
        job = await claimed(jobs)
        # One that runs is not taken from its holder.
        assert await jobs.add("acme", "ses_1") == first
        assert await jobs.claim(LEASE) is None
        assert await jobs.done(job)

    on(own_redis, work)
