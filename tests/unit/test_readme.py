"""The README's tables say what the code says. `UPDATE_GOLDEN=1` writes them anew."""

import itertools
import os
import re
import textwrap
from pathlib import Path

import pytest

from hub import settings
from hub.core.lifecycle import DEADLINES, FORWARD, OFFERED_AGAIN, Cause, causes
from schemas.errors import DISCONNECTS, ERRORS
from schemas.events import EVENT_TYPES, Channel, Status

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
NGINX = ROOT / "tests" / "contract" / "proxy" / "nginx.conf"


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell or " " for cell in line).strip() + " |" for line in lines)


def events() -> str:
    rows = [
        (
            f"`{channel}`",
            ", ".join(
                f"`{name}`" + (" *" if row.reserved else "")
                for name, row in EVENT_TYPES.items()
                if row.channel is channel
            )
            or "`x.*`",
        )
        for channel in Channel
    ]
    return table(("channel", "event types (* written by the hub)"), rows)


def errors() -> str:
    rows = [(f"`{code}`", str(row.status), row.message) for code, row in ERRORS.items()]
    return table(("code", "status", "meaning"), rows)


def disconnects() -> str:
    rows = [
        (f"`{code}`", str(row.number), "yes" if row.reconnect else "no", row.message)
        for code, row in DISCONNECTS.items()
    ]
    return table(("code", "close code", "come back", "meaning"), rows)


def setting_rows() -> str:
    rows = [
        (f"`{name}`", f"`{default}`" if default else "", text) for name, default, text in settings.table()
    ]
    return table(("variable", "default", "meaning"), rows)


def lifecycle_diagram() -> str:
    """The next step from each status, what a time that is over leads to, and what the loss of a bot does."""
    lines = ["```mermaid", "stateDiagram-v2"]
    for source, to in itertools.pairwise(FORWARD):
        lines.append(f"    {source} --> {to}")
    lines.append(f"    {Status.RECORDING} --> {Status.ACTIVE}")
    for name, deadline in DEADLINES.items():
        label = f"{name}: {deadline.code}" if deadline.code else name
        lines += [f"    {source} --> {deadline.to}: {label}" for source in deadline.sources]
    lines += [f"    {source} --> {Status.INITIALIZING}: bot lost" for source in OFFERED_AGAIN]
    return "\n".join([*lines, "```"])


def lifecycle_rows() -> str:
    rows = [
        (
            f"`{source}`",
            f"`{to}`",
            ", ".join(cause for cause in Cause if cause in causes(source, to)),
            ", ".join(
                f"`HUB_{deadline.setting.upper()}`" + (f" → `{deadline.code}`" if deadline.code else "")
                for deadline in DEADLINES.values()
                if source in deadline.sources and deadline.to is to
            ),
        )
        for source in Status
        for to in Status
        if causes(source, to)
    ]
    return table(("from", "to", "who may cause it", "after which time, with which code"), rows)


def nginx() -> str:
    """The locations of the configuration that the tests run."""
    text = NGINX.read_text(encoding="utf-8").replace("@READ_TIMEOUT@", "60s")
    block = re.search(r"^        # Publishing, reading.*^        }$", text, re.DOTALL | re.MULTILINE)
    assert block is not None
    return f"```nginx\n{textwrap.dedent(block[0])}\n```"


GENERATED = {
    "events": events,
    "errors": errors,
    "disconnects": disconnects,
    "settings": setting_rows,
    "lifecycle": lifecycle_diagram,
    "transitions": lifecycle_rows,
    "nginx": nginx,
}


@pytest.mark.parametrize("name", GENERATED)
def test_the_readme_says_what_the_code_says(name: str) -> None:
    text = README.read_text(encoding="utf-8")
    begin, end = f"<!-- generated:{name} -->\n", f"<!-- /generated:{name} -->"
    before, _, rest = text.partition(begin)
    now, _, after = rest.partition(end)
    wanted = "\n" + GENERATED[name]() + "\n\n"
    if os.environ.get("UPDATE_GOLDEN"):
        README.write_text(before + begin + wanted + end + after, encoding="utf-8")
    else:
        assert now == wanted
