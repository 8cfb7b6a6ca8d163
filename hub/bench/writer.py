"""One process of writers: it sends prebuilt requests and counts their answers."""

import socket
import ssl
import time
from array import array
from collections import deque
from collections.abc import Sequence
from functools import partial
from multiprocessing.connection import Connection as Pipe

from msgspec import Struct

from hub.bench import stamp
from hub.bench.answers import Answers, HttpAnswers, WebSocketAnswers
from hub.bench.crew import Effort, Teller, allow_files
from hub.bench.dialling import Dialler, Server
from hub.bench.errors import BenchError
from hub.bench.opening import send_all
from hub.bench.poller import READ, WRITE, Poller, new_poller
from hub.bench.streams import masked

_LATENCIES = 500_000
"""Kept by one process."""
_PATIENCE = 15.0
"""Seconds for the last answers."""


class Job(Struct, frozen=True):
    """What a writer process is to do."""

    server: Server
    requests: Sequence[bytes]
    handshake: bytes
    indexes: range
    total: int
    depth: int


class Order(Struct, frozen=True):
    """One run."""

    seconds: float
    count: int | None
    """Requests of this process."""
    rate: float | None
    """Requests a second of this process."""


class Done(Struct, frozen=True):
    """What one process has written in a run."""

    sent: int
    statuses: dict[int, int]
    refusal: bytes
    """The body of the first answer that is no success."""
    latencies: bytes
    """An array of doubles."""
    late: float
    """Seconds that the latest request was sent after its time; 0 without a rate."""
    first_at: int
    last_at: int
    effort: Effort


class _Prebuilt:
    """A request that is stamped in place when it is sent."""

    __slots__ = ("_content", "_places")

    def __init__(self, request: bytes) -> None:
        self._content = bytearray(request)
        self._places = stamp.places(request)

    def stamped(self) -> bytearray:
        """It, with the time of now; valid until the next call."""
        if self._places:
            now = b"%d" % stamp.now()
            for place in self._places:
                self._content[place : place + 19] = now
        return self._content


class Writing:
    """A connection that sends."""

    def __init__(self, connection: socket.socket, answers: Answers, requests: Sequence[_Prebuilt]) -> None:
        self.socket = connection
        self.fd = connection.fileno()
        self.take = answers.take
        self._requests = requests
        self._next = 0
        self._rest = b""
        self.sent_at: deque[float] = deque()
        """Of the requests that have no answer yet."""
        self.is_free = True
        """Waits for its turn to send."""

    def send(self, now: float) -> None:
        """Send the next request, or as much of it as goes."""
        request = self._requests[self._next]
        self._next = (self._next + 1) % len(self._requests)
        self.sent_at.append(now)
        content = request.stamped()
        sent = self._send(content)
        if sent < len(content):
            self._rest = bytes(content[sent:])

    def flush(self) -> None:
        """Send what is left of a request."""
        self._rest = self._rest[self._send(self._rest) :]

    def _send(self, content: bytes | bytearray) -> int:
        try:
            return self.socket.send(content)
        except (BlockingIOError, ssl.SSLWantWriteError):
            return 0
        except OSError as error:
            raise _gone(error) from None

    @property
    def blocked(self) -> bool:
        """A part of a request waits."""
        return bool(self._rest)


