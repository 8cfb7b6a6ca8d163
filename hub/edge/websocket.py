"""The WebSocket in the portable way, by Starlette: many sessions and publishing on one socket.

JSON text, subprotocol `hub.v1`. Each operation has a reply with its `ref`; frames come as they come.
"""

import asyncio
import logging
from collections.abc import Sequence
from urllib.parse import urlsplit

import anyio
import msgspec
from anyio.abc import TaskGroup
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from hub.core.event import invalid_field, malformed
from hub.edge.auth import Authenticator, Credential
from hub.edge.connections import Connections
from hub.edge.middleware import envelope, new_trace_id
from hub.edge.outbox import Outbox
from hub.edge.publishing import Publishing
from hub.edge.subscription import follow
from hub.errors import HubError, Unavailable
from hub.live.frames import Batch, Frame, disconnect_frame
from hub.live.registry import Registry
from hub.live.subscriber import Filter, Subscriber
from hub.store.streams import Streams
from schemas import codec
from schemas.codec import ID_PATTERN
from schemas.errors import DISCONNECTS
from schemas.frames import (
    Appended,
    Auth,
    Operation,
    Ping,
    Publish,
    Reply,
    Subscribe,
    Unsubscribe,
)

_log = logging.getLogger("hub.websocket")

SUBPROTOCOL = "hub.v1"
AUTH_TIMEOUT = 10.0
"""Seconds in which a socket without a credential must send `auth`."""
MAX_SUBSCRIPTIONS = 1_000
"""Of one socket."""
IN_FLIGHT = 64
"""Publish operations of one socket that may wait for the store; further messages are not read."""

_operations = msgspec.json.Decoder(Operation)


def texts(frames: Sequence[Frame]) -> list[str]:
    """Frames as the texts of WebSocket messages."""
    return [frame.json.decode() for frame in frames]


class _Subscription:
    """One subscription of a socket; the live side's sink."""

    def __init__(self, socket: "Socket", session_id: str | None, what: Filter) -> None:
        self._socket = socket
        self._session_id = session_id
        self._finished = asyncio.Event()
        self.subscriber = Subscriber(self, what)
        self.scope = anyio.CancelScope()

    @property
    def closed(self) -> bool:
        """Nothing more can be sent."""
        return self._finished.is_set() or self._socket.outbox.closed

    def send(self, batch: Batch) -> None:
        """Take frames; none after its end, as another subscription to the session may follow."""
        if not self.closed:
            self._socket.outbox.put(*batch.encoded(texts))

    def finish(self) -> None:
        """This subscription is over; the socket is not."""
        self._finished.set()
        self._socket.forget(self._session_id, self)

    async def drained(self) -> None:
        """Wait for room."""
        await self._socket.outbox.drained()

    async def over(self) -> None:
        """Wait for the end."""
        await self._finished.wait()


