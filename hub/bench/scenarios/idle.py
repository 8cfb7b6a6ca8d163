"""Many streams on which nothing happens: what they cost."""

from contextlib import ExitStack

from hub.bench.load import Transport
from hub.bench.rig import Rig

_FIRST = 32
"""Streams that are opened and closed before, as the first ones make the hub load code."""
_SETTLE = 1.0


def run(rig: Rig) -> None:
    """Open all streams, and watch the hub for a while."""
    count = rig.load.connections
    parts: dict[Transport, int]
    match rig.load.transport:
        case "both":
            parts = {"sse": count - count // 2, "websocket": count // 2}
        case way:
            parts = {way: count}
    with rig.sessions(1) as ids:
        for transport in parts:
            with rig.readers(ids, _FIRST, transport) as readers:
                readers.open()
        rig.rest("settling", _SETTLE)
        before = rig.usage()
        with ExitStack() as stack:
            groups = [
                stack.enter_context(rig.readers(ids, share, transport))
                for transport, share in parts.items()
                if share
            ]
            for readers in groups:
                rig.open(readers)
                readers.start("none")
            rig.rest("settling", _SETTLE)
            began = rig.usage()
            rig.rest("watching", rig.load.seconds)
            after = rig.usage()
            ended = sum(readers.stop().ended for readers in groups)
    rig.tell_hub(began, after)
    rig.report.seconds = after.at - began.at
    grown = after.memory_since(before)
    rig.report.bytes_per_connection = None if grown is None else grown / count
    if grown is not None and grown <= 0:
        rig.note("the hub used memory again that it had used before: of one just started this would be more")
    rig.report.complete = not ended
    if ended:
        rig.note(f"the hub ended {ended} streams")
