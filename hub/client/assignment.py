"""A session in the hands of a bot."""

from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, cast

import anyio

from hub.client.batch import Outgoing
from hub.client.errors import LeaseLost
from hub.client.publisher import Publisher, Receipt
from schemas import bots
from schemas.events import Status
from schemas.frames import Appended

TERMINAL = (Status.COMPLETED, Status.FAILED)


class LeasePublisher(Publisher):
    """A publisher that knows whether it has ended its session."""

    AROUND = 512
    ending: Receipt | None = None
    """Of the event that ends the session."""
    leaving = False
    """The bot has said that it leaves the meeting."""

    @property
    def ended(self) -> bool:
        """The hub has taken the event that ends the session."""
        return self.ending is not None and self.ending.appended is not None

    @property
    def may_have_ended(self) -> bool:
        """The event that ends the session is on its way, or taken."""
        return self.ending is not None and (self.ended or not self.ending.done)

    async def send_event(self, event: Mapping[str, Any]) -> Receipt:
        """`send` for an event in its form on the wire."""
        receipt = await super().send_event(event)
        status = _status(event.get("data")) if event.get("type") == "session.status_changed" else None
        self.leaving = self.leaving or status == Status.LEAVING
        if status in TERMINAL:
            self.ending = receipt
        return receipt


class Assignment:
    """A session that a bot was given, for as long as it holds the lease.

    Args:
        given: What the hub said.
        post: Sends one request under the lease.
        renew: Called when `state` or `health` changes.
    """

    def __init__(
        self,
        given: bots.Assignment,
        *,
        post: Callable[["Assignment", Sequence[Outgoing]], Awaitable[list[Appended]]],
        renew: Callable[[], None],
    ) -> None:
        async def mine(events: Sequence[Outgoing]) -> list[Appended]:
            return await post(self, events)

        self.session = given.session
        """As it was when the bot got it; one that another bot had before has segments already."""
        self.lease = given.lease
        """Each bot that gets the session has a higher number than the one before."""
        self.lease_seconds = given.lease_seconds
        self.file_url = given.file_url
        """The audio or video that is to be transcribed; None: a meeting is to be joined."""
        self.publisher = LeasePublisher(mine, retry_for=60.0)
        """As `Hub.publisher`; after the session was lost it refuses with `LeaseLost`."""
        self.stop: bots.Stop | None = None
        """How the session is being ended, why, and until when the bot should have left."""
        self.stopped = anyio.Event()
        """Set when the session is being ended: the bot should leave, and say so by a terminal status."""
        self.lost = False
        """Another bot has the session, or it has ended without this one."""
        self.handed_over = False
        """The bot ends, and lets go of the session for another one."""
        self.scope = anyio.CancelScope()
        """Of the bot: what `on_assign` does."""
        self._renew = renew
        self._state: str | None = None
        self._health: str | None = None
        self._working: list[anyio.CancelScope] = []

    @property
    def id(self) -> str:
        """Of the session."""
        return self.session.id

    @property
    def ended(self) -> bool:
        """The hub has taken the status by which this bot ended the session."""
        return self.publisher.ended

    @property
    def leaving(self) -> bool:
        """The bot has said that it leaves the meeting, or was told to."""
        return self.stop is not None or self.publisher.leaving

    @property
    def state(self) -> str | None:
        """What the bot does, in a word; set it, and the hub is told at once. Up to 64 characters."""
        return self._state

    @state.setter
    def state(self, state: str | None) -> None:
        self._state = state
        self._renew()

    @property
    def health(self) -> str | None:
        """How the bot is, in a word; as `state`."""
        return self._health

    @health.setter
    def health(self, health: str | None) -> None:
        self._health = health
        self._renew()

    async def send(
        self,
        event_type: str,
        data: Any = None,
        *,
        occurred_at: datetime | str | None = None,
        idempotency_key: str | None = None,
    ) -> Receipt:
        """Queue one event; as `Publisher.send`."""
        return await self.publisher.send(
            event_type, data, occurred_at=occurred_at, idempotency_key=idempotency_key
        )

    async def status(self, status: Status | str, **fields: Any) -> Appended:
        """Say the session's status and wait until it is kept.

        Args:
            status: `joining`, `waiting_room`, `active`, `recording`, `leaving`, `completed` or `failed`.
            fields: Of `schemas.events.StatusChanged`: `reason`, `code`, `message`, `stage`.

        Raises:
            HubRefused: the hub does not take it, such as `completed` of a bot that was never let in.
            HubUnavailable: the hub did not answer for a minute.
        """
        return await (await self.send("session.status_changed", {"status": str(status), **fields}))

    async def flush(self) -> None:
        """Wait until all that was sent so far is settled."""
        await self.publisher.flush()

    @contextmanager
    def until_stopped(self) -> Generator[None]:
        """What is done inside ends, without an error, when the session is being ended."""
        with anyio.CancelScope() as scope:
            self._working.append(scope)
            try:
                if self.stop is not None:
                    scope.cancel()
                yield
            finally:
                self._working.remove(scope)

    def told_to_stop(self, stop: bots.Stop) -> None:
        """Of the bot: the hub says how the session is being ended."""
        self.stop = stop
        self.stopped.set()
        for scope in self._working:
            scope.cancel()

    async def lose(self) -> None:
        """Of the bot: the session is not held any more."""
        self.lost = True
        await self.publisher.refuse(lease_lost())
        self.scope.cancel()

    def hand_over(self) -> None:
        """Of the bot: end the work on it, so that another bot can go on."""
        self.handed_over = True
        self.scope.cancel()


def _status(data: Any) -> object:
    """The status in a dict or a `StatusChanged`."""
    return (
        cast("Mapping[str, Any]", data).get("status")
        if isinstance(data, Mapping)
        else getattr(data, "status", None)
    )


def lease_lost() -> LeaseLost:
    """What is told when the bot knows it before the hub says so again."""
    return LeaseLost("lease_lost", "The bot does not have this session any more.", status=409)
