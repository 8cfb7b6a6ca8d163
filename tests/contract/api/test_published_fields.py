"""Everything that five published session APIs know of a session is said here and read natively.

`schemas/fields.md` is made from the rows, by running this module with `UPDATE_GOLDEN=1`.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from contract.api.asking import client, created, event, published, taken
from contract.api.published_answers import looked_up
from contract.api.published_fields import FIXED, LATER, MEETING_ID, POSITIVE, Field, Said
from contract.api.published_stage import tick
from contract.api.published_systems import FIELDS, SYSTEMS, field_names
from servers import HubServer

TABLE = Path(__file__).parents[3] / "schemas" / "fields.md"
NOTHING = (None, "", [], {})
Keyed = Callable[[Said | None], httpx.Client]


class Told(NamedTuple):
    """What a row was said of, and by whom."""

    api: httpx.Client
    ids: dict[str, str]

    def read(self, row: Field) -> Any:
        return looked_up(self.api, row.resource.format(**self.ids), row.path)


@pytest.fixture
def keyed(hub_server: HubServer, admin: httpx.Client, organization: str) -> Iterator[Keyed]:
    """Clients with a key of which a row says something."""
    with ExitStack() as clients:

        def make(said: Said | None) -> httpx.Client:
            body = {"organization": organization} | (said.data if said else {})
            key = taken(admin.post("/v1/keys", json=body), 201)["key"]
            return clients.enter_context(client(hub_server, key))

        yield make


def filled(value: Any, ids: dict[str, str]) -> Any:
    """`value` with ids in place of their names."""
    if isinstance(value, dict):
        return {name: filled(one, ids) for name, one in value.items()}
    return value.format(**ids) if isinstance(value, str) and value.startswith("{") else value


def told(keyed: Keyed, row: Field) -> Told:
    """A session of which all that a row says was said."""
    of = {
        name: [one for one in row.said if one.where == name] for name in ("key", "topic", "meeting", "create")
    }
    api = keyed(of["key"][0] if of["key"] else None)
    ids: dict[str, str] = {}
    for one in of["topic"]:
        ids["topic_id"] = taken(api.post("/v1/topics", json=one.data), 201)["id"]
    for one in of["meeting"]:
        assert api.put(f"/v1/meetings/{MEETING_ID}", json=one.data).is_success
    fields: dict[str, Any] = {}
    for one in of["create"]:
        fields |= filled(one.data, ids)
    ids["session_id"] = session_id = created(api, **fields)["id"]
    for one in row.said:
        if one.where in of:
            continue
        if one is LATER:
            tick(api, session_id)
        elif one.where == "heartbeat":
            taken(api.post(f"/v1/sessions/{session_id}/heartbeat", json=one.data))
        elif one.where == "seal":
            taken(api.post(f"/v1/sessions/{session_id}/seal"))
        elif one.where == "summarize":
            taken(api.post(f"/v1/sessions/{session_id}/summary"), 202)
        else:
            published(api, session_id, event(one.where, **one.data))
    return Told(api, ids)


def check(row: Field, one: Told) -> None:
    value = one.read(row)
    if row.value is ...:
        assert value not in NOTHING
    elif row.value is POSITIVE:
        assert value > 0
    else:
        assert value == filled(row.value, one.ids)


def given(row: Field) -> bool:
    """Whether the hub itself gives it to every session."""
    return all(one.where == "create" and not one.data for one in row.said)


@pytest.mark.parametrize("row", FIELDS, ids=str)
def test_a_field_is_said_and_read(keyed: Keyed, row: Field) -> None:
    check(row, told(keyed, row))


@pytest.mark.parametrize("row", [row for row in FIELDS if not given(row)], ids=str)
def test_what_is_read_is_not_so_by_itself(keyed: Keyed, row: Field) -> None:
    """The value of a row is neither null nor a default: a session of which nothing is said has another."""
    api = keyed(None)
    ids = {"session_id": created(api)["id"], "topic_id": "none"}
    value = Told(api, ids).read(row)
    assert (
        value in NOTHING
        or (row.value is POSITIVE and value == 0)
        or (row.value is not ... and value != row.value)
    )


@pytest.mark.parametrize(
    "row",
    [
        row
        for row in FIELDS
        if not given(row)
        and "status" not in row.field
        and all(one.where == "create" and not FIXED & set(one.data) for one in row.said)
    ],
    ids=str,
)
def test_what_is_said_at_creation_may_be_said_later(keyed: Keyed, row: Field) -> None:
    api = keyed(None)
    ids = {"session_id": created(api)["id"]}
    for one in row.said:
        taken(api.patch("/v1/sessions/{session_id}".format(**ids), json=one.data))
    check(row, Told(api, ids))


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_field_that_is_published_has_its_row(system: str) -> None:
    rows = [row.field for row in FIELDS if row.system == system]
    assert len(rows) == len(set(rows))
    assert {*rows, *SYSTEMS[system].ELSEWHERE} == field_names(system)
    assert not {*rows} & {*SYSTEMS[system].ELSEWHERE}


def table() -> str:
    """The rows as Markdown."""
    lines = [
        "# Fields of five published session APIs",
        "",
        "Where each is said and read in this hub; made from tests that do both. An event type stands for an",
        "event that is published. Endpoints are in `endpoints.md`.",
    ]
    for system, module in SYSTEMS.items():
        lines += ["", f"## {system}", "", "| field | said by | read from | as |", "|---|---|---|---|"]
        for row in FIELDS:
            if row.system == system:
                how = ", ".join(dict.fromkeys(str(one) for one in row.said if one is not LATER))
                lines.append(f"| `{row.field}` | {how} | `GET {row.resource}` | `{row.path}` |")
        if module.ELSEWHERE:
            lines += ["", "| field | comes from |", "|---|---|"]
            lines += [f"| `{field}` | {where} |" for field, where in module.ELSEWHERE.items()]
    return "\n".join(lines) + "\n"


def test_the_table_is_of_these_rows() -> None:
    if os.environ.get("UPDATE_GOLDEN") == "1":
        TABLE.write_text(table(), encoding="utf-8")
    assert TABLE.read_text(encoding="utf-8") == table()
