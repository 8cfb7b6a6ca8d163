"""Sessions come to bots that can take them, each to one."""

from typing import Any

import httpx
import pytest
from contract.api.asking import history, status, unique
from contract.bots.playing import claim, playing, until_waiting, waiting, wanting
from servers import HubServer, RedisServer, wait_until

MEET, ZOOM = "https://meet.google.com/abc-defg-hij", "https://zoom.us/j/123"


def assigned(api: httpx.Client, session_id: str) -> list[Any]:
    """The bots that were given a session, by what its stream says."""
    entries = history(api, session_id)
    return [one["data"]["bot_id"] for one in entries if one["type"] == "bot.assigned"]


def test_a_session_is_given_to_a_bot(hub_server: HubServer, key: str, api: httpx.Client) -> None:
    with playing(hub_server, key, "b-1", name="Ada") as bot:
        session_id = wanting(api, link=MEET, title="Weekly")
        given = bot.next("assign")
    assert given["lease"] == 1
    assert given["lease_seconds"] > 0
    assert given["file_url"] is None
    assert (given["session"]["id"], given["session"]["title"]) == (session_id, "Weekly")
    assert given["session"]["bot_id"] == "b-1"
    assert given["session"]["meeting_link"] == MEET
    entry = history(api, session_id)[-1]
    assert entry["type"] == "bot.assigned"
    assert entry["data"] == {"bot_id": "b-1", "lease": 1, "name": "Ada"}
    assert waiting(api) == 0


def test_a_session_that_wants_no_bot_is_given_to_none(api: httpx.Client) -> None:
    answer = api.post("/v1/sessions", json={"meeting_link": MEET})
    assert answer.status_code == 201
    assert waiting(api) == 0
    assert claim(api) is None


@pytest.mark.parametrize(
    ("asked", "unfit", "fit"),
    [
        ({"link": MEET}, {"platforms": ["zoom"]}, {"platforms": ["zoom", "google_meet"]}),
        ({"link": MEET}, {"platforms": []}, {}),
        ({}, {"platforms": ["zoom"]}, {"platforms": ["other"]}),
        ({"dispatch": {"labels": ["gpu", "eu"]}}, {"labels": ["gpu"]}, {"labels": ["eu", "x", "gpu"]}),
        ({"link": ZOOM, "dispatch": {"labels": ["gpu"]}}, {"platforms": ["zoom"]}, {"labels": ["gpu"]}),
        ({}, {"platforms": [], "media": True}, {"media": True}),
    ],
    ids=["platform", "none", "no link", "labels", "both", "media"],
)
def test_a_bot_must_fit(api: httpx.Client, asked: Any, unfit: Any, fit: Any) -> None:
    session_id = wanting(api, **asked)
    assert claim(api, "unfit", **unfit) is None
    assert waiting(api) == 1
    given = claim(api, "fit", **fit)
    assert given is not None
    assert given["session"]["id"] == session_id
    assert assigned(api, session_id) == ["fit"]


def test_what_no_bot_can_do_holds_up_nothing(hub_server: HubServer, key: str, api: httpx.Client) -> None:
    special = [wanting(api, dispatch={"labels": ["gpu"]}) for _ in range(80)]
    with playing(hub_server, key) as bot:
        session_id = wanting(api)
        assert bot.next("assign")["session"]["id"] == session_id
    assert waiting(api) == len(special)
    given = claim(api, labels=["gpu"])
    assert given is not None
    assert given["session"]["id"] in special


def test_a_bot_gets_as_many_as_it_has_slots(hub_server: HubServer, key: str, api: httpx.Client) -> None:
    with playing(hub_server, key, slots=2) as bot:
        sessions = {wanting(api) for _ in range(3)}
        first, second = (bot.next("assign") for _ in range(2))
        until_waiting(api, 1)
        bot.taken(
            "publish",
            session_id=first["session"]["id"],
            lease=1,
            events=[status("active"), status("completed")],
        )
        third = bot.next("assign")
        assert bot.next("lost")["session_id"] == first["session"]["id"]
        assert {one["session"]["id"] for one in (first, second, third)} == sessions
        assert waiting(api) == 0


def test_slots_may_change(hub_server: HubServer, key: str, api: httpx.Client) -> None:
    with playing(hub_server, key, slots=0) as bot:
        session_id = wanting(api)
        assert claim(api, "other", platforms=[]) is None
        assert waiting(api) == 1
        bot.taken("register", bot={"id": "bot", "slots": 1})
        assert bot.next("assign")["session"]["id"] == session_id
        bot.taken("register", bot={"id": "bot", "slots": 0})
        wanting(api)
        assert claim(api, "other", platforms=[]) is None
        assert not [message for message in bot.told if message["type"] == "assign"]


def test_the_bot_with_most_room_is_first(hub_server: HubServer, key: str, api: httpx.Client) -> None:
    with playing(hub_server, key, "small", slots=1) as small, playing(hub_server, key, "big", slots=3) as big:
        given = [wanting(api) for _ in range(2)]
        assert [big.next("assign")["session"]["id"] for _ in given]
        wanting(api)
        wanting(api)
        until_waiting(api, 0)
        big.beat()
        small.beat()
        assert (len(small.leases), len(big.leases)) == (1, 3)


