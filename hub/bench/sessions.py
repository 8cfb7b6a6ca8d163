"""Sessions of a load test: made for it, and deleted after it."""

from collections.abc import Awaitable, Callable

import anyio

from hub.client import Hub, HubProblem, HubRefused

_AT_ONCE = 16
TITLE = "hub bench"


async def create(url: str, key: str, into: list[str], count: int, progress: Callable[[int], None]) -> None:
    """Make `count` sessions.

    Args:
        url: Of the hub.
        key: API key.
        into: Gets each id as soon as it is known.
        count: How many.
        progress: Called with how many there are.

    Raises:
        HubProblem: the hub refused, or could not be reached.
    """
    async with Hub(url, key) as hub:

        async def one() -> None:
            into.append((await hub.create_session(TITLE)).id)
            progress(len(into))

        # The first alone, so that a hub that is away is asked once.
        await one()
        await _each(one, count - 1)


async def delete(url: str, key: str, ids: list[str]) -> int:
    """Delete sessions; how many could not be."""
    waiting, failed = list(ids), 0
    async with Hub(url, key) as hub:

        async def one() -> None:
            nonlocal failed
            if failed > _AT_ONCE:
                failed += 1
                return
            try:
                await hub.delete(waiting.pop())
            except HubRefused as error:
                failed += error.code != "session_not_found"
            except HubProblem:
                failed += 1

        await _each(one, len(ids))
    return failed


async def newest(url: str, key: str, ids: list[str]) -> dict[str, str]:
    """The newest entry id of each session.

    Raises:
        HubProblem: the hub refused, or could not be reached.
    """
    waiting, found = list(ids), dict[str, str]()
    async with Hub(url, key) as hub:

        async def one() -> None:
            session = await hub.session(waiting.pop())
            found[session.id] = session.last_entry_id

        await _each(one, len(ids))
    return found


async def _each(work: Callable[[], Awaitable[None]], count: int) -> None:
    """Do `work` so many times, some at once."""
    left = count

    async def worker() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            await work()

    failure: BaseException | None = None
    try:
        async with anyio.create_task_group() as tasks:
            for _ in range(min(_AT_ONCE, count)):
                tasks.start_soon(worker, name="bench session")
    except BaseExceptionGroup as group:
        failure = group.exceptions[0]
    if failure is not None:
        raise failure
