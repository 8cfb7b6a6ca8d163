"""What is documented: the operations of the hub's routes, and the examples that were taken of them."""

import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from starlette.routing import BaseRoute

from documents.asyncapi import asyncapi
from documents.components import pascal
from documents.openapi import openapi, operations, shown_path
from hub.api.operation import Operation
from hub.app import Hub, routes
from hub.settings import Settings
from schemas.events import EVENT_TYPES

GOLDEN = Path(__file__).parents[1] / "golden"
ANSWERS = GOLDEN / "answers"
SESSION_ID = "ses_0123456789abcdefghjk"
SAID: dict[str, list[dict[str, Any]]] = {
    "Subscribe": [
        {"op": "subscribe", "ref": 1, "session_id": SESSION_ID, "channels": ["status", "transcript"]},
        {"op": "subscribe", "ref": 2},
    ],
    "Unsubscribe": [{"op": "unsubscribe", "ref": 3, "session_id": SESSION_ID}],
    "Publish": [
        {
            "op": "publish",
            "ref": "a",
            "session_id": SESSION_ID,
            "events": [{"type": "chapter.added", "data": {"title": "Greetings", "start": 0.0}}],
        }
    ],
    "Auth": [{"op": "auth", "ref": 0, "token": "sk_example"}],
    "Ping": [{"op": "ping", "ref": 4}],
}
"""What may be said on a WebSocket; a test says it."""
BOT_SAID: dict[str, list[dict[str, Any]]] = {
    "Register": [
        {
            "op": "register",
            "ref": 1,
            "bot": {"id": "bot-1", "name": "Ada", "platforms": ["google_meet"], "labels": ["eu"], "slots": 4},
        }
    ],
    "Beat": [
        {"op": "heartbeat", "ref": 2, "sessions": []},
        {
            "op": "heartbeat",
            "ref": 3,
            "sessions": [{"session_id": SESSION_ID, "lease": 1, "state": "recording", "health": "good"}],
        },
    ],
    "BotPublish": [
        {
            "op": "publish",
            "ref": "a",
            "session_id": SESSION_ID,
            "lease": 1,
            "events": [{"type": "session.status_changed", "data": {"status": "recording"}}],
        }
    ],
    "Release": [{"op": "release", "ref": 4, "session_id": SESSION_ID, "lease": 1, "reason": "shutdown"}],
}
"""What a bot may say; a test says it."""
TOLD = GOLDEN / "bots"
"""What a bot was told by that test, by the name of the message and what it shows."""


def _routes() -> list[BaseRoute]:
    with tempfile.TemporaryDirectory() as folder:
        hub = Hub(Settings(data_dir=folder), redis_url="redis://127.0.0.1:1", api_key="")
        return routes(hub.services)


ROUTES = _routes()
OPERATIONS = {operation.name: operation for operation in operations(ROUTES)}


def examples() -> dict[str, Any]:
    """The golden answers by the names of operations."""
    files = sorted(ANSWERS.glob("*.json"))
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in files}


@cache
def frame_examples() -> dict[str, list[Any]]:
    """The golden frames by the names of messages, and what is said on a WebSocket."""
    found: dict[str, list[Any]] = {name: list(said) for name, said in (SAID | BOT_SAID).items()}
    for path in sorted(TOLD.glob("*.json")):
        name = path.stem.partition("-")[0]
        found.setdefault(name, []).append(json.loads(path.read_text(encoding="utf-8")))
    for path in sorted((GOLDEN / "events").glob("*.json")):
        kind = path.stem if path.stem in EVENT_TYPES else "custom"
        entry = json.loads(path.read_text(encoding="utf-8"))["entry"]
        found.setdefault(f"{pascal(kind)}Entry", []).append(entry)
    for path in sorted((GOLDEN / "frames").glob("*.json")):
        found.setdefault(message_of(path.stem), []).append(json.loads(path.read_text(encoding="utf-8")))
    return found


def message_of(name: str) -> str:
    """The message that a golden frame is."""
    if name in ("feed-entry", "feed-counts"):
        return pascal(name.replace("-", "."))
    kind, _, rest = name.partition("-")
    if kind == "feed":
        kind = rest
    return "Reply" if kind == "reply" else f"{pascal(kind)}Frame"


@cache
def messages() -> dict[str, Any]:
    """The AsyncAPI document."""
    return asyncapi(OPERATIONS.values(), frame_examples())


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document."""
    return openapi(OPERATIONS.values(), examples())


def response_of(operation: Operation, status: int) -> dict[str, Any]:
    """What the document says of the answer of an operation with a status."""
    shown = document()["paths"][shown_path(operation.path)][operation.method.lower()]
    assert str(status) in shown["responses"], f"{operation.name} does not document {status}"
    return shown["responses"][str(status)]


def operation_of(method: str, path: str) -> Operation | None:
    """The operation that a request reaches."""
    scope = {"type": "http", "method": method, "path": path, "root_path": "", "headers": []}
    for route in ROUTES:
        if hasattr(route, "operation") and route.matches(scope)[0].name == "FULL":
            return route.operation
    return None
