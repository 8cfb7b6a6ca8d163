"""How long a session is must not show when it is read, whatever has become of the hub that took it."""

import httpx
from servers import HubServer, RedisServer, wait_until

from hub.live.states import EVERY
from hub.store import layout


def filled(api: httpx.Client) -> str:
    """The id of a session with more entries than may be without a checkpoint."""
    session_id: str = api.post("/v1/sessions", json={}).json()["id"]
    for batch in range(4):
        events = [{"type": "x.n", "data": {"n": batch * EVERY + n}} for n in range(EVERY)]
        api.post(f"/v1/sessions/{session_id}/events", json=events).raise_for_status()
    return session_id


def head(api: httpx.Client, session_id: str) -> str:
    entry_id: str = api.get(f"/v1/sessions/{session_id}").json()["last_entry_id"]
    return entry_id


def written(server: RedisServer, session_id: str) -> str:
    """Up to which entry it has been written down; empty if it was not."""
    with server.client() as store:
        stored: bytes = store.get(layout.session_keys("default", session_id).state) or b"||"
    return stored.split(b"|", 2)[1].decode()


def test_a_hub_that_stops_writes_down_what_is_due(own_hub: HubServer, own_redis: RedisServer) -> None:
    with own_hub.client() as api:
        session_id = filled(api)
    own_hub.stop()
    last = written(own_redis, session_id)
    own_hub.start()
    with own_hub.client() as api:
        assert last == head(api, session_id)


def test_what_a_killed_hub_has_not_written_down_the_next_reader_has(
    own_hub: HubServer, own_redis: RedisServer
) -> None:
    with own_hub.client() as api:
        session_id = filled(api)
        wait_until(lambda: written(own_redis, session_id), "it is written down")
        own_hub.kill()
    with own_redis.client() as store:
        # As if it had been killed before.
        store.delete(layout.session_keys("default", session_id).state)
    own_hub.start()
    with own_hub.client() as api:
        assert written(own_redis, session_id) == ""
        last = head(api, session_id)
        wait_until(lambda: written(own_redis, session_id) == last, "it is written down again")
