"""One session and many subscribers: how many deliveries a second."""

from hub.bench.rig import Rig


def run(rig: Rig) -> None:
    """Each publisher sends its next event when the last one is acknowledged."""
    count = rig.load.subscribers
    with (
        rig.sessions(1) as ids,
        rig.readers(ids, count) as readers,
        rig.writers(ids, rig.load.publishers) as writers,
    ):
        rig.open(readers)
        rig.warm_up(writers, readers, count, None)
        _, window = rig.measure(writers, readers, copies=count)
    if window is not None and window.least != window.most:
        rig.report.complete = False
        rig.note(f"some subscribers got {window.least} events and others {window.most}")