def test_room_is_not_all(hub_server: HubServer, key: str, api: httpx.Client) -> None:
    """The one with most room cannot do it."""
    with (
        playing(hub_server, key, "zoom", platforms=["zoom"], slots=10) as roomy,
        playing(hub_server, key, "meet", platforms=["google_meet"]) as able,
    ):
        session_id = wanting(api, link=MEET)
        assert able.next("assign")["session"]["id"] == session_id
        roomy.beat()
        assert not roomy.leases


def test_a_bot_that_comes_gets_what_waits(hub_server: HubServer, key: str, api: httpx.Client) -> None:
    sessions = {wanting(api) for _ in range(5)}
    with playing(hub_server, key, slots=10) as bot:
        assert {bot.next("assign")["session"]["id"] for _ in sessions} == sessions


def test_bots_of_another_organization_get_nothing(hub_server: HubServer, key: str, api: httpx.Client) -> None:
    foreign = hub_server.make_key(unique("org"))
    with playing(hub_server, foreign, slots=10) as spy, hub_server.client(foreign) as their_api:
        session_id = wanting(api)
        assert claim(their_api) is None
        own = wanting(their_api)
        assert spy.next("assign")["session"]["id"] == own
        assert waiting(api) == 1
        for op in ({"op": "publish", "events": [status("active")]}, {"op": "release"}):
            missing = spy.refused(
                **op, code="session_not_found", session_id="ses_00000000000000000000", lease=1
            )
            hidden = spy.refused(**op, code="session_not_found", session_id=session_id, lease=1)
            assert {**hidden, "trace_id": ""} == {**missing, "trace_id": ""}
        spy.beat(**{session_id: 1})
        assert spy.next("lost")["session_id"] == session_id
        assert len(history(api, session_id)) == 1


class TestTwoHubs:
    """Bots of one organization at two hubs."""

    def test_each_session_is_given_once(
        self, hub_server: HubServer, second_hub: HubServer, key: str, api: httpx.Client
    ) -> None:
        with (
            playing(hub_server, key, "one", slots=20) as one,
            playing(second_hub, key, "two", slots=20) as two,
            second_hub.client(key) as second,
        ):
            sessions = [wanting((api, second)[number % 2]) for number in range(20)]
            until_waiting(api, 0)

            def all_told() -> bool:
                one.beat()
                two.beat()
                return len(one.leases) + len(two.leases) == len(sessions)

            wait_until(all_told, "every session was given")
            assert {*one.leases} | {*two.leases} == {*sessions}
        for session_id in sessions:
            assert assigned(api, session_id) == ["one" if session_id in one.leases else "two"]

    def test_each_takes_what_it_can(
        self, hub_server: HubServer, second_hub: HubServer, key: str, api: httpx.Client
    ) -> None:
        with (
            playing(hub_server, key, "one", slots=20, platforms=["other"], labels=["a"]) as one,
            playing(second_hub, key, "two", slots=20, platforms=["other"], labels=["b"]) as two,
        ):
            wanted = {
                wanting(api, dispatch={"labels": ["ab"[number % 2]]}): number % 2 for number in range(20)
            }
            for bot, which in ((one, 0), (two, 1)):
                expected = {session_id for session_id, label in wanted.items() if label == which}
                assert {bot.next("assign")["session"]["id"] for _ in expected} == expected

    def test_a_bot_hears_what_is_asked_of_another_hub(
        self, hub_server: HubServer, second_hub: HubServer, key: str
    ) -> None:
        with playing(hub_server, key) as bot, second_hub.client(key) as second:
            session_id = wanting(second)
            lease = bot.next("assign")["lease"]
            bot.taken("publish", session_id=session_id, lease=lease, events=[status("active")])
            assert second.post(f"/v1/sessions/{session_id}/stop", json={"reason": "enough"}).is_success
            stop = bot.next("stop")
            assert stop.pop("deadline").endswith("Z")
            assert stop == {
                "type": "stop",
                "session_id": session_id,
                "lease": lease,
                "status": "completed",
                "reason": "enough",
                "code": "STOPPED",
            }
            bot.beat()
            bot.taken("publish", session_id=session_id, lease=lease, events=[status("failed")])
            assert bot.next("lost") == {"type": "lost", "session_id": session_id, "lease": lease}
            assert not [message for message in bot.told if message["type"] == "stop"]
            session = second.get(f"/v1/sessions/{session_id}").json()
            assert (session["status"], session["end"]["code"]) == ("completed", "STOPPED")

    def test_what_a_dead_hub_had_read_is_given(
        self, hub_server: HubServer, key: str, api: httpx.Client, redis_server: RedisServer, organization: str
    ) -> None:
        session_id = wanting(api)
        stream = f"hub:{{{organization}}}:offers:other"
        with redis_server.client() as redis:
            ((_name, ((entry_id, _fields),)),) = redis.xreadgroup("bots", "dead", {stream: ">"}, count=1)
            assert claim(api) is None
            redis.execute_command("XCLAIM", stream, "bots", "dead", 0, entry_id, "IDLE", 60_000)
        with playing(hub_server, key) as bot:
            assert bot.next("assign")["session"]["id"] == session_id
        with redis_server.client() as redis:
            assert not redis.exists(stream)
