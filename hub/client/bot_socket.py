"""The WebSocket of a bot: operations with their replies, and what the hub says by itself."""

import itertools
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

import anyio

from hub.client.errors import HubDisconnected, HubRefused, HubUnavailable, told
from hub.client.socket import Socket

PATH = "/v1/bots"
PROTOCOL = "hub.bots.v1"


class BotSocket:
    """An open connection; use `BotSocket.open`, let `read` run, close it with `aclose`.

    Args:
        socket: What carries it.
        within: Seconds to wait for a reply.
    """

    def __init__(self, socket: Socket, within: float) -> None:
        self._socket = socket
        self._within = within
        self._refs = itertools.count(1)
        self._waiting: dict[int, _Reply] = {}
        self._over = False

    @classmethod
    async def open(cls, url: str, key: str, within: float) -> "BotSocket":
        """Connect to the hub at the HTTP base `url`.

        Raises:
            HubRefused: the hub refused the credential, or is one without bots.
            HubUnavailable: no connection `within` these seconds, or a fault of the hub.
        """
        socket = await Socket.open(url, key, within, path=PATH, protocol=PROTOCOL)
        return cls(socket, within)

    async def ask(self, operation: str, **fields: Any) -> dict[str, Any]:
        """Send an operation of `schemas.bots` and wait for its result.

        Raises:
            HubRefused: the hub refused it.
            HubUnavailable: it may have been done or not: the connection is lost, or no reply came in time.
        """
        if self._over:
            raise HubUnavailable("The connection to the hub was closed.")
        ref = next(self._refs)
        reply = self._waiting[ref] = _Reply()
        try:
            await self._socket.send({"op": operation, "ref": ref, **fields})
            with anyio.move_on_after(self._within):
                await reply.came.wait()
        finally:
            del self._waiting[ref]
        if reply.fields is None:
            raise HubUnavailable("The hub did not answer.")
        if reply.fields.get("error") is not None:
            raise told(reply.fields["error"])
        result = reply.fields.get("result")
        return cast("dict[str, Any]", result) if isinstance(result, dict) else {}

    async def read(
        self, take: Callable[[Mapping[str, Any]], Awaitable[None]]
    ) -> HubDisconnected | HubUnavailable:
        """Hand all but replies to `take`, until the connection ends; why it ended.

        Of `HubUnavailable`, `retry_after` is when the hub wants the bot to come back.
        """
        farewell: Mapping[str, Any] | None = None
        try:
            while True:
                _, fields = await self._socket.receive()
                match fields.get("type"):
                    case "reply":
                        self._replied(fields)
                    case "disconnect":
                        farewell = fields
                    case _:
                        await take(fields)
        except HubRefused as error:
            return error if isinstance(error, HubDisconnected) else HubDisconnected(error.code, error.message)
        except HubUnavailable as error:
            return error if farewell is None else _left(farewell)
        finally:
            self._over = True
            for reply in self._waiting.values():
                reply.came.set()

    def _replied(self, fields: dict[str, Any]) -> None:
        reply = self._waiting.get(cast("int", fields.get("ref")))
        if reply is not None:
            reply.fields = fields
            reply.came.set()

    async def aclose(self) -> None:
        """Close the connection; waits 2 s at most for the hub's part of it."""
        await self._socket.aclose()


class _Reply:
    def __init__(self) -> None:
        self.came = anyio.Event()
        self.fields: dict[str, Any] | None = None


def _left(farewell: Mapping[str, Any]) -> HubDisconnected | HubUnavailable:
    code, message = str(farewell.get("code")), str(farewell.get("message"))
    retry_ms = farewell.get("retry_ms")
    if isinstance(retry_ms, int):
        return HubUnavailable(message, code=code, retry_after=retry_ms / 1000)
    return HubDisconnected(code, message)
