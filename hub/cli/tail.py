"""`hub tail`: what happens in a session, or in the whole organization, as it happens."""

import sys
from typing import TYPE_CHECKING, Annotated, cast

import typer

from hub.cli.connection import Key, Url, fail, run, target
from schemas.events import Channel, LogLevel
from schemas.frames import FASTEST, SLOWEST

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.client import Frame


def tail(
    session: Annotated[
        str | None,
        typer.Argument(help="Session id; without it, all of the organization.", show_default=False),
    ] = None,
    *,
    channels: Annotated[
        str | None,
        typer.Option(help=f"Only these, separated by commas: {', '.join(Channel)}.", show_default=False),
    ] = None,
    level: Annotated[LogLevel, typer.Option(help="Least level of the log lines shown.")] = LogLevel.DEBUG,
    after: Annotated[
        str | None,
        typer.Option(help="Go on after this entry id; 0-0 is the start.", show_default=False),
    ] = None,
    speed: Annotated[
        float | None,
        typer.Option(
            help="Play a session from its start, or from --after, so many times as fast as it was.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Every frame as one line of JSON.")] = False,
    url: Url = None,
    key: Key = None,
) -> None:
    """Follow a session until its end, or the organization until Ctrl-C.

    It reconnects by itself and misses nothing. Resets and lost connections are told on stderr. On a terminal
    partials of the transcript are written over until they are final; elsewhere only finals are shown.
    """
    chosen = None if channels is None else [name.strip() for name in channels.split(",") if name.strip()]
    unknown = [name for name in chosen or [] if name not in set(Channel)]
    if unknown or chosen == []:
        fail(f"--channels takes {', '.join(Channel)}, not `{channels}`", 2)
    if speed is not None and (session is None or not SLOWEST <= speed <= FASTEST):
        fail(f"--speed takes a number from {SLOWEST:g} to {FASTEST:g}, and the id of a session", 2)
    where = target(url, key)

    async def work() -> None:
        from hub.client import Hub

        show, close = _json() if as_json else _text(everything=session is None)
        partials = "all" if as_json or sys.stdout.isatty() else "none"
        try:
            async with Hub(*where) as hub:
                # A hub that cannot be reached at first is not waited for; a later loss is waited out.
                await (hub.session(session) if session is not None else anext(hub.sessions(), None))
                frames = hub.follow(
                    session, channels=chosen, after=after, partials=partials, level=level, speed=speed
                )
                async for frame in frames:
                    show(frame)
        finally:
            close()

    run(work)


def _json() -> "tuple[Callable[[Frame], None], Callable[[], None]]":
    from hub.terminal import Lines

    lines = Lines()

    def show(frame: "Frame") -> None:
        notice = lines.notice(frame)
        if notice is not None:
            typer.echo(f"hub: {notice}", err=True)
        sys.stdout.write(frame.raw.replace("\n", " ") + "\n")
        sys.stdout.flush()

    return show, lambda: None


def _text(*, everything: bool) -> "tuple[Callable[[Frame], None], Callable[[], None]]":
    from rich.console import Console, Group
    from rich.live import Live
    from rich.text import Text

    from hub.client import Disconnect, Entry
    from hub.terminal import Lines

    console = Console(soft_wrap=True, highlight=False)
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    lines = Lines(sessions=everything)
    partials: dict[tuple[str | None, str], Text] = {}
    live = Live(console=console, auto_refresh=False, transient=True) if console.is_terminal else None
    if live is not None:
        live.start()
    lost = False

    def show(frame: "Frame") -> None:
        nonlocal lost
        notice = lines.notice(frame)
        if notice is not None:
            errors.print(Text(f"hub: {notice}", style="yellow"))
        elif lost:
            errors.print(Text("hub: connected again", style="yellow"))
        lost = isinstance(frame, Disconnect) and frame.session_id is None
        if isinstance(frame, Entry) and frame.type.startswith("transcript.") and not frame.feed:
            segment = (frame.session_id, str(frame.data.get("segment_id")))
            partials.pop(segment, None)
            line = lines.entry(frame)
            if frame.data.get("final") is False and line is not None:
                line.stylize("dim italic")
                partials[segment] = line
        for line in lines.lines(frame):
            console.print(line)
        if live is not None:
            # Somebody who never finishes a sentence must not fill the screen.
            live.update(Group(*list(partials.values())[-8:]), refresh=True)

    return show, live.stop if live is not None else cast("Callable[[], None]", sys.stdout.flush)