class _Run:
    """One run of a process's connections.

    Args:
        order: How much to send, and how fast.
        writings: The connections.
        poller: Watches them.
        depth: Requests of a connection that may wait for their answers.
    """

    def __init__(self, order: Order, writings: dict[int, Writing], poller: Poller, depth: int) -> None:
        self._order = order
        self._writings = writings
        self._poller = poller
        self._depth = depth
        self._free = deque(writings.values())
        for writing in self._free:
            writing.is_free = True
        self._effort = Effort.now()
        self._began = time.monotonic()
        self._deadline = self._began + order.seconds
        self._most = 1 << 62 if order.count is None else order.count
        self._sent = 0
        self._late = 0.0
        self._statuses: dict[int, int] = {}
        self._refusal = b""
        self._latencies = array("d")
        self._first_at = self._last_at = time.monotonic_ns()
        self.answered = 0

    def send_due(self) -> float:
        """Send what is due on the connections that are free; seconds until there is something to do."""
        now = time.monotonic()
        while self._open(now) and self._free:
            due = now if self._order.rate is None else self._began + self._sent / self._order.rate
            if due > now:
                return due - now
            self._late = max(self._late, now - due)
            writing = self._free.popleft()
            writing.is_free = False
            writing.send(now)
            self._sent += 1
            if writing.blocked:
                self._poller.watch(writing.fd, READ | WRITE)
            self._release(writing)
        return 0.2

    def _open(self, now: float) -> bool:
        return self._sent < self._most and now < self._deadline

    def _release(self, writing: Writing) -> None:
        if not writing.is_free and not writing.blocked and len(writing.sent_at) < self._depth:
            writing.is_free = True
            self._free.append(writing)

    def end(self) -> None:
        """Send nothing more."""
        self._most = self._sent

    @property
    def over(self) -> bool:
        """Nothing more is to be sent, and all is answered.

        Raises:
            BenchError: the last answers do not come.
        """
        now = time.monotonic()
        if self._open(now):
            return False
        if self.answered < self._sent and now > max(self._last_at / 1e9, self._began) + _PATIENCE:
            missing = self._sent - self.answered
            raise BenchError(f"{missing} requests have had no answer for {_PATIENCE:.0f} s")
        return self.answered >= self._sent

    def go_on(self, writing: Writing, events: int) -> None:
        """Take what has come on a connection, and send what is left."""
        if events & WRITE and writing.blocked:
            writing.flush()
            if not writing.blocked:
                self._poller.watch(writing.fd, READ)
        if events & ~WRITE:
            self._take(writing)
        self._release(writing)

    def _take(self, writing: Writing) -> None:
        try:
            content = writing.socket.recv(65536)
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        except OSError as error:
            raise _gone(error) from None
        if not content:
            raise _gone(OSError("end of file"))
        now = time.monotonic()
        for answer in writing.take(content):
            if not writing.sent_at:
                raise BenchError("the server sent an answer that nothing was asked for")
            took = now - writing.sent_at.popleft()
            self.answered += 1
            self._statuses[answer.status] = self._statuses.get(answer.status, 0) + 1
            if not answer.ok and not self._refusal:
                self._refusal = answer.body[:500]
            if len(self._latencies) < _LATENCIES:
                self._latencies.append(took)
            self._last_at = time.monotonic_ns()

    def done(self) -> Done:
        """What came of it."""
        return Done(
            sent=self._sent,
            statuses=self._statuses,
            refusal=self._refusal,
            latencies=self._latencies.tobytes(),
            late=self._late,
            first_at=self._first_at,
            last_at=self._last_at,
            effort=Effort.now().since(self._effort),
        )


class Writer:
    """All connections of one process."""

    def __init__(self, pipe: Pipe, job: Job) -> None:
        self._pipe = pipe
        self._job = job
        self._poller = new_poller()
        self._poller.watch(pipe.fileno(), READ)
        self._writings: dict[int, Writing] = {}

    def run(self) -> None:
        """Serve the parent until it closes the pipe."""
        allow_files(len(self._job.indexes))
        self._connect()
        self._pipe.send(len(self._writings))
        while True:
            name, *arguments = self._pipe.recv()
            # A stop may come when the run is over already.
            if name == "write":
                self._pipe.send(self._write(*arguments))

    def close(self) -> None:
        """Close all sockets."""
        for writing in self._writings.values():
            writing.socket.close()
        self._poller.close()

    def _connect(self) -> None:
        job = self._job
        dialler = Dialler(job.server, job.total)
        prebuilt = [_Prebuilt(request) for request in job.requests]
        for index in job.indexes:
            connection = dialler.connect(index)
            answers: Answers = HttpAnswers()
            if job.handshake:
                _shake_hands(connection, job.handshake)
                answers = WebSocketAnswers(partial(_pong, connection))
            # With more requests than connections, each sends its share of them in turn.
            writing = Writing(connection, answers, prebuilt[index % len(prebuilt) :: job.total])
            self._writings[writing.fd] = writing
            self._poller.watch(writing.fd, READ)

    def _write(self, order: Order) -> Done:
        run = _Run(order, self._writings, self._poller, self._job.depth)
        teller = Teller(self._pipe)
        while not run.over:
            wait = run.send_due()
            for fd, events in self._poller.poll(wait):
                writing = self._writings.get(fd)
                if writing is not None:
                    run.go_on(writing, events)
                elif self._pipe.recv()[0] == "stop":
                    run.end()
            teller.tell(run.answered)
        return run.done()


def _shake_hands(connection: socket.socket, handshake: bytes) -> None:
    connection.settimeout(10)
    try:
        connection.sendall(handshake)
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            # Byte for byte, as messages may follow at once.
            piece = connection.recv(1)
            head += piece
            if not piece or len(head) > 65536:
                raise BenchError("the server did not open a WebSocket")
    except OSError as error:
        raise BenchError(f"the server did not open a WebSocket: {error}") from None
    connection.setblocking(False)
    if head[9:12] != b"101":
        raise BenchError(f"the server answered a WebSocket with status {head[9:12].decode('latin-1')}")


def _pong(connection: socket.socket, content: bytes) -> None:
    try:
        send_all(connection, masked(content, opcode=10))
    except OSError as error:
        raise _gone(error) from None


def _gone(error: OSError) -> BenchError:
    return BenchError(f"the server closed a connection that publishes ({error.strerror or error})")


def write(pipe: Pipe, job: Job) -> None:
    """What a writer process runs."""
    writer = Writer(pipe, job)
    try:
        writer.run()
    finally:
        writer.close()
