"""Connections that send requests, and what became of them.

    with Writers(server, [request], connections=4) as writers:
        written = writers.run(seconds=5)

They know nothing of the hub: a request is bytes.
"""

import time
from array import array
from collections.abc import Callable, Collection, Sequence
from types import TracebackType
from typing import Self

from msgspec import Struct

from hub.bench.crew import BUSY, Crew, shares
from hub.bench.dialling import Dialler, Server
from hub.bench.errors import BenchError
from hub.bench.spread import Spread
from hub.bench.writer import Done, Job, Order, write


class Written(Struct, frozen=True):
    """What a run has sent."""

    seconds: float
    """From its begin to the last answer."""
    sent: int
    acknowledged: int
    """Requests with a status of 2xx."""
    statuses: dict[int, int]
    """How many answers had each status."""
    refusal: str
    """The body of an answer that was no success."""
    latency: Spread | None
    """Seconds from a request to its answer."""
    late: float
    """Seconds by which a request was sent after its time; 0 without a rate."""
    cpu: float
    """Processor seconds of the writers."""
    busy: float
    """As of `readers.Window`."""
    starved: float = 0.0
    """As of `readers.Window`."""

    @property
    def is_limit(self) -> bool:
        """Whether the writers themselves may have been what limited the figures."""
        return self.busy >= BUSY


class Writers:
    """Connections that send prebuilt requests; a context manager that closes them.

    Args:
        server: Where to connect.
        requests: Whole requests, each with what keeps the connection alive. Where one holds
            `hub.bench.stamp.STAMP`, the time of sending is put. With more requests than connections each
            connection sends its share in turn, else connection `i` sends item `i` modulo their number.
        connections: How many.
        depth: Requests of a connection that may wait for their answers; 1 is one at a time.
        processes: How many processes; never more than connections.
        cpus: Processors they may use; None for all.
        handshake: Of a WebSocket: sent first, answered with 101; the requests are masked messages then, and
            answers the replies (`"type":"reply"`, and `"ok":true`).
    """

    def __init__(
        self,
        server: Server,
        requests: Sequence[bytes],
        connections: int = 1,
        *,
        depth: int = 1,
        processes: int = 1,
        cpus: Collection[int] | None = None,
        handshake: bytes = b"",
    ) -> None:
        Dialler(server, connections)
        self._connections = connections
        self._parts = shares(connections, processes)
        self._jobs = [
            Job(
                server=server,
                requests=list(requests),
                handshake=handshake,
                indexes=part,
                total=connections,
                depth=depth,
            )
            for part in self._parts
        ]
        self._cpus = cpus
        self._crew: Crew | None = None
        self._began = 0
        self._seconds = 0.0

    def __enter__(self) -> Self:
        self._crew = Crew(write, self._jobs, self._cpus)
        try:
            self._crew.hear(60)
        except BaseException:
            self._crew.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._working.close()
        self._crew = None

    @property
    def _working(self) -> Crew:
        if self._crew is None:
            raise BenchError("the writers work inside `with` only")
        return self._crew

    def begin(self, seconds: float, *, count: int | None = None, rate: float | None = None) -> None:
        """Begin a run, which goes on while the caller does other things.

        Args:
            seconds: After which nothing more is sent.
            count: Requests to send, over all connections.
            rate: Requests a second, evenly over all connections; None for as fast as they are answered.
        """
        self._began = time.monotonic_ns()
        self._seconds = seconds
        orders = [
            Order(
                seconds=seconds,
                count=None if count is None else _share(count, part, self._connections),
                rate=None if rate is None else rate * len(part) / self._connections,
            )
            for part in self._parts
        ]
        self._working.tell_each([("write", order) for order in orders])

    def finish(self, *, progress: Callable[[int], None] | None = None) -> Written:
        """Wait for the end of the run and its last answers.

        Args:
            progress: Called with the number of answers.

        Raises:
            BenchError: the server went away, or stopped answering.
        """
        answers: list[Done] = self._working.hear(self._seconds + 60, progress)
        statuses: dict[int, int] = {}
        for answer in answers:
            for status, number in answer.statuses.items():
                statuses[status] = statuses.get(status, 0) + number
        refusals = [answer.refusal for answer in answers if answer.refusal]
        busiest = max((answer.effort for answer in answers), key=lambda effort: effort.busy)
        return Written(
            seconds=(max(answer.last_at for answer in answers) - self._began) / 1e9,
            sent=sum(answer.sent for answer in answers),
            acknowledged=sum(number for status, number in statuses.items() if 200 <= status < 300),
            statuses=statuses,
            refusal=refusals[0].decode("utf-8", "replace") if refusals else "",
            latency=Spread.of(array("d", b"".join(answer.latencies for answer in answers))),
            late=max(answer.late for answer in answers),
            cpu=sum(answer.effort.cpu for answer in answers),
            busy=busiest.busy,
            starved=busiest.starved,
        )

    def stop(self) -> None:
        """Let the run send nothing more; then `finish`."""
        self._working.tell("stop")

    def run(
        self,
        seconds: float,
        *,
        count: int | None = None,
        rate: float | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> Written:
        """`begin`, then `finish`."""
        self.begin(seconds, count=count, rate=rate)
        return self.finish(progress=progress)


def _share(count: int, part: range, connections: int) -> int:
    """Requests of `count` that the connections `part` send."""
    return count * part.stop // connections - count * part.start // connections
