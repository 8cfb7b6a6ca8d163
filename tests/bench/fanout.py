"""One run of fan-out: events published to one session, and counted by all of its subscribers."""

import math
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import NamedTuple

import psutil
from msgspec import Struct
from servers import RedisServer

from bench.contenders import ByHand, Contender, Hub, Missing, Nchan, Transport, pinned
from bench.limit import Limit
from bench.results import Run
from hub.bench.errors import BenchError
from hub.bench.readers import Readers, Window
from hub.bench.writers import Writers

_WARM_UP = 0.5
"""Seconds; what a server does once only, such as loading code, is not measured."""
_STALLED = 3.0
"""Seconds without a delivery after which the missing ones are not waited for."""


class Setting(Struct, frozen=True):
    """What is the same in all runs."""

    server_core: int
    load_core: int
    subscribers: int
    seconds: float
    """For how long is published."""


def measured(contender: Contender, transport: Transport, publishers: int, setting: Setting) -> Run:
    """Publish one event at a time on each of so many connections.

    Raises:
        BenchError: a connection was refused, or the contender went away.
    """
    address = contender.session(transport)
    load = {setting.load_core}
    with (
        Readers(address.target, setting.subscribers, cpus=load) as readers,
        Writers(address.target.server, [address.publish], publishers, cpus=load) as writers,
    ):
        readers.open()
        readers.start("none")
        _drain(readers, writers.run(min(_WARM_UP, setting.seconds)).acknowledged * setting.subscribers)
        handed_out = contender.handed_out() if isinstance(contender, Hub) else (0.0, 0.0)
        effort = _Effort(contender, setting)
        readers.start()
        written = writers.run(setting.seconds)
        _drain(readers, written.acknowledged * setting.subscribers)
        window = readers.stop()
        shares = effort.shares()
        frames, writes = contender.handed_out() if isinstance(contender, Hub) else (0.0, 0.0)
    if written.acknowledged < written.sent:
        raise BenchError(f"{written.sent - written.acknowledged} events were refused: {written.refusal}")
    a_write = (frames - handed_out[0]) / (writes - handed_out[1]) if writes > handed_out[1] else None
    expected = written.acknowledged * setting.subscribers
    return _run(window, written.acknowledged, expected, shares, a_write)


def limit(folder: Path, frames: int, setting: Setting) -> Run:
    """What `limit.c` can send, with so many frames in each write.

    Raises:
        Missing: there is no C compiler.
    """
    with Limit(folder, setting.subscribers, setting.server_core) as program:
        address = program.session("sse")
        with Readers(address.target, setting.subscribers, cpus={setting.load_core}) as readers:
            readers.open()
            program.ready()
            effort = _Effort(program, setting)
            # Its frames all carry the same stamp.
            readers.start("none")
            sent = program.send(frames, setting.seconds).frames
            _drain(readers, sent)
            window = readers.stop()
            shares = effort.shares()
    return _run(window, sent // setting.subscribers, sent, shares, float(frames))


def _drain(readers: Readers, expected: int) -> None:
    """Wait for the deliveries that there should be, as long as some come."""
    seen = -1
    while seen < (seen := readers.deliveries()) < expected:
        readers.wait_for(expected, _STALLED)


class _Shares(NamedTuple):
    """Of the time of the two cores, 0 to 1."""

    contender: float
    others: float
    """On the contender's core."""
    load: float


class _Effort:
    """What the two cores are used for from now on."""

    def __init__(self, contender: Contender, setting: Setting) -> None:
        self._contender = contender
        self._cores = (setting.server_core, setting.load_core)
        self._cpu = contender.cpu()
        self._idle = [_idle(core) for core in self._cores]
        self._began = time.monotonic()

    def shares(self) -> _Shares:
        """Up to now."""
        seconds = time.monotonic() - self._began
        used = (self._contender.cpu() - self._cpu) / seconds
        server, load = (
            1 - (_idle(core) - before) / seconds for core, before in zip(self._cores, self._idle, strict=True)
        )
        return _Shares(used, max(0.0, server - used), max(0.0, load))


def _idle(core: int) -> float:
    times = psutil.cpu_times(percpu=True)[core]
    return times.idle + times.iowait


def _run(window: Window, published: int, expected: int, shares: _Shares, a_write: float | None) -> Run:
    return Run(
        deliveries=window.deliveries,
        seconds=window.seconds,
        published=published,
        missing=expected - window.deliveries,
        entries_a_write=a_write,
        entries_a_read=window.deliveries / max(1, window.reads),
        frame=window.bytes / max(1, window.deliveries),
        server_cpu=shares.contender,
        others=shares.others,
        readers_cpu=window.cpu / window.seconds,
        load_core=shares.load,
        p50=window.latency.p50 if window.latency else None,
        p99=window.latency.p99 if window.latency else None,
    )


def one_round(
    publishers: Collection[int], folder: Path, setting: Setting, tell: Callable[[str, Run], None]
) -> tuple[dict[str, Run], dict[str, str]]:
    """Every contender once, in turn; what was measured, and who could not run and why.

    Args:
        publishers: Which of 1, 2 and 64 at once.
        folder: For files of the contenders.
        setting: What is the same for all.
        tell: Called with each run as it is done.
    """
    found: dict[str, Run] = {}
    skipped: dict[str, str] = {}
    redis_server = RedisServer(folder / "redis", "--auto-aof-rewrite-percentage", "0")
    core = setting.server_core

    def take(name: str, measure: Callable[[], Run]) -> None:
        try:
            found[name] = measure()
        except Missing as missing:
            skipped[name] = str(missing)
        else:
            tell(name, found[name])

    def alone(contender: Callable[[], ByHand | Nchan]) -> Run:
        with contender() as running:
            return measured(running, "sse", 1, setting)

    with pinned(setting.load_core):
        redis_server.start()
    try:
        with Hub(folder / "hub", redis_server, core) as hub:
            if 1 in publishers:
                take("hub sse 1", lambda: measured(hub, "sse", 1, setting))
            take("limit one", lambda: limit(folder / "limit", 1, setting))
            if 1 in publishers:
                take("hub websocket 1", lambda: measured(hub, "websocket", 1, setting))
                take("nchan sse 1", lambda: alone(lambda: Nchan(folder / "nchan", core)))
                take(
                    "sse-starlette sse 1",
                    lambda: alone(lambda: ByHand(folder / "by-hand", redis_server, core)),
                )
            if 2 in publishers:
                take("hub sse 2", lambda: measured(hub, "sse", 2, setting))
                take("hub websocket 2", lambda: measured(hub, "websocket", 2, setting))
            if 64 in publishers:
                take("hub sse 64", lambda: measured(hub, "sse", 64, setting))
                a_write = found["hub sse 64"].entries_a_write or found["hub sse 64"].entries_a_read
                take("limit coalesced", lambda: limit(folder / "limit", math.ceil(a_write), setting))
                take("hub websocket 64", lambda: measured(hub, "websocket", 64, setting))
    finally:
        redis_server.close()
    return found, skipped
