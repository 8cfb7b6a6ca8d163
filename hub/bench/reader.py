"""One process of readers: it drains its sockets as fast as it can, and counts.

The parent sends a command and gets one answer to each; the names of the commands are those of `Readers`.
"""

import gc
import socket
import ssl
import time
from array import array
from collections.abc import Callable
from multiprocessing.connection import Connection as Pipe

from msgspec import Struct

from hub.bench import stamp
from hub.bench.crew import Effort, Teller, allow_files
from hub.bench.dialling import Dialler
from hub.bench.errors import BenchError
from hub.bench.opening import Opening, Refused
from hub.bench.poller import READ, WRITE, new_poller
from hub.bench.streams import Stream, StreamEnded
from hub.bench.target import Sampling, Target

BUFFER = 256 * 1024
_EACH = 2_000
"""Reads of a window that are all sampled with `some`; after them every 16th is."""
_SAMPLES = 500_000
"""Latencies that one process keeps."""


class Job(Struct, frozen=True):
    """What a reader process is to do."""

    target: Target
    indexes: range
    """Which of all connections are its own."""
    total: int
    """Connections of all processes."""


class Open(Struct, frozen=True):
    """How the connections of one process opened."""

    seconds: bytes
    """An array of doubles: from the start of connecting to being ready, each."""
    before: tuple[int, int, int]
    """Deliveries up to being ready: all, least and most of a connection."""


class Count(Struct, frozen=True):
    """What one process has read in a window."""

    deliveries: int
    size: int
    """Bytes received."""
    reads: int
    least: int
    most: int
    ended: int
    effort: Effort
    first_at: int
    last_at: int
    latencies: bytes
    """An array of signed 64-bit nanoseconds."""
    arrivals: dict[int, bytes]
    """With `every`: of each stamp, such an array."""


class Reading:
    """A connection that is ready."""

    __slots__ = ("connection", "count", "recv_into", "stream")

    def __init__(self, connection: socket.socket, stream: Stream, count: int) -> None:
        self.connection = connection
        self.recv_into: Callable[[memoryview], int] = connection.recv_into
        self.stream = stream
        self.count = count


