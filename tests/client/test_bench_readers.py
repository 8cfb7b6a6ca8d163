"""The core of the load generator: readers and writers against a hub, and against servers that misbehave."""

import multiprocessing
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from typing import Any

import httpx
import pytest
from servers import HubServer, free_port, wait_until

from hub.bench import stamp
from hub.bench.dialling import Dialler, Server
from hub.bench.errors import BenchError
from hub.bench.load import Transport
from hub.bench.readers import Readers
from hub.bench.target import Target
from hub.bench.wire import MARKER, Wire, event
from hub.bench.writers import Writers


@pytest.fixture
def session(api: httpx.Client) -> str:
    return api.post("/v1/sessions", json={}).json()["id"]


@pytest.fixture
def wire(hub_server: HubServer, key: str) -> Wire:
    return Wire(hub_server.url, key)


def publish(api: httpx.Client, session: str, count: int) -> None:
    for _ in range(count):
        sent = {"type": "x.bench", "data": {"t": stamp.now(), "pad": ""}}
        api.post(f"/v1/sessions/{session}/events", json=sent).raise_for_status()


def head(api: httpx.Client, session: str) -> int:
    """How many entries the session has."""
    return int(api.get(f"/v1/sessions/{session}").json()["last_entry_id"].partition("-")[2])


@pytest.mark.parametrize("transport", ["sse", "websocket"])
def test_readers_count_what_was_published(
    api: httpx.Client, session: str, wire: Wire, transport: Transport
) -> None:
    with Readers(wire.streams([session], transport), 6, processes=2) as readers:
        opened = readers.open()
        assert (opened.deliveries, opened.seconds and opened.seconds.n) == (0, 6)
        readers.start("every")
        publish(api, session, 7)
        assert readers.wait_for(42)
        window = readers.stop()
        assert (window.deliveries, window.least, window.most, window.ended) == (42, 7, 7, 0)
        # Each of the six may be sent a bookmark and a ping meanwhile.
        assert 0 < window.reads <= 42 + 2 * 6
        assert window.bytes > 42 * 150
        assert [len(late) for late in window.arrivals.values()] == [6] * 7
        assert all(0 < late[0] <= late[-1] < 30 for late in window.arrivals.values())
        readers.start("none")
        publish(api, session, 1)
        assert readers.wait_for(6)
        assert not readers.wait_for(7, timeout=0.1)
        assert readers.stop().latency is None
        readers.start()
        batch = [{"type": "x.bench", "data": {}}] * 50
        api.post(f"/v1/sessions/{session}/events", json=batch).raise_for_status()
        assert readers.wait_for(300)
        window = readers.stop()
        assert (window.deliveries, window.least, window.most) == (300, 50, 50)
        assert window.reads < 300


def test_readers_come_back_after_a_cut(api: httpx.Client, session: str, wire: Wire) -> None:
    with Readers(wire.streams([session], "sse"), 4) as readers:
        readers.open()
        had = api.get(f"/v1/sessions/{session}").json()["last_entry_id"]
        assert readers.cut() == 4
        publish(api, session, 5)
        newest = api.get(f"/v1/sessions/{session}").json()["last_entry_id"]
        opened = readers.open(wire.streams([session], "sse", {session: (had, newest)}))
        assert (opened.deliveries, opened.least, opened.most) == (20, 5, 5)


def test_streams_that_the_server_ends_are_told(api: httpx.Client, session: str, wire: Wire) -> None:
    with Readers(wire.streams([session], "sse"), 3) as readers:
        readers.open()
        readers.start()
        assert api.delete(f"/v1/sessions/{session}").status_code == 204

        def all_ended() -> bool:
            return readers.stop().ended == 3

        wait_until(all_ended, "streams end")
        assert readers.stop().least == 0


def test_readers_and_writers_stay_on_their_processors(session: str, wire: Wire) -> None:
    with Readers(wire.streams([session], "sse"), 2, processes=2, cpus={0}) as readers:
        readers.open()
        found = [os.sched_getaffinity(child.pid or 0) for child in multiprocessing.active_children()]
        assert found == [{0}, {0}]
    assert multiprocessing.active_children() == []


def test_a_stream_that_is_refused_is_told(wire: Wire) -> None:
    with (
        Readers(wire.streams(["ses_nope"], "sse"), 2) as readers,
        pytest.raises(BenchError, match="answered with status 404"),
    ):
        readers.open()


