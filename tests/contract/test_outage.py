"""What an outage of the store must not do to sessions."""

import time
from pathlib import Path

from servers import HubServer, RedisServer, wait_until

IDLE = 2.0


def test_bots_get_a_chance_to_be_heard_after_an_outage(tmp_path: Path, own_redis: RedisServer) -> None:
    with (
        HubServer(tmp_path, own_redis, {"HUB_IDLE_TIMEOUT": str(IDLE)}) as hub,
        hub.client() as api,
    ):
        path = f"/v1/sessions/{api.post('/v1/sessions', json={}).json()['id']}"
        own_redis.kill()
        # The passing of time is the subject: longer than the idle time-out.
        time.sleep(IDLE + 1)
        own_redis.start()
        wait_until(lambda: api.get(path).status_code == 200, "the hub reads again")
        began = time.monotonic()
        wait_until(lambda: api.get(path).json()["status"] == "failed", "it fails in the end")
        assert time.monotonic() - began > IDLE / 2
        assert api.get(path).json()["end"]["code"] == "BOT_LOST"
