"""A bot's connection to the hub, which comes back by itself."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from typing import Any

import anyio

from hub.client.backoff import Backoff
from hub.client.bot_socket import BotSocket
from hub.client.errors import HubRefused, HubUnavailable
from schemas import bots

MOST_WAIT = 5.0
"""Seconds between two tries to reach the hub, at most: a lease does not last much longer."""


class BotConnection:
    """One socket after the other; on each the bot is registered first.

    Args:
        dial: Opens a socket.
        patience: Seconds for which `ask` waits for a socket.
        present: What the bot says of itself now.
        take: Takes what the hub says by itself.
        reached: Called when the hub knows the bot.
        lost: Called once when the connection is lost or cannot be made, with the reason.
    """

    def __init__(
        self,
        dial: Callable[[], Awaitable[BotSocket]],
        *,
        patience: float,
        present: Callable[[], bots.Bot],
        take: Callable[[Mapping[str, Any]], Awaitable[None]],
        reached: Callable[[], None],
        lost: Callable[[Exception], None],
    ) -> None:
        self._dial = dial
        self._patience = patience
        self._present = present
        self._take = take
        self._reached = reached
        self._lost = lost
        self._socket: BotSocket | None = None
        self._connected = anyio.Event()
        self._backoff = Backoff(most=MOST_WAIT)
        self._refusal: HubRefused | None = None

    @property
    def up(self) -> bool:
        """The hub knows the bot, as far as can be seen."""
        return self._socket is not None

    async def keep(self) -> HubRefused:
        """Connect again and again; why the hub does not want the bot."""
        told = False
        while True:
            problem: HubRefused | HubUnavailable
            self._refusal = None
            try:
                socket = await self._dial()
            except (HubRefused, HubUnavailable) as error:
                problem = error
            else:
                problem = await self._serve(socket)
                told = False
            problem = self._refusal or problem
            if isinstance(problem, HubRefused) and problem.status != 429:
                return problem
            if not told:
                self._lost(problem)
            told = True
            await anyio.sleep(self._backoff.next(problem.retry_after))

    async def ask(self, operation: str, **fields: Any) -> dict[str, Any]:
        """Ask the hub, if need be as soon as it is there again.

        Raises:
            HubRefused, HubUnavailable: as `BotSocket.ask`.
        """
        with anyio.move_on_after(self._patience):
            await self._connected.wait()
        if self._socket is None:
            raise HubUnavailable("There is no connection to the hub.")
        return await self._socket.ask(operation, **fields)

    async def _serve(self, socket: BotSocket) -> HubRefused | HubUnavailable:
        """Use a socket until it ends; why it ended."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(_close, socket)
            tasks = await stack.enter_async_context(anyio.create_task_group())
            tasks.start_soon(self._introduce, socket, name="bot introduction")
            problem = await socket.read(self._take)
            self._socket = None
            self._connected = anyio.Event()
            tasks.cancel_scope.cancel()
        return problem

    async def _introduce(self, socket: BotSocket) -> None:
        try:
            await socket.ask("register", bot=self._present())
        except HubRefused as error:
            self._refusal = error
            await socket.aclose()
        except HubUnavailable:
            await socket.aclose()
        else:
            self._backoff.reset()
            self._socket = socket
            self._connected.set()
            self._reached()


async def _close(socket: BotSocket) -> None:
    with anyio.move_on_after(3, shield=True):
        await socket.aclose()
