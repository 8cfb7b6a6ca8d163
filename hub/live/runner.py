"""Does the jobs of a queue, a few at a time."""

import asyncio
import logging
from typing import Protocol

import anyio
from anyio.abc import TaskGroup

from hub.errors import HubError
from hub.store.jobs import Job, Jobs

_log = logging.getLogger("hub.jobs")

AT_ONCE = 4
"""Jobs of a queue that one process does at the same time."""
LEASE = 10.0
"""Seconds after which another hub takes the job of one that is not heard any more."""
RENEWAL = 3.0
"""Seconds between signs of life."""
PAUSE = 10.0
"""Seconds until a job is due again that the store did not let end."""
PARTING = 1.0
"""Seconds to put a job back when the hub stops."""

OVER = frozenset({"session_not_found", "session_ended", "session_sealed"})
"""Error codes that say of a job's session that there is nothing to do for it any more."""


class Work(Protocol):
    """What is to be done. All of it may happen again, at another hub: it is to have its effects once."""

    async def do(self, job: Job) -> None:
        """Do a job to its end; it is out of the queue then.

        Raises:
            HubError: one of `OVER`: it is taken out of the queue. Any other: it has to wait.
        """
        ...

    async def renewed(self, job: Job, /) -> None:
        """The lease of a job was renewed, as it is every `RENEWAL` seconds.

        Raises:
            HubError: one of `OVER`: the work is ended.
        """
        ...


class Runner:
    """Does jobs; `run` is its long task.

    Args:
        jobs: The queue.
        work: What its jobs are.
        noun: What one of them makes, for the log.
    """

    def __init__(self, jobs: Jobs, work: Work, *, noun: str) -> None:
        self._jobs = jobs
        self._work = work
        self._noun = noun
        self._bell = jobs.bell
        self._running = 0

    async def run(self, interval: float) -> None:
        """Do jobs until cancelled; look for those of other hubs every `interval` seconds."""
        async with anyio.create_task_group() as tasks:
            while True:
                self._bell.clear()
                try:
                    await self._take(tasks)
                except HubError as error:
                    _log.warning("no %s can be taken: %s", self._noun, error)
                    # What rings meanwhile is still in the queue after that.
                    await asyncio.sleep(interval)
                with anyio.move_on_after(interval):
                    await self._bell.wait()

    async def _take(self, tasks: TaskGroup) -> None:
        while self._running < AT_ONCE and (job := await self._jobs.claim(LEASE)) is not None:
            self._running += 1
            tasks.start_soon(self._run, job, name=f"{self._noun} of {job.session_id}")

    async def _run(self, job: Job) -> None:
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._hold, job, tasks, name=f"lease of {job.session_id}")
                await self._do(job)
                tasks.cancel_scope.cancel()
        finally:
            self._running -= 1
            self._bell.set()

    async def _hold(self, job: Job, tasks: TaskGroup) -> None:
        """Renew the lease; once it is somebody else's, or there is nothing to do any more, stop the work."""
        while True:
            await asyncio.sleep(RENEWAL)
            try:
                held = await self._jobs.keep(job, LEASE)
                if held:
                    await self._work.renewed(job)
            except HubError as error:
                if error.code in OVER:
                    await self._drop(job)
                    tasks.cancel_scope.cancel()
                # Else nobody can take it.
                continue
            if not held:
                _log.warning("the %s of %s was taken over", self._noun, job.session_id)
                tasks.cancel_scope.cancel()

    async def _do(self, job: Job) -> None:
        try:
            await self._work.do(job)
            await self._jobs.done(job)
        except asyncio.CancelledError:
            with anyio.move_on_after(PARTING, shield=True):
                await self._put_back(job, 0, counts=False)
            raise
        except HubError as error:
            if error.code in OVER:
                await self._drop(job)
                return
            _log.warning("the %s of %s has to wait: %s", self._noun, job.session_id, error)
            await self._put_back(job, PAUSE, counts=True)
        except Exception:
            _log.exception("cannot make the %s of %s", self._noun, job.session_id)
            await self._put_back(job, PAUSE, counts=True)

    async def _drop(self, job: Job) -> None:
        try:
            await self._jobs.done(job)
        except HubError as error:
            _log.warning("a job without a session stays: %s", error)

    async def _put_back(self, job: Job, delay: float, *, counts: bool) -> None:
        try:
            await self._jobs.put_back(job, delay, counts=counts)
        except HubError as error:
            # Its lease will lapse.
            _log.warning("the %s of %s waits for its lease: %s", self._noun, job.session_id, error)
