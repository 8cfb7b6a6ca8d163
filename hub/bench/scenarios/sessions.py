"""Many live sessions with two subscribers each."""

import time

from hub.bench.errors import BenchError
from hub.bench.readers import Readers
from hub.bench.rig import Rig, spread_ms
from hub.bench.writers import Writers

SUBSCRIBERS = 2
"""Of each session."""
BURSTS = 5
_PAUSE = 0.3
_MOST_CONNECTIONS = 512


def run(rig: Rig) -> None:
    """Events evenly over time, or with `burst` one to each session at once, again and again."""
    load = rig.load
    connections = _MOST_CONNECTIONS if load.burst else load.publishers
    with (
        rig.sessions(load.sessions) as ids,
        rig.readers(ids, load.sessions * SUBSCRIBERS) as readers,
        rig.writers(ids, min(connections, load.sessions)) as writers,
    ):
        rig.open(readers)
        if load.burst:
            _burst(rig, writers, readers)
            return
        rate = load.rate * load.sessions
        rig.warm_up(writers, readers, SUBSCRIBERS, rate)
        rig.measure(writers, readers, copies=SUBSCRIBERS, rate=rate)


def _burst(rig: Rig, writers: Writers, readers: Readers) -> None:
    count, report = rig.load.sessions, rig.report
    took: list[float] = []
    deliveries = 0
    before = rig.usage()
    with rig.display.step("bursts", BURSTS + 1) as progress:
        # The first one is for warming up.
        for number in range(BURSTS + 1):
            readers.start()
            written = writers.run(rig.load.seconds, count=count)
            if written.acknowledged < count:
                raise BenchError(
                    f"a burst of {count} events was not acknowledged in time; use more --seconds"
                )
            rig.drain(readers, count * SUBSCRIBERS)
            window = readers.stop()
            if not number:
                before = rig.usage()
                continue
            took.append(window.seconds)
            deliveries += window.deliveries
            rig.tell_written(written, 1)
            rig.tell_read(window, count * SUBSCRIBERS)
            progress(number + 1)
            time.sleep(_PAUSE)
    rig.tell_hub(before, rig.usage())
    report.burst_ms = spread_ms(took)
    report.seconds = sum(took)
    report.events = count * BURSTS
    report.deliveries, report.expected = deliveries, count * SUBSCRIBERS * BURSTS
    report.complete = report.deliveries == report.expected
    # Of a burst, a rate says nothing that its time does not.
    report.events_per_second = report.deliveries_per_second = None
