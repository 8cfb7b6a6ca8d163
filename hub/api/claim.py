"""A bot that waits for one session over HTTP."""

import asyncio

import anyio
from starlette.requests import Request

from hub.api.services import Services
from hub.edge.auth import Credential
from hub.errors import HubError
from schemas.bots import Assignment, ClaimSession, Lost, Stop

SETTLED = 15.0
"""Seconds for which a session that is being taken is waited for, however the store does."""


class Claim:
    """One request; a connection that takes sessions, and the link to its bot."""

    transport = "bots"

    def __init__(self, services: Services, credential: Credential) -> None:
        self._services = services
        self._done = asyncio.Event()
        self._code = ""
        self.credential = credential
        self.assignment: Assignment | None = None
        self.gone = False
        """The client has gone away."""

    async def wait(self, request: Request, asked: ClaimSession) -> Assignment | None:
        """The session that the bot gets; None if there is none within the time.

        Raises:
            HubError: `invalid_credential`: the key was revoked. Unavailable.
        """
        services, organization = self._services, self.credential.organization
        failure: HubError | None = None
        with services.connections.opened(self):
            member = services.roster.visit(organization, asked.bot, self)
            try:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(self._watch, request, name="claim")
                    failure = await self._wait(organization, asked.wait)
                    member.closed = True
                    if member.promised:
                        with anyio.move_on_after(SETTLED):
                            await services.dispatcher.looked(organization)
                    tasks.cancel_scope.cancel()
            finally:
                services.roster.leave(member)
        if self._code == "revoked":
            raise HubError("invalid_credential")
        if failure is not None and self.assignment is None and not self._code:
            raise failure
        return self.assignment

    async def _wait(self, organization: str, seconds: float) -> HubError | None:
        """Wait for a session, at least until all that waits was looked at; why that could not be done."""
        failure: HubError | None = None
        async with anyio.create_task_group() as tasks:

            async def look() -> None:
                nonlocal failure
                try:
                    await self._services.dispatcher.looked(organization)
                except HubError as error:
                    failure = error
                await anyio.sleep(max(0.0, ends - anyio.current_time()))
                self._done.set()

            ends = anyio.current_time() + seconds
            tasks.start_soon(look, name="look")
            await self._done.wait()
            tasks.cancel_scope.cancel()
        return failure

    async def _watch(self, request: Request) -> None:
        # Its body has been read: what comes now is that it has gone.
        await request.receive()
        self.gone = True
        self._done.set()

    def tell(self, message: Assignment | Stop | Lost) -> None:
        """It is the bot's."""
        if isinstance(message, Assignment):
            self.assignment = message
            self._done.set()

    def replaced(self) -> None:
        """Who waits for one session is replaced by nobody."""

    def disconnect(self, code: str) -> None:
        """Answer now."""
        self._code = code
        self._done.set()

    def abort(self) -> None:
        """Answer now."""
        self._done.set()
