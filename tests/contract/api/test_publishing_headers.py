"""What surrounds a publish request: CORS, the trace id and the access log are as for any other request."""

import re
from pathlib import Path

import pytest
from contract.api.asking import client, event, new, refused, taken
from servers import HubServer, RedisServer, wait_until

ORIGIN = "https://app.example"


@pytest.fixture
def open_hub(own_redis: RedisServer, tmp_path: Path):
    settings = {"HUB_CORS_ORIGINS": ORIGIN, "HUB_LOG_LEVEL": "debug"}
    with HubServer(tmp_path / "open", own_redis, settings) as hub:
        yield hub


@pytest.mark.parametrize("origin", [None, ORIGIN, "https://elsewhere.example"])
def test_publishing_is_like_any_other_request(open_hub: HubServer, origin: str | None) -> None:
    headers = {} if origin is None else {"Origin": origin}
    with client(open_hub, open_hub.key) as api:
        path = f"/v1/sessions/{new(api)}"
        kept = api.post(f"{path}/events", json=event("x.a"), headers=headers)
        failed = api.post(f"{path}/events", json=event("nobody.knows"), headers=headers)
        other = api.get(path, headers=headers)
    assert taken(kept)["entries"]
    refused(failed, "unknown_type")
    for answer in (kept, failed, other):
        assert answer.headers.get("access-control-allow-origin") == (ORIGIN if origin == ORIGIN else None)
        assert re.fullmatch("[0-9a-f]{16}", answer.headers["x-trace-id"])
        logged = re.compile(rf"{answer.status_code} [0-9.]+ms {answer.headers['x-trace-id']}")
        # After the answer, that is.
        wait_until(lambda line=logged: line.search(open_hub.log.read_text()), "it is logged")
        assert answer.headers["content-type"] == "application/json"
    assert kept.headers["cache-control"] == other.headers["cache-control"] == "no-store"
    assert failed.json()["error"]["trace_id"] == failed.headers["x-trace-id"]


def test_a_page_may_ask_whether_it_may_publish(open_hub: HubServer) -> None:
    headers = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    with client(open_hub) as browser:
        answer = browser.options("/v1/sessions/ses_1/events", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == ORIGIN
