"""A bot has a session under a numbered lease; without it, it can do nothing any more."""

import time
from typing import Any

import httpx
import pytest
from contract.api.asking import event, found, history, refused, status, taken
from contract.bots.conftest import LEASE
from contract.bots.playing import claim, playing, until_waiting, waiting, wanting
from servers import HubServer, wait_until


def under(lease: int | str) -> dict[str, str]:
    return {"Hub-Lease": str(lease)}


def publish(api: httpx.Client, session_id: str, lease: int, *events: Any) -> httpx.Response:
    return api.post(f"/v1/sessions/{session_id}/events", json=list(events), headers=under(lease))


def beat(api: httpx.Client, session_id: str, lease: int, **said: str) -> httpx.Response:
    return api.post(f"/v1/sessions/{session_id}/heartbeat", json=said, headers=under(lease))


def release(api: httpx.Client, session_id: str, lease: int, **said: str) -> httpx.Response:
    return api.post(f"/v1/sessions/{session_id}/release", json=said, headers=under(lease))


def told_of_bots(api: httpx.Client, session_id: str) -> list[tuple[str, int]]:
    entries = history(api, session_id)
    return [(one["type"], one["data"]["lease"]) for one in entries if one["type"].startswith("bot.")]


def claimed(api: httpx.Client, **asked: Any) -> str:
    """A session that the bot `bot` has, under lease 1."""
    session_id = wanting(api, **asked)
    given = claim(api)
    assert given is not None
    assert (given["session"]["id"], given["lease"]) == (session_id, 1)
    return session_id


def test_a_bot_that_was_taken_for_dead_does_no_harm(hasty: httpx.Client) -> None:
    session_id = claimed(hasty)
    taken(publish(hasty, session_id, 1, {**event("x.a"), "idempotency_key": "k"}, status("active")))
    until_waiting(hasty, 1)
    given = claim(hasty, "next")
    assert given is not None
    assert (given["session"]["id"], given["lease"]) == (session_id, 2)
    assert given["session"]["status"] == "initializing"
    before = history(hasty, session_id)
    for answer in (
        publish(hasty, session_id, 1, event("x.late")),
        beat(hasty, session_id, 1, state="recording"),
        release(hasty, session_id, 1),
        publish(hasty, session_id, 3, event("x.early")),
    ):
        refused(answer, "lease_lost")
    # What it had published already is answered as it was.
    (known,) = taken(publish(hasty, session_id, 1, {**event("x.a"), "idempotency_key": "k"}))["entries"]
    assert known["duplicate"]
    assert history(hasty, session_id) == before
    taken(publish(hasty, session_id, 2, status("joining")))
    assert told_of_bots(hasty, session_id) == [("bot.assigned", 1), ("bot.lost", 1), ("bot.assigned", 2)]


def test_a_bot_on_a_socket_is_told_what_it_has_lost(
    hasty_hub: HubServer, hasty: httpx.Client, key: str
) -> None:
    with playing(hasty_hub, key, "silent") as silent:
        session_id = wanting(hasty, dispatch={"attempts": 2})
        assert silent.next("assign")["lease"] == 1
        assert silent.next("lost") == {"type": "lost", "session_id": session_id, "lease": 1}
        # It has a free slot again, once it is heard.
        silent.taken("heartbeat", sessions=[])
        assert silent.next("assign")["lease"] == 2
        silent.refused("publish", "lease_lost", session_id=session_id, lease=1, events=[event("x.late")])
        silent.refused("release", "lease_lost", session_id=session_id, lease=1)
        silent.taken("heartbeat", sessions=[{"session_id": session_id, "lease": 1}])
        assert silent.next("lost")["lease"] == 1
        assert silent.next("lost")["lease"] == 2
    session = found(hasty, session_id)
    assert (session["status"], session["end"]["code"]) == ("failed", "BOT_LOST")


def test_heartbeats_keep_a_session(hasty_hub: HubServer, hasty: httpx.Client, key: str) -> None:
    with playing(hasty_hub, key, "socket") as bot:
        first = wanting(hasty)
        bot.next("assign")
        second = claimed(hasty)
        # The passing of time is the subject.
        until = time.monotonic() + 3 * LEASE
        while time.monotonic() < until:
            bot.beat()
            answer = taken(beat(hasty, second, 1))
            time.sleep(LEASE / 5)
        assert answer["stop"] is None
        assert answer["at"] < answer["expires_at"]
        taken(publish(hasty, second, 1, status("active")))
        bot.taken("publish", session_id=first, lease=1, events=[status("active")])
        assert not [message for message in bot.told if message["type"] == "lost"]


def test_what_a_bot_says_of_itself_is_told_once(
    hub_server: HubServer, second_hub: HubServer, api: httpx.Client, key: str
) -> None:
    with playing(hub_server, key) as bot:
        session_id = wanting(api)
        bot.next("assign")
        said = {"session_id": session_id, "lease": 1, "state": "joining", "health": "good"}
        for _ in range(3):
            bot.taken("heartbeat", sessions=[said])
        with playing(second_hub, key) as elsewhere:
            elsewhere.taken("heartbeat", sessions=[said])
        taken(beat(api, session_id, 1, state="joining"))
        bot.taken("heartbeat", sessions=[{**said, "lease": 2, "state": "confused"}])
        assert bot.next("lost")["lease"] == 2
    told = [one["data"] for one in history(api, session_id) if one["type"] == "session.updated"]
    assert told == [{"bot_state": "joining", "bot_health": "good"}]


