"""`hub sessions`: which sessions there are."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.connection import Key, Url, run, target
from schemas.events import Status

if TYPE_CHECKING:
    from schemas.session import Session


def sessions(
    status: Annotated[Status | None, typer.Option(help="Only those with this status.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    url: Url = None,
    key: Key = None,
) -> None:
    """List sessions, newest first."""
    where = target(url, key)

    async def work() -> None:
        from hub.client import Hub
        from schemas import codec

        found: list[Session] = []
        async with Hub(*where) as hub:
            async for session in hub.sessions(status=status):
                found.append(session)
                if len(found) == limit:
                    break
        if as_json:
            for session in found:
                typer.echo(codec.encode(session).decode())
        else:
            _print_table(found)

    run(work)


def _print_table(found: "list[Session]") -> None:
    from rich.console import Console
    from rich.table import Table

    from hub.terminal import clean

    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("#", "id", "status", "people", "segments", "created (UTC)"):
        table.add_column(name, no_wrap=True)
    table.add_column("title", overflow="fold")
    for session in found:
        counts = session.participant_counts
        table.add_row(
            str(session.number),
            session.id,
            f"{session.status}, sealed" if session.sealed else str(session.status),
            f"{counts.live} of {counts.total}",
            str(session.segment_count),
            session.created_at[:16].replace("T", " "),
            clean(session.title or ""),
        )
    # What reads a pipe is not to find ids cut to the width of some terminal.
    Console(width=None if sys.stdout.isatty() else 200).print(table)
