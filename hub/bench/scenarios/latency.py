"""How long an event is under way, to the first, the median and the last of its subscribers."""

from hub.bench.rig import Rig, spread_ms


def run(rig: Rig) -> None:
    """Events evenly over time, each of whose arrivals is seen."""
    count, rate = rig.load.subscribers, rig.load.rate
    with (
        rig.sessions(1) as ids,
        rig.readers(ids, count) as readers,
        rig.writers(ids, 1, depth=64) as writers,
    ):
        rig.open(readers)
        rig.warm_up(writers, readers, count, rate)
        _, window = rig.measure(writers, readers, copies=count, rate=rate, sampling="every")
    # An event whose stamp was cut in two by a read is left aside: its last arrival is not known.
    whole = [late for late in window.arrivals.values() if len(late) == count] if window is not None else []
    rig.report.first_ms = spread_ms([late[0] for late in whole])
    rig.report.median_ms = spread_ms([late[len(late) // 2] for late in whole])
    rig.report.last_ms = spread_ms([late[-1] for late in whole])
    seen = len(window.arrivals) if window is not None else 0
    if len(whole) < seen:
        rig.note(f"of {seen - len(whole)} events not every arrival was seen; they are left aside")