class Reader:
    """All connections of one process."""

    def __init__(self, pipe: Pipe, job: Job) -> None:
        self._pipe = pipe
        self._job = job
        self._dialler = Dialler(job.target.server, job.total)
        self._poller = new_poller()
        self._poller.watch(pipe.fileno(), READ)
        self._buffer = bytearray(BUFFER)
        self._view = memoryview(self._buffer)
        self._open: dict[int, Reading] = {}
        self._opening: dict[int, Opening] = {}
        self._tls = job.target.server.tls
        self._ended = 0
        self._last = b"", 0
        """Bytes that were read last from the beginning to the end of frames, and the markers in them."""
        self._begin("none")

    def run(self) -> None:
        """Serve the parent until it closes the pipe."""
        allow_files(len(self._job.indexes))
        while True:
            self._read(1.0)
            if self._pipe.poll():
                name, *arguments = self._pipe.recv()
                self._pipe.send(getattr(self, f"do_{name}")(*arguments))

    def close(self) -> None:
        """Close all sockets."""
        self.do_cut()
        for opening in self._opening.values():
            opening.socket.close()
        self._poller.close()

    def _begin(self, sampling: Sampling) -> None:
        self._sampling: Sampling = sampling
        self._deliveries = self._size = self._reads = 0
        self._first_at = self._last_at = 0
        self._effort = Effort.now()
        self._latencies = array("q")
        self._arrivals: dict[int, array[int]] = {}
        self._arrived = 0
        for reading in self._open.values():
            reading.count = 0

    def _read(self, timeout: float) -> None:
        """Read once from all that is ready."""
        view, readings = self._view, self._open
        every = self._sampling == "every"
        some = self._sampling != "none"
        total = size = 0
        reads = self._reads
        for fd, _ in self._poller.poll(timeout):
            reading = readings.get(fd)
            if reading is None:
                if fd in self._opening:
                    self._go_on(fd)
                continue
            try:
                received = reading.recv_into(view)
                if not received:
                    self._end(fd)
                    continue
                found = self._found(reading.stream, received)
            except (BlockingIOError, ssl.SSLWantReadError):
                continue
            except (OSError, StreamEnded):
                self._end(fd)
                continue
            size += received
            reads += 1
            if found:
                total += found
                reading.count += found
                if some and (every or reads < _EACH or not reads & 15):
                    self._sample(received, found)
            if self._tls:
                self._read_pending(fd, reading)
        self._reads = reads
        self._size += size
        if total:
            self._deliveries += total
            self._last_at = time.monotonic_ns()
            self._first_at = self._first_at or self._last_at

    def _found(self, stream: Stream, received: int) -> int:
        """Markers in what was read. Most streams are sent the same bytes, which are looked at once."""
        last, found = self._last
        starts_frame = stream.at_border
        if received == len(last) and starts_frame and self._buffer.startswith(last):
            return found
        found = stream.take(self._buffer, received)
        if starts_frame and stream.at_border:
            self._last = bytes(self._view[:received]), found
        return found

    def _read_pending(self, fd: int, reading: Reading) -> None:
        """Read what TLS has decrypted already; the system does not tell of it."""
        try:
            while isinstance(reading.connection, ssl.SSLSocket) and reading.connection.pending():
                received = reading.recv_into(self._view)
                found = reading.stream.take(self._buffer, received) if received else 0
                self._size += received
                self._deliveries += found
                reading.count += found
                if found and self._sampling != "none":
                    self._sample(received, found)
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        except (OSError, StreamEnded):
            self._end(fd)

    def _sample(self, received: int, found: int) -> None:
        now = stamp.now()
        if self._sampling == "every":
            stamps = (
                stamp.all_stamps(self._buffer, received)
                if found > 1
                else [stamp.newest(self._buffer, received)]
            )
            for sent in stamps:
                if sent is not None and self._arrived < _SAMPLES:
                    self._arrived += 1
                    self._arrivals.setdefault(sent, array("q")).append(now - sent)
        elif len(self._latencies) < _SAMPLES:
            sent = stamp.newest(self._buffer, received)
            if sent is not None:
                self._latencies.append(now - sent)

    def _end(self, fd: int) -> None:
        self._ended += 1
        self._open.pop(fd).connection.close()

    def _go_on(self, fd: int) -> None:
        """Take a step with a connection that is opening."""
        opening = self._opening[fd]
        try:
            ready = opening.step(self._buffer, self._view)
        except (OSError, Refused, StreamEnded) as error:
            del self._opening[fd]
            opening.socket.close()
            said = error.strerror if isinstance(error, OSError) else str(error)
            raise BenchError(f"a connection could not be opened: {said or error}") from None
        if not opening.connecting:
            self._poller.watch(fd, READ)
        if ready:
            del self._opening[fd]
            self._open[fd] = Reading(opening.socket, opening.stream, opening.count)
            self._seconds.append(time.monotonic() - opening.since)

    def do_open(self, target: Target | None, at_once: int) -> Open:
        """Open all connections; with a `target`, one in place of the job's."""
        target = target or self._job.target
        self._seconds = array("d")
        waiting = list(reversed(self._job.indexes))
        teller = Teller(self._pipe)
        while waiting or self._opening:
            while waiting and len(self._opening) < at_once:
                index = waiting.pop()
                opening = Opening(target, index, self._dialler)
                self._opening[opening.socket.fileno()] = opening
                self._poller.watch(opening.socket.fileno(), WRITE)
            self._read(1.0)
            if self._pipe.poll():
                # Nothing is said while connections open: it is the end of the pipe.
                self._pipe.recv()
            teller.tell(len(self._seconds))
        counts = [reading.count for reading in self._open.values()] or [0]
        return Open(self._seconds.tobytes(), (sum(counts), min(counts), max(counts)))

    def do_start(self, sampling: Sampling) -> int:
        """Begin a window."""
        self._begin(sampling)
        return len(self._open)

    def do_deliveries(self) -> int:
        """Deliveries of the window up to now."""
        return self._deliveries

    def do_stop(self) -> Count:
        """What the window has seen."""
        counts = [reading.count for reading in self._open.values()] or [0]
        return Count(
            deliveries=self._deliveries,
            size=self._size,
            reads=self._reads,
            least=min(counts) if not self._ended else 0,
            most=max(counts),
            ended=self._ended,
            effort=Effort.now().since(self._effort),
            first_at=self._first_at,
            last_at=self._last_at,
            latencies=self._latencies.tobytes(),
            arrivals={sent: late.tobytes() for sent, late in self._arrivals.items()},
        )

    def do_cut(self) -> int:
        """Close all sockets at once."""
        cut = len(self._open)
        for reading in self._open.values():
            reading.connection.close()
        self._open.clear()
        return cut


def read(pipe: Pipe, job: Job) -> None:
    """What a reader process runs."""
    # Nothing here is a cycle, and a collection would hold up what is measured.
    gc.disable()
    reader = Reader(pipe, job)
    try:
        reader.run()
    finally:
        reader.close()
