"""The chart of a comparison: deliveries a second of everyone, as an SVG that follows light and dark."""

from html import escape

from msgspec import Struct

from bench.results import Comparison, typical

WIDTH = 760
_LABELS = 250
_VALUES = 150
_ROW = 30
_BAR = 18

_STYLE = """
  text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328; }
  .title { font-size: 15px; font-weight: 600; }
  .note, .share { fill: #59636e; }
  .share { font-size: 12px; }
  .hub { fill: #1f6feb; }
  .peer { fill: #9198a1; }
  .limit { fill: #d1d9e0; }
  .axis { stroke: #d1d9e0; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; }
    .note, .share { fill: #9198a1; }
    .hub { fill: #4493f8; }
    .peer { fill: #656c76; }
    .limit { fill: #3d444d; }
    .axis { stroke: #3d444d; }
  }
"""


class Bar(Struct, frozen=True):
    """One run in the chart."""

    run: str
    label: str
    kind: str
    """A class of the style: hub, peer or limit."""


class Panel(Struct, frozen=True):
    """Bars with a scale of their own; the first one is what the others are compared with."""

    title: str
    note: str
    bars: tuple[Bar, ...]


PANELS = (
    Panel(
        "One publisher, or two, one event after the other",
        "The C program sends each event to each subscriber with a send() of its own.",
        (
            Bar("limit one", "C, only send(): the limit", "limit"),
            Bar("hub sse 1", "this hub, SSE", "hub"),
            Bar("hub sse 2", "this hub, SSE, two publishers", "hub"),
            Bar("hub websocket 1", "this hub, WebSocket", "hub"),
            Bar("nchan sse 1", "Nchan (nginx, C), SSE", "peer"),
            Bar("sse-starlette sse 1", "sse-starlette, by hand", "peer"),
        ),
    ),
    Panel(
        "64 publishers at once",
        "The hub sends what has come in one turn in one write; the C program as many events a send().",
        (
            Bar("limit coalesced", "C, only send(): the limit", "limit"),
            Bar("hub sse 64", "this hub, SSE", "hub"),
            Bar("hub websocket 64", "this hub, WebSocket", "hub"),
        ),
    ),
)


def drawn(comparison: Comparison) -> str:
    """The chart; what did not run is left out.

    Raises:
        ValueError: there is no fan-out in it.
    """
    subscribers = comparison.options["subscribers"]
    parts = [_text(0, 18, f"Deliveries a second to {subscribers:,} subscribers of one session", "title")]
    top = 40
    for panel in PANELS:
        rows = [
            (bar, rate) for bar in panel.bars if (rate := typical(comparison, bar.run, lambda run: run.rate))
        ]
        if rows:
            parts += _panel(panel, rows, top)
            top += 56 + _ROW * len(rows)
    if len(parts) == 1:
        raise ValueError("no fan-out was measured")
    rounds = len(comparison.rounds)
    how = f"Medians of {rounds} rounds" if rounds > 1 else "One round"
    note = f"{how}; the server on one core; Redis, publishers and readers on another."
    parts.append(_text(0, top + 4, note, "note"))
    height = top + 16
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" role="img" aria-label="Deliveries a second">\n'
        f"<style>{_STYLE}</style>\n" + "\n".join(parts) + "\n</svg>\n"
    )


def _panel(panel: Panel, rows: list[tuple[Bar, float]], top: int) -> list[str]:
    most = max(rate for _, rate in rows)
    parts = [_text(0, top + 14, panel.title), _text(0, top + 32, panel.note, "share")]
    first = top + 42
    for number, (bar, rate) in enumerate(rows):
        y = first + number * _ROW
        length = max(2.0, (WIDTH - _LABELS - _VALUES) * rate / most)
        parts.append(_text(_LABELS - 10, y + 18, bar.label, end=True))
        parts.append(
            f'<rect class="{bar.kind}" x="{_LABELS}" y="{y + 4}" width="{length:.1f}" '
            f'height="{_BAR}" rx="2"/>'
        )
        value = f"{rate:,.0f}" if rate < 1e6 else f"{rate / 1e6:.2f} million"
        parts.append(_text(_LABELS + length + 8, y + 18, value))
    parts.append(
        f'<line class="axis" x1="{_LABELS}" x2="{_LABELS}" y1="{first}" y2="{first + _ROW * len(rows) - 4}"/>'
    )
    return parts


def _text(x: float, y: float, text: str, kind: str = "", *, end: bool = False) -> str:
    anchor = ' text-anchor="end"' if end else ""
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x:.0f}" y="{y:.0f}"{anchor}>{escape(text)}</text>'
