"""Does the jobs of the queue, a few at a time."""

import asyncio
import logging
from collections.abc import Callable

import anyio
from anyio.abc import TaskGroup

from hub.core.event import Draft
from hub.errors import HubError
from hub.live.appending import Appending
from hub.store.jobs import Job, Jobs
from hub.summary.generator import Generator, SummaryFailure
from hub.summary.spoken import Spoken
from hub.summary.summaries import Summaries, ended, requested
from schemas.events import SummaryFailed

_log = logging.getLogger("hub.summary")

AT_ONCE = 4
"""Jobs that one process does at the same time."""
ATTEMPTS = 3
"""How often a job is begun; after that, hubs have died over it."""
LEASE = 10.0
"""Seconds after which another hub takes the job of one that is not heard any more."""
RENEWAL = 3.0
"""Seconds between signs of life."""
PAUSE = 10.0
"""Seconds until a job is due again that the store did not let end."""
PARTING = 1.0
"""Seconds to put a job back when the hub stops."""


class Runner:
    """Does jobs; `run` is its long task.

    Args:
        jobs: The queue.
        summaries: Rings when there is a job.
        spoken: To read with.
        appending: To append with.
        generator: What writes.
        ended: Called with `ready` or `failed` when a job has ended.
    """

    def __init__(
        self,
        jobs: Jobs,
        *,
        summaries: Summaries,
        spoken: Spoken,
        appending: Appending,
        generator: Generator,
        ended: Callable[[str], None],
    ) -> None:
        self._jobs = jobs
        self._bell = summaries.bell
        self._spoken = spoken
        self._appending = appending
        self._generator = generator
        self._ended = ended
        self._running = 0

    async def run(self, interval: float) -> None:
        """Do jobs until cancelled; look for those of other hubs every `interval` seconds."""
        async with anyio.create_task_group() as tasks:
            while True:
                self._bell.clear()
                try:
                    await self._take(tasks)
                except HubError as error:
                    _log.warning("no job can be taken: %s", error)
                    # What rings meanwhile is still in the queue after that.
                    await asyncio.sleep(interval)
                with anyio.move_on_after(interval):
                    await self._bell.wait()

    async def _take(self, tasks: TaskGroup) -> None:
        while self._running < AT_ONCE and (job := await self._jobs.claim(LEASE)) is not None:
            self._running += 1
            tasks.start_soon(self._work, job, name=f"summary of {job.session_id}")

    async def _work(self, job: Job) -> None:
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._hold, job, tasks, name=f"lease of {job.session_id}")
                await self._do(job)
                tasks.cancel_scope.cancel()
        finally:
            self._running -= 1
            self._bell.set()

    async def _hold(self, job: Job, tasks: TaskGroup) -> None:
        """Renew the lease; once it is somebody else's, stop the work."""
        while True:
            await asyncio.sleep(RENEWAL)
            try:
                held = await self._jobs.keep(job, LEASE)
            except HubError:
                # Nobody else can take it either.
                continue
            if not held:
                _log.warning("the summary of %s was taken over", job.session_id)
                tasks.cancel_scope.cancel()

    async def _do(self, job: Job) -> None:
        try:
            draft = await self._outcome(job)
            if await self._append(job, draft):
                self._ended(draft.type.removeprefix("summary."))
            await self._jobs.done(job)
        except asyncio.CancelledError:
            with anyio.move_on_after(PARTING, shield=True):
                await self._put_back(job, 0, counts=False)
            raise
        except HubError as error:
            if error.code == "session_not_found":
                await self._drop(job)
                return
            _log.warning("the summary of %s has to wait: %s", job.session_id, error)
            await self._put_back(job, PAUSE, counts=True)
        except Exception:
            _log.exception("cannot summarize %s", job.session_id)
            await self._put_back(job, PAUSE, counts=True)

    async def _outcome(self, job: Job) -> Draft:
        if job.attempt > ATTEMPTS:
            reason = f"The summary was begun {ATTEMPTS} times and did not come to its end."
            return ended(job.id, SummaryFailed(reason=reason))
        await self._appending.append(job.organization, job.session_id, [requested(job.id)])
        try:
            lines = await self._spoken.lines(job.organization, job.session_id)
            return ended(job.id, await self._generator.write(lines))
        except SummaryFailure as failure:
            return ended(job.id, SummaryFailed(reason=failure.reason))

    async def _append(self, job: Job, draft: Draft) -> bool:
        """Tell of the end of a job; False: another hub has done that."""
        try:
            (appended,) = await self._appending.append(job.organization, job.session_id, [draft])
        except HubError as error:
            if error.code != "idempotency_conflict":
                raise
            return False
        return not appended.duplicate

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
            _log.warning("the summary of %s waits for its lease: %s", job.session_id, error)
