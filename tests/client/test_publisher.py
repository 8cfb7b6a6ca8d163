"""Publishing, against a hub that plays a part."""

import itertools
import json
from collections.abc import Callable, Sequence
from typing import Any

import anyio
import pytest

from hub.client.batch import Outgoing
from hub.client.errors import HubRefused, HubUnavailable
from hub.client.publisher import Publisher
from schemas.frames import Appended

pytestmark = pytest.mark.anyio


class Keeper:
    """Keeps events as a hub does: all of a request or none, and a known key answers its id."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}
        self.requests: list[int] = []
        self.fail: Callable[[int, list[dict[str, Any]]], Exception | None] = lambda _number, _events: None
        self.cut: Callable[[int], bool] = lambda _number: False

    @property
    def numbers(self) -> list[int]:
        return [event["data"]["n"] for event in self.kept.values()]

    async def post(self, batch: Sequence[Outgoing]) -> list[Appended]:
        events = [json.loads(out.body) for out in batch]
        number = len(self.requests)
        self.requests.append(len(events))
        await anyio.lowlevel.checkpoint()
        error = self.fail(number, events)
        if error is not None:
            raise error
        answers = []
        for event in events:
            key = event["idempotency_key"]
            known = key in self.kept
            self.kept.setdefault(key, event)
            answers.append(Appended(f"5-{list(self.kept).index(key) + 1}", known))
        if self.cut(number):
            raise HubUnavailable("cut")
        return answers


def refused(index: int | None, status: int = 422) -> HubRefused:
    return HubRefused(
        "invalid_field", "No.", details={} if index is None else {"index": index}, status=status
    )


def refuse_bad(events: list[dict[str, Any]], *, told: bool = True) -> HubRefused | None:
    bad = [place for place, event in enumerate(events) if event["data"].get("bad")]
    return refused(bad[0] if told else None) if bad else None


async def test_events_become_entries_in_order_and_receipts_say_which() -> None:
    keeper = Keeper()
    gate = anyio.Event()

    async def post(batch: Sequence[Outgoing]) -> list[Appended]:
        await gate.wait()
        return await keeper.post(batch)

    async with Publisher(post) as publisher:
        receipts = [await publisher.send("x.n", {"n": n}) for n in range(1200)]
        gate.set()
        await publisher.flush()
        assert all(receipt.done for receipt in receipts)
    assert keeper.numbers == list(range(1200))
    assert [(await receipt).id for receipt in receipts] == [f"5-{n + 1}" for n in range(1200)]
    assert keeper.requests == [1, 500, 500, 199]


async def test_an_unknown_outcome_is_asked_for_again_and_makes_no_second_entry() -> None:
    keeper = Keeper()
    keeper.cut = lambda number: number % 2 == 0
    async with Publisher(keeper.post) as publisher:
        receipts = [await publisher.send("x.n", {"n": n}) for n in range(20)]
    assert keeper.numbers == list(range(20))
    assert any([(await receipt).duplicate for receipt in receipts])


async def test_a_busy_hub_is_tried_again_after_the_time_it_asks_for() -> None:
    keeper = Keeper()
    busy = {
        0: HubUnavailable("busy", status=503, retry_after=0.4),
        1: HubRefused("too_many", "slow", status=429, retry_after=0.4),
        2: HubUnavailable("full", code="storage_full", status=507),
    }
    keeper.fail = lambda number, _events: busy.get(number)
    began = anyio.current_time()
    async with Publisher(keeper.post) as publisher:
        await publisher.send("x.n", {"n": 0})
    assert anyio.current_time() - began >= 0.8
    assert keeper.numbers == [0]


@pytest.mark.parametrize("told", [True, False])
async def test_a_bad_event_is_refused_alone(told: bool) -> None:
    keeper = Keeper()
    keeper.fail = lambda _number, events: refuse_bad(events, told=told)
    async with Publisher(keeper.post) as publisher:
        receipts = [await publisher.send("x.n", {"n": n, "bad": n in (0, 7, 8, 29)}) for n in range(30)]
        await publisher.flush()
        assert [n for n, receipt in enumerate(receipts) if receipt.problem] == [0, 7, 8, 29]
    assert keeper.numbers == [n for n in range(30) if n not in (0, 7, 8, 29)]
    with pytest.raises(HubRefused, match="invalid_field"):
        await receipts[7]


async def test_an_event_larger_than_a_request_is_refused_without_one() -> None:
    keeper = Keeper()
    async with Publisher(keeper.post) as publisher:
        receipt = await publisher.send("x.n", {"text": "x" * 1_100_000})
        assert isinstance(receipt.problem, HubRefused)
        assert receipt.problem.code == "event_too_large"
    assert keeper.requests == []


async def test_a_refused_credential_refuses_what_waits_and_not_what_comes() -> None:
    keeper = Keeper()
    keeper.fail = lambda number, _events: refused(None, status=403) if number < 2 else None
    gate = anyio.Event()

    async def post(batch: Sequence[Outgoing]) -> list[Appended]:
        await gate.wait()
        return await keeper.post(batch)

    async with Publisher(post) as publisher:
        receipts = [await publisher.send("x.n", {"n": n}) for n in range(20)]
        gate.set()
        await publisher.flush()
        assert all(isinstance(receipt.problem, HubRefused) for receipt in receipts)
        await publisher.send("x.n", {"n": 20})
    assert keeper.numbers == [20]
    assert keeper.requests == [1, 19, 1]


async def test_a_hub_that_stays_away_is_given_up() -> None:
    keeper = Keeper()
    keeper.fail = lambda _number, _events: HubUnavailable("away")
    async with Publisher(keeper.post, retry_for=0.15) as publisher:
        first = await publisher.send("x.n", {"n": 0})
        with pytest.raises(HubUnavailable, match="away"):
            await first
        tries = len(keeper.requests)
        assert tries > 1
        second = await publisher.send("x.n", {"n": 1})
        with pytest.raises(HubUnavailable, match="away"):
            await second
        assert len(keeper.requests) == tries + 1
        keeper.fail = lambda _number, _events: None
        assert (await (await publisher.send("x.n", {"n": 2}))).id == "5-1"


async def test_every_answer_begins_the_time_for_retries_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = itertools.count()
    monkeypatch.setattr("hub.client.publisher.time.monotonic", lambda: next(seconds))
    keeper = Keeper()
    keeper.fail = lambda number, _events: HubUnavailable("away") if number % 2 == 0 else None
    async with Publisher(keeper.post, retry_for=4) as publisher:
        for n in range(6):
            await (await publisher.send("x.n", {"n": n}))
    assert keeper.numbers == list(range(6))
    assert next(seconds) > 4


async def test_a_full_queue_makes_senders_wait() -> None:
    keeper = Keeper()
    gate = anyio.Event()

    async def post(batch: Sequence[Outgoing]) -> list[Appended]:
        await gate.wait()
        return await keeper.post(batch)

    async with Publisher(post, queue=3) as publisher:
        for n in range(3):
            await publisher.send("x.n", {"n": n})
        with anyio.move_on_after(0.01) as scope:
            await publisher.send("x.n", {"n": "never"})
        assert scope.cancelled_caught
        gate.set()
        await publisher.send("x.n", {"n": 3})
    assert keeper.numbers == [0, 1, 2, 3]


async def test_a_full_queue_is_also_one_of_many_bytes() -> None:
    keeper = Keeper()
    gate = anyio.Event()

    async def post(batch: Sequence[Outgoing]) -> list[Appended]:
        await gate.wait()
        return await keeper.post(batch)

    async with Publisher(post) as publisher:
        with anyio.move_on_after(0.3) as scope:
            for n in range(20):
                await publisher.send("x.n", {"n": n, "text": "x" * 1_000_000})
        assert scope.cancelled_caught
        gate.set()
    assert 8 <= len(keeper.numbers) <= 9


async def test_a_refusal_that_nobody_looked_at_is_raised_at_the_end() -> None:
    keeper = Keeper()
    keeper.fail = lambda _number, events: refuse_bad(events)
    with pytest.raises(HubRefused, match="invalid_field"):
        async with Publisher(keeper.post) as publisher:
            await publisher.send("x.n", {"n": 0, "bad": True})


async def test_an_error_of_the_user_leaves_as_it_is_and_abandons_what_waits() -> None:
    receipts = []

    async def post(_batch: Sequence[Outgoing]) -> list[Appended]:
        await anyio.sleep_forever()
        raise AssertionError

    publisher = Publisher(post)

    async def fail() -> None:
        async with publisher:
            receipts.append(await publisher.send("x.n", {"n": 0}))
            raise KeyError

    with pytest.raises(KeyError):
        await fail()
    with pytest.raises(HubUnavailable, match="closed"):
        await receipts[0]
    with pytest.raises(RuntimeError, match="closed"):
        await publisher.send("x.n", {"n": 1})


async def test_many_senders_are_all_served() -> None:
    keeper = Keeper()
    async with Publisher(keeper.post, queue=5) as publisher, anyio.create_task_group() as tasks:

        async def send(base: int) -> None:
            for n in range(20):
                await publisher.send("x.n", {"n": base + n})

        for base in (0, 100, 200):
            tasks.start_soon(send, base)
    for base in (0, 100, 200):
        assert [n for n in keeper.numbers if base <= n < base + 100] == list(range(base, base + 20))
