"""The OpenAPI document, from the routes and the types."""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from starlette.routing import BaseRoute

from documents.components import components, reached, schema
from documents.structs import ref
from hub import __version__
from hub.api.operation import JSON, Answer, Operation, OperationRoute
from hub.api.parameter import IN_PATHS, Parameter
from hub.compat.system import Operation as Published
from schemas.errors import ERRORS

ABOUT = """\
Meeting bots publish what happens in live sessions; the hub keeps each event and fans it out.

Streams are here as requests; the frames that they send, and the WebSockets `/v1/ws` and `/v1/bots`, are in
the AsyncAPI document at `/asyncapi.json`.

A read reflects every entry that was acknowledged before it began. Timestamps are ISO 8601 in UTC; seconds
count from `started_at`. Readers must accept fields, event types and error codes that they do not know.

Every error is `{"error": {"code", "message", "details", "trace_id"}}`. Three come without one, before a route
is found: 400 (no HTTP), 408 (the request did not come to its end in time), 431 (its head is too large)."""
GROUPS = {
    "sessions": "Create, list, change and end sessions.",
    "events": "Publish what happens.",
    "bots": "Take sessions, and let go of them; over HTTP, or on the WebSocket `/v1/bots`.",
    "parts of a session": "What a session holds, by pages and as files.",
    "downloads": "Files by URLs that need no key.",
    "meetings and topics": "What sessions belong to.",
    "analytics": "What many sessions amount to.",
    "streams": "Follow over Server-Sent Events.",
    "credentials": "API keys and stream tokens.",
    "health": "Open to all.",
}
SECURITY: dict[str, dict[str, Any]] = {
    "apiKey": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key, `sk_<keyid>_<secret>`, with the scope that the operation needs. "
        "A stream takes a stream token too.",
    },
    "streamToken": {
        "type": "apiKey",
        "in": "query",
        "name": "token",
        "description": "On streams only: a stream token of `POST /v1/tokens`, or an API key.",
    },
    "downloadSignature": {
        "type": "apiKey",
        "in": "query",
        "name": "signature",
        "description": "On downloads only: what the URL has that was given out for the file.",
    },
}
RETRY = {"Retry-After": "Seconds after which to try again."}
TRACE_ID = "0123456789abcdef"


def operations(routes: Iterable[BaseRoute]) -> list[Operation]:
    """The operations of the hub, in the order of its routes."""
    return [route.operation for route in routes if isinstance(route, OperationRoute)]


def shown_path(path: str) -> str:
    """A path of Starlette as OpenAPI writes it."""
    return re.sub(r":\w+\}", "}", path)


def openapi(found: Collection[Operation], examples: Mapping[str, Any]) -> dict[str, Any]:
    """The document.

    Args:
        found: What there is to ask for.
        examples: What was answered, by the name of the operation.
    """
    document = {
        **head("session-hub", ABOUT, "/"),
        "tags": [{"name": name, "description": about} for name, about in GROUPS.items()],
        "paths": by_path((one, _operation(one, examples.get(one.name))) for one in found),
    }
    schemas = reached({**document, "error": ref("ErrorEnvelope")}, components())
    document["components"] = {
        "securitySchemes": SECURITY,
        "examples": {code: {"value": error_example(code)} for code in _codes(found)},
        "schemas": schemas,
    }
    return document


