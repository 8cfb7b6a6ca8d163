"""Publishing in order, in batches, with retries that never make a second entry."""

import itertools
import time
import uuid
from collections import deque
from collections.abc import Awaitable, Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import anyio

from hub.client.backoff import Backoff
from hub.client.batch import MAX_BYTES, Outgoing, first_batch, fits, outgoing
from hub.client.errors import HubRefused, HubUnavailable, LeaseLost
from schemas.frames import Appended

QUEUED_BYTES = 8 * MAX_BYTES
_WHOLE = (401, 403, 404, 429)
"""Of these refusals no single event of a request is to blame."""

Problem = HubRefused | HubUnavailable
Post = Callable[[Sequence[Outgoing]], Awaitable[list[Appended]]]


def fresh_keys() -> Iterator[str]:
    """Idempotency keys that nobody else has."""
    prefix = uuid.uuid4().hex
    return (f"{prefix}-{number}" for number in itertools.count(1))


class Receipt:
    """What became of one event: await it, or look at `done`, `appended` and `problem`."""

    def __init__(self) -> None:
        self._settled = anyio.Event()
        self._appended: Appended | None = None
        self._problem: Problem | None = None
        self.seen = False
        """Somebody has looked at the outcome."""

    @property
    def done(self) -> bool:
        """Whether it is known what became of the event."""
        return self._settled.is_set()

    @property
    def appended(self) -> Appended | None:
        """The entry id, and whether an earlier event with the same key was that entry; None until known."""
        return self._appended

    @property
    def problem(self) -> Problem | None:
        """`HubRefused`: no entry was made. `HubUnavailable`: given up, there may be an entry or not."""
        self.seen = self.seen or self.done
        return self._problem

    async def wait(self) -> None:
        """Wait until it is known; raises nothing."""
        await self._settled.wait()

    def __await__(self) -> Generator[Any, None, Appended]:
        """Wait for the outcome.

        Raises:
            HubRefused, HubUnavailable: see `problem`.
        """
        return self._outcome().__await__()

    async def _outcome(self) -> Appended:
        await self.wait()
        self.seen = True
        if self._appended is None:
            raise self._problem or HubUnavailable("The publisher was closed.")
        return self._appended

    def settle(self, outcome: Appended | Problem) -> None:
        """Of the publisher: the outcome is known."""
        if isinstance(outcome, Appended):
            self._appended = outcome
        else:
            self._problem = outcome
        self._settled.set()


