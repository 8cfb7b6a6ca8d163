"""The queue of summaries: at most one job a session, each held by one hub at a time under a lease.

A job is taken out when it is done; what a dead hub held is due again when its lease has lapsed.
"""

import secrets

from msgspec import Struct

from hub.errors import HubError
from hub.store import layout, scripts
from hub.store.client import Client

MAX_JOBS = 10_000
"""Jobs that wait or run at most."""


class Job(Struct, frozen=True, kw_only=True):
    """A job that was taken."""

    organization: str
    session_id: str
    id: str
    """The same each time it is taken."""
    attempt: int
    """How often it has been taken, from 1."""
    holder: str
    """Whose it is; another each time it is taken."""


class Jobs:
    """Jobs in Redis. All raise Unavailable; what adds or takes one also StorageFull."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def add(self, organization: str, session_id: str) -> str:
        """Queue a job for a session, or find the one that waits or runs already; its id.

        Raises:
            HubError: `summaries_busy`: there are `MAX_JOBS`.
        """
        arguments = (_member(organization, session_id), secrets.token_hex(12), MAX_JOBS)
        outcome, job_id = await scripts.JOB_ADD.run(self._client, layout.SUMMARIES, arguments)
        if outcome == b"full":
            raise HubError("summaries_busy")
        return job_id.decode()

    async def claim(self, lease: float) -> Job | None:
        """Take the job that has been due for longest, for `lease` seconds; None if none is due."""
        holder = secrets.token_hex(12)
        reply = await scripts.JOB_CLAIM.run(self._client, layout.SUMMARIES, (holder, _ms(lease)))
        if not reply:
            return None
        organization, _, session_id = reply[0].decode().partition("/")
        return Job(
            organization=organization,
            session_id=session_id,
            id=reply[1].decode(),
            attempt=int(reply[2]),
            holder=holder,
        )

    async def keep(self, job: Job, lease: float) -> bool:
        """Hold a job for `lease` seconds more; False: it is somebody else's, or done."""
        return await self._keep(job, lease, "")

    async def put_back(self, job: Job, delay: float, *, counts: bool) -> bool:
        """Let go of a job: it is due in `delay` seconds; False: it is somebody else's, or done.

        Args:
            job: Which.
            delay: Seconds.
            counts: Whether this was an attempt.
        """
        return await self._keep(job, delay, str(job.attempt if counts else job.attempt - 1))

    async def _keep(self, job: Job, seconds: float, attempts: str) -> bool:
        arguments = (_member(job.organization, job.session_id), job.holder, _ms(seconds), attempts)
        return bool(await scripts.JOB_KEEP.run(self._client, layout.SUMMARIES, arguments))

    async def done(self, job: Job) -> bool:
        """Take a job out of the queue; False: it is somebody else's, or done."""
        arguments = (_member(job.organization, job.session_id), job.holder)
        return bool(await scripts.JOB_DONE.run(self._client, layout.SUMMARIES, arguments))

    async def depth(self) -> int:
        """Jobs that wait or run."""
        return await self._client.execute("ZCARD", layout.SUMMARIES.due)


def _member(organization: str, session_id: str) -> str:
    # Neither id can hold a slash.
    return f"{organization}/{session_id}"


def _ms(seconds: float) -> int:
    return int(seconds * 1000)
