"""Redis away, and Redis out of memory: what is refused is not kept, and afterwards all goes on."""

from pathlib import Path

import httpx
import pytest
from contract.api.asking import (
    client,
    created,
    event,
    found,
    frames,
    history,
    make_key,
    new,
    post,
    published,
    refused,
    sealed,
    seq,
    status,
    taken,
)
from contract.api.calls import CLOSED
from servers import HubServer, RedisServer, wait_until


@pytest.fixture
def own_key(own_hub: HubServer) -> str:
    with client(own_hub, own_hub.key) as operator:
        return make_key(operator, "org", "admin")


def test_without_redis_nothing_is_kept(own_hub: HubServer, own_redis: RedisServer, own_key: str) -> None:
    with client(own_hub, own_key) as api, client(own_hub, own_hub.key) as operator:
        fresh_key = make_key(operator, "org")
        session_id = new(api)
        published(api, session_id, status("active"))
        taken(api.post("/v1/tokens", json={}), 201)
        # Followed, the state is in memory, but whether it is the newest nobody can tell.
        with api.stream("GET", f"/v1/sessions/{session_id}/stream") as stream:
            received = frames(stream)
            assert next(received)["type"] == "snapshot"
            before = found(api, session_id)
            keys = taken(api.get("/v1/keys"))
            own_redis.kill()
            for call in CLOSED:
                if call.streams:
                    continue
                for who in (api, operator):
                    answer = call.ask(who, session_id=session_id, key_id=keys["data"][0]["id"])
                    refused(answer, "store_unavailable")
                    assert int(answer.headers["retry-after"]) >= 1
            refused(post(api, session_id, []), "store_unavailable")
            # A key that this hub never saw is not refused either: nobody knows.
            with client(own_hub, fresh_key) as unseen:
                refused(unseen.get("/v1/sessions"), "store_unavailable")
            # What needs no store is judged as ever.
            refused(post(api, session_id, event("nobody.knows")), "unknown_type")

            own_redis.start()
            wait_until(lambda: api.get("/v1/sessions").status_code == 200, "the store is back")
            assert found(api, session_id) == before
            assert taken(api.get("/v1/keys")) == keys
            assert created(api)["number"] == before["number"] + 1
            (entry_id,) = published(api, session_id, event("x.back"))
            assert seq(entry_id) == seq(before["last_entry_id"]) + 1
            assert next(frame for frame in received if frame["type"] == "x.back")["id"] == entry_id
    assert "Traceback" not in own_hub.log.read_text()


def test_a_read_does_not_tell_what_the_store_has_lost(own_redis: RedisServer, tmp_path: Path) -> None:
    with (
        HubServer(tmp_path, own_redis, {"HUB_SWEEP_INTERVAL": "3600"}) as hub,
        client(hub, hub.key) as api,
        own_redis.client() as store,
    ):
        session_id = new(api)
        root = f"hub:{{default}}:s:{session_id}"
        wait_until(lambda: store.exists(f"{root}:state"), "it is written down, not to be disturbed later")
        with api.stream("GET", f"/v1/sessions/{session_id}/stream") as stream:
            received = frames(stream)
            assert next(received)["type"] == "snapshot"
            (kept,) = published(api, session_id, event("x.kept"))
            before = {name: store.dump(name) for name in store.scan_iter(f"{root}*")}
            (lost,) = published(api, session_id, event("x.lost"))
            assert next(frame for frame in received if frame["type"] == "x.lost")["id"] == lost
            assert found(api, session_id)["last_entry_id"] == lost
            for name, content in before.items():
                store.restore(name, 0, content, replace=True)
            assert found(api, session_id)["last_entry_id"] == kept


@pytest.mark.parametrize(
    ("refuse", "take"),
    [
        (("REPLICAOF", "127.0.0.1", "1"), ("REPLICAOF", "NO", "ONE")),
        (("CONFIG", "SET", "min-replicas-to-write", "1"), ("CONFIG", "SET", "min-replicas-to-write", "0")),
    ],
    ids=["a replica", "without replicas"],
)
def test_a_redis_that_takes_no_writes_counts_as_away(
    own_hub: HubServer,
    own_redis: RedisServer,
    own_key: str,
    refuse: tuple[str, ...],
    take: tuple[str, ...],
) -> None:
    with client(own_hub, own_key) as api, own_redis.client() as store:
        session_id = new(api)
        before = found(api, session_id)
        store.execute_command(*refuse)
        refused(post(api, session_id, event("x.a")), "store_unavailable")
        refused(api.post("/v1/sessions", json={}), "store_unavailable")
        refused(api.post(f"/v1/sessions/{session_id}/stop"), "store_unavailable")
        refused(api.post(f"/v1/sessions/{session_id}/heartbeat"), "store_unavailable")
        refused(api.post("/v1/keys", json={}), "store_unavailable")
        assert found(api, session_id) == before
        store.execute_command(*take)
        wait_until(lambda: post(api, session_id, event("x.a")).status_code == 200, "it takes writes again")
        assert [entry["type"] for entry in history(api, session_id)] == ["session.created", "x.a"]
        assert created(api)["number"] == 2
    assert "Traceback" not in own_hub.log.read_text()


