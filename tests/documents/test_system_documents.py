"""The documents of the published systems: what is committed, what is served, and what they show."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple

import httpx
import pytest
import schemathesis
from contract.api.asking import client, make_key, unique
from jsonschema import Draft202012Validator
from servers import HubServer
from unit.schemas import golden_files

from documents.grounds import Ground, Row, exchanged, row_of, staged
from documents.openapi import shown_path
from documents.structs import PREFIX
from documents.system_document import is_json
from documents.systems import ANSWERS, document_of, golden, is_stream
from documents.test_answers import FIXED, fixed
from documents.test_asyncapi import strict
from documents.written import check
from hub.compat.system import FORM, JSON, Operation, System
from hub.compat.systems import SYSTEMS

EACH = pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
CASES = [(system, operation) for system in SYSTEMS for operation in system.operations]
OPERATIONS = pytest.mark.parametrize(
    ("system", "operation"), CASES, ids=[f"{system.name}-{one.name}" for system, one in CASES]
)
TEXTS = FIXED | {
    r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b": "01234567-89ab-8cde-8000-000f01234567",
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z": "2026-01-01T00:00:00Z",
    r"^\d{4}-\d{2}-\d{2}$": "2026-01-01",
    r"\b[0-9a-f]{24}\b": "0123456789abcdef01234567",
    r"http://127\.0\.0\.1:\d+": "https://hub.example.com",
}
"""What differs from one run to the next, and what stands for it, whatever the system."""


class Place(NamedTuple):
    """Where a system is asked."""

    hub: HubServer
    admin: httpx.Client
    ground: Ground


@pytest.fixture(scope="module")
def place_of(hub_server: HubServer) -> Iterator[Callable[[], Place]]:
    """Makes organizations with something in them."""
    with ExitStack() as clients:

        def make() -> Place:
            organization = unique("org")
            with client(hub_server, hub_server.key) as operator:
                key = make_key(operator, organization, "admin")
            admin = clients.enter_context(client(hub_server, key))
            return Place(hub_server, admin, staged(hub_server.url, admin, key))

        yield make


def _said(system: System, operation: Operation) -> dict[str, Any]:
    return document_of(system)["paths"][shown_path(operation.path)][operation.method.lower()]


def _ask(
    place: Place, system: System, operation: Operation, ground: Ground, *, signed: bool = True
) -> httpx.Response:
    """The answer to the example of an operation; of a stream its head."""
    row: Row = row_of(system.name)
    ids = row.paths(ground)
    path = re.sub(r"\{(\w+)[^}]*\}", lambda part: str(ids[part[1]]), operation.path)
    taken = {"json" if operation.body else "data": row.body(operation.name, ground)}
    headers = row.headers(place.ground) if signed and operation.scope else {}
    asked = {"params": row.query(operation.name, ground), "headers": headers, **taken}
    with client(place.hub) as api, api.stream(operation.method, system.base + path, **asked) as answer:
        if not (is_stream(operation) and answer.status_code == 200):
            answer.read()
    return answer


@OPERATIONS
def test_what_an_operation_answers(
    place_of: Callable[[], Place], system: System, operation: Operation
) -> None:
    place, row = place_of(), row_of(system.name)
    ground = place.ground
    asked = {operation.status: _ask(place, system, operation, ground)}
    if operation.scope is not None:
        asked[401] = _ask(place, system, operation, ground, signed=False)
    if row.paths(ground) != row.paths(ground.nowhere()) and "{" in operation.path:
        # An operation of the account alone names nothing that could not be there.
        nowhere = _ask(place, system, operation, ground.nowhere())
        asked |= {404: nowhere} if nowhere.status_code == 404 else {}
    shown: dict[str, Any] = {}
    for status, answer in asked.items():
        assert answer.status_code == status, answer.text
        documented = _said(system, operation)["responses"][str(status)]
        kind = answer.headers.get("content-type", "").partition(";")[0]
        assert kind in documented.get("content", {"": {}}), f"{kind} is not documented"
        if kind == JSON and (status >= 400 or is_json(operation)):
            _holds(system, documented["content"][kind]["schema"], answer.json())
            said = exchanged(answer.json(), row.numbers(ground))
            shown[str(status)] = fixed(said, "", TEXTS | row.texts, row.varying)
    golden(system, operation).parent.mkdir(parents=True, exist_ok=True)
    golden_files.check(golden(system, operation), shown)
    # The documents take their examples from there.
    document_of.cache_clear()


@EACH
def test_the_committed_document_is_this_one(system: System) -> None:
    check(f"compat/{system.name}.json", document_of(system))


@EACH
def test_the_document_is_one_of_openapi(system: System) -> None:
    document = document_of(system)
    schemathesis.openapi.from_dict(document).validate()
    components = document["components"]["schemas"]
    for component in components.values():
        Draft202012Validator.check_schema(component)
    assert set(re.findall(rf"'{PREFIX}([^']+)'", str(document))) == set(components)
    names = [one.name for one in system.operations]
    assert len(set(names)) == len(names)


@EACH
def test_the_document_is_served_to_all(system: System, hub_server: HubServer) -> None:
    with client(hub_server) as api:
        answer = api.get(f"{system.base}/openapi.json")
    assert (answer.status_code, answer.headers["content-type"]) == (200, JSON)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.json() == document_of(system)
    assert answer.json()["servers"][0]["url"] == system.base


@OPERATIONS
def test_what_is_said_of_an_operation(system: System, operation: Operation) -> None:
    said = _said(system, operation)
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", said["operationId"])
    assert said["summary"]
    assert not said["summary"].endswith(".")
    for parameter in said.get("parameters", []):
        assert parameter["description"].endswith("."), parameter["name"]
        Draft202012Validator.check_schema(parameter["schema"])
        if "example" in parameter:
            Draft202012Validator(parameter["schema"]).validate(parameter["example"])
    assert bool(said["security"]) == (operation.scope is not None)
    for kind, content in said.get("requestBody", {}).get("content", {}).items():
        assert kind in (JSON, FORM)
        assert "example" in content, "it has no body in documents/grounds.py"
        _holds(system, content["schema"], content["example"])


def _holds(system: System, schema: dict[str, Any], value: Any) -> None:
    """A value is what a schema says, and nothing else."""
    whole = strict({**schema, "components": {"schemas": document_of(system)["components"]["schemas"]}})
    Draft202012Validator(whole).validate(value)


@OPERATIONS
def test_what_is_shown_is_what_the_document_says(system: System, operation: Operation) -> None:
    for response in _said(system, operation)["responses"].values():
        content = response.get("content", {}).get(JSON, {})
        if "example" in content:
            _holds(system, content["schema"], content["example"])


def test_there_is_no_answer_of_an_operation_that_is_gone() -> None:
    known = {golden(system, operation) for system, operation in CASES}
    assert set(ANSWERS.glob("*/*")) <= known
