"""The OpenAPI document of a published system, from its operations and their types."""

import re
from collections.abc import Callable, Mapping
from typing import Any, get_origin

import msgspec
from msgspec import inspect as types
from starlette.responses import Response

from documents.openapi import RETRY, by_path, head, headers, parameter
from documents.structs import Structs, docstrings, name_of, within
from hub.api.parameter import Parameter
from hub.compat.system import FORM, JSON, Operation, System

Schema = Callable[[Any], dict[str, Any]]
CURSOR = Parameter(
    name="Last-Event-ID",
    about="The `id` of the last event that was seen: what came after it is sent.",
    schema={"type": "string"},
    example="1767225600000-7",
)
SEEN = "All there is has been seen: do not come again."


class Examples(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked of one operation, and answered."""

    paths: Mapping[str, Any] = {}
    """Parts of the path by their names."""
    query: Mapping[str, Any] = {}
    body: Any = None
    """Or the form."""
    answers: Mapping[int, Any] = {}
    """The JSON, by its status."""


def system_document(system: System, examples: Mapping[str, Examples]) -> dict[str, Any]:
    """The document of a system.

    Args:
        system: It.
        examples: Of its operations, by their names.
    """
    structs = _structs(system)
    shown = [
        (one, _operation(system, one, structs.schema, examples.get(one.name, Examples())))
        for one in system.operations
    ]
    return {
        **head(system.title, system.about, system.base),
        "paths": by_path(shown),
        "components": {
            "securitySchemes": dict(system.security),
            "schemas": _components(system, structs),
        },
    }


def _structs(system: System) -> Structs:
    """All types of a system. A native one with a name of its own types has that of its module in front."""
    kinds = [*_taken(system), *_answered(system)]
    found = within(kinds)
    shown: dict[Any, str] = {}
    for kind in sorted(found, key=lambda kind: not kind.__module__.startswith("hub.compat.")):
        name = name_of(kind)
        if name in shown.values():
            name = kind.__module__.rpartition(".")[2].capitalize() + name
        shown[kind] = name
    return Structs({kind: shown[kind] for kind in found})


def _taken(system: System) -> list[Any]:
    return [kind for one in system.operations for kind in (one.body, one.form) if kind is not None]


def _answered(system: System) -> list[Any]:
    errors = system.error if isinstance(system.error, tuple) else (system.error,)
    return [*(one.answer for one in system.operations if is_json(one)), *errors]


def is_json(operation: Operation) -> bool:
    """It answers with JSON of a type."""
    kind = operation.answer
    return kind is not None and not (isinstance(kind, type) and issubclass(kind, Response))


def _components(system: System, structs: Structs) -> dict[str, Any]:
    """The types of a system. Of those that are answered, what has a default is there all the same."""
    found = structs.components()
    taken = within(_taken(system))
    for kind, told in within(_answered(system)).items():
        if kind in taken or (get_origin(kind) or kind).__struct_config__.omit_defaults:
            continue
        component = found[structs.shown[kind]]
        there = [field.encode_name for field in told.fields if not _may_be_unset(field)]
        component["required"] = [name for name in component["properties"] if name in there]
        for name in there:
            component["properties"][name].pop("default", None)
    return dict(sorted(found.items()))


def _may_be_unset(field: types.Field) -> bool:
    has_default = types.NODEFAULT is not field.default or types.NODEFAULT is not field.default_factory
    return not (field.required or has_default)


def _operation(system: System, operation: Operation, schema: Schema, examples: Examples) -> dict[str, Any]:
    shown: dict[str, Any] = {"operationId": operation.name, "summary": operation.summary}
    if operation.about:
        shown["description"] = operation.about
    parameters = [parameter(one, "path") for one in _of_path(operation, examples)]
    parameters += [parameter(one, "query") for one in _of_query(operation, schema, examples)]
    if operation.stream is not None:
        parameters.append(parameter(CURSOR, "header"))
    if parameters:
        shown["parameters"] = parameters
    taken = operation.body or operation.form
    if taken is not None:
        example = {} if examples.body is None else {"example": examples.body}
        kind = JSON if operation.body else FORM
        shown["requestBody"] = {"required": True, "content": {kind: {"schema": schema(taken), **example}}}
    gone = {} if operation.stream is None else {"204": {"description": SEEN}}
    shown["responses"] = {str(operation.status): _success(operation, schema, examples), **gone} | {
        str(status): _failure(system, status, about, schema, examples)
        for status, about in system.failures(operation).items()
    }
    shown["security"] = [{name: []} for name in system.security] if operation.scope else []
    return shown


def _of_path(operation: Operation, examples: Examples) -> list[Parameter]:
    parts = re.findall(r"\{(\w+)(?::(\w+))?\}", operation.path)
    return [
        Parameter(
            name=name,
            about=_named(name),
            schema={"type": "integer" if kind == "int" else "string"},
            example=examples.paths.get(name),
        )
        for name, kind in parts
    ]


def _named(name: str) -> str:
    """What a part of a path is, by its name: `meetingId` is the id of the meeting."""
    *words, last = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().split("_")
    return f"The {last}{' of the ' if words else ''}{' '.join(words)}."


def _of_query(operation: Operation, schema: Schema, examples: Examples) -> list[Parameter]:
    if operation.query is None:
        return []
    kind = operation.query
    texts = docstrings(kind)
    ((_, told),) = ((one, fields) for one, fields in within([kind]).items() if one is kind)
    hints = msgspec.structs.fields(kind)
    return [
        Parameter(
            name=field.encode_name,
            about=texts.get(field.encode_name, ""),
            schema=_written(schema(hint.type), field),
            example=examples.query.get(field.encode_name),
            required=field.required,
        )
        for field, hint in zip(told.fields, hints, strict=True)
    ]


def _written(shown: dict[str, Any], field: types.Field) -> dict[str, Any]:
    """The schema of a parameter: nobody can write null in a query, so one leaves it out."""
    options = [one for one in shown.get("anyOf", []) if one != {"type": "null"}]
    if len(options) == 1:
        shown = {**{name: part for name, part in shown.items() if name != "anyOf"}, **options[0]}
    elif options:
        shown = {**shown, "anyOf": options}
    if field.default not in (types.NODEFAULT, None):
        shown = {**shown, "default": msgspec.to_builtins(field.default)}
    return shown


def _success(operation: Operation, schema: Schema, examples: Examples) -> dict[str, Any]:
    shown: dict[str, Any] = {"description": f"{operation.summary}."}
    if is_json(operation):
        shown["content"] = {JSON: {"schema": schema(operation.answer)}}
        shown["content"][JSON] |= _shown(examples, operation.status)
    elif operation.gives != JSON:
        kinds = [kind.partition(";")[0].strip() for kind in operation.gives.split(",")]
        shown["content"] = {kind: {"schema": {} if kind == JSON else {"type": "string"}} for kind in kinds}
    return shown


def _failure(system: System, status: int, about: str, schema: Schema, examples: Examples) -> dict[str, Any]:
    kinds = system.error if isinstance(system.error, tuple) else (system.error,)
    schemas = [schema(kind) for kind in kinds]
    content = {"schema": schemas[0] if len(schemas) == 1 else {"anyOf": schemas}}
    shown: dict[str, Any] = {"description": about, "content": {JSON: content | _shown(examples, status)}}
    if status == 503:
        shown["headers"] = headers(RETRY)
    return shown


def _shown(examples: Examples, status: int) -> dict[str, Any]:
    return {"example": examples.answers[status]} if status in examples.answers else {}
