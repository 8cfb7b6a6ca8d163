"""Asking for a file to be imported."""

import logging

from hub.address import Allowed
from hub.errors import HubError
from hub.imports.failure import ImportFailure
from hub.imports.url import FileUrl
from hub.store.jobs import Jobs

_log = logging.getLogger("hub.imports")

ANNOUNCED = 30.0
"""Seconds in which a session that was announced is there, if it ever will be."""


class Imports:
    """The queue of files to be imported: one a session.

    Args:
        jobs: The queue.
        allowed: What may be connected to although it is not public.
    """

    def __init__(self, jobs: Jobs, allowed: Allowed) -> None:
        self._jobs = jobs
        self._allowed = allowed

    def checked(self, text: str) -> FileUrl:
        """A URL of which nothing is known yet that forbids to fetch it.

        Raises:
            HubError: `invalid_field`.
        """
        try:
            url = FileUrl.parse(text)
        except ImportFailure as failure:
            raise HubError("invalid_field", failure.message, field="$.file_url") from None
        if url.address is not None and not self._allowed.permits(url.host, url.address):
            message = "The URL is not one of a public address."
            raise HubError("invalid_field", message, field="$.file_url")
        return url

    async def announce(self, organization: str, session_id: str, url: str) -> None:
        """Queue the import of a session that is about to be created: it happens even if this hub dies then.

        Raises:
            HubError: `imports_busy`. Unavailable, StorageFull.
        """
        await self._jobs.add(organization, session_id, payload=url, delay=ANNOUNCED)

    async def begin(self, organization: str, session_id: str, url: str) -> None:
        """The session is there: the import may begin now."""
        try:
            await self._jobs.add(organization, session_id, payload=url)
        except HubError as error:
            _log.warning("the import of %s begins later: %s", session_id, error)

    async def depth(self) -> int:
        """Jobs that wait or run, in the store."""
        return await self._jobs.depth()
