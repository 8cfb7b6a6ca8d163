"""What a session and an organization may have at most."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from contract.api.asking import (
    client,
    created,
    ended,
    event,
    found,
    head,
    new,
    post,
    published,
    refused,
    taken,
)
from servers import HubServer, RedisServer, wait_until


@pytest.fixture
def limited(
    redis_server: RedisServer, tmp_path: Path, organization: str, request: Any
) -> Iterator[httpx.Client]:
    """A hub with certain settings, and a key of it."""
    with HubServer(tmp_path / "limited", redis_server, request.param) as hub:
        key = hub.make_key(organization, "manage", "publish", "subscribe")
        with client(hub, key) as api:
            yield api


def custom(number: int, **more: Any) -> dict[str, Any]:
    return event("x.a", n=number) | more


@pytest.mark.parametrize("limited", [{"HUB_MAX_SESSIONS": "2"}], indirect=True)
def test_sessions(limited: httpx.Client) -> None:
    headers = {"Idempotency-Key": "k"}
    first = taken(limited.post("/v1/sessions", json={}, headers=headers), 201)["id"]
    new(limited)
    refused(limited.post("/v1/sessions", json={}), "too_many_sessions", limit=2)
    # A retry of what was created is not another one.
    assert taken(limited.post("/v1/sessions", json={}, headers=headers))["id"] == first
    assert limited.delete(f"/v1/sessions/{first}").status_code == 204
    assert created(limited)["number"] == 3


@pytest.mark.parametrize("limited", [{"HUB_MAX_ENTRIES": "5"}], indirect=True)
def test_entries_of_a_session(limited: httpx.Client) -> None:
    session_id = new(limited)
    published(limited, session_id, *(custom(n) for n in range(3)))
    before = head(limited, session_id)
    refused(post(limited, session_id, [custom(4), custom(5)]), "session_full", quota="entries", limit=5)
    assert head(limited, session_id) == before
    line = event("log.entry", level="info", message="logs are capped, not counted")
    published(limited, session_id, custom(4, idempotency_key="k"), *[line] * 10)
    refused(post(limited, session_id, custom(5)), "session_full", quota="entries")
    published(limited, session_id, line)
    # What was taken is known still, and what ends the session is taken.
    assert taken(post(limited, session_id, custom(4, idempotency_key="k")))["entries"][0]["duplicate"]
    published(limited, session_id, event("session.status_changed", status="active"))
    refused(post(limited, session_id, event("chapter.added", title="a", start=0)), "session_full")
    ended(limited, session_id)
    assert found(limited, session_id)["status"] == "completed"
    taken(limited.post(f"/v1/sessions/{session_id}/seal"))


@pytest.mark.parametrize("limited", [{"HUB_MAX_BYTES": "4000"}], indirect=True)
def test_bytes_of_a_session(limited: httpx.Client) -> None:
    session_id = new(limited)
    published(limited, session_id, event("x.a", text="x" * 3000))
    refused(
        post(limited, session_id, event("x.a", text="x" * 1000)), "session_full", quota="bytes", limit=4000
    )
    published(limited, session_id, event("x.a", text="x" * 900))
    refused(post(limited, session_id, event("x.a", text="x" * 100)), "session_full", quota="bytes")
    published(limited, session_id, event("log.entry", level="info", message="x" * 5000))
    ended(limited, session_id)
    published(limited, new(limited), event("x.a", text="another session"))


@pytest.mark.parametrize("limited", [{"HUB_MAX_RATE": "100"}], indirect=True)
def test_events_a_second_of_an_organization(limited: httpx.Client) -> None:
    one, other = new(limited), new(limited)
    published(limited, one, *(custom(n) for n in range(500)))
    batch = [custom(n) for n in range(400)]
    answer = post(limited, other, batch)
    error = refused(answer, "rate_limited", limit=100)
    assert int(answer.headers["retry-after"]) * 1000 >= error["details"]["retry_after_ms"] > 1000
    ended(limited, one)
    # The bucket fills again.
    wait_until(lambda: post(limited, other, custom(1)).status_code == 200, "a token")
    wait_until(lambda: post(limited, other, batch).status_code == 200, "400 tokens")
