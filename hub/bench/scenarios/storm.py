"""All subscribers lose their connections, miss some events, and come back at once."""

from hub.bench.load import Transport
from hub.bench.readers import Opened
from hub.bench.rig import Rig, milliseconds


def run(rig: Rig) -> None:
    """Subscribers go on from the newest entry they had; caught up is who has the newest there is."""
    load = rig.load
    way: Transport = "websocket" if load.transport == "websocket" else "sse"
    each = max(1, round(load.rate * load.seconds))
    count, rate = each * load.sessions, load.rate * load.sessions
    with (
        rig.sessions(load.sessions) as ids,
        rig.readers(ids, load.subscribers) as readers,
        # One connection serves the sessions in turn, so that each gets the same number of events.
        rig.writers(ids, 1, depth=64) as writers,
    ):
        rig.open(readers)
        readers.start("none")
        writers.run(10, count=load.sessions)
        rig.drain(readers, load.subscribers)
        had = rig.newest(ids)
        writers.begin(load.seconds + 10, count=count, rate=rate)
        readers.cut()
        with rig.display.step("publishing to nobody", count) as progress:
            written = writers.finish(progress=progress)
        rig.tell_written(written, 1)
        newest = rig.newest(ids)
        cursors = {session: (had[session], newest[session]) for session in ids}
        before = rig.usage()
        with rig.display.step("coming back", load.subscribers) as progress:
            opened = readers.open(
                rig.wire.streams(ids, way, cursors),
                at_once=load.subscribers,
                timeout=60 + load.subscribers / 100,
                progress=progress,
            )
        rig.tell_hub(before, rig.usage())
    _tell(rig, opened, each)


def _tell(rig: Rig, opened: Opened, each: int) -> None:
    report = rig.report
    report.missed = each
    report.seconds = opened.wall
    report.events_per_second = None
    report.deliveries = opened.deliveries
    report.expected = each * rig.load.subscribers
    report.complete = opened.least == opened.most == each
    report.catch_up_seconds = opened.wall
    report.catch_up_ms = milliseconds(opened.seconds)
    if not report.complete:
        rig.note(f"each should have got {each} events: some got {opened.least}, others {opened.most}")
