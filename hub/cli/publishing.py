"""`hub publish` and `hub replay`: events into a session."""

import sys
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from hub.cli.connection import Key, Url, fail, run, target

if TYPE_CHECKING:
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
    counts = {"published": 0, "duplicate": 0, "refused": 0}

    async def work() -> None:
        import anyio
        import anyio.to_thread

        from hub.client import Hub, HubProblem
        from schemas import codec

        receipts: deque[tuple[int, Receipt]] = deque()

        def refuse(number: int, why: str) -> None:
            counts["refused"] += 1
            typer.echo(f"line {number}: {why}", err=True)

        async def settle(*, wait: bool) -> None:
            while receipts and (wait or receipts[0][1].done):
                number, receipt = receipts.popleft()
                try:
                    appended = await receipt
                except HubProblem as error:
                    refuse(number, str(error))
                else:
                    counts["duplicate" if appended.duplicate else "published"] += 1

        async with Hub(*where) as hub:
            await hub.session(session)
            async with hub.publisher(session) as publisher:
                number = 0
                while line := await anyio.to_thread.run_sync(_next_line, abandon_on_cancel=True):
                    number += 1
                    await settle(wait=False)
                    if not line.strip():
                        continue
                    if len(line) > LONGEST_LINE:
                        refuse(number, f"longer than {LONGEST_LINE} bytes")
                        continue
                    try:
                        event: Any = codec.decode(line)
                    except (ValueError, RecursionError) as error:
                        refuse(number, f"not JSON: {error}")
                        continue
                    if not isinstance(event, dict):
                        refuse(number, "not a JSON object")
                        continue
                    fields = cast("dict[str, Any]", event)
                    receipts.append((number, await publisher.send_event(fields)))
                await settle(wait=True)

    run(work)
    typer.echo(", ".join(f"{count} {what}" for what, count in counts.items()), err=True)
    if counts["refused"]:
        raise typer.Exit(1)


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
    pace = _pace(speed)
    where = target(url, key)

    async def work() -> None:
        import secrets

        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        from hub.client import Hub
        from hub.client.replay import Progress as Played
        from hub.client.replay import Replay
        from hub.client.script import meeting
        from hub.client.vtt import read

        captions = read(file)
        if captions.skipped:
            typer.echo(f"hub: {captions.skipped} cues with malformed times are left out", err=True)
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
                replayed = await Replay(hub, steps, speed=pace, on_progress=progress).run(
                    session_id=session, title=None if session else file.stem
                )
        typer.echo(replayed)

    run(work)


def _pace(speed: str) -> float | None:
    if speed == "max":
        return None
    try:
        pace = float(speed)
    except ValueError:
        pace = 0.0
    if not 0.01 <= pace <= 10_000:
        fail(f"--speed takes a number from 0.01 to 10000, or `max`, not `{speed}`", 2)
    return pace