def test_a_stop_is_in_the_answer_to_a_heartbeat(api: httpx.Client) -> None:
    session_id = claimed(api)
    taken(publish(api, session_id, 1, status("active")))
    assert taken(beat(api, session_id, 1))["stop"] is None
    taken(api.post(f"/v1/sessions/{session_id}/stop", json={"reason": "enough"}))
    stop = taken(beat(api, session_id, 1))["stop"]
    assert (stop["session_id"], stop["lease"], stop["status"]) == (session_id, 1, "completed")
    assert (stop["reason"], stop["code"]) == ("enough", "STOPPED")
    assert stop["deadline"].endswith("Z")
    taken(publish(api, session_id, 1, status("completed")))
    refused(beat(api, session_id, 1), "session_ended")


@pytest.mark.parametrize("way", ["http", "socket"])
@pytest.mark.parametrize("at", ["initializing", "active"])
def test_a_bot_hands_over(hub_server: HubServer, api: httpx.Client, key: str, way: str, at: str) -> None:
    """It does not count as a loss: there may be none here."""
    with playing(hub_server, key, "old") as old:
        session_id = wanting(api, dispatch={"attempts": 1})
        old.next("assign")
        if at == "active":
            old.taken("publish", session_id=session_id, lease=1, events=[status("active")])
        old.taken("register", bot={"id": "old", "slots": 0})
        if way == "socket":
            old.taken("release", session_id=session_id, lease=1, reason="shutdown")
        else:
            assert release(api, session_id, 1, reason="shutdown").status_code == 204
            assert old.next("lost")["session_id"] == session_id
        old.refused("publish", "lease_lost", session_id=session_id, lease=1, events=[event("x.late")])
        given = claim(api, "new")
    assert given is not None
    assert (given["session"]["id"], given["session"]["status"]) == (session_id, "initializing")
    assert given["lease"] == 2
    (lost,) = (one["data"] for one in history(api, session_id) if one["type"] == "bot.lost")
    assert lost == {"bot_id": "old", "lease": 1, "reason": "shutdown"}


def test_a_session_that_was_stopped_is_not_handed_over(api: httpx.Client) -> None:
    session_id = claimed(api)
    taken(publish(api, session_id, 1, status("active")))
    taken(api.post(f"/v1/sessions/{session_id}/stop"))
    assert release(api, session_id, 1).status_code == 204
    session = found(api, session_id)
    assert (session["status"], session["end"]["code"]) == ("completed", "STOPPED")
    refused(release(api, session_id, 1), "lease_lost")
    assert waiting(api) == 0


def test_a_release_after_the_end_changes_nothing(api: httpx.Client) -> None:
    session_id = claimed(api)
    taken(publish(api, session_id, 1, status("active"), status("completed")))
    before = history(api, session_id)
    assert release(api, session_id, 1).status_code == 204
    assert history(api, session_id) == before
    assert waiting(api) == 0


def test_who_has_no_lease_may_publish(api: httpx.Client) -> None:
    session_id = claimed(api)
    taken(api.post(f"/v1/sessions/{session_id}/events", json=event("x.note")))
    refused(release(api, wanting(api), 1), "lease_lost")
    plain = taken(api.post("/v1/sessions", json={}), 201)["id"]
    refused(release(api, plain, 1), "lease_lost")
    refused(publish(api, plain, 1, event("x.a")), "lease_lost")


@pytest.mark.parametrize("value", ["0", "-1", "01", "1.5", "x", "", str(2**31 + 1), "9" * 400])
@pytest.mark.parametrize("what", ["events", "heartbeat", "release"])
def test_a_lease_is_a_number(api: httpx.Client, value: str, what: str) -> None:
    session_id = claimed(api)
    before = history(api, session_id)
    body = event("x.a") if what == "events" else {}
    answer = api.post(f"/v1/sessions/{session_id}/{what}", json=body, headers=under(value))
    refused(answer, "invalid_field", field="Hub-Lease")
    assert history(api, session_id) == before


def test_a_release_names_its_lease(api: httpx.Client) -> None:
    session_id = claimed(api)
    refused(api.post(f"/v1/sessions/{session_id}/release"), "invalid_field", field="Hub-Lease")
    answer = api.post(f"/v1/sessions/{session_id}/release", json={"reason": "a b"}, headers=under(1))
    refused(answer, "invalid_field", field="$.reason")


def test_what_is_lost_is_counted(hasty_hub: HubServer, hasty: httpx.Client) -> None:
    def count(reason: str) -> float:
        lines = hasty.get("/metrics").text.splitlines()
        head = f'hub_leases_lost_total{{reason="{reason}"}} '
        return sum(float(line.removeprefix(head)) for line in lines if line.startswith(head))

    before = count("released")
    session_id = claimed(hasty)
    assert release(hasty, session_id, 1).status_code == 204
    assert count("released") == before + 1
    (line,) = (
        one for one in hasty.get("/metrics").text.splitlines() if one.startswith("hub_offers_waiting ")
    )
    assert float(line.split()[1]) >= 1
    wait_until(lambda: waiting(hasty) == 1, "it waits")
