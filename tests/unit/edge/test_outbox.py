"""The outbox: bounded, never waits to take, and tells when there is room."""

import anyio
import pytest

from hub.edge.outbox import Outbox

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def never() -> None:
    raise AssertionError("it did not overflow")


async def test_all_that_waits_is_taken_at_once_and_in_order() -> None:
    outbox: Outbox[bytes] = Outbox(100, never)
    outbox.put(b"a")
    outbox.put(b"")
    outbox.put(b"b")
    assert await outbox.take() == [b"a", b"b"]


async def test_what_is_being_written_still_waits() -> None:
    outbox: Outbox[bytes] = Outbox(100, never)
    outbox.put(b"12")
    await outbox.take()
    assert outbox.backlog == 2
    outbox.put(b"3")
    await outbox.take()
    assert outbox.backlog == 1


async def test_beyond_the_limit_it_closes_and_says_so_once() -> None:
    said: list[str] = []
    outbox: Outbox[bytes] = Outbox(10, lambda: said.append("overflow"))
    outbox.put(b"being written")
    await outbox.take()
    outbox.put(b"12345678901")
    assert said == []
    outbox.put(b"more")
    assert said == ["overflow"]
    assert outbox.closed
    assert await outbox.take() == []


async def test_a_client_is_not_cut_for_what_its_writer_had_no_turn_to_take() -> None:
    outbox: Outbox[bytes] = Outbox(10, never)
    outbox.put(b"all of a ring at once")
    outbox.put(b"and the end of the session in the same turn")
    assert len(await outbox.take()) == 2


async def test_finished_it_gives_the_rest_then_nothing() -> None:
    outbox: Outbox[str] = Outbox(100, never)
    outbox.put("last")
    outbox.finish()
    outbox.put("too late")
    assert await outbox.take() == ["last"]
    assert await outbox.take() == []


async def test_a_replay_waits_while_more_than_a_quarter_is_not_written() -> None:
    outbox: Outbox[bytes] = Outbox(100, never)
    outbox.put(b"x" * 30)
    order: list[str] = []

    async def replay() -> None:
        await outbox.drained()
        order.append("replay goes on")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(replay)
        await anyio.wait_all_tasks_blocked()
        await outbox.take()
        await anyio.wait_all_tasks_blocked()
        order.append("writer has written")
        tasks.start_soon(outbox.take)
        await anyio.wait_all_tasks_blocked()
        outbox.finish()
    assert order == ["writer has written", "replay goes on"]


async def test_two_replays_into_one_outbox_take_turns() -> None:
    outbox: Outbox[bytes] = Outbox(100, never)
    outbox.put(b"x" * 30)
    put: list[int] = []

    async def replay(number: int) -> None:
        await outbox.drained()
        outbox.put(b"x" * 30)
        put.append(number)

    async with anyio.create_task_group() as tasks:
        for number in (1, 2):
            tasks.start_soon(replay, number)
        await anyio.wait_all_tasks_blocked()
        for written in ([], [1]):
            assert put == written
            await outbox.take()
            tasks.start_soon(outbox.take)
            await anyio.wait_all_tasks_blocked()
        outbox.finish()
    assert put == [1, 2]
