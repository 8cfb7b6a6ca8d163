"""Jobs outlive the hub that does them: another takes over, and a summary comes to its end once."""

import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest
from contract.api.asking import at_once, client, history, new, refused, taken
from contract.api.endpoint import Endpoint, Reply, endpoint, said
from contract.api.summarizing import asked, queue_is_empty, ready, spoken, told, waiting
from servers import HubServer, RedisServer, wait_until

SLOW = Reply(seconds=600)


@pytest.fixture
def model() -> Iterator[Endpoint]:
    with endpoint() as made:
        yield made


@pytest.fixture
def hubs(
    own_redis: RedisServer, model: Endpoint, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[HubServer]]:
    """Two hubs with the same key, the second one not started."""
    made = [HubServer(tmp_path_factory.mktemp("hub"), own_redis, model.settings()) for _ in range(2)]
    made[1].key = made[0].key
    made[0].start()
    yield made
    for hub in made:
        hub.stop()
        assert hub.process is None or "Traceback" not in hub.log.read_text()


def test_a_killed_hubs_job_is_taken_over(
    hubs: list[HubServer], own_redis: RedisServer, model: Endpoint
) -> None:
    first, second = hubs
    model.reply = lambda _asked, number: SLOW if number == 0 else said("Taken over.")
    with client(first, first.key) as api:
        session_id = spoken(api)
        asked(api, session_id)
        wait_until(lambda: model.asked, "the job runs")
        assert waiting(first) == 1
    first.kill()
    second.start()
    with client(second, second.key) as api:
        # Under way still: nobody has to ask again, and who does changes nothing.
        assert asked(api, session_id)["state"] == "requested"
        assert ready(api, session_id)["text"] == "Taken over."
        assert told(api, session_id) == ["summary.requested", "summary.ready"]
        queue_is_empty(own_redis)
        assert waiting(second) == 0


def test_a_hub_that_stops_lets_go_of_its_job(
    hubs: list[HubServer], own_redis: RedisServer, model: Endpoint
) -> None:
    first, second = hubs
    model.reply = lambda _asked, number: SLOW if number == 0 else said("Handed over.")
    with client(first, first.key) as api:
        session_id = spoken(api)
        asked(api, session_id)
        wait_until(lambda: model.asked, "the job runs")
    first.stop()
    with own_redis.client() as store:
        # Due at once, not when the lease would have lapsed.
        assert store.zscore("hub:{summary.jobs}:due", f"default/{session_id}") <= time.time() * 1000
        assert store.hget("hub:{summary.jobs}:jobs", f"default/{session_id}").endswith(b"|0||")
    second.start()
    with client(second, second.key) as api:
        assert ready(api, session_id)["text"] == "Handed over."
        assert told(api, session_id) == ["summary.requested", "summary.ready"]


def test_a_job_that_kills_hubs_fails_in_the_end(
    hubs: list[HubServer], own_redis: RedisServer, model: Endpoint
) -> None:
    hub = hubs[0]
    model.reply = lambda _asked, _number: SLOW
    with client(hub, hub.key) as api:
        session_id = spoken(api)
        asked(api, session_id)
        for attempt in range(1, 4):
            wait_until(lambda attempt=attempt: len(model.asked) == attempt, "the job runs")
            hub.kill()
            lease_lapses(own_redis, session_id)
            hub.start()
        summary = ready(api, session_id, "failed")
    assert summary["reason"] == "The summary was begun 3 times and did not come to its end."
    assert len(model.asked) == 3
    queue_is_empty(own_redis)


def lease_lapses(redis_server: RedisServer, session_id: str) -> None:
    """As in ten seconds from now."""
    with redis_server.client() as store:
        assert store.zadd("hub:{summary.jobs}:due", {f"default/{session_id}": 1}, xx=True, ch=True) == 1


def test_a_hub_that_lost_its_lease_stops(
    hubs: list[HubServer], own_redis: RedisServer, model: Endpoint
) -> None:
    """It was not heard for too long and goes on: what both of them do comes to one end."""
    first, second = hubs
    second.start()
    model.reply = lambda _asked, number: SLOW if number == 0 else said("Once.")
    with client(first, first.key) as api:
        session_id = spoken(api)
        asked(api, session_id)
        wait_until(lambda: model.asked, "the job runs")
        lease_lapses(own_redis, session_id)
        assert ready(api, session_id)["text"] == "Once."
        queue_is_empty(own_redis)
        logs = [hub.log for hub in hubs]
        wait_until(lambda: any("was taken over" in log.read_text() for log in logs), "the other one stops")
        assert told(api, session_id) == ["summary.requested", "summary.ready"]


