"""Bots at work in a test, and what is to be seen of the sessions that they were given."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import msgspec

from hub.client import Assignment, Bot, Entry, Hub
from hub.client.script import Step, meeting
from hub.client.vtt import Line, read
from schemas.events import TranscriptSegment
from schemas.session import SessionDetail

STANDUP = Path(__file__).with_name("standup.vtt")
FILES = {"standup.vtt": read(STANDUP).lines}


@asynccontextmanager
async def working(*bots: Bot) -> AsyncIterator[None]:
    """The bots take sessions inside of it, and hand over what they hold when it ends."""
    async with anyio.create_task_group() as tasks:
        for bot in bots:
            tasks.start_soon(lambda bot=bot: bot.run(signals=()))
        yield
        for bot in bots:
            bot.stop()


async def until(condition: Callable[[], Awaitable[Any]], what: str, deadline: float = 30.0) -> Any:
    """Ask again until the answer is true; the answer."""
    with anyio.move_on_after(deadline):
        while True:
            answer = await condition()
            if answer:
                return answer
            await anyio.sleep(0.02)
    raise AssertionError(f"never came about: {what}")


async def ended(hub: Hub, session_id: str) -> SessionDetail:
    """The session, once it has ended."""

    async def over() -> SessionDetail | None:
        session = await hub.session(session_id)
        return session if session.status in ("completed", "failed") else None

    return await until(over, f"{session_id} ends")


async def entries(hub: Hub, session_id: str) -> list[Entry]:
    """All entries of a session that is sealed."""
    return [frame async for frame in hub.follow(session_id, after="0-0") if isinstance(frame, Entry)]


def revisions(found: list[Entry]) -> list[TranscriptSegment]:
    """What was said, in the order in which it was kept."""
    return [
        msgspec.convert(entry.data, TranscriptSegment)
        for entry in found
        if entry.type == "transcript.segment"
    ]


def scripted(lines: list[Line], run: str) -> list[TranscriptSegment]:
    """What is to be said, in order."""
    steps: list[Step] = meeting(lines, run=run)
    return [msgspec.convert(s.data, TranscriptSegment) for s in steps if s.type == "transcript.segment"]


def seamless(found: list[Entry]) -> bool:
    """Whether no entry is missing, doubled or out of order."""
    return [int(str(entry.id).split("-")[1]) for entry in found] == list(range(1, len(found) + 1))


class Recorder:
    """An `on_assign` that can be told what to do, and keeps what it was given."""

    def __init__(self, then: Callable[[Assignment], Awaitable[None]] | None = None) -> None:
        self.given: list[Assignment] = []
        self.done: list[int] = []
        self._then = then

    async def __call__(self, assignment: Assignment) -> None:
        self.given.append(assignment)
        try:
            if self._then is not None:
                await self._then(assignment)
        finally:
            self.done.append(assignment.lease)

    async def first(self, count: int = 1) -> Assignment:
        """Wait until it was given so many; the last of them."""

        async def there() -> bool:
            return len(self.given) >= count

        await until(there, f"{count} assignments")
        return self.given[count - 1]