class Socket:
    """One WebSocket connection.

    Args:
        websocket: Accepted already.
        registry: Knows the streams.
        streams: To see whether a session exists.
        publishing: Takes events.
        authenticator: Knows credentials.
        connections: Is told of this one.
        backlog: Characters that may wait.
        credential: From the handshake, if it had one.
    """

    transport = "websocket"

    def __init__(
        self,
        websocket: WebSocket,
        *,
        registry: Registry,
        streams: Streams,
        publishing: Publishing,
        authenticator: Authenticator,
        connections: Connections,
        backlog: int,
        credential: Credential | None,
    ) -> None:
        self._websocket = websocket
        self._registry = registry
        self._streams = streams
        self._publishing = publishing
        self._authenticator = authenticator
        self._connections = connections
        self._subscriptions: dict[str | None, _Subscription] = {}
        self._in_flight = anyio.Semaphore(IN_FLIGHT)
        self._known = asyncio.Event()
        self._close_code = 1000
        self._cancel = anyio.CancelScope()
        self.outbox: Outbox[str] = Outbox(backlog, self._overflow)
        self.credential = credential
        if credential is not None:
            self._known.set()

    async def run(self, refusal: str | None = None) -> None:
        """Serve the socket until it ends.

        Args:
            refusal: The code with which to end it at once, as its credential was no good.
        """
        with self._connections.opened(self), self._cancel:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._write, tasks.cancel_scope, name="websocket writer")
                tasks.start_soon(self._await_credential, name="websocket auth")
                if self.credential is not None and self.credential.expired:
                    refusal = "token_expired"
                if refusal is not None:
                    self._known.set()
                    self._connections.end(self, refusal)
                await self._read(tasks)
                self.outbox.close()
                tasks.cancel_scope.cancel()

    async def _await_credential(self) -> None:
        with anyio.move_on_after(AUTH_TIMEOUT):
            await self._known.wait()
            return
        self._connections.end(self, "auth_timeout")

    async def _write(self, scope: anyio.CancelScope) -> None:
        try:
            while pieces := await self.outbox.take():
                for text in pieces:
                    await self._websocket.send_text(text)
            if self._websocket.application_state is WebSocketState.CONNECTED:
                await self._websocket.close(self._close_code, "")
        except (WebSocketDisconnect, RuntimeError, OSError) as error:
            _log.debug("socket gone: %s", error)
        self.outbox.close()
        scope.cancel()

    async def _read(self, tasks: TaskGroup) -> None:
        while not self.outbox.closed:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            text = message.get("text")
            if self.outbox.finished:
                continue
            if text is None:
                self._connections.end(self, "protocol_error")
                continue
            await self._take(text, tasks)

    async def _take(self, text: str, tasks: TaskGroup) -> None:
        ref: int | str | None = None
        try:
            try:
                operation = _operations.decode(text)
            except msgspec.ValidationError as error:
                ref = _ref(text)
                if "op" in str(error).partition(" - at ")[2] or "required field `op`" in str(error):
                    raise HubError("unknown_operation", str(error)) from None
                raise invalid_field(error) from None
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                raise malformed(error) from None
            ref = operation.ref
            if isinstance(operation, Publish):
                await self._in_flight.acquire()
                tasks.start_soon(self._publish, operation, name="websocket publish")
                return
            await self._perform(operation, tasks)
        except HubError as error:
            self._reply(ref, error=error)
        except Exception:
            _log.exception("unexpected failure of an operation")
            self._reply(ref, error=HubError("internal"))

    async def _perform(self, operation: Subscribe | Unsubscribe | Auth | Ping, tasks: TaskGroup) -> None:
        match operation:
            case Auth():
                await self._auth(operation)
                self._reply(operation.ref)
            case Ping():
                self._reply(operation.ref)
            case Subscribe():
                await self._subscribe(operation, tasks)
            case Unsubscribe():
                self._unsubscribe(operation)
                self._reply(operation.ref)

    def _reply(
        self, ref: int | str | None, *, error: HubError | None = None, entries: list[Appended] | None = None
    ) -> None:
        said = None if error is None else envelope(error, new_trace_id())
        reply = Reply(ref=ref, ok=error is None, error=said, entries=entries)
        self.outbox.put(codec.encode(reply).decode())

    async def _auth(self, operation: Auth) -> None:
        credential = await self._authenticator.text(operation.token)
        if credential.expired:
            raise HubError("token_expired")
        if self.credential is not None and self.credential.organization != credential.organization:
            raise HubError("invalid_credential", "The credential is of another organization.")
        for session_id, subscription in self._subscriptions.items():
            # What is followed goes on under the new credential, so that must open it too.
            credential.channels(session_id, subscription.subscriber.filter.channels)
        self.credential = credential
        self._known.set()

    def _authenticated(self) -> Credential:
        if self.credential is None:
            raise HubError("missing_credential", "Send an `auth` operation first.")
        return self.credential

    async def _subscribe(self, operation: Subscribe, tasks: TaskGroup) -> None:
        credential = self._authenticated()
        session_id = operation.session_id
        wanted = None if operation.channels is None else frozenset(operation.channels)
        channels = credential.channels(session_id, wanted)
        if session_id is not None:
            await self._exists(credential.organization, session_id)
        old = self._subscriptions.get(session_id)
        if old is None and len(self._subscriptions) >= MAX_SUBSCRIPTIONS:
            raise HubError("too_many_subscriptions", limit=MAX_SUBSCRIPTIONS)
        if old is not None:
            self._drop(session_id, old)
        what = Filter(channels=channels, partials=operation.partials, level=operation.level)
        new = self._subscriptions[session_id] = _Subscription(self, session_id, what)
        self._reply(operation.ref)
        tasks.start_soon(self._follow, credential.organization, session_id, new, operation.after)

    async def _exists(self, organization: str, session_id: str) -> None:
        if not ID_PATTERN.match(session_id):
            raise HubError("session_not_found")
        try:
            if await self._streams.head(organization, session_id) is None:
                raise HubError("session_not_found")
        except Unavailable:
            # The subscription waits for the store, as a stream would.
            return

    async def _follow(
        self, organization: str, session_id: str | None, subscription: _Subscription, after: str | None
    ) -> None:
        with subscription.scope:
            await follow(self._registry, (organization, session_id), subscription.subscriber, after)

    def _unsubscribe(self, operation: Unsubscribe) -> None:
        self._authenticated()
        subscription = self._subscriptions.get(operation.session_id)
        if subscription is None:
            raise HubError("not_subscribed")
        self._drop(operation.session_id, subscription)

    def _drop(self, session_id: str | None, subscription: _Subscription) -> None:
        subscription.subscriber.gone = True
        subscription.finish()
        subscription.scope.cancel()
        self.forget(session_id, subscription)

    def forget(self, session_id: str | None, subscription: _Subscription) -> None:
        """A subscription is over."""
        if self._subscriptions.get(session_id) is subscription:
            del self._subscriptions[session_id]

    async def _publish(self, operation: Publish) -> None:
        try:
            credential = self._authenticated()
            entries = await self._publishing.publish(
                credential, operation.session_id, operation.events, root="$.events"
            )
            self._reply(operation.ref, entries=entries)
        except HubError as error:
            self._reply(operation.ref, error=error)
        except Exception:
            _log.exception("unexpected failure of a publish")
            self._reply(operation.ref, error=HubError("internal"))
        finally:
            self._in_flight.release()

    def _overflow(self) -> None:
        self._connections.end(self, "slow_consumer")
        self._cancel.cancel()

    def disconnect(self, code: str) -> None:
        """Send a `disconnect`, then close."""
        if self.outbox.finished:
            return
        self._close_code = DISCONNECTS[code].number
        self.outbox.put(disconnect_frame(code).json.decode())
        self.outbox.finish()

    def abort(self) -> None:
        """End now."""
        self.outbox.close()
        self._cancel.cancel()


def _ref(text: str) -> int | str | None:
    try:
        return msgspec.json.decode(text, type=_Ref).ref
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


class _Ref(msgspec.Struct):
    ref: int | str | None = None


def origin_allowed(websocket: WebSocket, origins: Sequence[str]) -> bool:
    """Whether pages of this origin may connect: the hub's own, and those that were set.

    Programs send no `Origin`; browsers always do (RFC 6455, section 10.2).
    """
    origin = websocket.headers.get("origin")
    if origin is None or "*" in origins or origin in origins:
        return True
    try:
        return urlsplit(origin).netloc == websocket.headers.get("host")
    except ValueError:
        return False
