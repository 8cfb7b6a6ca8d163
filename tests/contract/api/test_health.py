"""`/healthz`, `/readyz` and `/metrics`."""

from typing import Any

import httpx
from contract.api.asking import (
    NOBODY,
    client,
    ended,
    event,
    frames,
    new,
    post,
    published,
    refused,
    taken,
)
from prometheus_client.parser import text_string_to_metric_families
from servers import HubServer, RedisServer, wait_until
from websockets.sync.client import connect

FAMILIES = {
    "hub_connections": "gauge",
    "hub_deliveries": "counter",
    "hub_writes": "counter",
    "hub_publishes": "counter",
    "hub_publish_seconds": "histogram",
    "hub_resets": "counter",
    "hub_disconnects": "counter",
    "hub_wakeup_lag_seconds": "histogram",
    "hub_live_sessions": "gauge",
    "hub_followed_streams": "gauge",
    "hub_offers_waiting": "gauge",
    "hub_bots": "gauge",
    "hub_bot_sessions": "gauge",
    "hub_leases_lost": "counter",
    "hub_summaries": "counter",
    "hub_imports": "counter",
    "hub_imports_waiting": "gauge",
    "hub_summaries_waiting": "gauge",
}


def families(hub: HubServer) -> dict[str, Any]:
    with client(hub) as nobody:
        answer = nobody.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {family.name: family for family in text_string_to_metric_families(answer.text)}


def value(hub: HubServer, sample: str, **labels: str) -> float:
    for family in families(hub).values():
        for item in family.samples:
            if (item.name, item.labels) == (sample, labels):
                return item.value
    return 0.0


def test_the_hub_is_well(hub_server: HubServer) -> None:
    with client(hub_server) as nobody:
        assert taken(nobody.get("/healthz")) == {"status": "ok", "problems": []}
        assert taken(nobody.get("/readyz")) == {"status": "ok", "problems": []}


def test_it_is_not_ready_when_redis_may_evict(own_hub: HubServer, own_redis: RedisServer) -> None:
    with client(own_hub) as nobody, own_redis.client() as store:
        store.config_set("maxmemory-policy", "allkeys-lru")
        answer = nobody.get("/readyz")
        assert answer.status_code == 503
        body = answer.json()
        assert body["status"] == "unavailable"
        assert "allkeys-lru" in body["problems"][0]
        assert taken(nobody.get("/healthz"))["status"] == "ok"
        store.config_set("maxmemory-policy", "noeviction")
        assert taken(nobody.get("/readyz"))["problems"] == []


def test_it_is_not_ready_without_redis(own_hub: HubServer, own_redis: RedisServer) -> None:
    own_redis.kill()
    with client(own_hub) as nobody:
        answer = nobody.get("/readyz")
        assert (answer.status_code, answer.json()["problems"]) == (503, ["redis cannot be reached"])
        assert taken(nobody.get("/healthz"))["status"] == "ok"
        assert set(FAMILIES) <= set(families(own_hub))
        own_redis.start()
        wait_until(lambda: nobody.get("/readyz").status_code == 200, "it is ready again")


def test_the_families_are_there(hub_server: HubServer) -> None:
    found = {name: family.type for name, family in families(hub_server).items()}
    # Those of the process are named by convention, and differ between systems.
    assert {name: kind for name, kind in found.items() if not name.startswith("process_")} == FAMILIES
    assert found["process_resident_memory_bytes"] == "gauge"
    assert all(family.documentation for family in families(hub_server).values())


def test_what_is_published_and_delivered_is_counted(hub_server: HubServer, api: httpx.Client) -> None:
    session_id = new(api)
    names = ("hub_publish_seconds_count", "hub_deliveries_total", "hub_wakeup_lag_seconds_count")
    before = {name: value(hub_server, name) for name in names}
    ok = value(hub_server, "hub_publishes_total", outcome="ok")
    with api.stream("GET", f"/v1/sessions/{session_id}/stream") as stream:
        received = frames(stream)
        assert next(received)["type"] == "snapshot"
        published(api, session_id, event("x.a"), event("x.a"), event("x.a"))
        assert sum(frame["type"] == "x.a" for frame in (next(received) for _ in range(4))) == 3
    assert value(hub_server, "hub_publishes_total", outcome="ok") == ok + 3
    after = {name: value(hub_server, name) for name in names}
    assert after["hub_publish_seconds_count"] == before["hub_publish_seconds_count"] + 1
    assert after["hub_deliveries_total"] >= before["hub_deliveries_total"] + 4
    assert after["hub_wakeup_lag_seconds_count"] > before["hub_wakeup_lag_seconds_count"]


