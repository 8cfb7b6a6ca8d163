"""Whatever the OpenAPI document allows, and what it does not, asked of a hub by schemathesis."""

from collections import Counter
from typing import Any, NamedTuple

import httpx
import requests
import schemathesis
from contract.api.asking import event, new, published, taken
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded_by
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from documents.found import OPERATIONS, document
from documents.seeded import Seeded, dispatched, seeded
from hub.api.operation import Operation

CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
ASTRAY = 6
"""One of so many cases keeps the ids that were made up."""
TIMEOUT = 20
"""Seconds."""


class Tried(NamedTuple):
    """What became of the cases of one operation."""

    name: str
    statuses: Counter[int]

    @property
    def reached(self) -> bool:
        """It was answered with what was asked for."""
        return any(status < 300 for status in self.statuses)


class Trial:
    """Asks a hub what its document allows.

    Args:
        url: Of the hub.
        admin: A client with an admin's key.
        key: That key.
    """

    def __init__(self, url: str, admin: httpx.Client, key: str) -> None:
        self._url = url
        self._admin = admin
        self._headers = {"Authorization": f"Bearer {key}"}
        self._seeds = seeded(admin)
        self._schema = schemathesis.openapi.from_dict(document())
        self._http = requests.Session()

    def close(self) -> None:
        """Close what it has opened."""
        self._http.close()

    def run(self, name: str, count: int, seed: int = 0) -> Tried:
        """Ask for one operation so often with what fits its document, and as often with what does not."""
        found = self._schema.find_operation_by_id(name)
        tried = Tried(name, Counter())
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            if mode is GenerationMode.NEGATIVE and not OPERATIONS[name].scope:
                continue

            @seeded_by(seed)
            @settings(
                max_examples=count,
                database=None,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=found.as_strategy(generation_mode=mode))
            def ask(case: Any) -> None:
                self._ask(OPERATIONS[name], case, tried.statuses)

            ask()
        return tried

    def _ask(self, operation: Operation, case: Any, statuses: Counter[int]) -> None:
        if statuses.total() % ASTRAY != ASTRAY - 1:
            ids = self._fresh(operation)
            case.path_parameters = {part: ids[part] for part in case.path_parameters or ()}
        if operation.name == "release_session" and "Hub-Lease" in (case.headers or {}):
            case.headers["Hub-Lease"] = "1"
        if operation.name == "claim_session" and isinstance(case.body, dict):
            # Nobody comes: to wait for it would take most of the time of all tests.
            case.body |= {"wait": 0} if isinstance(case.body.get("wait", 0), int | float) else {}
        if operation.signed:
            case.query = {**(case.query or {}), **self._seeds.signature(operation)}
        options = case.as_transport_kwargs(base_url=self._url, headers=self._headers)
        with self._http.request(**options, stream=operation.streams, timeout=TIMEOUT) as answer:
            statuses[answer.status_code] += 1
            if operation.streams and answer.status_code == 200:
                # Its body does not end.
                assert answer.headers["content-type"] == operation.answers[200].content_types[0]
            else:
                case.validate_response(answer, checks=CHECKS, headers=self._headers)

    def _fresh(self, operation: Operation) -> dict[str, str]:
        """Ids that exist; of a session or key of its own, if the operation changes it."""
        seeds: Seeded = self._seeds
        if operation.method == "GET":
            return seeds.ids
        if operation.name == "revoke_key":
            key = taken(self._admin.post("/v1/keys", json={}), 201)
            return seeds.others(key_id=key["id"]).ids
        if "{topic_id}" in operation.path:
            topic = taken(self._admin.post("/v1/topics", json={"name": "Passing"}), 201)
            return seeds.others(topic_id=topic["id"]).ids
        if operation.name == "release_session":
            return seeds.others(session_id=dispatched(self._admin)).ids
        session_id = new(self._admin)
        if operation.name == "request_summary":
            said = event("transcript.segment", segment_id="s", final=True, text="Hello.", start=0, end=1)
            published(self._admin, session_id, said)
        if operation.name == "seal_session":
            taken(self._admin.post(f"/v1/sessions/{session_id}/stop"))
        return seeds.others(session_id=session_id).ids