def test_two_hubs_share_the_jobs(hubs: list[HubServer], own_redis: RedisServer, model: Endpoint) -> None:
    """Each is done once, though both hubs are asked for each."""
    hubs[1].start()
    model.reply = lambda _asked, _number: said("Once.")._replace(seconds=0.2)
    with ExitStack() as stack:
        apis = [stack.enter_context(client(hub, hub.key)) for hub in hubs]
        session_ids = [spoken(apis[0]) for _ in range(12)]
        at_once(2, lambda number: [asked(apis[number], session_id) for session_id in session_ids])
        for session_id in session_ids:
            assert ready(apis[1], session_id)["text"] == "Once."
        queue_is_empty(own_redis)
        requests = 0
        for session_id in session_ids:
            kinds = told(apis[0], session_id)
            requests += kinds.count("summary.requested")
            assert kinds == ["summary.requested", "summary.ready"] * (len(kinds) // 2)
        assert len(model.asked) == requests


def test_the_workers_of_a_hub_share_the_jobs_and_count_them_together(
    own_redis: RedisServer, model: Endpoint, tmp_path_factory: pytest.TempPathFactory
) -> None:
    settings = model.settings(HUB_WORKERS="2")
    with HubServer(tmp_path_factory.mktemp("hub"), own_redis, settings) as hub, client(hub, hub.key) as api:
        session_ids = [spoken(api) for _ in range(6)]
        for session_id in session_ids:
            asked(api, session_id)
        for session_id in session_ids:
            ready(api, session_id)
            assert told(api, session_id) == ["summary.requested", "summary.ready"]
        queue_is_empty(own_redis)
        assert waiting(hub) == 0
        ended = 'hub_summaries_total{outcome="ready"} 6.0'
        wait_until(lambda: ended in httpx.get(f"{hub.url}/metrics").text, "all of them are counted")


def test_a_restarted_redis_has_the_jobs_still(
    hubs: list[HubServer], own_redis: RedisServer, model: Endpoint
) -> None:
    hub = hubs[0]
    model.reply = lambda _asked, number: SLOW if number == 0 else said("Kept.")
    with client(hub, hub.key) as api:
        session_id = spoken(api)
        asked(api, session_id)
        wait_until(lambda: model.asked, "the job runs")
        hub.kill()
        own_redis.kill()
        own_redis.start()
        hub.start()
        assert ready(api, session_id)["text"] == "Kept."
        assert told(api, session_id) == ["summary.requested", "summary.ready"]


def test_the_store_goes_away_while_a_job_runs(
    hubs: list[HubServer], own_redis: RedisServer, model: Endpoint
) -> None:
    hub = hubs[0]
    model.reply = lambda _asked, _number: said("Late.")._replace(seconds=1.5)
    with client(hub, hub.key) as api:
        session_id = spoken(api)
        asked(api, session_id)
        wait_until(lambda: model.asked, "the job runs")
        own_redis.kill()
        wait_until(lambda: "has to wait" in hub.log.read_text(), "there is nobody to tell")
        refused(api.get(f"/v1/sessions/{session_id}/summary"), "store_unavailable")
        own_redis.start()
        wait_until(lambda: api.get("/v1/sessions").status_code == 200, "the store is back")
        assert ready(api, session_id)["text"] == "Late."
        assert told(api, session_id) == ["summary.requested", "summary.ready"]


def test_a_session_deleted_meanwhile_needs_none(
    hubs: list[HubServer], own_redis: RedisServer, model: Endpoint
) -> None:
    hub = hubs[0]
    model.reply = lambda _asked, _number: said("Too late.")._replace(seconds=0.5)
    with client(hub, hub.key) as api:
        session_id = spoken(api)
        asked(api, session_id)
        wait_until(lambda: model.asked, "the job runs")
        assert api.delete(f"/v1/sessions/{session_id}").status_code == 204
        queue_is_empty(own_redis)
        refused(api.get(f"/v1/sessions/{session_id}/summary"), "session_not_found")
        # The hub has not given up.
        other = spoken(api)
        asked(api, other)
        ready(api, other)


def test_a_hub_that_died_before_it_told_is_made_up_for(
    hubs: list[HubServer], own_redis: RedisServer, model: Endpoint
) -> None:
    """The job is in the queue, but no entry tells of it."""
    hub = hubs[0]
    with client(hub, hub.key) as api:
        session_id = spoken(api)
        with own_redis.client() as store, store.pipeline() as pipeline:
            pipeline.hset("hub:{summary.jobs}:jobs", f"default/{session_id}", "job|0|")
            pipeline.zadd("hub:{summary.jobs}:due", {f"default/{session_id}": 1})
            pipeline.execute()
        wait_until(
            lambda: taken(api.get(f"/v1/sessions/{session_id}"))["summary_state"] == "ready", "it is done"
        )
        assert told(api, session_id) == ["summary.requested", "summary.ready"]


def test_a_job_that_is_done_twice_ends_once(
    hubs: list[HubServer], own_redis: RedisServer, model: Endpoint
) -> None:
    """A hub died when it had told of the end, and before the job was out of the queue."""
    hub = hubs[0]
    model.reply = lambda _asked, number: said(f"Version {number}.")._replace(seconds=0.3)
    with client(hub, hub.key) as api, own_redis.client() as store:
        session_id = spoken(api)
        asked(api, session_id)
        job = wait_until(lambda: store.hget("hub:{summary.jobs}:jobs", f"default/{session_id}"), "it runs")
        assert ready(api, session_id)["text"] == "Version 0."
        queue_is_empty(own_redis)
        with store.pipeline() as pipeline:
            pipeline.hset("hub:{summary.jobs}:jobs", f"default/{session_id}", job.split(b"|")[0] + b"|1|dead")
            pipeline.zadd("hub:{summary.jobs}:due", {f"default/{session_id}": 1})
            pipeline.execute()
        wait_until(lambda: len(model.asked) == 2, "it is done again")
        queue_is_empty(own_redis)
        assert ready(api, session_id)["text"] == "Version 0."
        assert told(api, session_id) == ["summary.requested", "summary.ready"]


def test_no_more_jobs_than_fit(hubs: list[HubServer], own_redis: RedisServer) -> None:
    hub = hubs[0]
    with client(hub, hub.key) as api:
        session_id = spoken(api)
        later = {f"default/none-{number}": 9e15 for number in range(10_000)}
        with own_redis.client() as store:
            store.zadd("hub:{summary.jobs}:due", later)
            refused(api.post(f"/v1/sessions/{session_id}/summary"), "summaries_busy")
            store.zrem("hub:{summary.jobs}:due", "default/none-0")
            asked(api, session_id)
            ready(api, session_id)
        assert not [e for e in history(api, new(api)) if e["type"].startswith("summary.")]
