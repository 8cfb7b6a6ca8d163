"""Summaries as resources: what there is of one, and asking for one."""

from hub.core.entry_id import EntryId
from hub.core.event import Draft, hub_draft
from hub.errors import HubError
from hub.live.appending import Appending
from hub.live.states import States
from hub.store.jobs import Jobs
from schemas import codec
from schemas.events import SummaryFailed, SummaryReady, SummaryRequested
from schemas.session import Summary


class Summaries:
    """The summaries of sessions.

    Args:
        jobs: The queue.
        states: To read with.
        appending: To append with.
    """

    def __init__(self, jobs: Jobs, states: States, appending: Appending) -> None:
        self._jobs = jobs
        self._states = states
        self._appending = appending

    async def find(self, organization: str, session_id: str) -> Summary:
        """The summary of a session, in whatever state.

        Raises:
            HubError: `session_not_found`; `summary_not_found`: nobody asked for one or published one.
                Unavailable.
        """
        _base, state = await self._states.load(organization, session_id)
        if state.artifacts.summary is None:
            raise HubError("summary_not_found")
        return state.artifacts.summary

    async def request(self, organization: str, session_id: str) -> Summary:
        """Ask for a summary of what was said up to now; while one is under way, nothing more happens.

        Raises:
            HubError: `session_not_found`; `transcript_empty`; `summaries_busy`. Unavailable, StorageFull.
        """
        _base, state = await self._states.load(organization, session_id)
        if not state.segment_count:
            raise HubError("transcript_empty")
        # The job first: should this hub die now, whoever does it tells of it, by the same idempotency key.
        job_id = await self._jobs.add(organization, session_id)
        (appended,) = await self._appending.append(organization, session_id, [requested(job_id)])
        at = EntryId.parse(appended.id).ms
        return Summary(state="requested", updated_at=codec.timestamp(at))

    async def depth(self) -> int:
        """Jobs that wait or run, in the store."""
        return await self._jobs.depth()


def requested(job_id: str) -> Draft:
    """The event that tells of a job."""
    return hub_draft("summary.requested", SummaryRequested(), key=f"summary-{job_id}-requested")


def ended(job_id: str, outcome: SummaryReady | SummaryFailed) -> Draft:
    """The event that ends a job. One key for both: a job that was done twice has ended as it did first."""
    kind = "summary.ready" if isinstance(outcome, SummaryReady) else "summary.failed"
    return hub_draft(kind, outcome, key=f"summary-{job_id}-ended")
