"""Publishing as fast as the hub acknowledges."""

from hub.bench.rig import Rig

_DEPTH = {"http": 4, "ndjson": 4, "websocket": 16}
"""Batches of a connection that may wait for their answers."""


def run(rig: Rig) -> None:
    """Each connection sends single events one at a time, batches a few at a time."""
    load = rig.load
    single = load.batch == 1 and load.over == "http"
    with (
        rig.sessions(load.sessions) as ids,
        rig.writers(
            ids, load.connections, batch=load.batch, over=load.over, depth=1 if single else _DEPTH[load.over]
        ) as writers,
    ):
        if not load.watched:
            rig.warm_up(writers, None, 0, None)
            rig.measure(writers, None, copies=0, batch=load.batch)
            return
        with rig.readers(ids, load.watched) as readers:
            rig.open(readers)
            rig.warm_up(writers, readers, load.batch, None)
            rig.measure(writers, readers, copies=1, batch=load.batch)
