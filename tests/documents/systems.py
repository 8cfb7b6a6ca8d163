"""The documents of the published systems, with what was answered to their examples."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from documents.found import GOLDEN
from documents.grounds import EXAMPLE, row_of
from documents.system_document import Examples, system_document
from hub.compat.system import Operation, System

ANSWERS = GOLDEN / "compat" / "answers"
STREAM = "text/event-stream"


def golden(system: System, operation: Operation) -> Path:
    """Where the answers to the example of an operation are, by their statuses."""
    return ANSWERS / system.name / f"{operation.name}.json"


def is_stream(operation: Operation) -> bool:
    """Its answer does not end."""
    return operation.gives.startswith(STREAM)


@cache
def document_of(system: System) -> dict[str, Any]:
    """The OpenAPI document of a system."""
    return system_document(system, {one.name: _examples(system, one) for one in system.operations})


def _examples(system: System, operation: Operation) -> Examples:
    row, path = row_of(system.name), golden(system, operation)
    answers = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return Examples(
        paths=row.paths(EXAMPLE),
        query=row.query(operation.name, EXAMPLE),
        body=row.body(operation.name, EXAMPLE),
        answers={int(status): answer for status, answer in answers.items()},
    )
