"""Golden files: the wire as it was last agreed on.

A change of the wire is a visible change of a file. To accept one, run the tests of this folder with
`UPDATE_GOLDEN=1` in the environment and look at the difference.
"""

import json
import os
from pathlib import Path
from typing import Any

from schemas import codec

FOLDER = Path(__file__).parents[2] / "golden"


def check(path: Path, content: dict[str, Any]) -> None:
    """`content` is what the golden file holds, in the same order."""
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"no golden file {path.name}: run with UPDATE_GOLDEN=1 and look at it"
    assert text == path.read_text(encoding="utf-8")


def read(frame: bytes) -> dict[str, Any]:
    """`frame` as plain values; it must be compact JSON that survives reading."""
    value = json.loads(frame)
    assert codec.encode(value) == frame
    return value


def published(name: str) -> dict[str, Any]:
    """The event in the golden file of an event type: written by hand, never regenerated."""
    return json.loads((FOLDER / "events" / f"{name}.json").read_text(encoding="utf-8"))["published"]
