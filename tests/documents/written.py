"""The committed documents: made from the code, and held to it."""

import json
import os
from pathlib import Path
from typing import Any

SCHEMAS = Path(__file__).parents[2] / "schemas"


def check(name: str, document: dict[str, Any]) -> None:
    """`schemas/<name>` is this document; `UPDATE_GOLDEN=1` writes it."""
    path = SCHEMAS / name
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.write_text(text, encoding="utf-8")
    # Not as an assertion of pytest, which would show the difference of two long texts for minutes.
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        raise AssertionError(f"schemas/{name} is stale: run tests/documents with UPDATE_GOLDEN=1")
