"""The WebSocket of a bot: it is given sessions, and says what becomes of them.

JSON text, subprotocol `hub.bots.v1` (`schemas.bots`). Few connections with little to send: by Starlette, on
any ASGI server, which also pings.
"""

import asyncio
import logging
import random

import anyio
import msgspec
from anyio.abc import TaskGroup
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from hub.api.services import Services
from hub.bots.roster import Member
from hub.edge.auth import Credential
from hub.edge.body import MAX_BODY
from hub.edge.middleware import envelope, new_trace_id
from hub.edge.outbox import Outbox
from hub.edge.socket import IN_FLIGHT, ref_of, said
from hub.errors import HubError
from schemas import codec
from schemas.bots import (
    Beat,
    BotDisconnect,
    BotMessage,
    BotOperation,
    BotPublish,
    BotReply,
    Register,
    Release,
)
from schemas.codec import ID_PATTERN
from schemas.errors import DISCONNECTS

_log = logging.getLogger("hub.bots")

SUBPROTOCOL = "hub.bots.v1"
RETRY = 500
"""Milliseconds after which a bot comes back at the earliest."""
SPREAD = 2000
"""Milliseconds over which those spread who come back."""

_operations = msgspec.json.Decoder(BotOperation)


class BotSocket:
    """One connection of a bot.

    Args:
        websocket: Accepted already.
        services: The parts of the hub.
        credential: From the handshake; None if it was no good.
    """

    transport = "bots"

    def __init__(self, websocket: WebSocket, services: Services, credential: Credential | None) -> None:
        self._websocket = websocket
        self._services = services
        self._connections = services.connections
        self._outbox: Outbox[str] = Outbox(services.settings.backlog, self._overflow)
        self._close_code = 1000
        self._cancel = anyio.CancelScope()
        self._publishing = asyncio.Semaphore(IN_FLIGHT)
        self._member: Member | None = None
        self.credential = credential

    async def run(self, refusal: str | None) -> None:
        """Serve the connection until it ends.

        Args:
            refusal: The code with which to end it at once.
        """
        try:
            with self._connections.opened(self), self._cancel:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(self._write, tasks.cancel_scope, name="bot writer")
                    if refusal is not None:
                        self._connections.end(self, refusal)
                    await self._read(tasks)
                    self._outbox.close()
                    tasks.cancel_scope.cancel()
        finally:
            self._leave()

    async def _write(self, scope: anyio.CancelScope) -> None:
        try:
            while pieces := await self._outbox.take():
                for text in pieces:
                    await self._websocket.send_text(text)
            if self._websocket.application_state is WebSocketState.CONNECTED:
                await self._websocket.close(self._close_code, "")
        except (WebSocketDisconnect, RuntimeError, OSError) as error:
            _log.debug("bot gone: %s", error)
        self._outbox.close()
        scope.cancel()

    async def _read(self, tasks: TaskGroup) -> None:
        while not self._outbox.closed:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            if self._outbox.finished:
                continue
            text = message.get("text")
            if text is None:
                self._connections.end(self, "protocol_error")
            elif len(text.encode()) > MAX_BODY:
                # RFC 6455, section 7.4.1. Not all servers have a bound, or the same.
                self._end(1009)
            else:
                await self._take(tasks, text)

    async def _take(self, tasks: TaskGroup, text: str) -> None:
        try:
            operation = said(text, _operations)
        except HubError as error:
            self._reply(ref_of(text), error=error)
            return
        if isinstance(operation, BotPublish):
            await self._publishing.acquire()
            tasks.start_soon(self._publish, operation, name="bot publishes")
            return
        await self._answer(operation)

    async def _publish(self, operation: BotPublish) -> None:
        try:
            await self._answer(operation)
        finally:
            self._publishing.release()

    async def _answer(self, operation: BotOperation) -> None:
        try:
            self._reply(operation.ref, await self._perform(operation))
        except HubError as error:
            self._reply(operation.ref, error=error)
        except Exception:
            _log.exception("unexpected failure of an operation")
            self._reply(operation.ref, error=HubError("internal"))

    async def _perform(self, operation: BotOperation) -> dict[str, object]:
        match operation:
            case Register():
                return self._register(operation)
            case Beat():
                await self._heartbeat(operation)
            case BotPublish():
                credential = self._registered()[0]
                entries = await self._services.publishing.publish(
                    credential, operation.session_id, operation.events, root="$.events", lease=operation.lease
                )
                return {"entries": entries}
            case Release():
                await self._release(operation)
        return {}

    def _registered(self) -> tuple[Credential, Member]:
        if self.credential is None or self._member is None:
            raise HubError("not_registered")
        return self.credential, self._member

    def _register(self, operation: Register) -> dict[str, object]:
        roster, credential = self._services.roster, self.credential
        if credential is None or self._outbox.finished:
            raise HubError("invalid_credential")
        if self._member is None:
            self._member = roster.enter(credential.organization, operation.bot, self)
        elif self._member.bot.id == operation.bot.id:
            roster.amend(self._member, operation.bot)
        else:
            message = f"This connection is that of {self._member.bot.id}."
            raise HubError("invalid_field", message, field="$.bot.id")
        return {"lease_seconds": self._services.settings.lease}

    async def _heartbeat(self, operation: Beat) -> None:
        _credential, member = self._registered()
        await self._services.heartbeats.hear(member, operation.sessions)

    async def _release(self, operation: Release) -> None:
        credential, member = self._registered()
        session_id, lease = operation.session_id, operation.lease
        if not ID_PATTERN.match(session_id):
            raise HubError("session_not_found")
        await self._services.leasing.release(credential.organization, session_id, lease, operation.reason)
        self._services.roster.drop(member, session_id, lease)

    def _reply(
        self,
        ref: int | str | None,
        result: dict[str, object] | None = None,
        *,
        error: HubError | None = None,
    ) -> None:
        shown = None if error is None else envelope(error, new_trace_id())
        self.tell(BotReply(ref=ref, result=result, error=shown))

    def tell(self, message: BotMessage) -> None:
        """Tell the bot."""
        self._outbox.put(codec.encode(message).decode())

    def replaced(self) -> None:
        """The bot has connected again: this connection is the old one, and is to end."""
        self._connections.end(self, "replaced")

    def disconnect(self, code: str) -> None:
        """Send a `disconnect`, then close."""
        if self._outbox.finished:
            return
        row = DISCONNECTS[code]
        retry = RETRY + random.randrange(SPREAD) if row.reconnect else None
        self.tell(BotDisconnect(code=code, message=row.message, retry_ms=retry))
        self._end(row.number)

    def abort(self) -> None:
        """End now."""
        self._leave()
        self._outbox.close()
        self._cancel.cancel()

    def _overflow(self) -> None:
        self._connections.end(self, "slow_consumer")
        self.abort()

    def _end(self, close_code: int) -> None:
        """Close once all is sent."""
        self._close_code = close_code
        self._leave()
        self._outbox.finish()

    def _leave(self) -> None:
        if self._member is not None:
            self._services.roster.leave(self._member)
