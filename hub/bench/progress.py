"""How far a load test is: a bar on stderr, nothing where that is no terminal."""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn


class Display:
    """Shows one step after the other."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)

    @contextmanager
    def step(self, what: str, total: int) -> Generator[Callable[[int], None]]:
        """Show a step of `total` parts; yields what is to be called with how many are done."""
        if not self._console.is_terminal:
            yield lambda _done: None
            return
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, console=self._console, transient=True) as progress:
            task = progress.add_task(what, total=total)
            yield lambda done: progress.update(task, completed=done)

    @contextmanager
    def seconds(self, what: str, total: float) -> Generator[Callable[[int], None]]:
        """Show a step that takes `total` seconds; what it yields is to be called now and then."""
        began = time.monotonic()
        with self.step(what, round(total)) as progress:
            yield lambda _done: progress(min(round(total), int(time.monotonic() - began)))