def test_out_of_memory_nothing_is_kept(own_hub: HubServer, own_redis: RedisServer, own_key: str) -> None:
    with client(own_hub, own_key) as api, own_redis.client() as store:
        session_id, other = new(api), new(api)
        published(api, session_id, status("active"), {**event("x.a"), "idempotency_key": "k"})
        before, keys = found(api, session_id), taken(api.get("/v1/keys"))
        store.config_set("maxmemory", 1)

        segment = event("transcript.segment", segment_id="s", final=True, text="a", start=0, end=1)
        for events in (event("x.b"), [segment, event("x.b")], event("log.entry", level="info", message="m")):
            refused(post(api, session_id, events), "storage_full")
        refused(api.post("/v1/sessions", json={"meeting_id": "m"}), "storage_full")
        headers = {"Idempotency-Key": "create"}
        refused(api.post("/v1/sessions", json={}, headers=headers), "storage_full")
        refused(api.post("/v1/keys", json={}), "storage_full")
        refused(api.put("/v1/meetings/m", json={}), "storage_full")
        refused(api.post("/v1/topics", json={"name": "t"}), "storage_full")
        assert taken(api.get("/v1/meetings"))["count"] == taken(api.get("/v1/topics"))["count"] == 0

        assert found(api, session_id) == before
        assert [session["id"] for session in taken(api.get("/v1/sessions"))["data"]] == [other, session_id]
        assert taken(api.get(f"/v1/sessions/{session_id}/transcript"))["segments"] == []
        assert taken(api.get("/v1/keys")) == keys
        with api.stream("GET", f"/v1/sessions/{session_id}/stream") as stream:
            assert next(frames(stream))["data"]["session"]["id"] == session_id
        known = taken(post(api, session_id, {**event("x.a"), "idempotency_key": "k"}))
        assert known["entries"][0]["duplicate"] is True

        assert taken(api.post(f"/v1/sessions/{session_id}/stop"))["status"] == "completed"
        assert taken(api.post(f"/v1/sessions/{session_id}/seal"))["sealed"] is True
        assert api.delete(f"/v1/sessions/{other}").status_code == 204
        revoked = keys["data"][0]["id"]
        assert api.delete(f"/v1/keys/{revoked}").status_code == 204

        store.config_set("maxmemory", 0)
        entry_ids = published(api, session_id, event("recording.updated", state="ready"))
        kinds = [entry["type"] for entry in history(api, session_id)]
        assert kinds[1:3] == ["session.status_changed", "x.a"]
        assert kinds[3:] == ["session.status_changed", "session.sealed", "recording.updated"]
        assert seq(entry_ids[0]) == len(kinds)
        assert created(api)["number"] == 3
    assert "Traceback" not in own_hub.log.read_text()


def test_what_expires_goes_when_memory_is_full(own_redis: RedisServer, tmp_path: Path) -> None:
    with (
        HubServer(tmp_path, own_redis, {"HUB_RETENTION": "3", "HUB_SWEEP_INTERVAL": "0.2"}) as hub,
        client(hub, hub.key) as api,
        own_redis.client() as store,
    ):
        session_id = new(api, meeting_id="m")
        joined = {"participant_id": "ann", "connection_id": "c", "name": "Ann"}
        published(api, session_id, status("active"), event("participant.joined", **joined))
        sealed(api, session_id)
        store.config_set("maxmemory", 1)
        assert taken(api.get("/v1/sessions"))["count"] == 1
        wait_until(lambda: taken(api.get("/v1/sessions"))["count"] == 0, "it has expired")
        refused(api.get(f"/v1/sessions/{session_id}"), "session_not_found")
        wait_until(lambda: not store.exists("hub:{default}:expiring"), "nothing of it is left to do")
        assert not list(store.scan_iter("hub:{default}:group:*"))


def test_tokens_are_read_when_memory_is_full(
    own_hub: HubServer, own_redis: RedisServer, own_key: str
) -> None:
    with client(own_hub, own_key) as api, own_redis.client() as store:
        session_id = new(api)
        token = taken(api.post("/v1/tokens", json={"session_id": session_id}), 201)["token"]
        store.config_set("maxmemory", 1)
        # A hub that comes up now has never seen what tokens are signed with.
        own_hub.restart()
        with client(own_hub) as browser:
            path = f"/v1/sessions/{session_id}/stream"
            with browser.stream("GET", path, params={"token": token}) as stream:
                assert stream.status_code == 200
                assert next(frames(stream))["type"] == "snapshot"
        taken(api.post("/v1/tokens", json={"session_id": session_id}), 201)


def test_a_bot_may_say_that_it_lives_when_memory_is_full(
    own_hub: HubServer, own_redis: RedisServer, own_key: str
) -> None:
    with client(own_hub, own_key) as api, own_redis.client() as store:
        session_id = new(api)
        first = taken(api.post(f"/v1/sessions/{session_id}/heartbeat"))
        store.config_set("maxmemory", 1)

        def renewed() -> httpx.Response | None:
            answer = api.post(f"/v1/sessions/{session_id}/heartbeat", json={"state": "in_call"})
            return answer if taken(answer)["expires_at"] > first["expires_at"] else None

        wait_until(renewed, "the clock of Redis went on")
        assert store.zscore("hub:{org}:live", session_id) > 0
