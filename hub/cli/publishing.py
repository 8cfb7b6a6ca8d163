"""`hub publish` and `hub replay`: events into a session."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from hub.cli.connection import Key, Url, fail, run, target

if TYPE_CHECKING:
    from anyio.abc import ObjectReceiveStream

    from hub.client import Receipt

LONGEST_LINE = 1024 * 1024
"""Bytes with the line feed; a longer one could not be sent."""


def publish(
    session: Annotated[str, typer.Argument(help="Session id.")],
    url: Url = None,
    key: Key = None,
) -> None:
    """Publish events from standard input, one JSON object a line.

    A line is {"type": …, "data": {…}} with, if you like, "occurred_at" and "idempotency_key". Lines are sent
    in order as they come, in requests as large as the hub takes. A line that is refused is reported with its
    number, and the others go on; then the exit code is 1.
    """
    where = target(url, key)
    tally = _Tally()

    async def work() -> None:
        import anyio
        import anyio.to_thread

        from hub.client import Hub

        async with Hub(*where) as hub:
            await hub.session(session)
            sent, settling = anyio.create_memory_object_stream[tuple[int, "Receipt"]](1000)
            async with hub.publisher(session) as publisher, anyio.create_task_group() as tasks:
                tasks.start_soon(tally.settle, settling, name="publish receipts")
                number = 0
                async with sent:
                    while line := await anyio.to_thread.run_sync(_next_line, abandon_on_cancel=True):
                        number += 1
                        event = tally.event(number, line)
                        if event is not None:
                            await sent.send((number, await publisher.send_event(event)))

    run(work)
    typer.echo(tally.summary(), err=True)
    if tally.refused:
        raise typer.Exit(1)


class _Tally:
    """What became of the lines; those that are refused are reported at once."""

    def __init__(self) -> None:
        self.published = self.duplicate = self.refused = 0

    def event(self, number: int, line: bytes) -> dict[str, Any] | None:
        """The event on line `number`; None if there is none."""
        from schemas import codec

        if not line.strip():
            return None
        if len(line) > LONGEST_LINE:
            return self._refuse(number, f"longer than {LONGEST_LINE} bytes")
        try:
            event: Any = codec.decode(line)
        except (ValueError, RecursionError) as error:
            return self._refuse(number, f"not JSON: {error}")
        if not isinstance(event, dict):
            return self._refuse(number, "not a JSON object")
        return cast("dict[str, Any]", event)

    async def settle(self, receipts: "ObjectReceiveStream[tuple[int, Receipt]]") -> None:
        """Take note of every receipt, in order, until there are no more."""
        from hub.client import HubProblem

        async with receipts:
            async for number, receipt in receipts:
                try:
                    appended = await receipt
                except HubProblem as error:
                    self._refuse(number, str(error))
                    continue
                self.published += not appended.duplicate
                self.duplicate += appended.duplicate

    def _refuse(self, number: int, why: str) -> None:
        self.refused += 1
        typer.echo(f"line {number}: {why}", err=True)

    def summary(self) -> str:
        """One line of counts."""
        return f"{self.published} published, {self.duplicate} duplicate, {self.refused} refused"


def _next_line() -> bytes:
    """The next line of standard input; of one that is too long, one byte more than allowed and no more."""
    line = rest = sys.stdin.buffer.readline(LONGEST_LINE + 1)
    while len(rest) > LONGEST_LINE and not rest.endswith(b"\n"):
        rest = sys.stdin.buffer.readline(LONGEST_LINE + 1)
    return line


def replay(
    file: Annotated[
        Path, typer.Argument(metavar="FILE.vtt", help="WebVTT with voice tags.", exists=True, dir_okay=False)
    ],
    speed: Annotated[
        str, typer.Option(help="Seconds of the meeting a second, or `max`: as fast as the hub takes it.")
    ] = "1",
    session: Annotated[
        str | None, typer.Option(help="Play into this session; by default a new one.", show_default=False)
    ] = None,
    url: Url = None,
    key: Key = None,
) -> None:
    """Play a recorded meeting as a bot would: people join, words grow into sentences, everyone leaves."""
    played_at = pace(speed)
    where = target(url, key)

    async def work() -> None:
        import secrets

        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        from hub.client import Hub
        from hub.client.player import Progress as Played
        from hub.client.replay import Replay
        from hub.client.script import meeting
        from hub.client.vtt import read

        captions = read(file)
        if captions.skipped:
            typer.echo(f"hub: {captions.skipped} blocks that are no cues are left out", err=True)
        steps = meeting(captions.lines, run=f"cue-{secrets.token_hex(3)}")
        bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.fields[segments]} segments"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            disable=not sys.stderr.isatty(),
        )
        task = bar.add_task("waiting for the hub", total=None, segments=0)

        def progress(played: Played) -> None:
            bar.update(
                task,
                description=played.session_id,
                total=played.total,
                completed=played.at,
                segments=played.segments,
            )

        async with Hub(*where) as hub:
            with bar:
                replayed = await Replay(hub, steps, speed=played_at, on_progress=progress).run(
                    session_id=session, title=None if session else file.stem
                )
        typer.echo(replayed)

    run(work)


def pace(speed: str) -> float | None:
    """The option `--speed`: seconds of the meeting a second, None for `max`."""
    if speed == "max":
        return None
    try:
        number = float(speed)
    except ValueError:
        number = 0.0
    if not 0.01 <= number <= 10_000:
        fail(f"--speed takes a number from 0.01 to 10000, or `max`, not `{speed}`", 2)
    return number
