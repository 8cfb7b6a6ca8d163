"""Waiting for a session over HTTP."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from contract.api.asking import refused, taken
from contract.bots.playing import bots, claim, until_waiting, waiting, wanting
from servers import HubServer, RedisServer, wait_until


def test_a_bot_waits(second_hub: HubServer, key: str, api: httpx.Client) -> None:
    with ThreadPoolExecutor() as pool, second_hub.client(key) as second:
        waiter = pool.submit(claim, second, "patient", 20)
        wait_until(lambda: bots(second_hub) == 1, "it waits")
        session_id = wanting(api)
        given = waiter.result(15)
        assert given is not None
        assert (given["session"]["id"], given["session"]["bot_id"]) == (session_id, "patient")
        assert bots(second_hub) == 0


def test_it_waits_no_longer_than_it_said(api: httpx.Client) -> None:
    began = time.monotonic()
    assert claim(api, wait=0.3) is None
    assert 0.3 <= time.monotonic() - began < 10


def test_several_that_wait_get_one_each(key: str, second_hub: HubServer, api: httpx.Client) -> None:
    """Under the same id, too: one program may wait for several sessions."""
    with ThreadPoolExecutor(5) as pool, second_hub.client(key) as second:
        waiters = [pool.submit(claim, (api, second)[number % 2], "bot", 20) for number in range(5)]
        wait_until(lambda: bots(second_hub) == 2, "they wait")
        sessions = {wanting(api) for _ in waiters}
        given = [waiter.result(15) for waiter in waiters]
        assert {one["session"]["id"] for one in given if one} == sessions
        assert waiting(api) == 0


def test_who_goes_away_gets_nothing(second_hub: HubServer, key: str) -> None:
    with second_hub.client(key) as api:
        with pytest.raises(httpx.ReadTimeout):
            api.post("/v1/bots/claim", json={"bot": {"id": "gone"}, "wait": 60}, timeout=0.5)
        wait_until(lambda: bots(second_hub) == 0, "it is known to be gone", 10)
        session_id = wanting(api)
        given = claim(api, "here")
        assert given is not None
        assert (given["session"]["id"], given["lease"]) == (session_id, 1)


def test_a_revoked_key_waits_no_longer(second_hub: HubServer) -> None:
    with second_hub.client() as admin, ThreadPoolExecutor() as pool:
        made = taken(admin.post("/v1/keys", json={}), 201)
        with second_hub.client(made["key"]) as api:
            asked = {"bot": {"id": "bot"}, "wait": 30}
            waiter = pool.submit(api.post, "/v1/bots/claim", json=asked, timeout=30)
            wait_until(lambda: bots(second_hub) == 1, "it waits")
            assert admin.delete(f"/v1/keys/{made['id']}").status_code == 204
            refused(waiter.result(5), "invalid_credential")


def test_a_hub_that_stops_lets_nobody_wait(
    redis_server: RedisServer, tmp_path: Path, organization: str
) -> None:
    with HubServer(tmp_path, redis_server) as hub, ThreadPoolExecutor() as pool:
        with hub.client(hub.make_key(organization)) as api:
            waiter = pool.submit(claim, api, "bot", 60)
            wait_until(lambda: bots(hub) == 1, "it waits")
            hub.terminate()
            assert waiter.result(8) is None
        assert hub.process is not None
        assert hub.process.wait(10) == 0
        assert "Traceback" not in hub.log.read_text()


def test_what_waits_is_shown(api: httpx.Client) -> None:
    assert taken(api.get("/v1/bots")) == {"waiting": 0, "by_platform": {}, "oldest_seconds": None}
    wanting(api)
    wanting(api, link="https://zoom.us/j/1")
    wanting(api, link="https://zoom.us/j/2")
    queue = taken(api.get("/v1/bots"))
    assert queue.pop("oldest_seconds") >= 0
    assert queue == {"waiting": 3, "by_platform": {"other": 1, "zoom": 2}}
    assert claim(api, platforms=["zoom"]) is not None
    until_waiting(api, 2)
    refused(api.get("/v1/bots", params={"bogus": "1"}), "invalid_parameter", field="bogus")


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({}, "$"),
        ({"bot": {}}, "$.bot"),
        ({"bot": {"id": ""}}, "$.bot.id"),
        ({"bot": {"id": "a b"}}, "$.bot.id"),
        ({"bot": {"id": 1}}, "$.bot.id"),
        ({"bot": {"id": "b", "name": ""}}, "$.bot.name"),
        ({"bot": {"id": "b", "platforms": ["skype"]}}, "$.bot.platforms[0]"),
        ({"bot": {"id": "b", "platforms": ["zoom"] * 17}}, "$.bot.platforms"),
        ({"bot": {"id": "b", "labels": ["a b"]}}, "$.bot.labels[0]"),
        ({"bot": {"id": "b", "labels": ["a"] * 33}}, "$.bot.labels"),
        ({"bot": {"id": "b", "media": "yes"}}, "$.bot.media"),
        ({"bot": {"id": "b", "slots": -1}}, "$.bot.slots"),
        ({"bot": {"id": "b", "slots": 1001}}, "$.bot.slots"),
        ({"bot": {"id": "b", "bogus": 1}}, "$.bot"),
        ({"bot": {"id": "b"}, "wait": -1}, "$.wait"),
        ({"bot": {"id": "b"}, "wait": 61}, "$.wait"),
        ({"bot": {"id": "b"}, "wait": "1"}, "$.wait"),
        ({"bot": {"id": "b"}, "bogus": 1}, "$"),
    ],
)
def test_a_claim_is_checked(api: httpx.Client, asked: Any, field: str) -> None:
    refused(api.post("/v1/bots/claim", json=asked), "invalid_field", field=field)


def test_a_claim_needs_a_scope(hub_server: HubServer, organization: str) -> None:
    with hub_server.client(hub_server.make_key(organization, "subscribe")) as api:
        refused(api.post("/v1/bots/claim", json={"bot": {"id": "b"}}), "missing_scope")
        taken(api.get("/v1/bots"))
    with hub_server.client(hub_server.make_key(organization, "publish")) as api:
        refused(api.get("/v1/bots"), "missing_scope")
