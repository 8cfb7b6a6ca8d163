"""What a job for an import is: fetching the file, reading it, telling the session what is in it."""

import asyncio
from collections.abc import Callable, Iterable, Iterator

import anyio
from anyio import to_thread

from hub.captions.line import Captions, CaptionsError
from hub.captions.reading import read
from hub.core.event import Draft, hub_draft
from hub.core.fold import State
from hub.core.lease import Step, Wants
from hub.core.lifecycle import TERMINAL
from hub.errors import HubError
from hub.imports.failure import FAILED, UNREADABLE, UNSUPPORTED, ImportFailure
from hub.imports.fetch import Fetched, Fetcher
from hub.imports.kind import Kind
from hub.imports.script import Script, begun, failed, script_of
from hub.imports.url import FileUrl
from hub.live.appending import Appending
from hub.live.states import States
from hub.live.sweeper import sealed
from hub.store.directory import Directory
from hub.store.jobs import Job
from schemas.dispatch import Dispatch
from schemas.events import LogEntry, LogLevel

ATTEMPTS = 3
"""How often a job is begun; after that, hubs have died over it."""
TOGETHER = 200
"""Events appended at once."""
TOGETHER_BYTES = 512 * 1024
"""What they hold, if they are more than one."""
READING = 2
"""Files that one process reads at the same time."""

_FINAL = {
    "idempotency_conflict": "The file has changed while it was imported.",
    "session_full": "The file holds more than a session may.",
    "invalid_transition": "Somebody else has changed the status of the session.",
}
"""What it means that the store refuses an event, where trying again would not help."""


class Importer:
    """Does the jobs of the queue of imports.

    Args:
        fetcher: To fetch with.
        states: To read with.
        directory: Is told that somebody works on a session.
        appending: To append with.
        wants: The bot for a session that says this of it, with this file.
        ended: Called with `imported` or the code of the failure when a job has ended.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        *,
        states: States,
        directory: Directory,
        appending: Appending,
        wants: Callable[[Dispatch, str], Wants],
        ended: Callable[[str], None],
    ) -> None:
        self._fetcher = fetcher
        self._states = states
        self._directory = directory
        self._appending = appending
        self._wants = wants
        self._ended = ended
        self._readers = anyio.CapacityLimiter(READING)

    async def do(self, job: Job) -> None:
        """Import the file that a session was created with; nothing is done for one that has ended."""
        _base, state = await self._states.load(job.organization, job.session_id)
        if state.status in TERMINAL:
            return
        try:
            await self._append(job, [begun()])
            if job.attempt > ATTEMPTS:
                message = f"The import was begun {ATTEMPTS} times and did not come to its end."
                raise ImportFailure(FAILED, message, stage="publish")
            url = FileUrl.parse(job.payload)
            fetched = await self._fetcher.fetch(url)
            if fetched.kind is Kind.MEDIA:
                await self._dispatch(job, state)
                return
            script = script_of(await self._captions(fetched), state.created)
            await self._tell(job, script)
        except ImportFailure as failure:
            if await self._end(job, failed(failure)):
                self._ended(failure.code)

    async def renewed(self, job: Job, /) -> None:
        """The session has somebody who works on it: it is not idle."""
        await self._directory.heartbeat(job.organization, job.session_id)

    async def _dispatch(self, job: Job, state: State) -> None:
        """Hand audio or video over to a bot that makes a transcript of it."""
        wants = self._wants(state.about.dispatch or Dispatch(), job.payload)
        note = LogEntry(
            level=LogLevel.INFO, message="The file is audio or video: it waits for a bot.", source="hub"
        )
        draft = hub_draft("log.entry", note, key=f"import-{job.id}-media")
        step = Step(offer=True, wants=wants)
        await self._appending.append(job.organization, job.session_id, [draft], ends=True, step=step)
        self._ended("dispatched")

    async def _captions(self, fetched: Fetched) -> Captions:
        if fetched.kind is not Kind.TRANSCRIPT:
            what = "a web page" if fetched.kind is Kind.PAGE else f"`{fetched.content_type or 'something'}`"
            message = f"The file is neither WebVTT, SubRip or JSON nor audio or video but {what}."
            raise ImportFailure(UNSUPPORTED, message, stage="read")
        try:
            return await to_thread.run_sync(
                read, fetched.data, fetched.charset, abandon_on_cancel=True, limiter=self._readers
            )
        except CaptionsError as error:
            raise ImportFailure(UNREADABLE, str(error), stage="read") from None

    async def _tell(self, job: Job, script: Script) -> None:
        await self._append(job, [script.opening()])
        for drafts in _batches(script.spoken()):
            await self._append(job, drafts)
        if await self._end(job, script.closing()):
            self._ended("imported")
        await self._appending.append(job.organization, job.session_id, [sealed("imported")], ends=True)

    async def _end(self, job: Job, draft: Draft) -> bool:
        """End the session; False: it has ended otherwise, or another hub has done it."""
        try:
            (appended,) = await self._appending.append(job.organization, job.session_id, [draft], ends=True)
        except HubError as error:
            if error.code != "idempotency_conflict":
                raise
            return False
        return not appended.duplicate

    async def _append(self, job: Job, drafts: list[Draft]) -> None:
        while True:
            try:
                await self._appending.append(job.organization, job.session_id, drafts)
                return
            except HubError as error:
                if error.code in _FINAL:
                    raise ImportFailure(FAILED, _FINAL[error.code], stage="publish") from None
                if error.code != "rate_limited":
                    raise
                await asyncio.sleep(error.details["retry_after_ms"] / 1000)


def _batches(drafts: Iterable[Draft]) -> Iterator[list[Draft]]:
    batch: list[Draft] = []
    size = 0
    for draft in drafts:
        if batch and (len(batch) == TOGETHER or size + len(draft.data) > TOGETHER_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(draft)
        size += len(draft.data)
    yield batch