def test_a_server_that_is_away_is_told(wire: Wire) -> None:
    away = Server("127.0.0.1", free_port())
    target = Target(server=away, requests=[b"x"], ready=[b""], marker=MARKER)
    with Readers(target, 1) as readers, pytest.raises(BenchError, match=r"cannot connect to 127\.0\.0\.1"):
        readers.open()
    with pytest.raises(BenchError, match=r"cannot connect to 127\.0\.0\.1"), Writers(away, [b"x"]):
        pass


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """A server that answers each connection with some bytes, and perhaps closes it."""
    listeners: list[socket.socket] = []
    taken: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def start(answer: bytes, *, close: bool = False) -> Server:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def run() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                taken.append(connection)
                with suppress(OSError):
                    connection.recv(65536)
                    connection.sendall(answer)
                if close:
                    connection.close()

        threads.append(threading.Thread(target=run))
        threads[-1].start()
        return Server("127.0.0.1", listener.getsockname()[1])

    yield start
    for listener in listeners:
        # Wakes the thread that waits in accept.
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
    for thread in threads:
        thread.join()
    for connection in taken:
        connection.close()


def test_a_stream_that_never_gets_ready_is_told(serve: Callable[..., Server]) -> None:
    server = serve(b"HTTP/1.1 200 OK\r\n\r\nevent: snapshot\n\n")
    target = Target(server=server, requests=[b"GET"], ready=[b"event: bookmark"], marker=MARKER)
    with Readers(target, 1) as readers, pytest.raises(BenchError, match="not done within"):
        readers.open(timeout=0.5)


def test_bytes_without_a_head_are_read_too(serve: Callable[..., Server]) -> None:
    server = serve(b"hello" + MARKER * 3)
    target = Target(server=server, requests=[b"go"], ready=[b"hello"], marker=MARKER, framing="plain")
    with Readers(target, 2) as readers:
        assert readers.open().deliveries == 6


def test_writers_send_what_they_are_told(api: httpx.Client, wire: Wire) -> None:
    sessions = [api.post("/v1/sessions", json={}).json()["id"] for _ in range(3)]
    before = [head(api, session) for session in sessions]
    requests = [wire.publish(session, [event(300)], "http") for session in sessions]
    with Writers(wire.server, requests, 2, processes=2, depth=2) as writers:
        written = writers.run(20, count=31)
        assert (written.sent, written.acknowledged, written.statuses) == (31, 31, {200: 31})
        assert written.latency is not None
        assert written.latency.n == 31
        assert sum(head(api, session) for session in sessions) - sum(before) == 31
        # The first connection has the first and the third session, the second the second.
        assert head(api, sessions[1]) - before[1] in (15, 16)
        assert writers.run(20, count=2).acknowledged == 2


def test_writers_keep_a_rate(wire: Wire, session: str) -> None:
    with Writers(wire.server, [wire.publish(session, [event(230)], "http")], 2) as writers:
        written = writers.run(0.5, rate=20)
        assert 8 <= written.acknowledged <= 11
        writers.begin(60, rate=20)
        began = time.monotonic()
        writers.stop()
        assert writers.finish().acknowledged < 100
        assert time.monotonic() - began < 20


def test_writers_tell_what_was_refused(wire: Wire) -> None:
    with Writers(wire.server, [wire.publish("ses_nope", [event(230)], "http")]) as writers:
        written = writers.run(20, count=2)
    assert (written.acknowledged, written.statuses) == (0, {404: 2})
    assert "session_not_found" in written.refusal


def test_a_server_that_closes_on_writers_is_told(serve: Callable[..., Server]) -> None:
    server = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", close=True)
    with (
        Writers(server, [b"POST"]) as writers,
        pytest.raises(BenchError, match="closed a connection that publishes"),
    ):
        writers.run(20)


@pytest.mark.skipif(sys.platform != "linux", reason="only there all of 127.0.0.0/8 can be bound")
def test_more_connections_than_ports_take_several_addresses(serve: Callable[..., Server]) -> None:
    dialler = Dialler(serve(b""), 200_000)
    addresses: set[Any] = set()
    for index in (0, 65_535, 199_999):
        with closing(dialler.connect(index)) as connection:
            addresses.add(connection.getsockname()[0])
    assert len(addresses) == 3
    with pytest.raises(BenchError, match="need more ports than"):
        Dialler(Server("192.0.2.1", 80), 200_000)