def test_a_refusal_is_counted_by_its_code(hub_server: HubServer, api: httpx.Client) -> None:
    before = value(hub_server, "hub_publishes_total", outcome="session_not_found")
    refused(post(api, NOBODY, [event("x.a"), event("x.a")]), "session_not_found")
    assert value(hub_server, "hub_publishes_total", outcome="session_not_found") == before + 2


def test_connections_and_streams_are_counted(hub_server: HubServer, key: str, api: httpx.Client) -> None:
    session_id = new(api)

    def open_ones(transport: str) -> float:
        return value(hub_server, "hub_connections", transport=transport)

    # The hub sees the end of an earlier one only after the client does.
    wait_until(lambda: (open_ones("sse"), open_ones("websocket")) == (0, 0), "nothing is open")
    followed = value(hub_server, "hub_followed_streams")
    url = hub_server.url.replace("http", "ws") + "/v1/ws"
    with (
        connect(url, additional_headers={"Authorization": f"Bearer {key}"}) as socket,
        api.stream("GET", f"/v1/sessions/{session_id}/stream") as stream,
    ):
        received = frames(stream)
        assert next(received)["type"] == "snapshot"
        socket.ping().wait(10)
        assert (open_ones("sse"), open_ones("websocket")) == (1, 1)
        assert value(hub_server, "hub_followed_streams") == followed + 1
    wait_until(lambda: (open_ones("sse"), open_ones("websocket")) == (0, 0), "both are gone")


def test_resets_and_disconnects_are_counted(hub_server: HubServer, key: str, api: httpx.Client) -> None:
    session_id = new(api)
    resets = value(hub_server, "hub_resets_total", reason="malformed")
    with api.stream("GET", f"/v1/sessions/{session_id}/stream?after=nonsense") as stream:
        assert next(frames(stream))["type"] == "reset"
    assert value(hub_server, "hub_resets_total", reason="malformed") == resets + 1
    disconnects = value(hub_server, "hub_disconnects_total", code="protocol_error")
    url = hub_server.url.replace("http", "ws") + "/v1/ws"
    with connect(url, additional_headers={"Authorization": f"Bearer {key}"}) as socket:
        socket.send(b"\x00")
        assert '"protocol_error"' in socket.recv(10)
    assert value(hub_server, "hub_disconnects_total", code="protocol_error") == disconnects + 1


def test_live_sessions_are_counted(hub_server: HubServer, api: httpx.Client) -> None:
    before = value(hub_server, "hub_live_sessions")
    first, second, third = (new(api) for _ in range(3))
    new(api, scheduled_for="2100-01-01T00:00:00Z")
    assert value(hub_server, "hub_live_sessions") == before + 3
    ended(api, first)
    assert api.delete(f"/v1/sessions/{second}").status_code == 204
    assert value(hub_server, "hub_live_sessions") == before + 1
    ended(api, third)
    assert value(hub_server, "hub_live_sessions") == before


def test_no_label_names_anybody(
    hub_server: HubServer, key: str, organization: str, api: httpx.Client
) -> None:
    session_id = new(api, meeting_id="canary-meeting")
    published(api, session_id, event("x.canary"))
    refused(post(api, session_id, event("canary.unknown")), "unknown_type")
    with api.stream("GET", f"/v1/sessions/{session_id}/stream") as stream:
        received = frames(stream)
        assert next(received)["type"] == "snapshot"
        labels = {
            (name, text)
            for family in families(hub_server).values()
            for sample in family.samples
            for name, text in sample.labels.items()
        }
    assert {name for name, _ in labels} == {"transport", "outcome", "reason", "code", "le"}
    names = (session_id, organization, key.split("_")[1], "canary", "ses_", "org-")
    assert not [text for _, text in labels if any(name in text for name in names)]
