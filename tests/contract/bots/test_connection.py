"""The connection of a bot: how it begins, what it may say, how it ends."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from contract.api.asking import event, found, history, status, taken, token
from contract.bots.playing import SocketBot, bots, dialled, playing, until_waiting, waiting, wanting
from servers import WAYS, HubServer, RedisServer, Way, wait_until
from websockets.exceptions import ConnectionClosed, InvalidStatus

from schemas.errors import DISCONNECTS


def refusal(bot: SocketBot, code: str) -> dict[str, Any]:
    """The `disconnect` with which a connection ends, which must have this code."""
    message, number = bot.ended()
    assert (message["code"], number) == (code, DISCONNECTS[code].number)
    assert message["message"] == DISCONNECTS[code].message
    return message


class TestBeginning:
    def test_without_a_key(self, hub_server: HubServer) -> None:
        with dialled(hub_server, None) as bot:
            assert refusal(bot, "invalid_credential")["retry_ms"] is None

    def test_with_a_key_that_there_is_not(self, hub_server: HubServer) -> None:
        with dialled(hub_server, "sk_a_b") as bot:
            refusal(bot, "invalid_credential")

    def test_without_the_scope(self, hub_server: HubServer, organization: str) -> None:
        with dialled(hub_server, hub_server.make_key(organization, "subscribe", "manage")) as bot:
            refusal(bot, "missing_scope")

    def test_with_a_stream_token(self, hub_server: HubServer, api: httpx.Client) -> None:
        with dialled(hub_server, token(api)) as bot:
            refusal(bot, "missing_scope")

    def test_without_the_subprotocol(self, hub_server: HubServer, key: str) -> None:
        with dialled(hub_server, key, subprotocols=None) as bot:
            assert bot.taken("register", bot={"id": "b"})["lease_seconds"] > 0

    def test_with_another_subprotocol(self, hub_server: HubServer, key: str) -> None:
        with pytest.raises(InvalidStatus), dialled(hub_server, key, subprotocols=["hub.v1"]):
            pass

    def test_from_a_page_of_another_origin(self, hub_server: HubServer, key: str) -> None:
        with pytest.raises(InvalidStatus), dialled(hub_server, key, origin="https://evil.example"):
            pass

    @pytest.mark.parametrize(
        "said",
        [
            {"op": "heartbeat", "sessions": []},
            {"op": "publish", "session_id": "s", "lease": 1, "events": [event("x.a")]},
            {"op": "release", "session_id": "s", "lease": 1},
        ],
        ids=lambda said: said["op"],
    )
    def test_who_it_is_comes_first(self, hub_server: HubServer, key: str, said: Any) -> None:
        with dialled(hub_server, key) as bot:
            bot.refused(**said, code="not_registered")
            bot.taken("register", bot={"id": "b"})
            bot.taken("heartbeat", sessions=[])

    def test_a_connection_is_of_one_bot(self, hub_server: HubServer, key: str) -> None:
        with playing(hub_server, key, "one") as bot:
            assert bot.refused("register", "invalid_field", bot={"id": "two"})["details"] == {
                "field": "$.bot.id"
            }


class TestSaying:
    @pytest.mark.parametrize(
        ("said", "code", "field"),
        [
            ("{", "invalid_json", None),
            ("[]", "invalid_field", "$"),
            ("{}", "unknown_operation", None),
            ('{"op": "dance"}', "unknown_operation", None),
            ('{"op": "register"}', "invalid_field", "$"),
            ('{"op": "register", "bot": {"id": "b", "bogus": 1}}', "invalid_field", "$.bot"),
            ('{"op": "register", "bot": {"id": "b", "slots": 1001}}', "invalid_field", "$.bot.slots"),
            ('{"op": "register", "bot": {"id": "b", "operator": 1}}', "invalid_field", "$.bot"),
            ('{"op": "heartbeat", "sessions": {}}', "invalid_field", "$.sessions"),
            ('{"op": "heartbeat", "sessions": [{"session_id": "s"}]}', "invalid_field", "$.sessions[0]"),
            (
                '{"op": "heartbeat", "sessions": [{"session_id": "s", "lease": 0}]}',
                "invalid_field",
                "$.sessions[0].lease",
            ),
            (
                '{"op": "publish", "session_id": "s", "lease": 1, "events": []}',
                "invalid_field",
                "$.events",
            ),
            (
                '{"op": "publish", "session_id": "s", "events": [{"type": "x.a"}]}',
                "invalid_field",
                "$",
            ),
            ('{"op": "release", "session_id": "s", "lease": 1.5}', "invalid_field", "$.lease"),
            (
                '{"op": "release", "session_id": "s", "lease": 1, "reason": "a b"}',
                "invalid_field",
                "$.reason",
            ),
            ('{"op": "release", "session_id": "a b", "lease": 1}', "session_not_found", None),
            (
                '{"op": "publish", "session_id": "../x", "lease": 1, "events": [{"type": "x.a"}]}',
                "session_not_found",
                None,
            ),
        ],
    )
    def test_what_is_wrong_is_said(
        self, hub_server: HubServer, key: str, said: str, code: str, field: str | None
    ) -> None:
        with playing(hub_server, key) as bot:
            bot.say(said)
            reply = bot.next("reply")
            assert (reply["error"]["code"], reply["error"]["details"].get("field")) == (code, field)
            bot.say('{"op": "dance", "ref": "r"}')
            assert bot.next("reply")["ref"] == "r"
            bot.beat()

    def test_an_event_that_is_refused_is_named(
        self, hub_server: HubServer, key: str, api: httpx.Client
    ) -> None:
        with playing(hub_server, key) as bot:
            session_id = wanting(api)
            bot.next("assign")
            where = {"session_id": session_id, "lease": 1}
            error = bot.refused("publish", "unknown_type", **where, events=[event("x.a"), event("no.such")])
            assert error["details"] == {"field": "$.events[1].type", "index": 1}
            # Its bot never got in.
            bot.refused("publish", "invalid_transition", **where, events=[status("completed")])
            assert len(history(api, session_id)) == 2
            entries = bot.taken("publish", **where, events=[status("active"), event("x.a")])["entries"]
            assert [one["id"] for one in entries] == [one["id"] for one in history(api, session_id)[2:]]

    def test_what_is_no_session_is_lost(self, hub_server: HubServer, key: str) -> None:
        with playing(hub_server, key) as bot:
            for session_id in ("a b", "nobody", "../x", "x" * 65, ""):
                bot.taken("heartbeat", sessions=[{"session_id": session_id, "lease": 1}])
                assert bot.next("lost")["session_id"] == session_id

    def test_binary_is_not_taken(self, hub_server: HubServer, key: str) -> None:
        with playing(hub_server, key) as bot:
            bot.say(b"{}")
            refusal(bot, "protocol_error")

    def test_a_message_has_a_size(self, hub_server: HubServer, key: str) -> None:
        with playing(hub_server, key) as bot:
            bot.say(json.dumps({"op": "heartbeat", "ref": "x" * 1_048_576, "sessions": []}))
            with pytest.raises(ConnectionClosed) as closed:
                bot.hear()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009


class TestEnding:
    def test_a_bot_that_connects_again_goes_on(
        self, hub_server: HubServer, key: str, api: httpx.Client
    ) -> None:
        with playing(hub_server, key, slots=2) as old:
            session_id = wanting(api)
            old.next("assign")
            with dialled(hub_server, key) as new:
                new.taken("register", bot={"id": "bot", "slots": 2})
                assert refusal(old, "replaced")["retry_ms"] is None
                new.taken("heartbeat", sessions=[{"session_id": session_id, "lease": 1}])
                new.taken("publish", session_id=session_id, lease=1, events=[status("active")])
                others = {wanting(api) for _ in range(2)}
                assert new.next("assign")["session"]["id"] in others
                until_waiting(api, 1)
                taken(api.post(f"/v1/sessions/{session_id}/stop"))
                assert new.next("stop")["session_id"] == session_id
                assert waiting(api) == 1

    def test_one_that_has_forgotten_what_it_held_has_room(
        self, second_hub: HubServer, key: str, api: httpx.Client
    ) -> None:
        with playing(second_hub, key) as old, dialled(second_hub, key) as new:
            wanting(api)
            old.next("assign")
            new.taken("register", bot={"id": "bot"})
            refusal(old, "replaced")
            # Until it says what it holds, it may be all that.
            wait_until(lambda: bots(second_hub) == 1, "the old one is gone")
            assert bots(second_hub, "hub_bot_sessions") == 1
            new.beat()
            session_id = wanting(api)
            assert new.next("assign")["session"]["id"] == session_id

    def test_a_bot_goes_on_at_another_hub(
        self, hub_server: HubServer, second_hub: HubServer, key: str, api: httpx.Client
    ) -> None:
        with playing(hub_server, key) as bot:
            session_id = wanting(api)
            bot.next("assign")
            bot.drop()
        with playing(second_hub, key) as bot:
            bot.beat(**{session_id: 1})
            bot.taken("publish", session_id=session_id, lease=1, events=[status("active")])
            # Its only slot is taken.
            wanting(api)
            taken(api.post(f"/v1/sessions/{session_id}/stop"))
            assert bot.next("stop")["session_id"] == session_id
            assert waiting(api) == 1
            bot.taken("publish", session_id=session_id, lease=1, events=[status("completed")])
            bot.next("assign")

    def test_a_key_that_is_revoked(self, hub_server: HubServer) -> None:
        with hub_server.client() as admin:
            made = taken(admin.post("/v1/keys", json={}), 201)
            with playing(hub_server, made["key"]) as bot:
                assert admin.delete(f"/v1/keys/{made['id']}").status_code == 204
                began = time.monotonic()
                refusal(bot, "revoked")
                assert time.monotonic() - began < 5

    @pytest.mark.parametrize("way", WAYS)
    def test_a_hub_that_stops(
        self,
        way: Way,
        hub_server: HubServer,
        redis_server: RedisServer,
        tmp_path: Path,
        organization: str,
        api: httpx.Client,
    ) -> None:
        with HubServer(tmp_path, redis_server, way=way) as hub:
            key = hub.make_key(organization)
            with playing(hub, key) as bot:
                session_id = wanting(api)
                bot.next("assign")
                hub.terminate()
                assert 500 <= refusal(bot, "draining")["retry_ms"] <= 2500
            assert hub.process is not None
            assert hub.process.wait(10) == hub.in_order
            assert "Traceback" not in hub.log.read_text()
        with playing(hub_server, key) as bot:
            bot.beat(**{session_id: 1})
            bot.taken("publish", session_id=session_id, lease=1, events=[status("active")])
        assert [one["type"] for one in history(api, session_id)][1:] == [
            "bot.assigned",
            "session.status_changed",
        ]

    def test_a_bot_that_does_not_read(
        self, redis_server: RedisServer, tmp_path: Path, organization: str
    ) -> None:
        with HubServer(tmp_path, redis_server, {"HUB_BACKLOG": "100000"}) as hub:
            with dialled(hub, hub.make_key(organization), max_queue=1) as bot, hub.client() as api:
                bot.taken("register", bot={"id": "bot"})

                def cut() -> bool:
                    try:
                        bot.say(json.dumps({"op": "heartbeat", "ref": "x" * 500_000, "sessions": []}))
                    except ConnectionClosed:
                        return True
                    return 'code="slow_consumer"} 1.0' in api.get("/metrics").text

                wait_until(cut, "it is cut")
                wait_until(lambda: "hub_bots 0.0" in api.get("/metrics").text, "it is forgotten")
            assert "Traceback" not in hub.log.read_text()


class TestOutage:
    @contextmanager
    def _outage(self, redis: RedisServer) -> Iterator[None]:
        redis.kill()
        yield
        redis.start()

    def test_bots_get_sessions_after_it(self, own_hub: HubServer, own_redis: RedisServer) -> None:
        key = own_hub.make_key("org")
        with own_hub.client(key) as api, playing(own_hub, key, slots=2) as bot:
            first = wanting(api)
            bot.next("assign")
            with self._outage(own_redis):
                held = [{"session_id": first, "lease": 1}]
                bot.refused("heartbeat", "store_unavailable", sessions=held)
                where = {"session_id": first, "lease": 1}
                bot.refused("publish", "store_unavailable", **where, events=[event("x.a")])
                bot.refused("release", "store_unavailable", **where)
            wait_until(lambda: api.get("/v1/sessions").status_code == 200, "the store is back")
            second = wanting(api)
            assert bot.next("assign")["session"]["id"] == second
            bot.beat()
            assert not [message for message in bot.told if message["type"] == "lost"]
            bot.taken("publish", **where, events=[status("active")])
            assert found(api, first)["status"] == "active"
        assert "Traceback" not in own_hub.log.read_text()
