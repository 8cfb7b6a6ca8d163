"""Which hub a command speaks to, and how its failures end: one line on stderr and an exit code."""

import os
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated, NoReturn

import typer

Url = Annotated[
    str | None,
    typer.Option("--url", envvar="HUB_URL", help="Base URL of the hub; by default the one of this machine."),
]
Key = Annotated[
    str | None,
    typer.Option("--key", envvar="HUB_API_KEY", help="API key; by default the one of this machine's hub."),
]

START = "start one with `hub serve`, or name one with --url and --key (HUB_URL, HUB_API_KEY)"


def fail(message: str, code: int = 1) -> NoReturn:
    """Say `message` on stderr and leave with `code`: 1 the hub refused or is away, 2 wrong usage."""
    line = "".join(char if char.isprintable() else " " for char in message)
    typer.echo(f"hub: {line}", err=True)
    raise typer.Exit(code)


def target(url: str | None, key: str | None) -> tuple[str, str]:
    """URL and API key: what was given, the rest from the local hub."""
    from hub.client.local import data_directory, find

    if url and not url.startswith(("http://", "https://")):
        fail(f"--url must begin with http:// or https://, not `{url}`", 2)
    if url and key:
        return url, key
    try:
        local = find(os.environ)
    except OSError as error:
        fail(f"the key of the local hub cannot be read: {error.strerror}: {error.filename}")
    if url is None and local is None:
        fail(f"no hub runs here (looked in {data_directory(os.environ)}): {START}")
    where = url or (local.url if local is not None else "")
    known = local.key if local is not None and local.url == where.rstrip("/") else None
    if key is None and known is None:
        fail(f"no API key for {where}: pass --key or set HUB_API_KEY", 2)
    return where, key or known or ""


def run(work: Callable[[], Awaitable[None]]) -> None:
    """Run `work` to its end; its failures become one line and an exit code.

    A reader that has gone away (`hub tail … | head`) is no failure.
    """
    import anyio

    from hub.client import HubProblem

    try:
        anyio.run(work)
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes stdout once more when it ends; the pipe must not be met again then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from None
    except HubProblem as error:
        fail(advice(error))


def advice(error: Exception) -> str:
    """What `error` says, and what to do about it."""
    from hub.client import HubRefused, HubUnavailable

    said = str(error).rstrip(".")
    if isinstance(error, HubRefused):
        if error.status == 401 or error.code in ("invalid_credential", "revoked"):
            return f"{said}; pass a valid key with --key or HUB_API_KEY"
        if error.code == "session_not_found":
            return f"{said}; `hub sessions` lists those there are"
        return said
    if isinstance(error, HubUnavailable) and error.code is None:
        return f"{said}; is it running? {START}"
    return said
