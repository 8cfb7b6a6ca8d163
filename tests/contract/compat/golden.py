"""Answers as the systems have published them, with placeholders for what is another each time.

A file of `tests/golden/compat` is the example of a system, with `<id>`, `<time>` and the like in place of ids
and times, and `<number>` where one grows with the time.
"""

import json
import re
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "golden" / "compat"
PLACES = {
    "<id>": r"[A-Za-z0-9_-]+",
    "<uuid>": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "<hex>": r"[0-9a-f]{24}",
    "<time>": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
    "<seconds>": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
    "<trace>": r"[0-9a-f]{16}",
    "<signature>": r"[A-Za-z0-9_.-]+",
    "<host>": r"http://127\.0\.0\.1:\d+",
}


def golden(name: str) -> Any:
    """An example that was published."""
    return json.loads((FOLDER / f"{name}.json").read_text())


def same(answer: Any, example: Any, where: str = "$") -> list[str]:
    """Where an answer is another than the example: keys and their order, types, values, placeholders."""
    if example == "<number>":
        fits = isinstance(answer, int | float) and not isinstance(answer, bool)
        return [] if fits else [f"{where}: {answer!r} is no number"]
    if isinstance(example, str):
        pattern = "".join(PLACES.get(part, re.escape(part)) for part in re.split(r"(<\w+>)", example))
        fits = isinstance(answer, str) and re.fullmatch(pattern, answer)
        return [] if fits else [f"{where}: {answer!r}, not {example!r}"]
    if isinstance(example, dict):
        if not isinstance(answer, dict) or list(answer) != list(example):
            return [f"{where}: {list(answer) if isinstance(answer, dict) else answer!r}, not {list(example)}"]
        return [one for name in example for one in same(answer[name], example[name], f"{where}.{name}")]
    if isinstance(example, list):
        if not isinstance(answer, list) or len(answer) != len(example):
            return [f"{where}: {answer!r}"]
        pairs = zip(answer, example, strict=True)
        return [one for at, (a, b) in enumerate(pairs) for one in same(a, b, f"{where}[{at}]")]
    return (
        []
        if answer == example and type(answer) is type(example)
        else [f"{where}: {answer!r}, not {example!r}"]
    )
