"""A bot: it is given sessions by the hub, and keeps each by a lease until the session has ended."""

import logging
import signal
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import anyio
import msgspec
from anyio.abc import TaskGroup

from hub.client.assignment import Assignment, lease_lost
from hub.client.backoff import Backoff
from hub.client.batch import Outgoing
from hub.client.bot_connection import BotConnection
from hub.client.bot_socket import BotSocket
from hub.client.errors import HubRefused, HubUnavailable, LeaseLost
from hub.client.hub import Hub
from schemas import bots
from schemas.events import Status
from schemas.frames import Appended
from schemas.requests import PublishResult

_Message = TypeVar("_Message", bots.Assignment, bots.Stop, bots.Lost)
_log = logging.getLogger("hub.client.bot")

LETTING_GO = 10.0
"""Seconds that a bot which ends takes to hand its sessions over, at most."""


class Bot:
    """Takes sessions from a hub and works on each in a task of its own: `on_assign`.

    Make a subclass, or give `on_assign`. It connects again by itself, says by heartbeats what it holds, and
    on SIGTERM hands its sessions over to other bots.

    Args:
        url: Base URL of the hub.
        key: API key with the scope `publish`.
        on_assign: What to do with a session, if not by a subclass.
        bot_id: One that is used by no other process at the same time; by default made up.
        name: For people.
        platforms: On which it can join; by default all.
        labels: What else it can do: a session that asks for labels goes to a bot that has them all.
        media: It can make a transcript of an audio or video file.
        slots: Sessions at once.
        grace: Seconds that sessions are given to come to their end before they are handed over.
        attempts: From this lease of a session on, it is failed when `on_assign` fails, not handed on: what no
            bot can do must not go around for ever. The `attempts` of its dispatch come first.
        timeout: Seconds for connecting, and for every answer.
    """

    def __init__(
        self,
        url: str,
        key: str,
        on_assign: Callable[[Assignment], Awaitable[None]] | None = None,
        *,
        bot_id: str | None = None,
        name: str | None = None,
        platforms: Sequence[str] | None = None,
        labels: Sequence[str] = (),
        media: bool = False,
        slots: int = 1,
        grace: float = 0.0,
        attempts: int = 3,
        timeout: float = 10.0,
    ) -> None:
        if on_assign is None and type(self).on_assign is Bot.on_assign:
            raise TypeError("a bot needs on_assign: give it, or make a subclass that has it")
        said: dict[str, Any] = {"id": bot_id or f"bot-{uuid.uuid4().hex}", "name": name, "media": media}
        said |= {"platforms": platforms, "labels": labels, "slots": slots}
        self.said = msgspec.convert(said, bots.Bot)
        """What the hub is told of it."""
        self.hub = Hub(url, key, timeout=timeout)
        """The same hub, for all else; closed when the bot ends."""
        self._connection = BotConnection(
            lambda: BotSocket.open(self.hub.url, key, timeout),
            patience=timeout,
            present=self._present,
            take=self._take,
            reached=self._reached,
            lost=self.on_connection,
        )
        self._timeout = timeout
        self._on_assign = on_assign
        self._grace = grace
        self._attempts = attempts
        self._held: dict[str, Assignment] = {}
        self._due = anyio.Event()
        self._freed = anyio.Event()
        self._ending = anyio.Event()
        self._hurry = anyio.Event()
        self._problem: HubRefused | None = None

    @property
    def held(self) -> list[Assignment]:
        """The sessions in its hands."""
        return list(self._held.values())

    async def on_assign(self, assignment: Assignment) -> None:
        """Work on a session, from joining its meeting to a terminal status.

        It is cancelled when the session is lost or handed over. When it raises, or returns before the session
        has ended, the session is released for another bot, and from its lease number `attempts` on failed; if
        the session is being stopped, it is ended as the stop says.
        """
        if self._on_assign is not None:
            await self._on_assign(assignment)

    def on_connection(self, problem: Exception | None) -> None:
        """The hub was reached (None), or the connection was lost; by default this is logged."""
        if problem is None:
            _log.info("connected as %s", self.said.id)
        else:
            _log.warning("no connection to the hub: %s", problem)

    def stop(self) -> None:
        """Take no more sessions and end: hand over those that do not end within the grace time.

        Called again, without the grace time.
        """
        if self._ending.is_set():
            self._hurry.set()
        self._ending.set()

    async def run(self, *, signals: Sequence[signal.Signals] = (signal.SIGTERM, signal.SIGINT)) -> None:
        """Take sessions until `stop` is called or one of `signals` comes. Only once for each bot.

        Args:
            signals: Only the main thread can be told; elsewhere give none.

        Raises:
            HubRefused: the hub refuses the credential or the bot.
            HubDisconnected: the hub ended the connection for good, and why.
        """
        async with self.hub, anyio.create_task_group() as tasks:
            tasks.start_soon(self._heed, signals, name="bot signals")
            self._tasks = tasks
            tasks.start_soon(self._connect, name="bot connection")
            tasks.start_soon(self._beat, name="bot heartbeats")
            await self._ending.wait()
            if self._problem is None:
                await self._hand_over()
            tasks.cancel_scope.cancel()
        if self._problem is not None:
            raise self._problem

    async def _heed(self, signals: Sequence[signal.Signals]) -> None:
        if not signals:
            return
        with anyio.open_signal_receiver(*signals) as received:
            async for _ in received:
                self.stop()

    async def _connect(self) -> None:
        self._problem = await self._connection.keep()
        self._ending.set()

    def _present(self) -> bots.Bot:
        return msgspec.structs.replace(self.said, slots=0) if self._ending.is_set() else self.said

    def _reached(self) -> None:
        self._renew()
        self.on_connection(None)

    async def _take(self, message: Mapping[str, Any]) -> None:
        """One message of the hub's; of a type that is not known, it is for newer bots."""
        match message.get("type"):
            case "assign":
                await self._assigned(_read(message, bots.Assignment))
            case "stop":
                stop = _read(message, bots.Stop)
                held = self._holding(stop.session_id, stop.lease)
                if held is not None:
                    held.told_to_stop(stop)
            case "lost":
                lost = _read(message, bots.Lost)
                # The hub may doubt that the bot is alive.
                self._renew()
                held = self._holding(lost.session_id, lost.lease)
                # The lease also ends with the session. Whether this bot has ended it, the reply tells.
                if held is not None and not held.publisher.may_have_ended:
                    await self._lose(held)
            case _:
                pass

    def _holding(self, session_id: str, lease: int) -> Assignment | None:
        held = self._held.get(session_id)
        return held if held is not None and held.lease == lease else None

    async def _assigned(self, given: bots.Assignment) -> None:
        before = self._held.get(given.session.id)
        if before is not None and before.lease >= given.lease:
            return  # Told again, after a connection was lost.
        if before is not None:
            await self._lose(before)
        held = Assignment(given, post=self._post, renew=self._renew)
        self._held[held.id] = held
        self._renew()
        if self._ending.is_set():
            held.hand_over()
        self._tasks.start_soon(self._work, held, name=f"bot session {held.id}")

    async def _lose(self, held: Assignment) -> None:
        self._let_go(held)
        await held.lose()

    def _let_go(self, held: Assignment) -> None:
        if self._held.get(held.id) is held:
            del self._held[held.id]
            self._freed.set()

    async def _work(self, held: Assignment) -> None:
        problem: Exception | None = None
        try:
            async with held.publisher:
                with held.scope:
                    problem = await self._attempt(held)
                await self._conclude(held, problem)
        except (HubRefused, HubUnavailable) as error:
            problem = problem or error
        try:
            if held.lost:
                _log.info("%s was lost", held.id)
            elif held.ended:
                if problem is not None:
                    _log.error("%s has ended; on_assign failed", held.id, exc_info=problem)
            else:
                if not held.handed_over:
                    _log.error("%s is released: on_assign failed", held.id, exc_info=problem)
                await self._release(held, "handed_over" if held.handed_over else "bot_error")
        finally:
            self._let_go(held)

    async def _attempt(self, held: Assignment) -> Exception | None:
        """Let `on_assign` work on the session; what went wrong."""
        try:
            await self.on_assign(held)
            await held.publisher.flush()
        except Exception as error:
            return error
        problem = held.publisher.unseen()
        if problem is None and not held.ended and held.stop is None:
            return RuntimeError("on_assign returned before the session had ended")
        return problem

    async def _conclude(self, held: Assignment, problem: Exception | None) -> None:
        """End the session if nobody else is to go on with it."""
        if held.lost or held.handed_over or held.publisher.may_have_ended:
            return
        if held.stop is not None:
            await held.status(held.stop.status)
        elif held.lease >= self._attempts_of(held):
            message = f"{type(problem).__name__}: {problem}"[:1024]
            await held.status(Status.FAILED, reason="the bot failed", code="BOT_ERROR", message=message)

    def _attempts_of(self, held: Assignment) -> int:
        dispatch = held.session.dispatch
        return (dispatch.attempts if dispatch is not None else None) or self._attempts

    async def _release(self, held: Assignment, reason: str) -> None:
        """Give the session back. What cannot be said while the lease lasts need not be said any more."""
        backoff = Backoff(first=0.1, most=2.0)
        with anyio.move_on_after(held.lease_seconds):
            while True:
                try:
                    await self._connection.ask("release", session_id=held.id, lease=held.lease, reason=reason)
                except HubRefused:
                    return  # It is not held any more, which is as good.
                except HubUnavailable as error:
                    await anyio.sleep(backoff.next(error.retry_after))
                else:
                    return

    async def _post(self, held: Assignment, events: Sequence[Outgoing]) -> list[Appended]:
        if held.lost:
            raise lease_lost()
        if held.ended:
            # The lease has ended with the session; what comes late is taken from anybody.
            return await self.hub.post(held.id, events)
        bodies = [msgspec.Raw(event.body) for event in events]
        try:
            result = await self._connection.ask(
                "publish", session_id=held.id, lease=held.lease, events=bodies
            )
        except LeaseLost:
            await self._lose(held)
            raise
        try:
            entries = msgspec.convert(result, PublishResult).entries
        except msgspec.ValidationError as error:
            raise HubUnavailable(f"The hub's reply cannot be understood: {error}.") from error
        if len(entries) != len(events):
            raise HubUnavailable(f"{len(events)} events were sent and {len(entries)} answered.")
        return entries

    def _renew(self) -> None:
        self._due.set()

    async def _beat(self) -> None:
        """Say what is held: each third of a lease, and when something of it changes."""
        while True:
            lease = min((held.lease_seconds for held in self._held.values()), default=None)
            with anyio.move_on_after(None if lease is None else lease / 3):
                await self._due.wait()
            self._due = anyio.Event()
            if self._connection.up:
                # Also when it holds nothing: a bot that has connected is given sessions once it has said so.
                sessions = [
                    bots.Held(session_id=held.id, lease=held.lease, state=held.state, health=held.health)
                    for held in self._held.values()
                    if not held.ended
                ]
                try:
                    await self._connection.ask("heartbeat", sessions=sessions)
                except HubUnavailable:
                    pass  # The next connection begins with the next one.
                except HubRefused as error:
                    _log.warning("a heartbeat was refused: %s", error)
            await anyio.sleep(0.05)

    async def _hand_over(self) -> None:
        """Let go of everything, as fast as others can take it."""
        with anyio.move_on_after(self._timeout if self._connection.up else 1.0):
            await self._present_again()
        with anyio.move_on_after(self._grace):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._until_hurried, tasks)
                await self._until_free()
                tasks.cancel_scope.cancel()
        for held in self.held:
            # Nobody can go on with what is at its end.
            if not held.leaving:
                held.hand_over()
        with anyio.move_on_after(LETTING_GO):
            await self._until_free()

    async def _present_again(self) -> None:
        try:
            await self._connection.ask("register", bot=self._present())
        except (HubRefused, HubUnavailable) as error:
            _log.warning("the hub could not be told that the bot ends: %s", error)

    async def _until_hurried(self, tasks: TaskGroup) -> None:
        await self._hurry.wait()
        tasks.cancel_scope.cancel()

    async def _until_free(self) -> None:
        while self._held:
            self._freed = anyio.Event()
            await self._freed.wait()


def _read(message: Mapping[str, Any], kind: type[_Message]) -> _Message:
    try:
        return msgspec.convert(message, kind)
    except msgspec.ValidationError as error:
        raise HubUnavailable(f"What the hub said cannot be understood: {error}.") from error
