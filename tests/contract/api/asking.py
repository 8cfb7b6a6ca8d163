"""How the contract tests ask a hub, and what they expect of every answer."""

import json
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, NamedTuple

import httpx
from documents.found import operation_of
from servers import HubServer

from schemas.errors import ERRORS

Api = Callable[..., httpx.Client]
"""`api_of(organization?, *scopes)`: a client with a new key."""
NOBODY = "ses_00000000000000000000"
"""A well-formed id that no session has."""


def client(hub: HubServer, key: str | None = None) -> httpx.Client:
    """HTTP to a hub, with a key or without; needs no certificates, so it loads none."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return httpx.Client(base_url=hub.url, headers=headers, timeout=20, verify=False)


def make_key(admin: httpx.Client, organization: str, *scopes: str) -> str:
    """A new API key of an organization."""
    body = {"organization": organization} | ({"scopes": scopes} if scopes else {})
    return taken(admin.post("/v1/keys", json=body), 201)["key"]


def refused(answer: httpx.Response, code: str, **details: Any) -> dict[str, Any]:
    """The error of an answer, which must be the envelope with this code and at least these details."""
    if answer.is_stream_consumed is False:
        answer.read()
    assert answer.status_code >= 400, f"{answer.status_code}: {answer.text[:500]}"
    body = answer.json()
    assert set(body) == {"error"}, body
    error: dict[str, Any] = body["error"]
    assert set(error) == {"code", "message", "details", "trace_id"}, error
    assert error["code"] == code, error
    assert answer.status_code == ERRORS[code].status
    operation = operation_of(answer.request.method, answer.request.url.path)
    assert operation is None or code in operation.codes(), f"{operation.name} does not document {code}"
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-trace-id"] == error["trace_id"]
    assert error["message"]
    assert ("retry-after" in answer.headers) == (answer.status_code == 503 or code == "rate_limited")
    assert ("www-authenticate" in answer.headers) == (answer.status_code == 401)
    for name, value in details.items():
        assert error["details"].get(name) == value, error
    return error


def taken(answer: httpx.Response, status: int = 200) -> Any:
    """The body of an answer, which must have this status."""
    assert answer.status_code == status, answer.text[:2000]
    return answer.json()


def created(api: httpx.Client, **fields: Any) -> dict[str, Any]:
    return taken(api.post("/v1/sessions", json=fields), 201)


def new(api: httpx.Client, **fields: Any) -> str:
    """The id of a new session."""
    return created(api, **fields)["id"]


def found(api: httpx.Client, session_id: str) -> dict[str, Any]:
    return taken(api.get(f"/v1/sessions/{session_id}"))


def event(event_type: str, **data: Any) -> dict[str, Any]:
    return {"type": event_type, "data": data}


def status(name: str) -> dict[str, Any]:
    return event("session.status_changed", status=name)


def post(api: httpx.Client, session_id: str, events: Any, **options: Any) -> httpx.Response:
    """Publish; `events` is one or a list of them."""
    return api.post(f"/v1/sessions/{session_id}/events", json=events, **options)


def post_raw(
    api: httpx.Client, session_id: str, content: Any, content_type: str = "application/json", **headers: str
) -> httpx.Response:
    headers = {"Content-Type": content_type, **headers}
    return api.post(f"/v1/sessions/{session_id}/events", content=content, headers=headers)


def published(api: httpx.Client, session_id: str, *events: dict[str, Any]) -> list[str]:
    """The entry ids of events that must be taken."""
    entries = taken(post(api, session_id, list(events)))["entries"]
    assert len(entries) == len(events)
    return [entry["id"] for entry in entries]


def ended(api: httpx.Client, session_id: str) -> None:
    taken(api.post(f"/v1/sessions/{session_id}/stop"))


def sealed(api: httpx.Client, session_id: str) -> None:
    ended(api, session_id)
    taken(api.post(f"/v1/sessions/{session_id}/seal"))


def seq(entry_id: str) -> int:
    return int(entry_id.partition("-")[2])


def head(api: httpx.Client, session_id: str) -> str:
    return found(api, session_id)["last_entry_id"]


def frames(answer: httpx.Response) -> Iterator[dict[str, Any]]:
    """The frames of an open stream, which is closed when this iterator goes out of use."""
    for line in answer.iter_lines():
        if line.startswith("data: "):
            yield json.loads(line[6:])


def history(api: httpx.Client, session_id: str) -> list[dict[str, Any]]:
    """All entries of a session, read from the first to the last on its stream."""
    entries: list[dict[str, Any]] = []
    with api.stream("GET", f"/v1/sessions/{session_id}/stream", params={"after": "0-0"}) as answer:
        assert answer.status_code == 200
        for frame in frames(answer):
            if frame["type"] in ("bookmark", "end"):
                return entries
            entries.append(frame)
    raise AssertionError("the stream ended before it had caught up")


def at_once(count: int, work: Any) -> list[Any]:
    """`work(number)` in so many threads, none of which begins before all are there."""
    barrier = Barrier(count)

    def run(number: int) -> Any:
        barrier.wait(10)
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def unique(prefix: str) -> str:
    return f"{prefix}-{secrets.token_hex(6)}"


def token(api: httpx.Client, **asked: Any) -> str:
    return taken(api.post("/v1/tokens", json=asked), 201)["token"]


class Other(NamedTuple):
    """Another organization and what it has."""

    api: httpx.Client
    live: str
    sealed: str
    key_id: str

    def everything(self) -> list[Any]:
        """What it has, as it sees it."""
        keys = taken(self.api.get("/v1/keys"))
        return [found(self.api, self.live), found(self.api, self.sealed), keys]
