"""`hub serve`, `hub demo`, `hub settings`: a hub in this process."""

import os
from typing import Annotated, Literal

import typer

from hub.cli.connection import fail

Host = Annotated[
    str | None, typer.Option(help="Address to listen on (HUB_HOST, 127.0.0.1).", show_default=False)
]
Port = Annotated[
    int | None,
    typer.Option(min=0, max=65535, help="Port; 0 takes a free one (HUB_PORT, 8080).", show_default=False),
]


def serve(
    host: Host = None,
    port: Port = None,
    data_dir: Annotated[
        str | None,
        typer.Option(help="Where key and embedded Redis keep their data (HUB_DATA_DIR).", show_default=False),
    ] = None,
    log_format: Annotated[
        Literal["text", "json"] | None,
        typer.Option(help="Format of the hub's own log (HUB_LOG_FORMAT, text).", show_default=False),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1, max=64, help="Processes that share the port (HUB_WORKERS, 1).", show_default=False
        ),
    ] = None,
) -> None:
    """Run a hub until Ctrl-C.

    Without HUB_REDIS_URL it starts a Redis of its own. All settings are environment variables; `hub settings`
    lists them.
    """
    from hub.errors import ConfigurationError
    from hub.serve import serve as run_hub
    from hub.settings import Settings

    try:
        settings = Settings.from_env(
            os.environ,
            host=host,
            port=port,
            data_dir=data_dir,
            log_format=log_format,
            workers=workers,
        )
        code = run_hub(settings)
    except ConfigurationError as error:
        fail(str(error), 2)
    raise typer.Exit(code)


def demo(
    host: Host = None,
    port: Port = None,
    speed: Annotated[float, typer.Option(min=0.1, max=100, help="Seconds of the meeting a second.")] = 1.0,
    once: Annotated[bool, typer.Option("--once", help="End after one meeting.")] = False,
) -> None:
    """Run a hub and play a sample meeting on it, over and over, until Ctrl-C.

    Its page shows the meeting in the browser; the terminal shows it too.
    """
    from hub.client import HubProblem
    from hub.demo import show
    from hub.errors import ConfigurationError
    from hub.settings import Settings

    try:
        code = show(Settings.from_env(os.environ, host=host, port=port), speed=speed, once=once)
    except ConfigurationError as error:
        fail(str(error), 2)
    except HubProblem as error:
        fail(str(error))
    raise typer.Exit(code)


def settings() -> None:
    """List all settings: environment variable, default, meaning."""
    from rich.console import Console
    from rich.table import Table

    from hub.settings import table

    shown = Table("variable", "default", "meaning", box=None, header_style="bold", pad_edge=False)
    for row in table():
        shown.add_row(*row)
    Console().print(shown, markup=False)
