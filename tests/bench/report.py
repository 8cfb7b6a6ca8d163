"""A comparison as Markdown: every run's medians, and the ratios within the rounds."""

from collections.abc import Iterable, Sequence
from operator import attrgetter
from statistics import median
from typing import Any

from bench.results import Comparison, Ratio, Run, ratio, typical
from bench.scenarios import SCENARIOS, Figure, Found, at

NAMES = {
    "hub sse 1": "hub, SSE, 1 publisher",
    "hub sse 2": "hub, SSE, 2 publishers",
    "hub sse 64": "hub, SSE, 64 publishers",
    "hub websocket 1": "hub, WebSocket, 1 publisher",
    "hub websocket 2": "hub, WebSocket, 2 publishers",
    "hub websocket 64": "hub, WebSocket, 64 publishers",
    "nchan sse 1": "Nchan, SSE, 1 publisher",
    "sse-starlette sse 1": "sse-starlette by hand, 1 publisher",
    "limit one": "C, one frame a send()",
    "limit coalesced": "C, as many frames a send() as the hub with 64",
}
RATIOS = tuple(
    (f"hub {transport} {publishers}", below)
    for publishers, others in (
        (1, ("limit one", "nchan sse 1", "sse-starlette sse 1")),
        (2, ("limit one",)),
        (64, ("limit one", "limit coalesced")),
    )
    for transport in ("sse", "websocket")
    for below in others
)
_FULL = 0.95
"""Share of the load's core from which on a figure is marked."""
_DISTURBED = 0.05
"""Share of its core used by others from which on a contender counts as disturbed."""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def fan_out(comparison: Comparison) -> str:
    """The fan-out's figures and ratios; empty if there are none."""
    names = [name for name in NAMES if any(name in found for found in comparison.rounds)]
    if not names:
        return ""
    subscribers, rounds = comparison.options["subscribers"], len(comparison.rounds)
    head = [f"fan-out to {subscribers:,}, median of {rounds}", "deliveries/s", "a CPU second"]
    head += ["entries a write", "p50", "p99", "its core", "load core"]
    seen = table(head, (_row(comparison, name) for name in names))
    compared = table(
        ["ratio within a round, median (least to most)", "of deliveries/s", "of deliveries a CPU second"],
        ((f"{NAMES[above]} / {NAMES[below]}", *map(str, both)) for above, below, both in ratios(comparison)),
    )
    note = "\n\n*: the core of the load was full, and may have been the limit." if "*" in seen else ""
    return f"{seen}{note}\n\n{compared}"


def ratios(comparison: Comparison) -> list[tuple[str, str, tuple[Ratio, Ratio]]]:
    """Of runs to others: of their rates, and of what they did in a second of processor time."""
    found = (
        (
            above,
            below,
            [ratio(comparison, above, below, of) for of in (attrgetter("rate"), attrgetter("work"))],
        )
        for above, below in RATIOS
    )
    return [(above, below, (both[0], both[1])) for above, below, both in found if both[0] and both[1]]


def summary(comparison: Comparison) -> dict[str, Any]:
    """Medians and ratios, for programs."""
    figures = ("rate", "work", "entries_a_write", "p50", "p99", "server_cpu", "readers_cpu", "load_core")
    return {
        "medians": {
            name: {figure: typical(comparison, name, attrgetter(figure)) for figure in figures}
            for name in NAMES
            if any(name in found for found in comparison.rounds)
        },
        "ratios": [
            {"above": above, "below": below, "rate": both[0], "work": both[1]}
            for above, below, both in ratios(comparison)
        ],
    }


def others(comparison: Comparison) -> str:
    """The other scenarios' figures; empty if there are none."""
    rows: list[tuple[str, str]] = []
    for name, scenario in SCENARIOS.items():
        rounds = comparison.scenarios.get(name, [])
        if rounds:
            before = comparison.scenarios.get(scenario.beside, [])
            said = [figures(name, rounds), _beside(rounds, before, scenario.figures[0])]
            rows.append((scenario.title.format(**comparison.sizes), ", ".join(part for part in said if part)))
    return table([f"hub, median of {len(comparison.rounds)}", "seen"], rows) if rows else ""


def figures(name: str, rounds: Sequence[Found]) -> str:
    """What was seen of a scenario, medians over the rounds."""
    said = [_figure(rounds, figure) for figure in SCENARIOS[name].figures]
    if any(found.get("complete") is False for found in rounds):
        said.append("NOT all was delivered")
    if any(found.get("generator_is_limit") for found in rounds):
        said.append("the load may have been the limit")
    return ", ".join(part for part in said if part)


def _figure(rounds: Sequence[Found], figure: Figure) -> str:
    values = [value for found in rounds if (value := at(found, figure.path)) is not None]
    return f"{figure.label} {figure.form.format(median(values))}" if values else ""


def _beside(rounds: Sequence[Found], before: Sequence[Found], figure: Figure) -> str:
    """The ratio to another scenario's figure, taken within each round."""
    pairs = [
        (at(found, figure.path), at(other, figure.path)) for found, other in zip(rounds, before, strict=False)
    ]
    values = [above / below for above, below in pairs if above is not None and below]
    return f"{median(values):.2f} of it" if values else ""


def _row(comparison: Comparison, name: str) -> list[str]:
    def of(attribute: str) -> float | None:
        return typical(comparison, name, attrgetter(attribute))

    rate, load = of("rate") or 0.0, of("load_core") or 0.0
    a_write = of("entries_a_write")
    missing, others = of("missing"), of("others") or 0.0
    return [
        NAMES[name] + (f" ({missing:,.0f} never came)" if missing else ""),
        f"{rate:,.0f}" + ("*" if load > _FULL else ""),
        f"{of('work') or 0:,.0f}",
        "" if a_write is None else f"{a_write:.1f}",
        _milliseconds(of("p50")),
        _milliseconds(of("p99")),
        f"{of('server_cpu') or 0:.0%}" + (f" (others {others:.0%})" if others > _DISTURBED else ""),
        f"{load:.0%} (readers {of('readers_cpu') or 0:.0%})",
    ]


def _milliseconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds * 1000:,.1f} ms"


def line(name: str, run: Run) -> str:
    """One run, said when it is done."""
    a_write = "" if run.entries_a_write is None else f", {run.entries_a_write:.1f} entries a write"
    return (
        f"  {NAMES[name]}: {run.rate:,.0f} deliveries/s{a_write}, p99 {_milliseconds(run.p99) or '-'}, "
        f"its core {run.server_cpu:.0%} (others {run.others:.0%}), "
        f"load core {run.load_core:.0%} (readers {run.readers_cpu:.0%})"
    )