class Publisher:
    """Publishes events of one session; made by `Hub.publisher`, used as an async context manager.

    One request is in flight at a time, so events become entries in the order of `send`. While it is under
    way, further events gather for the next. Leaving the context waits until all are settled; a
    problem whose receipt nobody has looked at is raised then.

    Args:
        post: Sends one request.
        queue: Events that may wait; beyond that `send` waits.
        retry_for: Seconds without an answer of the hub after which waiting events are given up.
    """

    AROUND = 2
    """Bytes that a request has around its events."""

    def __init__(self, post: Post, *, queue: int = 2000, retry_for: float = 60.0) -> None:
        self._post = post
        self._queue = queue
        self._retry_for = retry_for
        self._waiting: deque[tuple[Outgoing, Receipt]] = deque()
        self._bytes = 0
        self._changed = anyio.Condition()
        self._closing = False
        self._refusal: Problem | None = None
        self._failed: deque[Receipt] = deque(maxlen=1000)
        self._keys = fresh_keys()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        tasks = await self._stack.enter_async_context(anyio.create_task_group())
        tasks.start_soon(self._run, name="hub publisher")
        self._cancel = tasks.cancel_scope.cancel
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                await self.aclose()
        finally:
            self._cancel()
            # The task group is not shown the error, so that it leaves as it is and not in a group.
            await self._stack.aclose()
            with anyio.CancelScope(shield=True):
                await self._abandon()
        if error is None and (problem := self.unseen()) is not None:
            raise problem

    async def send(
        self,
        event_type: str,
        data: Any = None,
        *,
        occurred_at: datetime | str | None = None,
        idempotency_key: str | None = None,
    ) -> Receipt:
        """Queue one event; waits while the queue is full.

        Args:
            event_type: Such as `transcript.segment` or `x.yours`.
            data: Anything with a JSON object as its form: a dict, a struct of `schemas.events`.
            occurred_at: When it happened, if that is not now.
            idempotency_key: Yours, if a later run may send the same event again; else one is made.

        Raises:
            RuntimeError: the publisher is closed.
            LeaseLost: it is that of a bot, which does not have the session any more.
        """
        event: dict[str, Any] = {"type": event_type, "data": {} if data is None else data}
        if occurred_at is not None:
            event["occurred_at"] = occurred_at
        if idempotency_key is not None:
            event["idempotency_key"] = idempotency_key
        return await self.send_event(event)

    async def send_event(self, event: Mapping[str, Any]) -> Receipt:
        """`send` for an event in its form on the wire."""
        out = outgoing(event, next(self._keys))
        receipt = Receipt()
        if not fits(out, self.AROUND):
            self._settle(
                receipt,
                HubRefused("event_too_large", f"The event has {len(out.body)} bytes; no request may."),
            )
            return receipt
        async with self._changed:
            while len(self._waiting) >= self._queue or self._bytes > QUEUED_BYTES:
                self._check_open()
                await self._changed.wait()
            self._check_open()
            self._waiting.append((out, receipt))
            self._bytes += len(out.body)
            self._changed.notify_all()
        return receipt

    async def flush(self) -> None:
        """Wait until all that was sent so far is settled."""
        if self._waiting:
            await self._waiting[-1][1].wait()

    async def aclose(self) -> None:
        """Take nothing more, and wait until everything is settled."""
        async with self._changed:
            self._closing = True
            self._changed.notify_all()
            while self._waiting:
                await self._changed.wait()

    def unseen(self) -> Problem | None:
        """The first problem whose receipt nobody has looked at; by this call it is seen."""
        for receipt in self._failed:
            if not receipt.seen and receipt.problem is not None:
                return receipt.problem
        return None

    async def refuse(self, problem: Problem) -> None:
        """Take nothing more: who sends is told `problem`. What waits is still settled."""
        async with self._changed:
            self._refusal = problem
            self._changed.notify_all()

    def _check_open(self) -> None:
        if self._refusal is not None:
            raise self._refusal
        if self._closing:
            raise RuntimeError("the publisher is closed")

    async def _run(self) -> None:
        backoff = Backoff(first=0.1, most=10.0)
        silent_since: float | None = None
        most: int | None = None
        while True:
            async with self._changed:
                while not self._waiting:
                    if self._closing:
                        return
                    await self._changed.wait()
                batch = first_batch((out for out, _ in self._waiting), self.AROUND)[:most]
            try:
                outcome: list[Appended] | Problem = await self._post(batch)
            except (HubRefused, HubUnavailable) as error:
                outcome = error
            wait = _again(outcome)
            if wait is not None:
                now = time.monotonic()
                silent_since = now if silent_since is None else silent_since
                pause = backoff.next(wait)
                if now + pause - silent_since <= self._retry_for:
                    await anyio.sleep(pause)
                    continue
            else:
                silent_since = None
                backoff.reset()
            most = await self._settled(batch, outcome)

    async def _settled(self, batch: list[Outgoing], outcome: list[Appended] | Problem) -> int | None:
        """Settle what `outcome` decides; how many events the next request may have at most."""
        async with self._changed:
            try:
                if isinstance(outcome, list):
                    for appended in outcome:
                        self._pop(appended)
                elif isinstance(outcome, HubUnavailable | LeaseLost) or outcome.status in _WHOLE:
                    for _ in batch:
                        self._pop(outcome)
                else:
                    return self._refused(batch, outcome)
                return None
            finally:
                self._changed.notify_all()

    def _refused(self, batch: list[Outgoing], refusal: Problem) -> int | None:
        """One event is to blame and the others are sent again: those before it first, then those after."""
        details = refusal.details if isinstance(refusal, HubRefused) else {}
        index = details.get("index")
        if not isinstance(index, int) or not 0 <= index < len(batch):
            if len(batch) == 1:
                self._pop(refusal)
                return None
            return len(batch) // 2
        if index:
            return index
        self._pop(refusal)
        return None

    def _pop(self, outcome: Appended | Problem) -> None:
        out, receipt = self._waiting.popleft()
        self._bytes -= len(out.body)
        self._settle(receipt, outcome)

    def _settle(self, receipt: Receipt, outcome: Appended | Problem) -> None:
        receipt.settle(outcome)
        if not isinstance(outcome, Appended):
            self._failed.append(receipt)

    async def _abandon(self) -> None:
        async with self._changed:
            self._closing = True
            while self._waiting:
                self._pop(HubUnavailable("The publisher was closed before this was acknowledged."))
            self._changed.notify_all()


def _again(outcome: list[Appended] | Problem) -> float | None:
    """Seconds to wait at least before the same batch is sent again; None if it is settled."""
    if isinstance(outcome, HubUnavailable):
        return outcome.retry_after or 0.0
    if isinstance(outcome, HubRefused) and outcome.status == 429:
        return outcome.retry_after or 0.0
    return None
