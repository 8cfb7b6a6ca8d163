"""`hub bench`: load on a hub, and what it made of it."""

import os
import signal
import sys
from typing import Annotated, Any

import typer

from hub.bench.load import Load, Over, Scenario, Way
from hub.cli.connection import Key, Url, advice, fail, target

Chosen = Annotated[
    Scenario,
    typer.Argument(
        help="fanout: one session, many subscribers. sessions: many sessions, two subscribers each. "
        "ingest: publishing only. latency: to the first, median and last subscriber. idle: what open streams "
        "cost. storm: all subscribers are cut and come back at once.",
        show_default=False,
    ),
]


def bench(
    scenario: Chosen,
    *,
    subscribers: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=200_000,
            help="fanout, latency: 1000; storm: 5000, over all sessions.",
            show_default=False,
        ),
    ] = None,
    publishers: Annotated[
        int | None,
        typer.Option(
            min=1, max=1000, help="Connections that publish. fanout: 1; sessions: 64.", show_default=False
        ),
    ] = None,
    sessions: Annotated[
        int | None,
        typer.Option(min=1, max=5000, help="sessions: 200; ingest: 8; storm: 5.", show_default=False),
    ] = None,
    transport: Annotated[
        Way | None,
        typer.Option(help="Of subscribers: sse; idle may have half of each (both).", show_default=False),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(
            min=0.01,
            max=10_000,
            help="Events a second. sessions: 1 in each; storm: 10 in each; latency: 10.",
            show_default=False,
        ),
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(
            min=0.2, max=600, help="To measure: 10; idle: 5. storm: to be away, 2.", show_default=False
        ),
    ] = None,
    connections: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=200_000,
            help="ingest: connections that publish, 32; idle: streams, 10000.",
            show_default=False,
        ),
    ] = None,
    batch: Annotated[
        int | None, typer.Option(min=1, max=500, help="ingest: events of a request, 1.", show_default=False)
    ] = None,
    over: Annotated[
        Over | None, typer.Option(help="ingest: how batches are sent, http.", show_default=False)
    ] = None,
    watched: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=5000,
            help="ingest: publish to so many sessions with a subscriber each.",
            show_default=False,
        ),
    ] = None,
    burst: Annotated[
        bool, typer.Option("--burst", help="sessions: one event to all at once, five times.")
    ] = False,
    size: Annotated[
        int | None,
        typer.Option(min=230, max=60_000, help="Bytes of an event as an SSE frame: 230.", show_default=False),
    ] = None,
    processes: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=64,
            help="Processes that read, and as many that publish; by default half the processors.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    url: Url = None,
    key: Key = None,
) -> None:
    """Measure a hub under load, and whether it delivers everything.

    It WRITES to the hub: it makes sessions titled `hub bench`, publishes to
    them, and deletes them in the end. Not for a hub that others rely on.

    Memory that a hub has used before it uses again: for `idle`, start it anew.

    The hub's processor time, its memory and the entries a write come from its
    /metrics, and count all it does meanwhile. The report says when the
    processes of the load generator may have been the limit. The keys of
    --json are the fields of `hub.bench.report.Report`.
    """
    from hub.bench import load as loads

    given: dict[str, Any] = {
        "subscribers": subscribers,
        "publishers": publishers,
        "sessions": sessions,
        "transport": transport,
        "rate": rate,
        "seconds": seconds,
        "connections": connections,
        "batch": batch,
        "over": over,
        "watched": watched,
        "burst": burst or None,
        "size": size,
    }
    given = {name: value for name, value in given.items() if value is not None}
    try:
        load = loads.load(scenario, processes or loads.processes(os.cpu_count()), given)
    except ValueError as error:
        fail(str(error), 2)
    where = target(url, key)
    _measure(where, load, as_json=as_json)


def _measure(where: tuple[str, str], load: Load, *, as_json: bool) -> None:
    from rich.console import Console

    from hub.bench.errors import BenchError
    from hub.bench.progress import Display
    from hub.bench.report import heading, table
    from hub.bench.run import run
    from hub.client import HubProblem
    from schemas import codec

    # Told to end, it deletes what it has made, as after an interrupt.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        report = run(*where, load, Display())
    except HubProblem as error:
        fail(advice(error))
    except BenchError as error:
        fail(str(error))
    if as_json:
        typer.echo(codec.encode(report).decode())
        return
    # What reads a pipe is not to find lines cut to the width of some terminal.
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 200)
    console.print(heading(report), style="bold", markup=False, soft_wrap=True)
    console.print(table(report))
    for note in report.notes:
        console.print(f"! {note}", style="yellow", markup=False, soft_wrap=True)
