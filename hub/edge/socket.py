"""What a client can do over one WebSocket, whatever carries it: many sessions and publishing on one socket.

JSON text, subprotocol `hub.v1`. Each operation has a reply with its `ref`; frames come as they come.
"""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar
from urllib.parse import urlsplit

import anyio
import msgspec
from starlette.websockets import WebSocket

from hub.core.event import invalid_field, malformed
from hub.edge.auth import Authenticator, Credential
from hub.edge.connections import Connections
from hub.edge.middleware import envelope, new_trace_id
from hub.edge.publishing import Publishing
from hub.edge.subscription import follow
from hub.errors import HubError, Unavailable
from hub.live.frames import Wire
from hub.live.registry import Registry
from hub.live.subscriber import Filter, Subscriber
from hub.store.streams import Streams
from schemas import codec
from schemas.codec import ID_PATTERN
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

_Type = TypeVar("_Type")

_operations = msgspec.json.Decoder(Operation)


class Socket(ABC):
    """One WebSocket connection, as the operations see it."""

    __slots__ = ()

    wire: Wire
    """The wire format of its frames."""
    write: Callable[[Any], None]
    """Takes frames in that format; never waits."""
    credential: Credential | None
    subscriptions: "dict[str | None, SocketSubscriber]"
    """By session id; None: the feed."""
    publishing: anyio.Semaphore | None
    """Of what is in flight; None before the first one."""

    @abstractmethod
    def reply(self, json: bytes) -> None:
        """Send a reply."""

    @abstractmethod
    def start(self, work: Callable[..., Coroutine[Any, Any, None]], *arguments: Any) -> None:
        """Do some work meanwhile."""

    @abstractmethod
    async def drained(self) -> None:
        """Wait until there is room, or it is over."""

    @abstractmethod
    def authenticated(self) -> None:
        """It has a credential now."""


class SocketSubscriber(Subscriber):
    """One subscription of a socket."""

    __slots__ = ("_session_id", "_setup", "_socket")

    def __init__(self, socket: Socket, session_id: str | None, what: Filter) -> None:
        super().__init__(what, socket.wire, socket.write)
        self._socket = socket
        self._session_id = session_id
        self._setup: anyio.CancelScope | None = None

    async def follow(
        self, registry: Registry, organization: str, after: str | None, speed: float | None
    ) -> None:
        """Bring it to live."""
        if self.gone:
            return
        with anyio.CancelScope() as self._setup:
            await follow(registry, (organization, self._session_id), self, after, speed)
        self._setup = None

    def leave(self) -> None:
        """It is over; the socket is not."""
        super().leave()
        if self._socket.subscriptions.get(self._session_id) is self:
            del self._socket.subscriptions[self._session_id]
        if self._setup is not None:
            self._setup.cancel()

    def finish(self) -> None:
        """What it was sent is on its way."""
        self.leave()

    async def drained(self) -> None:
        """Wait for room."""
        await self._socket.drained()


