"""No credential in any log, wherever it was sent and whatever became of the request."""

import json
from contextlib import suppress

import httpx
import pytest
from contract.api.asking import NOBODY, client, event, frames, make_key, new, post, taken
from servers import HubServer, RedisServer, wait_until
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import connect


def use_everywhere(hub: HubServer, session_id: str, credential: str) -> None:
    """Send a credential wherever one could stand, rightly or by mistake."""
    stream = f"/v1/sessions/{session_id}/stream"
    headers = [
        f"Bearer {credential}",
        f"bearer  {credential}",
        f"Basic {credential}",
        credential,
        f"Bearer {credential} {credential}",
    ]
    with client(hub) as nobody:
        for header in headers:
            authorization = {"Authorization": header}
            nobody.get("/v1/sessions", headers=authorization)
            nobody.get(f"/v1/sessions/{NOBODY}", headers=authorization)
            nobody.put("/v1/sessions", headers=authorization)
            nobody.get("/nothing", headers=authorization)
            post(nobody, session_id, event("x.a"), headers=authorization)
            post(nobody, session_id, {"type": "x.a", "token": credential}, headers=authorization)
        for path in (stream, "/v1/stream", f"/v1/sessions/{NOBODY}/stream"):
            for query in ({"token": credential}, {"key": credential}, {"after": credential}):
                with nobody.stream("GET", path, params=query) as answer:
                    if answer.status_code == 200:
                        next(frames(answer))
        with nobody.stream("GET", stream, params={"token": credential, "after": credential}) as answer:
            if answer.status_code == 200:
                next(frames(answer))
        for path in ("/", "/v1/sessions", "/nothing", "/metrics", "/v1/keys"):
            nobody.get(path, params={"token": credential})
        nobody.get("/v1/sessions", headers={"Idempotency-Key": credential, "Last-Event-ID": credential})
    socket(hub, f"?token={credential}", "")
    socket(hub, "", credential)
    socket(hub, f"?token={credential}", credential)
    with (
        suppress(InvalidHandshake),
        connect(
            hub.url.replace("http", "ws") + f"/v1/ws?token={credential}", origin="https://elsewhere.example"
        ),
    ):
        raise AssertionError("a page of another origin may not connect")


def socket(hub: HubServer, query: str, credential: str) -> None:
    """A socket on which the credential is sent in operations that are right and wrong."""
    # A credential that is none ends the socket, perhaps while there is more to send.
    with suppress(ConnectionClosed), connect(hub.url.replace("http", "ws") + "/v1/ws" + query) as connection:
        asked = [
            {"op": "auth", "ref": 1, "token": credential},
            {"op": "auth", "ref": 2, "token": credential, "more": credential},
            {"op": credential, "ref": 3},
            {"op": "subscribe", "ref": 4, "session_id": credential},
            {"op": "publish", "ref": 5, "session_id": NOBODY, "events": [{"type": credential}]},
            {"op": "ping", "ref": 6},
        ]
        for operation in asked:
            connection.send(json.dumps(operation))
        connection.send(f'{{"op": "auth", "token": "{credential}"')
        for message in connection:
            if json.loads(message).get("ref") == 6:
                return


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_no_secret_is_logged(
    own_redis: RedisServer, tmp_path_factory: pytest.TempPathFactory, log_format: str
) -> None:
    settings = {"HUB_LOG_LEVEL": "debug", "HUB_LOG_FORMAT": log_format}
    hub = HubServer(tmp_path_factory.mktemp("hub"), own_redis, settings)
    hub.start()
    try:
        with client(hub, hub.key) as operator:
            key, revoked = make_key(operator, "org"), make_key(operator, "org")
            operator.delete(f"/v1/keys/{revoked.split('_')[1]}")
        with client(hub, key) as api:
            session_id = new(api)
            token = taken(api.post("/v1/tokens", json={"session_id": session_id}), 201)["token"]
            credentials = [key, token, f"{key}0", f"{token}0", revoked]
            for credential in credentials:
                use_everywhere(hub, session_id, credential)
            own_redis.kill()
            for credential in credentials:
                use_while_away(hub, session_id, credential)
            last = httpx.get(f"{hub.url}/last").headers["x-trace-id"]
        wait_until(lambda: last in hub.log.read_text(), "all is logged")
    finally:
        hub.stop()
    text = hub.log.read_text()
    # The log is the right one, and holds what it should of these requests.
    for known in (f"/v1/sessions/{session_id}/stream 200", "/v1/stream", "/v1/ws", "store_unavailable"):
        assert known in text, known
    assert "Traceback" not in text
    claims, _, signature = token.removeprefix("st_").partition(".")
    for secret in (key.split("_")[2], revoked.split("_")[2], claims, signature):
        assert secret not in text
    assert "sk_" not in text.replace(hub.key, ""), "not even a part of a key"
    assert "token=" not in text


def use_while_away(hub: HubServer, session_id: str, credential: str) -> None:
    """Once more where the store is asked first, which is away."""
    with client(hub, credential) as api:
        api.get("/v1/sessions")
        post(api, session_id, event("x.a"))
        api.get(f"/v1/sessions/{session_id}", params={"token": credential})
