"""Everything that five published session APIs know of a session is said here and read natively.

`schemas/fields.md` is made from the rows, by running this module with `UPDATE_GOLDEN=1`.
"""

import os
from pathlib import Path
from typing import Any

import httpx
import pytest
from contract.api.asking import created, event, found, published, taken
from contract.api.published_fields import FIXED, LATER, POSITIVE, Field
from contract.api.published_systems import FIELDS

TABLE = Path(__file__).parents[3] / "schemas" / "fields.md"


def said(api: httpx.Client, row: Field) -> str:
    """A session of which all that a row says was said."""
    fields = {name: value for one in row.said if one.where == "create" for name, value in one.data.items()}
    session_id = created(api, **fields)["id"]
    for one in row.said:
        if one is LATER:
            before = found(api, session_id)["updated_at"]
            while found(api, session_id)["updated_at"] <= before:
                published(api, session_id, event("x.tick"))
        elif one.where == "heartbeat":
            taken(api.post(f"/v1/sessions/{session_id}/heartbeat", json=one.data))
        elif one.where != "create":
            published(api, session_id, event(one.where, **one.data))
    return session_id


def at(value: Any, path: str) -> Any:
    for name in path.split("."):
        value = value[int(name)] if isinstance(value, list) else value[name]
    return value


def read(api: httpx.Client, session_id: str, where: str) -> Any:
    resource, _, path = where.rpartition(" ")
    return at(taken(api.get(f"/v1/sessions/{session_id}{resource}")), path)


@pytest.mark.parametrize("row", FIELDS, ids=str)
def test_a_field_is_said_and_read(api: httpx.Client, row: Field) -> None:
    value = read(api, said(api, row), row.read)
    if row.value is ...:
        assert value not in (None, "", [], {})
    elif row.value is POSITIVE:
        assert value > 0
    else:
        assert value == row.value


@pytest.mark.parametrize(
    "row",
    [
        row
        for row in FIELDS
        if row.field != "status"
        and all(one.where == "create" and one.data and not FIXED & set(one.data) for one in row.said)
    ],
    ids=str,
)
def test_what_is_said_at_creation_may_be_said_later(api: httpx.Client, row: Field) -> None:
    session_id = created(api)["id"]
    for one in row.said:
        taken(api.patch(f"/v1/sessions/{session_id}", json=one.data))
    value = read(api, session_id, row.read)
    assert value == row.value or (row.value is ... and value)


def table() -> str:
    """The rows as Markdown."""
    lines = [
        "# Fields of five published session APIs",
        "",
        "Where each is said and read in this hub; made from tests that do both.",
    ]
    for system in dict.fromkeys(row.system for row in FIELDS):
        lines += ["", f"## {system}", "", "| field | said by | read from | as |", "|---|---|---|---|"]
        for row in FIELDS:
            if row.system == system:
                resource, _, path = row.read.rpartition(" ")
                how = ", ".join(dict.fromkeys(str(one) for one in row.said if one is not LATER))
                lines.append(f"| `{row.field}` | {how} | `GET /v1/sessions/{{id}}{resource}` | `{path}` |")
    return "\n".join(lines) + "\n"


def test_the_table_is_of_these_rows() -> None:
    if os.environ.get("UPDATE_GOLDEN") == "1":
        TABLE.write_text(table(), encoding="utf-8")
    assert TABLE.read_text(encoding="utf-8") == table()
