"""Many connections that read, and what they have seen.

    with Readers(target, 1000, processes=1) as readers:
        readers.open()
        readers.start()
        …
        readers.wait_for(1000 * published)
        window = readers.stop()

They know nothing of the hub: a target says what to send, and what to count.
"""

import time
from array import array
from collections.abc import Callable, Collection
from types import TracebackType
from typing import Self

from msgspec import Struct

from hub.bench.crew import BUSY, Crew, shares
from hub.bench.dialling import Dialler
from hub.bench.errors import BenchError
from hub.bench.reader import Count, Job, Open, read
from hub.bench.spread import Spread
from hub.bench.target import Sampling, Target


class Opened(Struct, frozen=True):
    """How the connections opened."""

    seconds: Spread | None
    """From the start of connecting to being ready, of a connection."""
    wall: float
    """Seconds until the last one was."""
    deliveries: int
    """Up to being ready, of all; those that came in the same read as what made it ready count."""
    least: int
    """Of them, those of the connection with the fewest."""
    most: int


class Window(Struct, frozen=True):
    """What all connections have read between `start` and `stop`."""

    seconds: float
    """From `start` to the last delivery; to `stop` if there was none."""
    deliveries: int
    bytes: int
    reads: int
    """Calls of recv that returned something."""
    least: int
    """Deliveries of the connection with the fewest; 0 if one has ended."""
    most: int
    ended: int
    """Connections that the server has ended, since they were opened."""
    cpu: float
    """Processor seconds of the readers."""
    busy: float
    """Of the busiest process, the share of the time in which it ran or waited for a processor, 0 to 1."""
    latency: Spread | None
    """Seconds from the stamp to the reader; with `some`, of samples."""
    arrivals: dict[int, list[float]]
    """With `every`: of each stamp, the seconds to each reader, in order."""
    starved: float = 0.0
    """Of `busy`, the share in which it waited for a processor."""

    @property
    def is_limit(self) -> bool:
        """Whether the readers themselves may have been what limited the figures."""
        return self.busy >= BUSY


class Readers:
    """Connections to a target, spread over processes; a context manager that closes them.

    Args:
        target: What they ask for and count.
        connections: How many.
        processes: How many processes; never more than connections.
        cpus: Processors they may use; None for all.

    Raises:
        BenchError: this machine does not allow so many.
    """

    def __init__(
        self,
        target: Target,
        connections: int,
        processes: int = 1,
        cpus: Collection[int] | None = None,
    ) -> None:
        self.connections = connections
        Dialler(target.server, connections)
        parts = shares(connections, processes)
        self._jobs = [Job(target=target, indexes=part, total=connections) for part in parts]
        self._cpus = cpus
        self._crew: Crew | None = None
        self._started = 0

    def __enter__(self) -> Self:
        self._crew = Crew(read, self._jobs, self._cpus)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._working.close()
        self._crew = None

    @property
    def _working(self) -> Crew:
        if self._crew is None:
            raise BenchError("the readers work inside `with` only")
        return self._crew

    def open(
        self,
        target: Target | None = None,
        *,
        at_once: int = 256,
        timeout: float = 60.0,
        progress: Callable[[int], None] | None = None,
    ) -> Opened:
        """Open all connections and wait until each is ready.

        Args:
            target: After `cut`, what to ask for this time.
            at_once: Connections that may be opening at the same time, over all processes.
            timeout: Seconds for all.
            progress: Called with the number of those that are ready.

        Raises:
            BenchError: one was refused or ended, or the time is over.
        """
        began = time.monotonic()
        answers: list[Open] = self._working.ask(
            "open", target, max(1, at_once // len(self._jobs)), timeout=timeout, progress=progress
        )
        seconds = array("d", b"".join(answer.seconds for answer in answers))
        return Opened(
            seconds=Spread.of(seconds),
            wall=time.monotonic() - began,
            deliveries=sum(answer.before[0] for answer in answers),
            least=min(answer.before[1] for answer in answers),
            most=max(answer.before[2] for answer in answers),
        )

    def start(self, sampling: Sampling = "some") -> None:
        """Begin a window: all counts are 0.

        Args:
            sampling: Of stamps (`hub.bench.stamp`): `none`, `some` or `every`, which also tells them apart. A
                stamp that two reads share is not seen.
        """
        self._working.ask("start", sampling)
        self._started = time.monotonic_ns()

    def deliveries(self) -> int:
        """Deliveries of the window up to now."""
        return sum(self._working.ask("deliveries"))

    def wait_for(self, deliveries: int, timeout: float = 30.0) -> bool:
        """Wait until the window has so many deliveries; whether it came about."""
        deadline = time.monotonic() + timeout
        while self.deliveries() < deliveries:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def stop(self) -> Window:
        """What was read since `start`; counting goes on."""
        counts: list[Count] = self._working.ask("stop")
        last = max(count.last_at for count in counts) or time.monotonic_ns()
        late = array("q", b"".join(count.latencies for count in counts))
        arrivals: dict[int, array[int]] = {}
        for count in counts:
            for sent, found in count.arrivals.items():
                arrivals.setdefault(sent, array("q")).frombytes(found)
                late.frombytes(found)
        busiest = max((count.effort for count in counts), key=lambda effort: effort.busy)
        return Window(
            seconds=(last - self._started) / 1e9,
            deliveries=sum(count.deliveries for count in counts),
            bytes=sum(count.size for count in counts),
            reads=sum(count.reads for count in counts),
            least=min(count.least for count in counts),
            most=max(count.most for count in counts),
            ended=sum(count.ended for count in counts),
            cpu=sum(count.effort.cpu for count in counts),
            busy=busiest.busy,
            starved=busiest.starved,
            latency=Spread.of(late, 1e-9),
            arrivals={sent: [value / 1e9 for value in sorted(found)] for sent, found in arrivals.items()},
        )

    def cut(self) -> int:
        """Close all sockets at once, without a word; how many there were."""
        return sum(self._working.ask("cut"))
