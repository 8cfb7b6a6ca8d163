"""What scenarios work with: sessions, readers and writers, and the measuring itself."""

import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager

import anyio

from hub.bench import sessions
from hub.bench.load import Load, Over, Transport
from hub.bench.progress import Display
from hub.bench.readers import Opened, Readers, Window
from hub.bench.report import Report
from hub.bench.spread import Spread
from hub.bench.target import Sampling
from hub.bench.usage import Usage, usage
from hub.bench.wire import Wire, event
from hub.bench.writers import Writers, Written

WARM_UP = 1.0
_STALLED = 3.0
"""Seconds without a delivery after which the missing ones are not waited for."""


class Rig:
    """One load test against one hub.

    Args:
        url: Of the hub.
        key: API key that may manage, publish and subscribe.
        load: What to do.
        display: Shows how far it is.
    """

    def __init__(self, url: str, key: str, load: Load, display: Display) -> None:
        self._where = (url, key)
        self.load = load
        self.display = display
        self.wire = Wire(url, key)
        self.report = Report(scenario=load.scenario, url=url, options=load.options)

    @contextmanager
    def sessions(self, count: int) -> Generator[list[str]]:
        """Make sessions, and delete them in the end."""
        ids: list[str] = []
        try:
            with self.display.step("making sessions", count) as progress:
                anyio.run(sessions.create, *self._where, ids, count, progress)
            yield ids
        finally:
            failed = anyio.run(sessions.delete, *self._where, ids) if ids else 0
            if failed:
                self.note(f"{failed} sessions titled `{sessions.TITLE}` could not be deleted")

    def newest(self, ids: list[str]) -> dict[str, str]:
        """The newest entry id of each session."""
        return anyio.run(sessions.newest, *self._where, ids)

    def usage(self) -> Usage:
        """What the hub has used up to now."""
        return anyio.run(usage, *self._where)

    def readers(self, ids: list[str], count: int, transport: Transport | None = None) -> Readers:
        """Subscribers of sessions, about as many of each."""
        way: Transport = transport or ("websocket" if self.load.transport == "websocket" else "sse")
        return Readers(self.wire.streams(ids, way), count, self.load.processes)

    def writers(
        self, ids: list[str], count: int, *, batch: int = 1, over: Over = "http", depth: int = 1
    ) -> Writers:
        """Publishers to sessions in turn."""
        one = event(self.load.size)
        requests = [self.wire.publish(session, [one] * batch, over) for session in ids]
        handshake = self.wire.handshake() if over == "websocket" else b""
        return Writers(
            self.wire.server,
            requests,
            count,
            depth=depth,
            processes=self.load.processes,
            handshake=handshake,
        )

    def open(self, readers: Readers) -> Opened:
        """Open all streams."""
        count = readers.connections
        with self.display.step("opening streams", count) as progress:
            opened = readers.open(timeout=60 + count / 100, progress=progress)
        self.report.connections = (self.report.connections or 0) + count
        self.report.open_seconds = (self.report.open_seconds or 0.0) + opened.wall
        self.report.open_ms = milliseconds(opened.seconds)
        return opened

    def warm_up(self, writers: Writers, readers: Readers | None, copies: int, rate: float | None) -> None:
        """Publish for a moment, so that what is done once only is not measured."""
        if readers is not None:
            readers.start("none")
        seconds = min(WARM_UP, self.load.seconds)
        with self.display.seconds("warming up", seconds) as progress:
            written = writers.run(seconds, rate=rate, progress=progress)
        if readers is not None:
            self.drain(readers, written.acknowledged * copies)

    def measure(
        self,
        writers: Writers,
        readers: Readers | None,
        *,
        copies: int,
        batch: int = 1,
        rate: float | None = None,
        sampling: Sampling = "some",
    ) -> tuple[Written, Window | None]:
        """Publish for the time of the load, wait for the deliveries, and report.

        Args:
            writers: Who publish.
            readers: Who read, if anybody does.
            copies: Deliveries of each event.
            batch: Events of a request.
            rate: Requests a second; None for as many as are answered.
            sampling: Of latencies.
        """
        before = self.usage()
        if readers is not None:
            readers.start(sampling)
        with self.display.seconds("measuring", self.load.seconds) as progress:
            written = writers.run(self.load.seconds, rate=rate, progress=progress)
        events = written.acknowledged * batch
        if readers is not None:
            self.drain(readers, events * copies)
        window = None if readers is None else readers.stop()
        self.tell_hub(before, self.usage())
        self.tell_written(written, batch)
        if window is not None:
            self.tell_read(window, events * copies)
        return written, window

    def drain(self, readers: Readers, expected: int) -> None:
        """Wait for the deliveries that there should be, as long as some come."""
        seen = -1
        while seen < (seen := readers.deliveries()) < expected:
            readers.wait_for(expected, _STALLED)

    def tell_hub(self, before: Usage, after: Usage) -> None:
        """Report what the hub used between two moments."""
        self.report.hub_cpu_cores = after.cores(before)
        self.report.hub_memory_bytes = after.memory
        self.report.entries_per_write = after.entries_a_write(before)

    def tell_written(self, written: Written, batch: int) -> None:
        """Report what was published."""
        report = self.report
        report.seconds = written.seconds
        report.events = written.acknowledged * batch
        report.events_per_second = report.events / written.seconds if written.seconds else None
        report.refused = written.sent - written.acknowledged
        report.publish_ms = milliseconds(written.latency)
        report.writers_busy = written.busy
        if report.refused:
            refused = ", ".join(f"{count} times {status}" for status, count in written.statuses.items())
            self.note(f"requests were refused (statuses: {refused}): {written.refusal}")
        if written.late > 0.1:
            self.note(f"publishing fell behind its rate, by {written.late:.1f} s at most")
        if written.is_limit:
            self.limited("publishing", written)

    def tell_read(self, window: Window, expected: int) -> None:
        """Report what was read."""
        report = self.report
        report.seconds = window.seconds
        report.deliveries = window.deliveries
        report.expected = expected
        report.complete = window.deliveries == expected and not window.ended
        report.deliveries_per_second = window.deliveries / window.seconds if window.seconds else None
        report.latency_ms = milliseconds(window.latency)
        report.readers_busy = window.busy
        if window.ended:
            self.note(f"the hub ended {window.ended} streams")
        if not report.complete:
            self.note(f"there were {window.deliveries} deliveries in place of {expected}")
        if window.is_limit:
            self.limited("reading", window)

    def limited(self, what: str, measured: Window | Written) -> None:
        """Report that the load generator may have been the limit."""
        self.report.generator_is_limit = True
        self.note(
            f"the load generator may be the limit: {what}, a process was busy {measured.busy:.0%} of the "
            f"time, {measured.starved:.0%} waiting for a processor (more --processes, or another machine)"
        )

    def note(self, text: str) -> None:
        """Say something beside the figures."""
        self.report.notes.append(text)

    def rest(self, what: str, seconds: float) -> None:
        """Let time pass."""
        until = time.monotonic() + seconds
        with self.display.seconds(what, seconds) as progress:
            while (left := until - time.monotonic()) > 0:
                time.sleep(min(left, 0.2))
                progress(0)


def milliseconds(seconds: Spread | None) -> Spread | None:
    """The same in milliseconds, to the microsecond."""
    if seconds is None:
        return None
    values = (round(value * 1000, 3) for value in (seconds.p50, seconds.p95, seconds.p99, seconds.max))
    return Spread(seconds.n, *values)


def spread_ms(seconds: Sequence[float]) -> Spread | None:
    """How `seconds` are spread, in milliseconds."""
    return milliseconds(Spread.of(seconds))
