"""Queues of jobs: in each at most one job a session, held by one hub at a time under a lease.

A job is taken out when it is done; what a dead hub held is due again when its lease has lapsed.
"""

import asyncio
import secrets

from msgspec import Struct

from hub.errors import HubError
from hub.store import scripts
from hub.store.client import Client
from hub.store.layout import JobKeys

MAX_JOBS = 10_000
"""Jobs of a queue that wait or run at most."""


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
    payload: str
    """What it was queued with."""


class Jobs:
    """A queue in Redis. All raise Unavailable; what adds or takes a job also StorageFull.

    Args:
        client: For all commands.
        keys: Of this queue.
        busy: The error code of a job that it has no room for.
    """

    def __init__(self, client: Client, keys: JobKeys, *, busy: str) -> None:
        self._client = client
        self._keys = keys
        self._busy = busy
        self.bell = asyncio.Event()
        """Set when this process has queued a job that is due."""

    async def add(self, organization: str, session_id: str, *, payload: str = "", delay: float = 0.0) -> str:
        """Queue a job for a session, or find the one that waits or runs already; its id.

        Args:
            organization: Whose session it is.
            session_id: Which.
            payload: What whoever does it is told.
            delay: Seconds until it is due; one that waits already is not put off.

        Raises:
            HubError: there are `MAX_JOBS`.
        """
        member, new = _member(organization, session_id), secrets.token_hex(12)
        arguments = (member, new, MAX_JOBS, _ms(delay), payload)
        outcome, job_id = await scripts.JOB_ADD.run(self._client, self._keys, arguments)
        if outcome == b"full":
            raise HubError(self._busy)
        if not delay:
            self.bell.set()
        return job_id.decode()

    async def claim(self, lease: float) -> Job | None:
        """Take the job that has been due for longest, for `lease` seconds; None if none is due."""
        holder = secrets.token_hex(12)
        reply = await scripts.JOB_CLAIM.run(self._client, self._keys, (holder, _ms(lease)))
        if not reply:
            return None
        organization, _, session_id = reply[0].decode().partition("/")
        return Job(
            organization=organization,
            session_id=session_id,
            id=reply[1].decode(),
            attempt=int(reply[2]),
            holder=holder,
            payload=reply[3].decode(),
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
        return bool(await scripts.JOB_KEEP.run(self._client, self._keys, arguments))

    async def done(self, job: Job) -> bool:
        """Take a job out of the queue; False: it is somebody else's, or done."""
        arguments = (_member(job.organization, job.session_id), job.holder)
        return bool(await scripts.JOB_DONE.run(self._client, self._keys, arguments))

    async def depth(self) -> int:
        """Jobs that wait or run."""
        return await self._client.execute("ZCARD", self._keys.due)


def _member(organization: str, session_id: str) -> str:
    # Neither id can hold a slash.
    return f"{organization}/{session_id}"


def _ms(seconds: float) -> int:
    return int(seconds * 1000)
