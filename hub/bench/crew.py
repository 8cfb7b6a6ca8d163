"""Processes that share the work of a load test, and answer for it."""

import multiprocessing
import os
import resource
import signal
import time
from collections.abc import Callable, Collection, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, NamedTuple, cast

from hub.bench.errors import BenchError

BUSY = 0.9
"""Share of its time from which on a process counts as the limit of what was measured."""
_TICK = 0.2
"""Seconds."""
Work = Callable[[Connection, Any], None]
"""What a process runs, with its pipe and its job; it ends when the pipe is closed."""


class Progress(NamedTuple):
    """Said by a process on the way to its answer."""

    done: int


class Teller:
    """Says how far a process is, ever more seldom: nobody may be listening, and a pipe does not hold much."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._began = self._next = time.monotonic()

    def tell(self, done: int) -> None:
        """Say it, if it is time to."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + max(0.1, (now - self._began) / 50)
            self._pipe.send(Progress(done))


class Effort(NamedTuple):
    """What a process has used of a processor."""

    wall: float
    cpu: float
    waited: float
    """Seconds in which it could have run, but no processor was free; 0 where the system does not tell."""

    @classmethod
    def now(cls) -> "Effort":
        """Of this process, up to now."""
        try:
            with open("/proc/self/schedstat", encoding="ascii") as file:  # noqa: PTH123 - asked for often
                waited = int(file.read().split()[1]) / 1e9
        except (OSError, ValueError, IndexError):
            waited = 0.0
        return cls(time.monotonic(), time.process_time(), waited)

    def since(self, then: "Effort") -> "Effort":
        """What was used after `then`."""
        return Effort(self.wall - then.wall, self.cpu - then.cpu, self.waited - then.waited)

    @property
    def busy(self) -> float:
        """Share of the time in which it ran or wanted to, from 0 to 1."""
        return min(1.0, (self.cpu + self.waited) / self.wall) if self.wall > 0 else 0.0

    @property
    def starved(self) -> float:
        """Share of the time in which it wanted to run and could not, from 0 to 1."""
        return min(1.0, self.waited / self.wall) if self.wall > 0 else 0.0


class Crew:
    """Processes of one kind; a context manager that ends them.

    Args:
        work: What each runs; importable.
        jobs: One a process.
        cpus: Processors they may use; None for all.
    """

    def __init__(self, work: Work, jobs: Sequence[Any], cpus: Collection[int] | None) -> None:
        self._processes: list[BaseProcess] = []
        self._pipes: list[Connection] = []
        context = multiprocessing.get_context("spawn")
        for job in jobs:
            ours, theirs = context.Pipe()
            process = context.Process(target=_run, args=(work, theirs, job, cpus), daemon=True)
            self._processes.append(process)
            self._pipes.append(ours)
            process.start()
            theirs.close()

    def tell(self, *message: Any) -> None:
        """Say `message` to all."""
        self.tell_each([message] * len(self._pipes))

    def tell_each(self, messages: Sequence[Any]) -> None:
        """Say to each its own of `messages`."""
        for pipe, message in zip(self._pipes, messages, strict=True):
            try:
                pipe.send(message)
            except OSError:
                raise _last_word(pipe) from None

    def hear(self, timeout: float, progress: Callable[[int], None] | None = None) -> list[Any]:
        """One answer of each, in order.

        Args:
            timeout: Seconds.
            progress: Called again and again with the sum of what they have done.

        Raises:
            BenchError: one failed, died, or did not answer in time.
        """
        answers: dict[Connection, Any] = {}
        done: dict[Connection, int] = {}
        deadline = time.monotonic() + timeout
        while len(answers) < len(self._pipes):
            waiting = [pipe for pipe in self._pipes if pipe not in answers]
            ready = wait(waiting, max(0.0, min(_TICK, deadline - time.monotonic())))
            if not ready and time.monotonic() > deadline:
                raise BenchError(f"not done within {timeout:.0f} s")
            if progress is not None:
                progress(sum(done.values()))
            for pipe in cast("list[Connection]", ready):
                try:
                    answer = pipe.recv()
                except (EOFError, OSError):
                    raise BenchError("a process of the load generator has died") from None
                if isinstance(answer, BenchError):
                    raise answer
                if isinstance(answer, Progress):
                    done[pipe] = answer.done
                else:
                    answers[pipe] = answer
        return [answers[pipe] for pipe in self._pipes]

    def ask(
        self, *message: Any, timeout: float = 60.0, progress: Callable[[int], None] | None = None
    ) -> list[Any]:
        """`tell`, then `hear`."""
        self.tell(*message)
        return self.hear(timeout, progress)

    def close(self) -> None:
        """End all processes."""
        for pipe in self._pipes:
            pipe.close()
        deadline = time.monotonic() + 3
        for process in self._processes:
            process.join(max(0.0, deadline - time.monotonic()))
            if process.is_alive():
                process.kill()
                process.join()


def _last_word(pipe: Connection) -> BenchError:
    """Why a process has ended."""
    try:
        while not isinstance(said := pipe.recv(), BenchError):
            continue
    except (EOFError, OSError):
        return BenchError("a process of the load generator has died")
    return said


def _run(work: Work, pipe: Connection, job: Any, cpus: Collection[int] | None) -> None:
    # Ctrl-C reaches the whole group; the one who started this closes the pipe when it has cleaned up.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        if cpus is not None:
            os.sched_setaffinity(0, cpus)
        work(pipe, job)
    except BenchError as error:
        _say(pipe, error)
    except (EOFError, BrokenPipeError):
        return
    except Exception as error:
        _say(pipe, BenchError(f"the load generator failed: {type(error).__name__}: {error}"))


def _say(pipe: Connection, message: object) -> None:
    try:
        pipe.send(message)
    except OSError:
        return


def shares(total: int, processes: int) -> list[range]:
    """The numbers from 0 to `total`, in about equal parts; none is empty."""
    parts = min(total, processes)
    return [range(total * part // parts, total * (part + 1) // parts) for part in range(parts)]


def allow_files(wanted: int) -> None:
    """Let this process open `wanted` sockets.

    Raises:
        BenchError: its hard limit is lower.
    """
    needed = wanted + 64
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise BenchError(
            f"{wanted} connections in one process need {needed} open files and {hard} are allowed: "
            "use more --processes, or raise the hard limit (ulimit -Hn)"
        )
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
