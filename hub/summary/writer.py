"""What a job for a summary is: reading what was said, having it summarized, telling of it."""

from collections.abc import Callable

from hub.core.event import Draft
from hub.errors import HubError
from hub.live.appending import Appending
from hub.store.jobs import Job
from hub.summary.generator import Generator, SummaryFailure
from hub.summary.spoken import Spoken
from hub.summary.summaries import ended, requested
from schemas.events import SummaryFailed

ATTEMPTS = 3
"""How often a job is begun; after that, hubs have died over it."""


class Writer:
    """Does the jobs of the queue of summaries.

    Args:
        spoken: To read with.
        appending: To append with.
        generator: What writes.
        ended: Called with `ready` or `failed` when a job has ended.
    """

    def __init__(
        self, spoken: Spoken, appending: Appending, generator: Generator, *, ended: Callable[[str], None]
    ) -> None:
        self._spoken = spoken
        self._appending = appending
        self._generator = generator
        self._ended = ended

    async def do(self, job: Job) -> None:
        """Write the summary that was asked for."""
        draft = await self._outcome(job)
        if await self._append(job, draft):
            self._ended(draft.type.removeprefix("summary."))

    async def renewed(self, _job: Job) -> None:
        """Nobody waits for a sign of life: what is summarized may be long over."""

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
