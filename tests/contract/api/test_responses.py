"""Responses on the wire: framed as HTTP asks for, in order, whoever asks and however."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import h11
import httpx
import pytest
from contract.api.asking import new
from servers import HubServer


class Answers:
    """Reads the answers on a connection, one by one, strictly.

    Args:
        connection: What was asked is on its way.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._rest = b""

    def next(self, method: str = "POST") -> tuple[int, dict[bytes, bytes], bytes]:
        """Status, headers and body of the answer to a request of this method."""
        parser = h11.Connection(h11.CLIENT)
        parser.send(h11.Request(method=method, target="/", headers=[("Host", "hub")]))
        parser.send(h11.EndOfMessage())
        if self._rest:
            parser.receive_data(self._rest)
        status, headers, body = 0, {}, b""
        while True:
            event = parser.next_event()
            if event is h11.NEED_DATA:
                parser.receive_data(self._connection.recv(65536))
            elif isinstance(event, h11.Response):
                status, headers = event.status_code, dict(event.headers)
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage):
                self._rest = parser.trailing_data[0]
                return status, headers, body


@contextmanager
def asked(hub: HubServer, sent: bytes) -> Iterator[tuple[socket.socket, Answers]]:
    """A connection on which all this has been sent at once."""
    with socket.create_connection(("127.0.0.1", hub.port), timeout=10) as connection:
        connection.sendall(sent)
        yield connection, Answers(connection)


def request(method: str, path: str, key: str, *lines: str, body: str = "", version: str = "1.1") -> bytes:
    head = [f"{method} {path} HTTP/{version}", "Host: hub", f"Authorization: Bearer {key}", *lines]
    if body:
        head += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*head, "", body]).encode()


@pytest.fixture
def path(api: httpx.Client) -> str:
    return f"/v1/sessions/{new(api)}"


def published(number: int) -> str:
    return f'{{"type": "x.n", "data": {{"n": {number}}}}}'


def test_pipelined_requests_are_answered_in_order(hub_server: HubServer, key: str, path: str) -> None:
    posts = [request("POST", f"{path}/events", key, body=published(n)) for n in range(20)]
    with asked(hub_server, b"".join(posts) + request("GET", path, key)) as (_connection, answers):
        kept = [answers.next() for _ in posts]
        status, _headers, session = answers.next("GET")
    assert [answer[0] for answer in kept] + [status] == [200] * 21
    ids = [json.loads(answer[2])["entries"][0]["id"] for answer in kept]
    seqs = [int(entry_id.partition("-")[2]) for entry_id in ids]
    assert seqs == list(range(seqs[0], seqs[0] + 20))
    assert json.loads(session)["last_entry_id"] == ids[-1]


@pytest.mark.parametrize(
    ("lines", "version", "stays"),
    [((), "1.1", True), (("Connection: close",), "1.1", False), ((), "1.0", False)],
)
def test_the_connection_stays_as_was_asked(
    hub_server: HubServer, key: str, path: str, lines: tuple[str, ...], version: str, stays: bool
) -> None:
    sent = request("POST", f"{path}/events", key, *lines, body=published(1), version=version)
    with asked(hub_server, sent) as (connection, answers):
        status, headers, body = answers.next()
        assert (status, body[:17]) == (200, b'{"entries":[{"id"')
        assert (headers.get(b"connection") == b"close") is not stays
        if stays:
            connection.sendall(sent)
            assert answers.next()[0] == 200
        else:
            assert connection.recv(1) == b""


def test_a_head_has_the_length_and_no_body(hub_server: HubServer, key: str, path: str) -> None:
    sent = request("HEAD", path, key) + request("GET", path, key)
    with asked(hub_server, sent) as (_connection, answers):
        head, got = answers.next("HEAD"), answers.next("GET")
    assert (head[0], got[0], head[2]) == (200, 200, b"")
    assert head[1][b"content-length"] == got[1][b"content-length"] == str(len(got[2])).encode()


def test_a_body_that_waits_to_be_asked_for_is(hub_server: HubServer, key: str, path: str) -> None:
    body = published(1)
    sent = request("POST", f"{path}/events", key, "Expect: 100-continue", body=body)
    with asked(hub_server, sent[: -len(body)]) as (connection, answers):
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body.encode())
        assert answers.next()[0] == 200
