"""One of several processes that serve: `python -m hub.worker`, which only `hub.workers` starts.

Its standard input is the socket to its parent, and it does not outlive it.
"""

import asyncio
import ctypes
import itertools
import logging
import os
import signal
import socket
import sys

import anyio

from hub import logs
from hub.app import Hub
from hub.edge.totals import Family
from hub.link import Ask, Counted, Handover, Link, Total, Up, Want
from hub.serve import Server, new_event_loop, signals_absorbed

_log = logging.getLogger("hub.worker")

_PR_SET_PDEATHSIG = 1


class _Parent:
    """The process that has started this one.

    Args:
        link: To it.
        hub: What runs here.
    """

    def __init__(self, link: Link, hub: Hub) -> None:
        self._link = link
        self._metrics = hub.services.metrics
        self._metrics.others = self._total
        self._refs = itertools.count(1)
        self._wanted: dict[int, asyncio.Future[bytes]] = {}

    def up(self) -> None:
        """Tell it that this worker takes connections."""
        self._link.send(Up())

    async def listen(self) -> None:
        """Do what it asks for, and end with it."""
        while message := await self._link.receive():
            match message:
                case Ask():
                    self._link.send(Counted(message.ref, self._metrics.report()))
                case Total():
                    wanted = self._wanted.get(message.ref)
                    if wanted is not None and not wanted.done():
                        wanted.set_result(message.text)
                case _:
                    raise AssertionError(f"no parent says {type(message).__name__}")
        os._exit(1)

    async def _total(self, report: list[Family]) -> bytes:
        """What all workers have counted, as the parent says."""
        ref = next(self._refs)
        wanted = self._wanted[ref] = asyncio.get_running_loop().create_future()
        try:
            self._link.send(Want(ref, report))
            return await wanted
        finally:
            del self._wanted[ref]


def _die_with(parent: int) -> None:
    """Let the kernel kill this process when its parent has ended, also if its loop hangs then."""
    libc = ctypes.CDLL(None, use_errno=True)
    if hasattr(libc, "prctl"):
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        # It has ended before that.
        os._exit(1)


async def _work(raw: socket.socket) -> int:
    link = await Link.over(raw)
    handover = await link.receive()
    if not isinstance(handover, Handover):
        # The parent has ended.
        return 1
    _die_with(handover.parent)
    logs.configure(handover.settings, handover.number)
    hub = Hub(handover.settings, redis_url=handover.redis_url, api_key=handover.api_key)
    parent = _Parent(link, hub)
    server, in_order = Server(hub, parent.up), False
    with signals_absorbed():
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(parent.listen, name="parent")
            in_order = await server.run_on(socket.socket(fileno=handover.listener))
            tasks.cancel_scope.cancel()
    await link.close()
    return 0 if in_order else 1


def main() -> int:
    """Serve until the parent, or a signal, says that it is enough; the exit code."""
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(_work(socket.socket(fileno=os.dup(sys.stdin.fileno()))))


if __name__ == "__main__":
    sys.exit(main())
