"""`hub bot`: a bot whose meetings are WebVTT files, for demonstrations, load and tests."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.connection import Key, Url, fail, run, target
from hub.cli.publishing import pace
from schemas.bots import MAX_SLOTS
from schemas.details import Platform

if TYPE_CHECKING:
    from hub.client.vtt import Line


def bot(
    folder: Annotated[
        Path,
        typer.Option(
            "--replay", metavar="DIR", help="Its WebVTT files are the meetings.", exists=True, file_okay=False
        ),
    ],
    *,
    slots: Annotated[int, typer.Option(min=1, max=MAX_SLOTS, help="Sessions at once.")] = 5,
    speed: Annotated[
        str, typer.Option(help="Seconds of the meeting a second, or `max`: as fast as the hub takes it.")
    ] = "1",
    name: Annotated[str | None, typer.Option(help="For people.", show_default=False)] = None,
    platform: Annotated[
        list[Platform] | None,
        typer.Option(help="Only sessions on this one; may be repeated.", show_default=False),
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option(help="It has this label; may be repeated.", show_default=False),
    ] = None,
    grace: Annotated[
        float, typer.Option(min=0, help="Seconds that meetings have to end when the bot is told to.")
    ] = 0.0,
    url: Url = None,
    key: Key = None,
) -> None:
    """Take sessions that want a bot (`"dispatch": {}`) and play recorded meetings into them, until Ctrl-C.

    A session's `config.replay`, or the note of its dispatch, may name the file; else the session's number
    decides. On Ctrl-C or SIGTERM its sessions are handed over: another bot with the same files goes on where
    this one was.
    """
    played_at = pace(speed)
    files = _files(folder)
    if not files:
        fail(f"there is no .vtt file in {folder}", 2)
    where = target(url, key)

    async def work() -> None:
        from msgspec import ValidationError

        from hub.cli.marquee import Marquee
        from hub.client.replay_bot import ReplayBot

        marquee = Marquee()

        class Shown(ReplayBot):
            def on_connection(self, problem: Exception | None) -> None:
                marquee.connection(self.said.id, problem)

        try:
            shown = Shown(
                *where,
                files,
                speed=played_at,
                on_progress=marquee.progress,
                on_change=marquee.change,
                name=name,
                platforms=platform or None,
                labels=label or [],
                slots=slots,
                grace=grace,
            )
        except ValidationError as error:
            fail(f"no bot may be like this: {error}", 2)
        with marquee:
            await shown.run()

    run(work)


def _files(folder: Path) -> "dict[str, Sequence[Line]]":
    from hub.client import VttError
    from hub.client.vtt import read

    files: dict[str, Sequence[Line]] = {}
    for path in sorted(folder.glob("*.vtt")):
        try:
            files[path.name] = read(path).lines
        except VttError as error:
            typer.echo(f"hub: left out: {error}", err=True)
    return files
