"""Every endpoint and parameter of five published session APIs has a native request that does the same.

`schemas/endpoints.md` is made from the rows, by running this module with `UPDATE_GOLDEN=1`.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from contract.api.asking import client, taken, unique
from contract.api.published_answers import FORMS, at, streamed
from contract.api.published_endpoints import Endpoint
from contract.api.published_stage import Stage, staged
from contract.api.published_systems import ENDPOINTS, SYSTEMS, endpoint_names
from servers import HubServer, wait_until

TABLE = Path(__file__).parents[3] / "schemas" / "endpoints.md"
SCOPES = {
    "own": ["publish", "subscribe", "manage"],
    "admin": ["admin"],
    "reader": ["subscribe"],
    "spare": ["subscribe"],
}
"""Of the keys of a stage, by their names."""
Open = Callable[[str | None], httpx.Client]


@pytest.fixture(scope="module")
def opened(hub_server: HubServer) -> Iterator[Open]:
    """Clients by their key."""
    with ExitStack() as clients:
        yield lambda key: clients.enter_context(client(hub_server, key))


@pytest.fixture(scope="module")
def new_stage(opened: Open, admin: httpx.Client) -> Callable[[], Stage]:
    def make() -> Stage:
        organization = unique("org")
        keys = {
            name: taken(
                admin.post("/v1/keys", json={"organization": organization, "name": name, "scopes": scopes}),
                201,
            )
            for name, scopes in SCOPES.items()
        }
        clients = {name: opened(key["key"]) for name, key in keys.items()}
        clients |= {"none": opened(None), "wrong": opened(f"{keys['own']['key']}x")}
        return staged(clients, organization, keys["spare"]["id"])

    return make


@pytest.fixture(scope="module")
def shared_stage(new_stage: Callable[[], Stage]) -> Stage:
    """For those who only read."""
    stage = new_stage()

    def longest() -> str:
        return taken(stage.own.get("/v1/sessions?sort=minutes"))["data"][0]["id"]

    # The minutes that participants were there are listed once a checkpoint was written.
    wait_until(lambda: longest() == stage.names["ended_id"], "minutes are listed")
    return stage


def filled(value: Any, names: dict[str, str]) -> Any:
    """`value` with what the names in it stand for."""
    if isinstance(value, str) and "{" in value:
        return value.format(**names)
    if isinstance(value, list):
        return [filled(one, names) for one in value]
    return value


def seen(stage: Stage, row: Endpoint, query: dict[str, Any]) -> Any:
    """What a row's request shows, with another query than its own."""
    api, names = stage.clients[row.key], dict(stage.names)
    path = row.path.format(**names)
    if "{next}" in query.values():
        before = {name: value for name, value in query.items() if value != "{next}"}
        names["next"] = taken(api.get(path, params=before))["next"]
    params = {name: filled(value, names) for name, value in query.items()}
    if row.form == "stream":
        return at(streamed(api, path, **params), row.read)
    answer = api.request(row.method, path, params=params, json=row.body)
    assert answer.status_code == row.answered or (not row.answered and answer.is_client_error), answer.text
    if row.download:
        answer = stage.clients["none"].get(answer.json()["url"])
        assert answer.status_code == 200
    if row.form == "signed in":
        headers = {"Authorization": f"Bearer {answer.json()['key']}"}
        answer = stage.clients["none"].get("/v1/sessions", headers=headers)
    elif row.then:
        answer = api.get(row.then.format(**names))
    return at(FORMS.get(row.form, FORMS["json"])(answer), row.read)


@pytest.mark.parametrize("row", ENDPOINTS, ids=str)
def test_a_native_request_does_it(row: Endpoint, shared_stage: Stage, new_stage: Callable[[], Stage]) -> None:
    stage = shared_stage if row.method == "GET" else new_stage()
    value = seen(stage, row, row.query)
    if row.value is ...:
        assert value
    elif isinstance(row.value, set):
        assert set(value) == row.value
    else:
        assert value == filled(row.value, stage.names)


@pytest.mark.parametrize(
    "row",
    # A format that is the default is given without its parameter too; that it is read as such is shown above.
    [row for row in ENDPOINTS if row.query and "format" not in row.query],
    ids=str,
)
def test_it_is_the_parameter_that_does_it(row: Endpoint, shared_stage: Stage) -> None:
    first, *others = row.query
    assert row.method == "GET"
    value = seen(shared_stage, row._replace(answered=200), {name: row.query[name] for name in others})
    assert value in (None, []) if row.value is ... else value != filled(row.value, shared_stage.names), first


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_endpoint_that_is_published_has_its_row(system: str) -> None:
    rows = [(row.published, row.parameter) for row in ENDPOINTS if row.system == system]
    assert len(rows) == len(set(rows))
    assert set(rows) == endpoint_names(system)


def table() -> str:
    """The rows as Markdown."""
    lines = [
        "# Endpoints of five published session APIs",
        "",
        "What does the same in this hub: made from tests that ask for it, of a session that has everything",
        "and of a list of three, and see that without the parameter the answer is another. `as` is where in",
        "the answer that is seen.",
    ]
    for system, module in SYSTEMS.items():
        base = getattr(module, "BASE", "")
        lines += ["", f"## {system}", ""]
        if base:
            lines += [f"Below `{base}`.", ""]
        lines += ["| endpoint | parameter | here | as |", "|---|---|---|---|"]
        before = ""
        for row in ENDPOINTS:
            if row.system == system:
                lines.append(_line(row, again=row.published == before))
                before = row.published
    return "\n".join(lines) + "\n"


def _line(row: Endpoint, *, again: bool) -> str:
    published = "…" if again else f"`{row.published}`"
    parameter = f"`{row.parameter}`" if row.parameter else ""
    read = f"`{row.read}`" if row.read else "the text"
    if row.read == "error.code" and row.value is not ...:
        read += f": `{row.value}`"
    if row.download:
        read = f"what its `url` opens, without a key: {row.form.upper()}"
    elif row.form == "signed in":
        read = "the `key` with which all else is asked"
    elif row.then:
        read += f" of `GET {row.then.replace('{ended_id}', '{session_id}')}` afterwards"
    named = ", ".join(f"`{name}`" for name in row.body or ())
    asked = f"{named} of `{row.native}`" if named else f"`{row.native}`"
    return f"| {published} | {parameter} | {asked} | {read} |"


def test_the_table_is_of_these_rows() -> None:
    if os.environ.get("UPDATE_GOLDEN") == "1":
        TABLE.write_text(table(), encoding="utf-8")
    assert TABLE.read_text(encoding="utf-8") == table()
