"""What a replaying bot plays: a line for each beginning and end, and on a terminal a bar for each session."""

import sys
from types import TracebackType
from typing import Self

import typer
from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn
from rich.progress import Progress as Bars
from rich.text import Text

from hub.client.player import Progress
from hub.terminal import clean
from schemas.session import Session

_BEGINNINGS = ("begins", "goes on")


class Marquee:
    """A context manager; the bars are there inside of it."""

    def __init__(self) -> None:
        self._bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.fields[segments]} segments"),
            console=Console(stderr=True, highlight=False),
            disable=not sys.stderr.isatty(),
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}
        self._segments: dict[str, int] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def connection(self, bot_id: str, problem: Exception | None) -> None:
        """The hub was reached, or is away."""
        told = f"connected as {bot_id}" if problem is None else f"{problem} It is tried again."
        self._bars.console.print(Text(f"hub: {clean(told)}", style="" if problem is None else "yellow"))

    def change(self, session: Session, file: str, what: str) -> None:
        """What becomes of a session."""
        title = f" {clean(session.title)}" if session.title else ""
        line = f"#{session.number}{title} ({clean(file)})"
        if what in _BEGINNINGS:
            self._segments[session.id] = 0
            self._tasks[session.id] = self._bars.add_task(line, total=None, segments=0)
            typer.echo(f"{session.id} {line} {what}")
            return
        if (task := self._tasks.pop(session.id, None)) is not None:
            self._bars.remove_task(task)
        typer.echo(f"{session.id} {line} {what}, {self._segments.pop(session.id, 0)} segments")

    def progress(self, played: Progress) -> None:
        """How far a session is."""
        self._segments[played.session_id] = played.segments
        if (task := self._tasks.get(played.session_id)) is not None:
            self._bars.update(task, total=played.total, completed=played.at, segments=played.segments)
