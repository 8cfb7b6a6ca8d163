"""`limit.c`: what is left of fan-out when nothing but the sending is left."""

import select
import subprocess
import tempfile
from contextlib import AbstractContextManager
from pathlib import Path
from shutil import which
from typing import IO, NamedTuple, Self

import psutil

from bench.contenders import Address, Missing, Transport, events, only_sse, pinned, used
from bench.messages import IDENTITY, OVERHEAD, SESSION, chunk, data, frame, request


class Sent(NamedTuple):
    """What it has sent."""

    frames: int
    """To all subscribers together."""
    waits: int
    """Writes that had to wait."""
    a_round: float
    """Seconds that it took to send to all once."""


_SOURCE = Path(__file__).with_suffix(".c")


class Limit(AbstractContextManager["Limit"]):
    """`limit.c`, which only sends; nothing is published to it.

    Args:
        folder: Where it is compiled.
        subscribers: How many it waits for.
        core: Where it runs.

    Raises:
        Missing: there is no C compiler.
    """

    def __init__(self, folder: Path, subscribers: int, core: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._subscribers = subscribers
        self._core = core
        self._program = compiled(folder)
        self.process: subprocess.Popen[str] | None = None
        self.port = 0

    def __enter__(self) -> Self:
        with pinned(self._core):
            self.process = subprocess.Popen(
                [self._program, str(self._subscribers)],
                text=True,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        try:
            self.port = int(self._said("port")[0])
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def _stop(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.communicate()

    def _said(self, word: str, deadline: float = 30) -> list[str]:
        assert self.process is not None
        output: IO[str] | None = self.process.stdout
        assert output is not None
        if not select.select([output], [], [], deadline)[0]:
            raise AssertionError(f"limit said no {word!r} within {deadline:.0f} s")
        found, *rest = output.readline().split() or [""]
        assert found == word, found
        return rest

    def session(self, transport: Transport) -> Address:
        """Its one session; there is no way to publish."""
        only_sse(transport)
        return Address(events(self.port, request("GET", "/"), b": ready"))

    def send(self, frames: int, seconds: float, pause: float = 0) -> Sent:
        """Send, once all subscribers are there.

        Args:
            frames: In one write.
            seconds: For how long.
            pause: Seconds after each round over all subscribers.
        """
        assert self.process is not None
        assert self.process.stdin is not None
        one = frame(IDENTITY, SESSION, data(OVERHEAD))
        with tempfile.NamedTemporaryFile(dir=self._folder) as file:
            file.write(chunk(one * frames))
            file.flush()
            self.process.stdin.write(f"{file.name} {frames} {seconds} {pause}\n")
            self.process.stdin.flush()
            sent, writes, waits, took = self._said("sent", seconds + 60)
        return Sent(int(sent), int(waits), float(took) / (int(writes) / self._subscribers))

    def ready(self) -> None:
        """Wait until all subscribers have their answer."""
        self._said("ready")

    def cpu(self) -> float:
        """Seconds of processor time that it has used."""
        assert self.process is not None
        return used(psutil.Process(self.process.pid))


def compiled(folder: Path) -> str:
    """`limit.c` as a program in `folder`.

    Raises:
        Missing: there is no C compiler.
    """
    compiler = which("cc") or which("gcc") or which("clang")
    if compiler is None:
        raise Missing("a C compiler (apt-get install gcc libc6-dev)")
    program = folder / "limit"
    if not program.exists():
        subprocess.run([compiler, "-O2", "-o", str(program), str(_SOURCE)], check=True)
    return str(program)