class Operations:
    """Performs what clients ask for.

    Args:
        registry: Knows the streams.
        streams: To see whether a session exists.
        publishing: Takes events.
        authenticator: Knows credentials.
        connections: Knows the open connections.
    """

    def __init__(
        self,
        *,
        registry: Registry,
        streams: Streams,
        publishing: Publishing,
        authenticator: Authenticator,
        connections: Connections,
    ) -> None:
        self._registry = registry
        self._streams = streams
        self._publishing = publishing
        self._authenticator = authenticator
        self.connections = connections

    async def take(self, socket: Socket, text: str | bytes) -> None:
        """Take one message of a client, which is to be JSON; whatever goes wrong is its reply."""
        ref: int | str | None = None
        try:
            try:
                operation = said(text, _operations)
            except HubError:
                ref = ref_of(text)
                raise
            ref = operation.ref
            if isinstance(operation, Publish):
                if socket.publishing is None:
                    socket.publishing = anyio.Semaphore(IN_FLIGHT)
                await socket.publishing.acquire()
                socket.start(self._publish, socket, socket.publishing, operation)
                return
            await self._perform(socket, operation)
        except HubError as error:
            _reply(socket, ref, error=error)
        except Exception:
            _log.exception("unexpected failure of an operation")
            _reply(socket, ref, error=HubError("internal"))

    async def _perform(self, socket: Socket, operation: Subscribe | Unsubscribe | Auth | Ping) -> None:
        match operation:
            case Auth():
                await self._auth(socket, operation)
                _reply(socket, operation.ref)
            case Ping():
                _reply(socket, operation.ref)
            case Subscribe():
                await self._subscribe(socket, operation)
            case Unsubscribe():
                _authenticated(socket)
                subscription = socket.subscriptions.get(operation.session_id)
                if subscription is None:
                    raise HubError("not_subscribed")
                subscription.leave()
                _reply(socket, operation.ref)

    async def _auth(self, socket: Socket, operation: Auth) -> None:
        credential = await self._authenticator.text(operation.token)
        if credential.expired:
            raise HubError("token_expired")
        if socket.credential is not None and socket.credential.organization != credential.organization:
            raise HubError("invalid_credential", "The credential is of another organization.")
        for session_id, subscription in socket.subscriptions.items():
            # What is followed goes on under the new credential, so that must open it too.
            credential.channels(session_id, subscription.filter.channels)
        socket.credential = credential
        socket.authenticated()

    async def _subscribe(self, socket: Socket, operation: Subscribe) -> None:
        credential = _authenticated(socket)
        session_id = operation.session_id
        wanted = None if operation.channels is None else frozenset(operation.channels)
        channels = credential.channels(session_id, wanted)
        if session_id is not None:
            await self._exists(credential.organization, session_id)
        old = socket.subscriptions.get(session_id)
        if old is None and len(socket.subscriptions) >= MAX_SUBSCRIPTIONS:
            raise HubError("too_many_subscriptions", limit=MAX_SUBSCRIPTIONS)
        if old is not None:
            old.leave()
        what = Filter(
            channels=channels, partials=operation.partials, level=operation.level, late=operation.late
        )
        new = socket.subscriptions[session_id] = SocketSubscriber(socket, session_id, what)
        _reply(socket, operation.ref)
        where = operation.after, operation.speed
        socket.start(new.follow, self._registry, credential.organization, *where)

    async def _exists(self, organization: str, session_id: str) -> None:
        if not ID_PATTERN.match(session_id):
            raise HubError("session_not_found")
        followed = self._registry.peek((organization, session_id))
        if followed is not None and followed.ended != "deleted":
            return
        try:
            if await self._streams.head(organization, session_id) is None:
                raise HubError("session_not_found")
        except Unavailable:
            # The subscription waits for the store, as a stream would.
            return

    async def _publish(self, socket: Socket, turn: anyio.Semaphore, operation: Publish) -> None:
        try:
            entries = await self._publishing.publish(
                _authenticated(socket), operation.session_id, operation.events, root="$.events"
            )
            _reply(socket, operation.ref, entries=entries)
        except HubError as error:
            _reply(socket, operation.ref, error=error)
        except Exception:
            _log.exception("unexpected failure of a publish")
            _reply(socket, operation.ref, error=HubError("internal"))
        finally:
            turn.release()


def _reply(
    socket: Socket,
    ref: int | str | None,
    *,
    error: HubError | None = None,
    entries: list[Appended] | None = None,
) -> None:
    said = None if error is None else envelope(error, new_trace_id())
    socket.reply(codec.encode(Reply(ref=ref, ok=error is None, error=said, entries=entries)))


def _authenticated(socket: Socket) -> Credential:
    if socket.credential is None:
        raise HubError("missing_credential", "Send an `auth` operation first.")
    return socket.credential


def said(text: str | bytes, decoder: "msgspec.json.Decoder[_Type]") -> _Type:
    """The operation that a message is.

    Raises:
        HubError: `unknown_operation`, `invalid_field`, `invalid_json`, `invalid_utf8`.
    """
    try:
        return decoder.decode(text)
    except msgspec.ValidationError as error:
        if str(error).endswith(" - at `$.op`") or "required field `op`" in str(error):
            raise HubError("unknown_operation", str(error)) from None
        raise invalid_field(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise malformed(error) from None


def ref_of(text: str | bytes) -> int | str | None:
    """The `ref` of a message that is no operation."""
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
