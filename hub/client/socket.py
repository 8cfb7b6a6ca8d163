"""One WebSocket to the hub: a thin shell around websockets."""

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any, cast

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

from hub.client.errors import HubDisconnected, HubUnavailable, disconnected, problem
from hub.client.http import is_loopback
from schemas import codec

PROTOCOL = "hub.v1"
MAX_FRAME = 32 * 1024 * 1024
"""Bytes: a snapshot of the feed lists 500 sessions with up to 16 KiB of metadata each."""
PING = 10.0
"""Seconds between pings, and for the answer to one: a dead connection is noticed within 20."""


class Socket:
    """An open connection.

    Use `Socket.open`; close it with `aclose`.
    """

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    @classmethod
    async def open(
        cls, url: str, key: str, within: float, *, path: str = "/v1/ws", protocol: str = PROTOCOL
    ) -> "Socket":
        """Connect to the hub at the HTTP base `url`.

        Raises:
            HubRefused: the hub refused the credential or has no such path.
            HubUnavailable: no connection `within` these seconds, or a fault of the hub.
        """
        target = "ws" + url.removeprefix("http") + path
        try:
            connection = await connect(
                target,
                additional_headers={"Authorization": f"Bearer {key}"},
                subprotocols=[Subprotocol(protocol)],
                compression=None,
                proxy=None if is_loopback(url) else True,
                open_timeout=within,
                ping_interval=PING,
                ping_timeout=PING,
                close_timeout=2,
                max_size=MAX_FRAME,
            )
        except InvalidStatus as error:
            answer = error.response
            raise problem(answer.status_code, bytes(answer.body or b""), answer.headers) from error
        except (OSError, TimeoutError, InvalidHandshake, ConnectionClosed, EOFError) as error:
            told = str(error) or type(error).__name__
            raise HubUnavailable(f"The hub at {url} cannot be reached ({told}).") from error
        return cls(connection)

    async def send(self, message: Mapping[str, Any]) -> None:
        """Send one operation.

        Raises:
            HubDisconnected, HubUnavailable: as `receive`.
        """
        try:
            await self._connection.send(codec.encode(message), text=True)
        except ConnectionClosed as error:
            raise _closed(error) from error

    async def receive(self) -> tuple[str, dict[str, Any]]:
        """The next message: its JSON and its fields. Safe to cancel.

        Raises:
            HubDisconnected: the hub closed the connection and said not to come back (4500-4999).
            HubUnavailable: the connection is closed or broken, or what came is no JSON object.
        """
        try:
            message = await self._connection.recv(decode=True)
        except ConnectionClosed as error:
            raise _closed(error) from error
        try:
            fields = codec.decode(message)
        except (ValueError, RecursionError) as error:
            raise HubUnavailable(f"The hub sent what is not JSON: {error}.") from error
        if not isinstance(fields, dict):
            raise HubUnavailable("The hub sent what is not a JSON object.")
        return str(message), cast("dict[str, Any]", fields)

    async def aclose(self) -> None:
        """Close the connection; waits 2 s at most for the hub's part of it."""
        with contextlib.suppress(OSError):
            await self._connection.close()


def _closed(error: ConnectionClosed) -> HubDisconnected | HubUnavailable:
    close = error.rcvd
    if close is not None and 4500 <= close.code <= 4999:
        return disconnected(close.code, close.reason)
    why = f"{close.code} {close.reason}".rstrip() if close else "broken off"
    return HubUnavailable(f"The connection to the hub was closed ({why}).")


def subscribe(
    ref: int,
    session_id: str | None,
    *,
    after: str | None,
    channels: Sequence[str] | None,
    partials: str,
    level: str,
    speed: float | None = None,
) -> dict[str, Any]:
    """The operation that follows a session, or without `session_id` the organization's feed."""
    operation: dict[str, Any] = {"op": "subscribe", "ref": ref}
    if after is not None:
        operation["after"] = after
    if speed is not None:
        operation["speed"] = speed
    if session_id is not None:
        operation |= {"session_id": session_id, "partials": partials, "level": level}
        if channels is not None:
            operation["channels"] = list(channels)
    return operation
