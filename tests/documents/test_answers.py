"""What the documents show is asked of a hub: every body, every parameter, every answer.

The answers are golden files, from which the documents take them. `UPDATE_GOLDEN=1` writes them anew.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from unit.schemas import golden_files

from documents.found import ANSWERS, OPERATIONS, document, response_of
from documents.seeded import Seeded, ask
from hub.api.parameter import ENTRY_ID, ID, NAME, PLACE_ID

WITH_BODY = [(one.name, name) for one in OPERATIONS.values() if one.body for name in one.body.examples]
PARAMETERS = [(one.name, parameter) for one in OPERATIONS.values() for parameter in one.parameters or ()]
FIXED = {
    r"ses_[0-9a-hjkmnp-tv-z]{20}": "ses_0123456789abcdefghjk",
    r"top_[0-9a-hjkmnp-tv-z]{20}": "top_0123456789abcdefghjk",
    r"\d{13}-(\d+)": r"1767225600000-\1",
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z": "2026-01-01T00:00:00.000Z",
    r"org-[0-9a-f]{12}": "acme",
    r"label-[0-9a-f]{12}": "eu",
    r"sk_[0-9a-f]{16}_\w+": "sk_0123456789abcdef_…",
    r"st_[\w.-]+": "st_…",
    r"signature=[\w.-]+": "signature=…",
    r"^[0-9a-f]{16}$": "0123456789abcdef",
}
"""What differs from one run to the next, and what stands for it."""
VARYING = ("duration", "minutes_consumed", "oldest_seconds", "participants", "average_participants")
"""Numbers that do so, too; some are known a moment later."""

EDGES = {
    ID: (["a", "A_-9" * 16], ["", "a b", "a" * 65, "ü"]),
    PLACE_ID: (["0-0", "9999999999999999-9999999999999999"], ["", "x", "1", "-1", "01-1", "1-1-1"]),
    ENTRY_ID: ([], ["0-0", "9999999999999999-9999999999999999", "", "x", "1", "-1", "01-1", "1-1-1"]),
    NAME: (["a", "ü@-"], ["", "a b", "a" * 129]),
}


def fixed(
    value: Any, name: str = "", texts: Mapping[str, str] = FIXED, varying: Collection[str] = VARYING
) -> Any:
    """An answer as it is in every run.

    Args:
        value: It, or a part of it.
        name: Of the field it is.
        texts: Patterns of texts, and what stands for them.
        varying: Fields of numbers that are 0 instead.
    """
    if isinstance(value, dict):
        return {key: fixed(part, key, texts, varying) for key, part in value.items()}
    if isinstance(value, list):
        return [fixed(part, "", texts, varying) for part in value]
    if isinstance(value, str):
        for pattern, stands_for in texts.items():
            value = re.sub(pattern, stands_for, value)
    if name in varying and isinstance(value, int | float):
        return type(value)(0)
    return value


def check(name: str, answer: httpx.Response, body: Any) -> None:
    """An answer is one that its operation documents."""
    documented = response_of(OPERATIONS[name], answer.status_code)
    kind = answer.headers.get("content-type", "").partition(";")[0]
    assert kind in documented.get("content", {"": {}}), f"{kind} is not documented"
    if kind == "application/json":
        schema = {**documented["content"][kind]["schema"], "components": document()["components"]}
        Draft202012Validator(schema).validate(body)


def headers(name: str) -> dict[str, str]:
    return {parameter.name: str(parameter.example) for parameter in OPERATIONS[name].headers}


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation(admin: httpx.Client, seeds: Seeded, name: str) -> None:
    operation = OPERATIONS[name]
    if name == "seal_session":
        admin.post(f"/v1/sessions/{seeds.session_id}/stop")
    example = next(iter(operation.body.examples.values())) if operation.body else None
    answer, body = ask(admin, operation, seeds, json=seeds.body(example), headers=headers(name))
    status = next(iter(operation.answers))
    assert answer.status_code == status, body
    check(name, answer, body)
    if answer.headers.get("content-type") == "application/json":
        golden_files.check(ANSWERS / f"{name}.json", fixed(body))


@pytest.mark.parametrize(("name", "example"), WITH_BODY)
def test_a_body(admin: httpx.Client, seeds: Seeded, name: str, example: str) -> None:
    operation = OPERATIONS[name]
    body = seeds.body(operation.body.examples[example])
    answer, got = ask(admin, operation, seeds, json=body)
    assert answer.status_code in operation.answers, got
    check(name, answer, got)


@pytest.mark.parametrize(
    ("name", "parameter"), PARAMETERS, ids=[f"{name}-{parameter.name}" for name, parameter in PARAMETERS]
)
def test_a_parameter(shared: httpx.Client, sown: Seeded, name: str, parameter: Any) -> None:
    operation = OPERATIONS[name]
    query = sown.query(operation, parameter)
    keyless = {"Authorization": ""} if parameter.name == "token" else {}
    answer, got = ask(shared, operation, sown, params=query, headers=keyless)
    assert answer.status_code == 200, got
    check(name, answer, got)


def edges(schema: dict[str, Any]) -> tuple[list[str], list[str]]:
    """What is just right for a parameter, and what is just wrong."""
    if "enum" in schema:
        return list(schema["enum"]), ["bogus", ""]
    if "anyOf" in schema:
        right = ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z", "0001-01-01", "9999-12-31"]
        return right, ["", "today", "2026-13-01", "2026-01-31T00:00:00", "0"]
    if schema["type"] == "boolean":
        return ["true", "false"], ["True", "1", ""]
    if schema["type"] == "array":
        right, wrong = edges(schema["items"])
        most = [",".join(["a"] * (schema["maxItems"] + 1))] if "maxItems" in schema else []
        return [*right, ",".join(right)], [*wrong, f"{right[0]},{wrong[0]}", *most]
    if "maximum" in schema:
        least, most = schema["minimum"], schema["maximum"]
        return [str(least), str(most)], [str(least - 1), str(most + 1), "x", "", "1e9999", "nan"]
    if "maxLength" in schema and "minLength" in schema:
        return ["a", "ü" * schema["maxLength"]], ["", "a" * (schema["maxLength"] + 1)]
    if schema.get("format") == "date":
        return ["2026-02-28"], ["", "2026-02-29", "2026-01-31T00:00:00Z", "0"]
    return EDGES.get(schema.get("pattern", ""), ([], []))


@pytest.mark.parametrize("name", [name for name, one in OPERATIONS.items() if one.parameters])
def test_the_bounds_of_parameters(shared: httpx.Client, sown: Seeded, name: str) -> None:
    operation = OPERATIONS[name]
    for parameter in operation.parameters or ():
        right, wrong = edges(parameter.schema)
        for value in right:
            query = {**parameter.along, parameter.name: value}
            answer, got = ask(shared, operation, sown, params=query)
            # An id may be well-formed and of nothing.
            assert answer.status_code == 200 or parameter.name == "session_id", (query, got)
            assert answer.status_code != 422
        for value in wrong:
            query = {**parameter.along, parameter.name: value}
            answer, got = ask(shared, operation, sown, params=query)
            assert answer.status_code == 422, (query, got)
            assert got["error"]["details"]["field"] == parameter.name


def test_there_is_no_answer_of_an_operation_that_is_gone() -> None:
    assert {path.stem for path in ANSWERS.iterdir()} <= set(OPERATIONS)
