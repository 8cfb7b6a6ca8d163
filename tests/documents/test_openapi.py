"""The OpenAPI document: all there is, nothing that is not, and what is committed is what the code says."""

import re
from typing import Any

import httpx
import pytest
from contract.api.asking import NOBODY, ended, event, new, refused, sealed, taken
from contract.api.calls import CALLS, pages
from jsonschema import Draft202012Validator
from servers import wait_until
from starlette.routing import WebSocketRoute

from documents.found import OPERATIONS, ROUTES, document, response_of
from documents.openapi import error_example
from documents.seeded import Seeded, ask, signature
from documents.test_answers import headers
from documents.written import check
from hub.api.operation import Operation, OperationRoute
from hub.api.parameter import IN_PATHS
from schemas.errors import ERRORS

TROUBLE = {"internal", "store_unavailable", "storage_full"}
"""What no request can bring about; tests of faults do."""
TROUBLE |= {"too_many_sessions", "session_full", "rate_limited", "summaries_busy"}
TROUBLE |= {"too_broad", "imports_busy"}
"""So do tests of quotas and bounds."""
SOCKET_ONLY = {"unknown_operation", "not_subscribed", "too_many_subscriptions", "not_registered", "draining"}
ANYWHERE = {"route_not_found", "method_not_allowed"}
"""Not of an operation, as none was found."""
CASES = [(one.name, code) for one in OPERATIONS.values() for code in one.codes() if code not in TROUBLE]


def test_the_committed_document_is_this_one() -> None:
    check("openapi.json", document())


def test_every_route_is_an_operation() -> None:
    others = {route.path for route in ROUTES if not isinstance(route, OperationRoute)}
    # Published systems have documents of their own.
    others = {path for path in others if not path.startswith("/compat/")}
    sockets = {route.path for route in ROUTES if isinstance(route, WebSocketRoute)}
    assert others == pages() | sockets
    assert len(OPERATIONS) == sum(isinstance(route, OperationRoute) for route in ROUTES)


def test_the_scopes_are_those_that_are_tried() -> None:
    tried = {(call.method, call.path): (call.scope, call.streams) for call in CALLS}
    documented = {
        # Who asks for the URL needs the scope.
        (one.method, one.path): ("subscribe" if one.signed else one.scope or "", one.streams)
        for one in OPERATIONS.values()
    }
    assert documented == tried


def test_every_error_is_of_an_operation() -> None:
    documented = {code for one in OPERATIONS.values() for code in one.codes()}
    assert documented | SOCKET_ONLY | ANYWHERE == set(ERRORS)


@pytest.mark.parametrize("name", OPERATIONS)
def test_what_is_said_of_an_operation(name: str) -> None:
    operation = OPERATIONS[name]
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", name)
    assert operation.summary
    assert not operation.summary.endswith(".")
    for parameter in (*(operation.parameters or ()), *operation.headers):
        assert parameter.about.endswith("."), parameter.name
        Draft202012Validator.check_schema(parameter.schema)
        Draft202012Validator(parameter.schema).validate(parameter.example)
        assert "default" not in parameter.schema or Draft202012Validator(parameter.schema).is_valid(
            parameter.schema["default"]
        )


TEXTS = {
    "create_session": "title",
    "update_session": "title",
    "stop_session": "reason",
    "heartbeat": "state",
    "publish_events": "type",
    "release_session": "reason",
    "create_token": "session_id",
    "create_key": "name",
    "put_meeting": "title",
    "create_topic": "name",
    "update_topic": "name",
}
"""A field of text in each body."""
TOO_MUCH = event("x.a", text="a" * 65_536)
LATE = event("chat.message", message_id="m", text="late")
TOO_LATE = event("log.entry", level="info", message="late")
BACK = event("session.status_changed", status="joining")
PROVOKED: dict[str, dict[str, Any]] = {
    "missing_credential": {"headers": {"Authorization": ""}},
    "invalid_credential": {"headers": {"Authorization": "Bearer sk_a_b"}},
    "not_acceptable": {"headers": {"Accept": "image/png"}},
    "invalid_parameter": {"params": {"bogus": "1"}},
    "invalid_json": {"content": b"{"},
    "invalid_field": {"json": {"bogus": 1}},
    "body_too_large": {"content": b" " * 1_048_577},
    "unsupported_encoding": {"content": b"{}", "headers": {"Content-Encoding": "gzip"}},
    "too_many_events": {"json": [event("x.a")] * 501},
    "event_too_large": {"json": TOO_MUCH},
    "unknown_type": {"json": event("no.such")},
    "reserved_type": {"json": event("session.sealed", reason="mine")},
    "invalid_transition": {"json": BACK},
    "session_ended": {"json": LATE},
    "session_sealed": {"json": TOO_LATE},
    "lease_lost": {"headers": {"Hub-Lease": "2"}},
}
"""How a request ends in an error, whatever the operation."""


