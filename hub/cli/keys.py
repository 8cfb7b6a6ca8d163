"""`hub keys`: API keys."""

from typing import Annotated, cast, get_args

import typer

from hub.cli.connection import Key, Url, fail, run, target
from schemas.requests import Scope

app = typer.Typer(
    help="API keys of the organization (needs a key with the scope admin).", no_args_is_help=True
)

SCOPES: tuple[Scope, ...] = get_args(Scope)


@app.command()
def create(
    name: Annotated[str | None, typer.Argument(help="What it is for.")] = None,
    *,
    scopes: Annotated[
        str, typer.Option(help=f"What it may do, separated by commas: {', '.join(SCOPES)}.")
    ] = "publish,subscribe,manage",
    organization: Annotated[str | None, typer.Option(help="Another organization than your own.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole answer as JSON.")] = False,
    url: Url = None,
    key: Key = None,
) -> None:
    """Make a key. Its secret is printed now and never again."""
    chosen = [part.strip() for part in scopes.split(",")]
    if not set(chosen) <= set(SCOPES):
        fail(f"--scopes takes {', '.join(SCOPES)}, not `{scopes}`", 2)
    where = target(url, key)

    async def work() -> None:
        from hub.client import Hub
        from schemas import codec

        async with Hub(*where) as hub:
            made = await hub.create_key(name, scopes=cast("list[Scope]", chosen), organization=organization)
        typer.echo(codec.encode(made).decode() if as_json else made.key)

    run(work)


@app.command("list")
def list_keys(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    url: Url = None,
    key: Key = None,
) -> None:
    """List the keys, without their secrets."""
    where = target(url, key)

    async def work() -> None:
        from rich.console import Console
        from rich.table import Table

        from hub.client import Hub
        from hub.terminal import clean
        from schemas import codec

        async with Hub(*where) as hub:
            keys = await hub.keys()
        if as_json:
            for known in keys:
                typer.echo(codec.encode(known).decode())
            return
        table = Table("id", "name", "scopes", "created", box=None, header_style="bold")
        for known in keys:
            table.add_row(known.id, clean(known.name or ""), " ".join(known.scopes), known.created_at)
        Console().print(table)

    run(work)


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="As `hub keys list` shows it.")],
    url: Url = None,
    key: Key = None,
) -> None:
    """Revoke a key; it stops working everywhere within 5 seconds."""
    where = target(url, key)

    async def work() -> None:
        from hub.client import Hub

        async with Hub(*where) as hub:
            await hub.revoke_key(key_id)

    run(work)
