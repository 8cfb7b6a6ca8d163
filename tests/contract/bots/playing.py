"""Bots as the tests play them, on a WebSocket and over HTTP."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import httpx
import pytest
from contract.api.asking import client
from servers import HubServer, wait_until
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

SUBPROTOCOL = "hub.bots.v1"
PATIENCE = 15.0
"""Seconds."""


class SocketBot:
    """A bot on a WebSocket; it keeps what it is told until somebody asks for it."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._ref = 0
        self.told: list[dict[str, Any]] = []
        self.leases: dict[str, int] = {}
        """Of each session that it was given, the last."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def say(self, text: str | bytes) -> None:
        self._connection.send(text)

    def hear(self, timeout: float = PATIENCE) -> dict[str, Any]:
        """The next message."""
        message = json.loads(self._connection.recv(timeout))
        if message["type"] == "assign":
            self.leases[message["session"]["id"]] = message["lease"]
        return message

    def ask(self, op: str, **fields: Any) -> dict[str, Any]:
        """The reply to an operation."""
        self._ref += 1
        self.say(json.dumps({"op": op, "ref": self._ref, **fields}))
        while (message := self.hear())["type"] != "reply":
            self.told.append(message)
        assert message["ref"] == self._ref, message
        return message

    def taken(self, op: str, **fields: Any) -> Any:
        reply = self.ask(op, **fields)
        assert "error" not in reply, reply
        return reply["result"]

    def refused(self, op: str, code: str, **fields: Any) -> dict[str, Any]:
        reply = self.ask(op, **fields)
        assert "result" not in reply, reply
        assert reply["error"]["code"] == code, reply
        assert reply["error"]["trace_id"]
        return reply["error"]

    def next(self, kind: str, session_id: str | None = None) -> dict[str, Any]:
        """The next message of a type, which is of a session if that is said; others stay."""

        def wanted(message: dict[str, Any]) -> bool:
            of = message["session"]["id"] if message["type"] == "assign" else message.get("session_id")
            return message["type"] == kind and session_id in (None, of)

        for at, message in enumerate(self.told):
            if wanted(message):
                return self.told.pop(at)
        while not wanted(message := self.hear()):
            self.told.append(message)
        return message

    def listen(self) -> None:
        """Take what is there already."""
        self.beat()

    def beat(self, **leases: int) -> None:
        """A heartbeat; of what it was given, unless it is said what it holds."""
        held = leases or self.leases
        self.taken("heartbeat", sessions=[{"session_id": one, "lease": lease} for one, lease in held.items()])

    def ended(self) -> tuple[dict[str, Any], int]:
        """The `disconnect` and the close code."""
        with pytest.raises(ConnectionClosed) as closed:
            self._hear_all()
        assert closed.value.rcvd is not None
        (last,) = (message for message in self.told if message["type"] == "disconnect")
        return last, closed.value.rcvd.code

    def _hear_all(self) -> None:
        while True:
            self.told.append(self.hear())

    def drop(self) -> None:
        """Be gone without a word."""
        self._connection.socket.close()


@contextmanager
def dialled(hub: HubServer, key: str | None, **options: Any) -> Iterator[SocketBot]:
    """A connection that has said nothing yet."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    url = hub.url.replace("http", "ws") + "/v1/bots"
    options = {"subprotocols": [SUBPROTOCOL], **options}
    with connect(url, additional_headers=headers, close_timeout=1, **options) as connection:
        yield SocketBot(connection)


@contextmanager
def playing(hub: HubServer, key: str, bot_id: str = "bot", **said: Any) -> Iterator[SocketBot]:
    """A bot that is ready for sessions."""
    with dialled(hub, key) as bot:
        bot.taken("register", bot={"id": bot_id, **said})
        bot.beat()
        yield bot


def claim(api: httpx.Client, bot_id: str = "bot", wait: float = 0, **said: Any) -> dict[str, Any] | None:
    """What a bot is given over HTTP."""
    answer = api.post("/v1/bots/claim", json={"bot": {"id": bot_id, **said}, "wait": wait})
    if answer.status_code == 204:
        assert not answer.content
        return None
    assert answer.status_code == 200, answer.text
    return answer.json()


def wanting(api: httpx.Client, *, link: str | None = None, **fields: Any) -> str:
    """The id of a new session that wants a bot."""
    body = {"dispatch": {}, **fields} | ({"meeting_link": link} if link else {})
    answer = api.post("/v1/sessions", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def waiting(api: httpx.Client) -> int:
    return api.get("/v1/bots").json()["waiting"]


def until_waiting(api: httpx.Client, count: int) -> None:
    wait_until(lambda: waiting(api) == count, f"{count} sessions wait for a bot")


def bots(hub: HubServer, metric: str = "hub_bots") -> float:
    """The bots that are connected to a hub, those that wait over HTTP among them; or another metric."""
    with client(hub) as nobody:
        lines = nobody.get("/metrics").text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(f"{metric} "))
