"""How long a subscription waits for a store that is away."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import anyio
import pytest

from hub.core.entry_id import EntryId
from hub.edge import subscription
from hub.errors import Unavailable
from hub.live.frames import Frame
from hub.live.registry import Registry
from hub.live.subscriber import Filter, Subscriber

pytestmark = pytest.mark.anyio

PATIENCE = 0.2


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscription, "PATIENCE", PATIENCE)
    monkeypatch.setattr(subscription, "PAUSE", 0.01)


class Waiting(Subscriber):
    def __init__(self) -> None:
        self.seen: list[Frame] = []
        super().__init__(Filter(), list, self.seen.extend)

    def finish(self) -> None:
        self.leave()

    async def drained(self) -> None: ...


class Away:
    """A registry whose store goes away in each attempt, after what `attempt` does."""

    ping_interval = 15.0

    def __init__(self, attempt: Callable[[int, Subscriber], Any]) -> None:
        self._attempt = attempt
        self.after: list[str | None] = []

    @asynccontextmanager
    async def following(self, _key: Any, _patience: float) -> AsyncIterator[None]:
        yield

    async def attach(self, _stream: Any, subscriber: Subscriber, after: str | None, **_: Any) -> None:
        self.after.append(after)
        await self._attempt(len(self.after), subscriber)
        raise Unavailable("away")


async def followed(attempt: Callable[[int, Subscriber], Any]) -> tuple[Away, Waiting]:
    away, waiting = Away(attempt), Waiting()
    with anyio.fail_after(20):
        await subscription.follow(cast("Registry", away), ("o", "s"), waiting, None, 8)
    return away, waiting


async def test_who_gets_nowhere_is_sent_away_in_time() -> None:
    async def nothing(_number: int, _subscriber: Subscriber) -> None: ...

    away, waiting = await followed(nothing)
    assert set(away.after) == {"0-0"}
    assert len(away.after) > 1
    assert [frame.type for frame in waiting.seen] == ["disconnect"]


async def test_who_gets_on_is_waited_for_anew() -> None:
    async def play(number: int, subscriber: Subscriber) -> None:
        if number <= 3:
            await anyio.sleep(2 * PATIENCE)
            subscriber.cursor = EntryId(5, number)

    away, waiting = await followed(play)
    assert away.after[:5] == ["0-0", "5-1", "5-2", "5-3", "5-3"]
    assert [(frame.type, frame.id) for frame in waiting.seen] == [("disconnect", "5-3")]
