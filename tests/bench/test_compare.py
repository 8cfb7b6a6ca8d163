"""Each subscriber of every contender gets exactly what was published, in order. Speed is not judged."""

import os
import re
import socket
import xml.etree.ElementTree as ElementTree
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPResponse
from pathlib import Path

import pytest
from servers import RedisServer

from bench.chart import drawn
from bench.contenders import Address, ByHand, Contender, Hub, Missing, Nchan, Transport
from bench.fanout import Setting, one_round
from bench.messages import FRAME
from bench.report import fan_out
from bench.results import Comparison
from hub.bench.stamp import STAMP

pytestmark = pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity"), reason="processes cannot be pinned here"
)

SUBSCRIBERS = 10
EVENTS = 40
CONTENDERS: list[tuple[str, Transport]] = [
    ("hub", "sse"),
    ("hub", "websocket"),
    ("by hand", "sse"),
    ("nchan", "sse"),
]


@contextmanager
def running(name: str, folder: Path, redis_server: RedisServer) -> Generator[Contender]:
    core = max(os.sched_getaffinity(0))
    with ExitStack() as stack:
        try:
            if name == "hub":
                yield stack.enter_context(Hub(folder, redis_server, core))
            elif name == "by hand":
                yield stack.enter_context(ByHand(folder, redis_server, core))
            else:
                yield stack.enter_context(Nchan(folder, core))
        except Missing as missing:
            pytest.skip(f"not installed: {missing}")


class Subscriber:
    """Reads frames from a socket, by the standard library."""

    def __init__(self, address: Address) -> None:
        target = address.target
        self._ready = target.ready[0].decode()
        self._socket = socket.create_connection((target.server.host, target.server.port), timeout=10)
        self._socket.sendall(target.requests[0])
        if target.framing == "websocket":
            self._file = self._socket.makefile("rb")
            assert b" 101 " in self._file.readline()
            while self._file.readline() != b"\r\n":
                pass
            self._socket.sendall(target.then[0])
            self._frames = self._messages()
        else:
            self._file = self._response = HTTPResponse(self._socket)
            self._response.begin()
            assert self._response.status == 200
            self._frames = self._events()

    def _events(self) -> Iterator[str]:
        frame = ""
        while line := self._response.readline().decode():
            frame += line
            if line == "\n":
                yield frame
                frame = ""

    def _messages(self) -> Iterator[str]:
        while head := self._file.read(2):
            size = int.from_bytes(self._file.read(2)) if head[1] == 126 else head[1]
            if head[0] & 15 == 1:
                yield self._file.read(size).decode()

    def wait_ready(self) -> None:
        while self._ready and self._ready not in next(self._frames):
            pass

    def take(self, count: int) -> list[str]:
        return [next(self._frames) for _ in range(count)]

    def close(self) -> None:
        self._file.close()
        self._socket.close()


class Publisher:
    """Publishes one event after the other on one connection."""

    def __init__(self, address: Address) -> None:
        self._request = address.publish
        server = address.target.server
        self._socket = socket.create_connection((server.host, server.port), timeout=10)

    def publish(self, stamp: int) -> None:
        self._socket.sendall(self._request.replace(STAMP, b"%d" % stamp))
        with closing(HTTPResponse(self._socket)) as response:
            response.begin()
            response.read()
            assert response.status in {200, 201, 202}

    def close(self) -> None:
        self._socket.close()


@pytest.mark.parametrize(("name", "transport"), CONTENDERS)
def test_each_subscriber_gets_what_was_published_in_order(
    name: str, transport: Transport, tmp_path: Path, redis_server: RedisServer
) -> None:
    published = [int(STAMP) + number for number in range(EVENTS)]
    with running(name, tmp_path, redis_server) as contender, ExitStack() as stack:
        address = contender.session(transport)
        subscribers = [Subscriber(address) for _ in range(SUBSCRIBERS)]
        for subscriber in subscribers:
            stack.callback(subscriber.close)
            subscriber.wait_ready()
        publisher = Publisher(address)
        stack.callback(publisher.close)
        for stamp in published:
            publisher.publish(stamp)
        for subscriber in subscribers:
            frames = subscriber.take(EVENTS)
            assert [
                int(found) for frame in frames for found in re.findall(r'"t":(\d{19})', frame)
            ] == published
            # The same work: frames of one size.
            assert all(abs(len(frame) - FRAME) <= 8 for frame in frames), len(frames[0])


def test_a_round_measures_everyone_and_can_be_drawn(tmp_path: Path) -> None:
    cores = sorted(os.sched_getaffinity(0))
    setting = Setting(server_core=cores[0], load_core=cores[-1], subscribers=SUBSCRIBERS, seconds=0.2)
    said: list[str] = []
    found, skipped = one_round({1, 64}, tmp_path, setting, lambda name, _: said.append(name))
    assert said == list(found)
    assert {"hub sse 1", "hub sse 64", "hub websocket 1", "sse-starlette sse 1"} <= set(found)
    assert set(skipped) <= {"limit one", "limit coalesced", "nchan sse 1"}
    for name, run in found.items():
        assert run.missing == 0, name
        assert run.deliveries == run.published * SUBSCRIBERS > 0, name
    comparison = Comparison(machine={}, options={"subscribers": SUBSCRIBERS}, rounds=[found], skipped=skipped)
    assert ("hub, SSE, 1 publisher / C, one frame a send()" in fan_out(comparison)) == ("limit one" in found)
    chart = ElementTree.fromstring(drawn(comparison))
    assert len(chart.findall("{*}rect")) == len(found)
