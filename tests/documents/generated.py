"""Whatever an OpenAPI document allows, and what it does not, asked of a hub by schemathesis."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping
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


class Trial(ABC):
    """Asks a hub what a document allows.

    Args:
        url: What the paths of the document are below.
        headers: How each request is signed.
        document: The document.
    """

    def __init__(self, url: str, headers: Mapping[str, str], document: dict[str, Any]) -> None:
        self._url = url
        self._headers = headers
        self._schema = schemathesis.openapi.from_dict(document)
        self._http = requests.Session()

    @abstractmethod
    def _varied(self, name: str) -> bool:
        """There is something in a request for an operation that may not fit."""

    @abstractmethod
    def _stream(self, name: str) -> str | None:
        """The media type of an operation whose answer does not end."""

    @abstractmethod
    def _prepare(self, name: str, case: Any, *, astray: bool) -> None:
        """Put into a request what nobody can make up, such as ids; not those, if it is to go astray."""

    def close(self) -> None:
        """Close what it has opened."""
        self._http.close()

    def run(self, name: str, count: int, seed: int = 0) -> Tried:
        """Ask for one operation so often with what fits its document, and as often with what does not."""
        found = self._schema.find_operation_by_id(name)
        tried = Tried(name, Counter())
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            if mode is GenerationMode.NEGATIVE and not self._varied(name):
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
                self._ask(name, case, tried.statuses)

            ask()
        return tried

    def _ask(self, name: str, case: Any, statuses: Counter[int]) -> None:
        self._prepare(name, case, astray=statuses.total() % ASTRAY == ASTRAY - 1)
        stream = self._stream(name)
        options = case.as_transport_kwargs(base_url=self._url, headers=self._headers)
        with self._http.request(**options, stream=stream is not None, timeout=TIMEOUT) as answer:
            statuses[answer.status_code] += 1
            if stream is not None and answer.status_code == 200:
                # Its body does not end.
                assert answer.headers["content-type"].partition(";")[0] == stream
            else:
                case.validate_response(answer, checks=CHECKS, headers=self._headers)


class NativeTrial(Trial):
    """Asks a hub what its own document allows.

    Args:
        url: Of the hub.
        admin: A client with an admin's key.
        key: That key.
    """

    def __init__(self, url: str, admin: httpx.Client, key: str) -> None:
        super().__init__(url, {"Authorization": f"Bearer {key}"}, document())
        self._admin = admin
        self._seeds = seeded(admin)

    def _varied(self, name: str) -> bool:
        return OPERATIONS[name].scope is not None

    def _stream(self, name: str) -> str | None:
        operation = OPERATIONS[name]
        return operation.answers[200].content_types[0].partition(";")[0] if operation.streams else None

    def _prepare(self, name: str, case: Any, *, astray: bool) -> None:
        operation = OPERATIONS[name]
        if not astray:
            ids = self._fresh(operation)
            case.path_parameters = {part: ids[part] for part in case.path_parameters or ()}
        if operation.name == "release_session" and "Hub-Lease" in (case.headers or {}):
            case.headers["Hub-Lease"] = "1"
        if operation.name == "claim_session" and isinstance(case.body, dict):
            # Nobody comes: to wait for it would take most of the time of all tests.
            case.body |= {"wait": 0} if isinstance(case.body.get("wait", 0), int | float) else {}
        if operation.signed:
            case.query = {**(case.query or {}), **self._seeds.signature(operation)}

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
