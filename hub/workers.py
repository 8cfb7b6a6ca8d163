"""The worker processes of a hub, seen from their parent: started, started again, asked, stopped.

The kernel spreads connections over the workers' listening sockets, one for each. The parent holds all of them
too: what waits in the queue of a worker that has died is taken by the one that comes after it.
"""

import itertools
import logging
import math
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence

import anyio
from anyio import to_thread
from anyio.abc import TaskGroup

from hub.edge.totals import Totals
from hub.link import Ask, Counted, Handover, Link, Total, Up, Want
from hub.settings import Settings

_log = logging.getLogger("hub.workers")

MARGIN = 5.0
"""Seconds that a worker has for its end beyond the time it gives to open connections."""
HURRY = 1.0
"""Seconds that are left to all when they are told to hurry."""
_UP_TIMEOUT = 60.0
"""Seconds within which a worker that was started must take connections."""
_STEADY = 60.0
"""Seconds after which one counts as a worker that works."""
_STARTS = 5
"""Times in a row that one is started without coming up, before the hub gives up."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
"""Seconds before one is started again that has died soon again; doubled each time."""
_PATIENCE = 1.0
"""Seconds that workers have to say what they have counted; then what they said last counts."""


class _Worker:
    """One process.

    Args:
        number: Which one, from 1.
        process: It.
        listener: Descriptor of what it accepts connections from.
    """

    def __init__(self, number: int, process: subprocess.Popen[bytes], listener: int) -> None:
        self.number = number
        self.process = process
        self.listener = listener
        self.link: Link | None = None
        self.is_up = False
        self.is_silent = False
        """It has not answered in time."""

    async def ended(self) -> int:
        """Its exit status, for whoever knows that it ends."""
        try:
            return await to_thread.run_sync(self.process.wait, MARGIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return await to_thread.run_sync(self.process.wait)


class _Round:
    """A question to several workers."""

    def __init__(self, asked: Iterable[_Worker]) -> None:
        self.waiting = set(asked)
        self.over = anyio.Event()
        self._look()

    def heard(self, worker: _Worker) -> None:
        """This one has answered, or will not any more."""
        self.waiting.discard(worker)
        self._look()

    def _look(self) -> None:
        if not self.waiting:
            self.over.set()


class Workers:
    """As many as the settings say; `run` is their life.

    Args:
        settings: Of each of them.
        listeners: What they accept connections from, in turn.
        redis_url: What they connect to.
        api_key: The bootstrap admin key.
        up: Called when all of them take connections.
    """

    def __init__(
        self,
        settings: Settings,
        listeners: Sequence[socket.socket],
        *,
        redis_url: str,
        api_key: str,
        up: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._listeners = listeners
        self._redis_url = redis_url
        self._api_key = api_key
        self._running: dict[int, _Worker] = {}
        self._totals = Totals()
        self._refs = itertools.count(1)
        self._rounds: dict[int, _Round] = {}
        self._stopping = anyio.Event()
        self._hurrying = anyio.Event()
        self._failed = False
        self._on_up = up

    async def run(self) -> bool:
        """Keep them running until they are told to stop.

        Returns:
            Whether that is why they ended; False: they did not come up.
        """
        async with anyio.create_task_group() as watch:
            watch.start_soon(self._end_in_time, name="end of the workers")
            async with anyio.create_task_group() as tasks:
                for number in range(1, self._settings.workers + 1):
                    tasks.start_soon(self._keep, number, tasks, name=f"worker {number}")
            watch.cancel_scope.cancel()
        return not self._failed

    def stop(self) -> None:
        """Let all of them drain and end."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        # No process is left then that holds them open: who connects now is refused.
        for listener in self._listeners:
            listener.close()
        for worker in self._running.values():
            worker.process.terminate()

    def obey(self) -> None:
        """A signal came: stop, or if it is not the first one, hurry."""
        if self._stopping.is_set():
            self._hurrying.set()
        self.stop()

    async def _end_in_time(self) -> None:
        await self._stopping.wait()
        with anyio.move_on_after(self._settings.drain_timeout + MARGIN):
            await self._hurrying.wait()
            await anyio.sleep(HURRY)
        for worker in self._running.values():
            _log.warning("worker %d did not end in time", worker.number)
            worker.process.kill()

    async def _keep(self, number: int, tasks: TaskGroup) -> None:
        """Run a worker, and another one whenever it has died."""
        pause, in_vain = 0.0, 0
        while not self._stopping.is_set():
            since = time.monotonic()
            came_up, reason = await self._run_one(number, tasks)
            if self._stopping.is_set():
                return
            in_vain = 0 if came_up else in_vain + 1
            if in_vain == _STARTS:
                _log.critical("worker %d does not come up (%s); the hub stops", number, reason)
                self._failed = True
                self.stop()
                return
            _log.error("worker %d has ended (%s); starting another one", number, reason)
            if time.monotonic() - since > _STEADY:
                pause = 0.0
            with anyio.move_on_after(pause):
                await self._stopping.wait()
            pause = min(max(2 * pause, _FIRST_PAUSE), _LONGEST_PAUSE)

    async def _run_one(self, number: int, tasks: TaskGroup) -> tuple[bool, str]:
        """Run one process until its end: whether it came up, and how it ended."""
        try:
            worker, ours = self._started(number)
        except OSError as error:
            return False, f"cannot be started: {error.strerror}"
        self._running[number] = worker
        try:
            await self._attend(worker, ours, tasks)
            return worker.is_up, f"status {await worker.ended()}"
        finally:
            del self._running[number]
            self._totals.gone(number)
            for asked in self._rounds.values():
                asked.heard(worker)

    def _started(self, number: int) -> tuple[_Worker, socket.socket]:
        """A new process, and this side of the socket to it.

        From the thread of the loop: the process ends with the thread that has started it.
        """
        listener = self._listeners[(number - 1) % len(self._listeners)].fileno()
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                process = subprocess.Popen(  # noqa: S603 - this Python
                    [sys.executable, "-m", "hub.worker", str(number)],
                    stdin=theirs.fileno(),
                    pass_fds=[listener],
                    # Its own session: Ctrl-C is for the parent, which tells it to drain.
                    start_new_session=True,
                )
            except OSError:
                ours.close()
                raise
        return _Worker(number, process, listener), ours

    async def _attend(self, worker: _Worker, ours: socket.socket, tasks: TaskGroup) -> None:
        """Hand over what a worker needs, and listen to it until it says nothing more."""
        link = worker.link = await Link.over(ours)
        link.send(
            Handover(
                number=worker.number,
                parent=os.getpid(),
                listener=worker.listener,
                settings=self._settings,
                redis_url=self._redis_url,
                api_key=self._api_key,
            )
        )
        with anyio.move_on_after(_UP_TIMEOUT) as coming_up:
            while message := await link.receive():
                match message:
                    case Up():
                        coming_up.deadline = math.inf
                        self._came_up(worker)
                    case Counted():
                        self._counted(worker, message)
                    case Want():
                        self._totals.heard(worker.number, message.report)
                        tasks.start_soon(self._tell, worker, link, message.ref, name="what is counted")
                    case _:
                        raise AssertionError(f"no worker says {type(message).__name__}")
        await link.close()
        if coming_up.cancelled_caught:
            _log.error("worker %d does not come up within %.0f s", worker.number, _UP_TIMEOUT)
            worker.process.kill()

    def _came_up(self, worker: _Worker) -> None:
        worker.is_up = True
        workers = self._running.values()
        if len(workers) == self._settings.workers and all(one.is_up for one in workers):
            self._on_up()

    def _counted(self, worker: _Worker, answer: Counted) -> None:
        worker.is_silent = False
        self._totals.heard(worker.number, answer.report)
        if answer.ref in self._rounds:
            self._rounds[answer.ref].heard(worker)

    async def _tell(self, asking: _Worker, link: Link, ref: int) -> None:
        """Ask the others, then say what all have counted."""
        number = next(self._refs)
        asked = self._rounds[number] = _Round(
            worker
            for worker in self._running.values()
            # One that hangs is asked again when it has answered what it was asked last.
            if worker.is_up and not worker.is_silent and worker is not asking
        )
        try:
            for worker in asked.waiting:
                if worker.link is not None:
                    worker.link.send(Ask(number))
            with anyio.move_on_after(_PATIENCE):
                await asked.over.wait()
        finally:
            del self._rounds[number]
        for worker in asked.waiting:
            _log.warning("worker %d does not say what it has counted", worker.number)
            worker.is_silent = True
        link.send(Total(ref, self._totals.exposition(asking.number)))
