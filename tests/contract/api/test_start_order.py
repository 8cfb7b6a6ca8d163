"""`sort=start`: sessions by when they started, else are to start, whatever is said of that."""

import random
from typing import Any

import httpx
import pytest
from contract.api.asking import created, ended, event, found, published, sealed, status, taken

SESSIONS = 6
STEPS = 60
TIMES = [
    None,
    "1969-12-31T23:59:59.999Z",
    "2020-01-01T09:00:00Z",
    "2100-01-01T09:00:00Z",
    "2100-01-01T09:00:00.001Z",
]
COMING = [None, "2100-01-01T08:00:00Z", "2100-01-01T10:00:00Z"]


def start(session: dict[str, Any]) -> str:
    """By what a session is sorted; timestamps of one form are ordered as text."""
    return session["started_at"] or session["starts_at"] or session["scheduled_for"] or session["created_at"]


def planned(chance: random.Random) -> dict[str, Any]:
    """One of the two times, or both, or none: null takes it away."""
    said = {"starts_at": chance.choice(TIMES), "scheduled_for": chance.choice(COMING)}
    return {name: value for name, value in said.items() if chance.random() < 0.6}


def step(api: httpx.Client, chance: random.Random, session_id: str) -> None:
    """Something that may change where a session stands, and something that may not."""
    updated = event("session.updated", **planned(chance), title="Weekly")
    kind = chance.random()
    if kind < 0.5:
        published(api, session_id, updated)
    elif kind < 0.7:
        taken(api.patch(f"/v1/sessions/{session_id}", json=planned(chance)))
    elif kind < 0.9 or found(api, session_id)["started_at"] is not None:
        published(api, session_id, event("x.other"))
    else:
        # At once: which comes first makes no difference.
        events = [updated, status("active")]
        chance.shuffle(events)
        published(api, session_id, *events)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_said_of_it(api: httpx.Client, seed: int) -> None:
    chance = random.Random(seed)
    ids = [created(api, **planned(chance))["id"] for _ in range(SESSIONS)]
    orders: set[tuple[str, ...]] = set()
    for _ in range(STEPS):
        session_id = chance.choice(ids)
        if found(api, session_id)["ended_at"] is None:
            step(api, chance, session_id)
            if chance.random() < 0.05:
                chance.choice([ended, sealed])(api, session_id)
        sessions = [found(api, one) for one in ids]
        for order in ("asc", "desc"):
            sessions.sort(key=lambda one: (start(one), one["number"]), reverse=order == "desc")
            listed = taken(api.get("/v1/sessions", params={"sort": "start", "order": order}))["data"]
            assert [one["id"] for one in listed] == [one["id"] for one in sessions]
        orders.add(tuple(one["id"] for one in sessions))
    assert len(orders) > 5, "nothing ever moved"


def test_one_of_the_times_does_not_lose_the_other(api: httpx.Client) -> None:
    session_id = created(api, scheduled_for="2100-01-01T10:00:00Z", starts_at="2100-01-01T11:00:00Z")["id"]
    between = created(api, starts_at="2100-01-01T10:30:00Z")["id"]
    now = created(api)["id"]

    def order() -> list[str]:
        return [one["id"] for one in taken(api.get("/v1/sessions?sort=start"))["data"]]

    assert order() == [session_id, between, now]
    for said, expected in (
        ({"starts_at": None}, [between, session_id, now]),
        ({"starts_at": "2100-01-01T12:00:00Z"}, [session_id, between, now]),
        ({"scheduled_for": "2100-01-01T09:00:00Z"}, [session_id, between, now]),
        ({"title": "Weekly"}, [session_id, between, now]),
        ({"starts_at": None}, [between, session_id, now]),
        ({"scheduled_for": None}, [between, now, session_id]),
    ):
        taken(api.patch(f"/v1/sessions/{session_id}", json=said))
        assert order() == expected
    published(api, between, status("active"))
    assert order() == [between, now, session_id]
    taken(api.patch(f"/v1/sessions/{between}", json={"starts_at": "2000-01-01T00:00:00Z"}))
    assert order() == [between, now, session_id]