def _meet(
    admin: httpx.Client, operation: Operation, seeds: Seeded, code: str
) -> tuple[Seeded, dict[str, Any]]:
    """What must be asked of what so that a code is met, having done what must be done before."""
    match code:
        case "invalid_utf8" if operation.name == "claim_session":
            return seeds, {"content": b'{"bot":{"id":"\xff"}}'}
        case "invalid_utf8":
            return seeds, {"content": b'{"%s":"\xff"}' % TEXTS[operation.name].encode()}
        case "missing_scope":
            scopes = ["publish" if operation.scope != "publish" else "subscribe"]
            key = taken(admin.post("/v1/keys", json={"scopes": scopes}), 201)["key"]
            return seeds, {"headers": {"Authorization": f"Bearer {key}"}}
        case _ if operation.signed:
            return _met_by_signature(admin, operation, seeds, code)
        case "session_not_found":
            asked = {} if "{session_id}" in operation.path else {"params": {"session_id": NOBODY}}
            return seeds.others(session_id=NOBODY), asked
        case "participant_not_found" | "key_not_found" | "meeting_not_found" | "topic_not_found":
            return seeds.others(**dict.fromkeys(IN_PATHS, "nobody") | {"session_id": seeds.session_id}), {}
        case "recording_not_found" | "summary_not_found" | "transcript_empty":
            return seeds.others(session_id=new(admin)), {}
        case "invalid_parameter" if operation.name == "put_meeting":
            return seeds.others(meeting_id="a b"), {}
        case "session_ended" | "session_sealed":
            seeds = seeds.others(session_id=new(admin))
            ended(admin, seeds.session_id)
            if code == "session_sealed":
                sealed(admin, seeds.session_id)
            if operation.name != "publish_events":
                return seeds, {}
        case "idempotency_conflict" if operation.name == "publish_events":
            first, second = ({**event("x.a", n=n), "idempotency_key": "k"} for n in (1, 2))
            ask(admin, operation, seeds, json=first)
            return seeds, {"json": second}
        case "idempotency_conflict":
            ask(admin, operation, seeds, json={"title": "other"}, headers=headers(operation.name))
            return seeds, {"headers": headers(operation.name)}
        case _:
            pass
    return seeds, PROVOKED.get(code, {})


def _met_by_signature(
    admin: httpx.Client, operation: Operation, seeds: Seeded, code: str
) -> tuple[Seeded, dict[str, Any]]:
    """The same of an operation that a signature opens."""
    what = operation.name.removeprefix("download_")
    match code:
        case "missing_credential":
            return seeds, {"params": {"signature": ""}}
        case "invalid_credential":
            return seeds, {"params": {"signature": "a.b"}}
        case "token_expired":
            short = {"signature": signature(admin, seeds.session_id, what, expires_in=1)}
            path = f"/v1/sessions/{seeds.session_id}/{what}/download"
            wait_until(lambda: admin.get(path, params=short).status_code == 401)
            return seeds, {"params": short}
        case "session_not_found" | "summary_not_found":
            other = new(admin)
            signed = signature(admin, other, what)
            if code == "session_not_found":
                admin.delete(f"/v1/sessions/{other}").raise_for_status()
            return seeds.others(session_id=other), {"params": {"signature": signed}}
        case _:
            return seeds, PROVOKED[code]


@pytest.mark.parametrize(("name", "code"), CASES, ids=[f"{name}-{code}" for name, code in CASES])
def test_an_error(shared: httpx.Client, sown: Seeded, name: str, code: str) -> None:
    operation = OPERATIONS[name]
    seeds, asked = _meet(shared, operation, sown, code)
    if operation.body and not {"json", "content"} & set(asked):
        asked = {**asked, "json": seeds.body(next(iter(operation.body.examples.values())))}
    answer, body = ask(shared, operation, seeds, **asked)
    refused(answer, code)
    shown = response_of(operation, answer.status_code)
    assert code in shown["content"]["application/json"]["examples"]
    example = document()["components"]["examples"][code]["value"]
    assert set(body["error"]) == set(example["error"])
    assert example == error_example(code)
