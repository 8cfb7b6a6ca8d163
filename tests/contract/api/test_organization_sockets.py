"""A tenant sees only its own, on a WebSocket too: every operation, against what is another's."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from contract.api.asking import NOBODY, Api, Other, history, new, published, status, taken, token
from contract.api.calls import BOT_OPERATIONS, OPERATIONS, known_operations
from servers import HubServer, wait_until
from websockets.sync.client import ClientConnection, connect

from schemas.bots import BotOperation


def test_every_operation_has_its_row() -> None:
    assert known_operations() == set(OPERATIONS)
    assert known_operations(BotOperation) == set(BOT_OPERATIONS)


class Socket:
    """Operations and their replies on one WebSocket."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._ref = 0
        self.frames: list[dict[str, Any]] = []

    def ask(self, operation: str, **fields: Any) -> dict[str, Any]:
        """The reply, without what differs from one to the next."""
        self._ref += 1
        fields = {name: fields.get(name, value) for name, value in OPERATIONS[operation].items()} | fields
        self._connection.send(json.dumps({"op": operation, "ref": self._ref, **fields}))
        while True:
            message = json.loads(self._connection.recv(10))
            if message["type"] == "reply" and message["ref"] == self._ref:
                del message["ref"]
                if "error" in message:
                    assert message["error"].pop("trace_id")
                return message
            self.frames.append(message)

    def refused(self, operation: str, code: str, **fields: Any) -> dict[str, Any]:
        reply = self.ask(operation, **fields)
        assert (reply["ok"], reply["error"]["code"]) == (False, code), reply
        return reply

    def taken(self, operation: str, **fields: Any) -> dict[str, Any]:
        reply = self.ask(operation, **fields)
        assert reply["ok"] is True, reply
        return reply

    def until(self, kind: str) -> None:
        """Wait until a frame of this type has come."""

        def come() -> bool:
            self.taken("ping")
            return any(frame["type"] == kind for frame in self.frames)

        wait_until(come, f"a frame {kind}")


@contextmanager
def socket(hub: HubServer, credential: str = "", where: str = "header") -> Iterator[Socket]:
    headers = {"Authorization": f"Bearer {credential}"} if credential and where == "header" else {}
    query = f"?token={credential}" if credential and where == "query" else ""
    url = hub.url.replace("http", "ws") + "/v1/ws" + query
    with connect(url, additional_headers=headers, subprotocols=["hub.v1"]) as connection:  # type: ignore[list-item]
        yield Socket(connection)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_without_a_key(hub_server: HubServer, api: httpx.Client, operation: str) -> None:
    session_id = new(api)
    with socket(hub_server) as one:
        fields = {name: session_id for name in OPERATIONS[operation] if name == "session_id"}
        if operation == "ping":
            one.taken("ping")
        elif operation == "auth":
            one.refused("auth", "invalid_credential")
        else:
            one.refused(operation, "missing_credential", **fields)
    assert len(history(api, session_id)) == 1


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_on_what_is_foreign(
    hub_server: HubServer, key: str, api_of: Api, organization: str, other: Other, operation: str
) -> None:
    before = other.everything()
    mine = api_of(organization)
    session_id = new(mine)
    with socket(hub_server, key) as one:
        if operation == "auth":
            foreign_key = taken(other.api.post("/v1/keys", json={}), 201)["key"]
            before = other.everything()
            for credential in (foreign_key, token(other.api, session_id=other.live)):
                one.refused("auth", "invalid_credential", token=credential)
            one.refused("subscribe", "session_not_found", session_id=other.live)
        elif operation == "ping":
            one.taken("ping")
        else:
            code = "not_subscribed" if operation == "unsubscribe" else "session_not_found"
            for foreign in (other.live, other.sealed):
                hidden = one.refused(operation, code, session_id=foreign)
                assert hidden == one.refused(operation, code, session_id=NOBODY)
        # The row is right: on one's own session it does what it says.
        if operation != "auth":
            if operation == "unsubscribe":
                one.taken("subscribe", session_id=session_id)
            one.taken(operation, **({"session_id": session_id} if operation != "ping" else {}))
        assert not [frame for frame in one.frames if frame.get("session_id") != session_id]
    assert other.everything() == before


@pytest.mark.parametrize("where", ["header", "query", "auth"])
def test_operations_with_a_token(hub_server: HubServer, api: httpx.Client, other: Other, where: str) -> None:
    session_id, sibling = new(api), new(api)
    bound = token(api, session_id=session_id, channels=["chat"])
    with socket(hub_server, "" if where == "auth" else bound, where) as one:
        if where == "auth":
            one.taken("auth", token=bound)
        missing = one.refused("subscribe", "session_not_found", session_id=NOBODY)
        for hidden in (sibling, other.live):
            assert one.refused("subscribe", "session_not_found", session_id=hidden) == missing
        one.refused("subscribe", "missing_scope", session_id=None)
        one.refused("subscribe", "missing_scope", session_id=session_id, channels=["chat", "logs"])
        one.refused("publish", "missing_scope", session_id=session_id)
        one.taken("subscribe", session_id=session_id)
        one.taken("subscribe", session_id=session_id, channels=["chat"])
    assert len(history(api, session_id)) == 1


def test_the_feed_of_a_socket_holds_nothing_foreign(
    hub_server: HubServer, key: str, api: httpx.Client, other: Other
) -> None:
    own = new(api)
    with socket(hub_server, key) as one:
        one.taken("subscribe", session_id=None)
        # Live only with the bookmark: what is published before may be part of the snapshot.
        one.until("bookmark")
        published(other.api, other.live, status("recording"))
        published(api, own, status("joining"))
        one.until("session.status_changed")
        assert {frame["session_id"] for frame in one.frames if "session_id" in frame} == {own}
        assert other.live not in json.dumps(one.frames)
