"""Connections on which requests come too slowly, or not at all: they are not kept for good."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from contract.api.asking import client, new
from servers import HubServer, RedisServer

TIMEOUT = 1.0
PATIENCE = 20.0


@pytest.fixture
def strict_hub(redis_server: RedisServer, tmp_path: Path) -> Iterator[HubServer]:
    with HubServer(tmp_path / "strict", redis_server, {"HUB_REQUEST_TIMEOUT": str(TIMEOUT)}) as hub:
        yield hub


@contextmanager
def dribbling(hub: HubServer, first: bytes, then: bytes) -> Iterator[socket.socket]:
    """A connection that sends `first` at once, and `then` for ever, a little at a time."""
    with socket.create_connection(("127.0.0.1", hub.port), timeout=PATIENCE) as connection:
        connection.sendall(first)
        over = threading.Event()

        def dribble() -> None:
            while not over.wait(0.05):
                try:
                    connection.sendall(then)
                except OSError:
                    return

        thread = threading.Thread(target=dribble)
        thread.start()
        try:
            yield connection
        finally:
            over.set()
            thread.join()


def received(connection: socket.socket) -> bytes:
    """All that comes until the hub ends the connection."""
    found = b""
    try:
        while data := connection.recv(4096):
            found += data
    except ConnectionResetError:
        # It was still being written to.
        pass
    return found


def test_who_says_nothing_is_let_go(strict_hub: HubServer) -> None:
    with socket.create_connection(("127.0.0.1", strict_hub.port), timeout=PATIENCE) as connection:
        assert received(connection) == b""


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (b"", b"G"),
        (b"GET /", b"a"),
        (b"GET /healthz HTTP/1.1\r\n", b"X-A: b\r\n"),
        (b"GET / HTTP/1.1\r\nA: ", b"b"),
    ],
    ids=["method", "path", "headers", "header"],
)
def test_a_head_without_an_end_is_refused(strict_hub: HubServer, first: bytes, then: bytes) -> None:
    with dribbling(strict_hub, first, then) as connection:
        answer = received(connection)
    assert answer[:12] in (b"HTTP/1.1 408", b"HTTP/1.1 400", b""), answer


def test_a_head_that_stops_is_answered(strict_hub: HubServer) -> None:
    with socket.create_connection(("127.0.0.1", strict_hub.port), timeout=PATIENCE) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: hub\r\n")
        assert received(connection).startswith(b"HTTP/1.1 408 Request Timeout\r\n")


def test_a_body_without_an_end_is_not_waited_for(strict_hub: HubServer) -> None:
    with client(strict_hub, strict_hub.key) as api:
        path = f"/v1/sessions/{new(api)}"
        head = (
            f"POST {path}/events HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {strict_hub.key}\r\n"
            "Content-Type: application/x-ndjson\r\nContent-Length: 1000000\r\n\r\n"
        )
        with dribbling(strict_hub, head.encode(), b"\n") as connection:
            assert received(connection) == b""
        assert api.get(path).json()["last_entry_id"].endswith("-1")
    assert "Traceback" not in strict_hub.log.read_text()


def test_connections_in_use_are_left_alone(strict_hub: HubServer) -> None:
    asked = b"GET /healthz HTTP/1.1\r\nHost: hub\r\n\r\n"
    with (
        client(strict_hub, strict_hub.key) as api,
        socket.create_connection(("127.0.0.1", strict_hub.port), timeout=PATIENCE) as idle,
        api.stream("GET", f"/v1/sessions/{new(api)}/stream") as stream,
    ):
        idle.sendall(asked)
        assert idle.recv(4096).startswith(b"HTTP/1.1 200")
        # As long as it takes to let another one go.
        test_who_says_nothing_is_let_go(strict_hub)
        idle.sendall(asked)
        assert idle.recv(4096).startswith(b"HTTP/1.1 200")
        lines = stream.iter_lines()
        api.post(str(stream.request.url.path).replace("/stream", "/stop")).raise_for_status()
        assert any("session.status_changed" in line for line in lines)