def head(title: str, about: str, base: str) -> dict[str, Any]:
    """What a document says first."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": __version__,
            "description": about,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": base, "description": "The hub that serves this document."}],
    }


def by_path(shown: Iterable[tuple[Operation | Published, dict[str, Any]]]) -> dict[str, Any]:
    """What is said of operations, by their paths and methods."""
    paths: dict[str, Any] = {}
    for operation, said in shown:
        paths.setdefault(shown_path(operation.path), {})[operation.method.lower()] = said
    return paths


def _codes(found: Iterable[Operation]) -> list[str]:
    met = {code for operation in found for code in operation.codes()}
    return [code for code in ERRORS if code in met]


def error_example(code: str) -> dict[str, Any]:
    """The body of an error, as its table says."""
    return {"error": {"code": code, "message": ERRORS[code].message, "details": {}, "trace_id": TRACE_ID}}


def _operation(operation: Operation, example: Any) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [operation.group],
        "summary": operation.summary,
    }
    about = [operation.about] if operation.about else []
    if operation.scope:
        about.append(f"Scope: `{operation.scope}`.")
    if not (operation.scope or operation.signed):
        about.append("Open to all.")
    shown["description"] = " ".join(about) or "The signature is all it needs."
    parameters = [parameter(IN_PATHS[name], "path") for name in re.findall(r"\{(\w+)", operation.path)]
    # These are ways to sign in, and declared as that.
    query = [one for one in operation.parameters or () if one.name not in ("token", "signature")]
    parameters += [parameter(one, "query") for one in query]
    parameters += [parameter(one, "header") for one in operation.headers]
    if parameters:
        shown["parameters"] = parameters
    if operation.body:
        content = {JSON: {"schema": schema(operation.body.type), "examples": _named(operation.body.examples)}}
        for kind in operation.body.lines:
            content[kind] = {"schema": {"type": "string", "description": "An event a line."}}
        shown["requestBody"] = {"required": operation.body.required, "content": content}
    shown["responses"] = _responses(operation, example)
    bearer: list[dict[str, Any]] = [{"apiKey": []}] if operation.scope else []
    shown["security"] = [
        *bearer,
        *([{"streamToken": []}] if operation.streams else []),
        *([{"downloadSignature": []}] if operation.signed else []),
    ]
    return shown


def _named(examples: Mapping[str, Any]) -> dict[str, Any]:
    return {name: {"value": value} for name, value in examples.items()}


def parameter(one: Parameter, place: str) -> dict[str, Any]:
    """A parameter of the `path`, the `query` or a `header`."""
    shown = {"name": one.name, "in": place, "description": one.about, "schema": one.schema}
    if one.example is not None:
        shown["example"] = one.example
    if place == "path" or one.required:
        shown["required"] = True
    if one.schema.get("type") == "array":
        shown |= {"style": "form", "explode": False}
    return shown


def _responses(operation: Operation, example: Any) -> dict[str, Any]:
    shown = {str(status): _answer(answer) for status, answer in operation.answers.items()}
    first = next(iter(operation.answers))
    if example is not None:
        shown[str(first)]["content"][JSON]["example"] = example
    by_status: dict[int, list[str]] = {}
    for code in operation.codes():
        by_status.setdefault(ERRORS[code].status, []).append(code)
    for status, codes in sorted(by_status.items()):
        examples = {code: {"$ref": f"#/components/examples/{code}"} for code in codes}
        content = {JSON: {"schema": ref("ErrorEnvelope"), "examples": examples}}
        about = " ".join(f"`{code}`: {ERRORS[code].message}" for code in codes)
        shown[str(status)] = {"description": about, "content": content}
        if status == 503:
            shown["503"]["headers"] = headers(RETRY)
    return shown


def _answer(answer: Answer) -> dict[str, Any]:
    shown: dict[str, Any] = {"description": answer.about}
    if answer.headers:
        shown["headers"] = headers(answer.headers)
    kinds = answer.content_types or ((JSON,) if answer.body else ())
    content: dict[str, Any] = {}
    for kind in kinds:
        is_json = kind == JSON and answer.body is not None
        content[kind.partition(";")[0]] = {"schema": schema(answer.body) if is_json else {"type": "string"}}
    if content:
        shown["content"] = content
    return shown


def headers(said: Mapping[str, str]) -> dict[str, Any]:
    """Headers of an answer, and what they say."""
    return {name: {"description": about, "schema": {"type": "string"}} for name, about in said.items()}
