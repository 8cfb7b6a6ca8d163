"""The command line: `hub serve`, `demo`, `replay`, `bot`, `tail`, `publish`, `sessions`, `keys` and so on.

Exit codes: 0 it worked, 1 the hub refused or could not be reached, 2 wrong usage, 130 Ctrl-C.
"""

import typer

from hub.cli import bench, bot, keys, publishing, serving, sessions, tail

app = typer.Typer(
    name="hub",
    help="A real-time hub for live meeting sessions.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 it worked · 1 the hub refused or could not be reached · 2 wrong usage · 130 Ctrl-C",
)
app.command()(serving.serve)
app.command()(serving.demo)
app.command()(publishing.replay)
app.command()(bot.bot)
app.command()(tail.tail)
app.command()(publishing.publish)
app.command("sessions")(sessions.sessions)
app.add_typer(keys.app, name="keys")
app.command()(bench.bench)
app.command()(serving.settings)


def main() -> None:
    """The entry point `hub`."""
    app()
