"""How every route and every WebSocket operation of the hub is called. One that is not here fails a test."""

from typing import Any, NamedTuple, get_args

import httpx
from contract.api.asking import event

from hub.app import Hub, routes
from hub.settings import Settings
from hub.web.routes import routes as page_routes
from schemas.frames import Operation


class Call(NamedTuple):
    """A request that succeeds for whoever may make it."""

    method: str
    path: str
    """With `{session_id}`, `{key_id}`, `{meeting_id}` and `{topic_id}`."""
    scope: str = ""
    """What it needs; empty: open to all."""
    body: Any = None
    streams: bool = False
    channels: frozenset[str] | None = None
    """Of a stream for certain channels only."""
    signed: bool = False
    """Is asked by a URL that `…/url` has given out."""
    after: tuple[Any, ...] = ()
    """Events without which there is nothing to ask for."""
    lease: bool = False
    """Is asked by the bot that has the session, under its first lease."""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def options(self, **ids: str) -> dict[str, Any]:
        """The arguments of a request; ids go into the path and, where it names one, into the body."""
        ids = {"meeting_id": NO_MEETING, "topic_id": NO_TOPIC} | ids
        body = self.body
        if isinstance(body, dict):
            body = {name: ids.get(name, value) for name, value in body.items()}
        url = self.path.replace(":path}", "}").format(participant_id="ada", connection_id="c1", **ids)
        headers = {"Hub-Lease": "1"} if self.lease else {}
        return {"method": self.method, "url": url, "json": body, "headers": headers}

    def ask(self, api: httpx.Client, headers: dict[str, str] | None = None, **ids: str) -> httpx.Response:
        """The answer; of a stream that was opened, its head only."""
        options = self.options(**ids)
        options["headers"] |= headers or {}
        if self.signed:
            given = api.get(options["url"].replace("/download", "/url"), headers=headers)
            if not given.is_success:
                return given
            options["url"] = given.json()["url"]
        with api.stream(**options) as answer:
            if not (self.streams and answer.status_code == 200):
                answer.read()
        return answer


_JOINED = event("participant.joined", participant_id="ada", connection_id="c1", name="Ada")
NO_MEETING, NO_TOPIC = "nobody", "top_00000000000000000000"
"""Well-formed ids that nothing has."""
_ONE = "/v1/sessions/{session_id}"
_MEETING = "/v1/meetings/{meeting_id}"
_TOPIC = "/v1/topics/{topic_id}"

_SEGMENT = event("transcript.segment", segment_id="s", final=True, text="Hello there.", start=0, end=1)
_SUMMARY = event("summary.ready", text="All of it.")

CALLS = [
    Call("POST", "/v1/sessions", "manage", {}),
    Call("GET", "/v1/sessions", "subscribe"),
    *(
        Call("GET", f"/v1/analytics/{name}", "subscribe")
        for name in ("summary", "active", "trends", "durations", "statuses", "talk-time")
    ),
    Call("GET", _ONE, "subscribe"),
    Call("PATCH", _ONE, "manage", {"title": "new"}),
    Call("POST", f"{_ONE}/events", "publish", event("chapter.added", title="a", start=0)),
    Call("POST", f"{_ONE}/heartbeat", "publish"),
    Call("GET", f"{_ONE}/events", "subscribe"),
    Call("GET", f"{_ONE}/transcript", "subscribe"),
    Call("GET", f"{_ONE}/chat", "subscribe"),
    Call("GET", f"{_ONE}/logs", "subscribe"),
    Call("GET", f"{_ONE}/chapters", "subscribe"),
    Call("GET", f"{_ONE}/recording", "subscribe", after=(event("recording.updated", state="started"),)),
    Call("GET", f"{_ONE}/participants", "subscribe"),
    Call("GET", f"{_ONE}/participants/{{participant_id:path}}", "subscribe", after=(_JOINED,)),
    Call("GET", f"{_ONE}/peers/{{connection_id:path}}", "subscribe", after=(_JOINED,)),
    Call("GET", f"{_ONE}/transcript/url", "subscribe"),
    Call("GET", f"{_ONE}/transcript/download", "subscribe", signed=True),
    Call("GET", f"{_ONE}/chat/url", "subscribe"),
    Call("GET", f"{_ONE}/chat/download", "subscribe", signed=True),
    Call("POST", f"{_ONE}/summary", "manage", after=(_SEGMENT,)),
    Call("GET", f"{_ONE}/summary", "subscribe", after=(_SUMMARY,)),
    Call("GET", f"{_ONE}/summary/url", "subscribe"),
    Call("GET", f"{_ONE}/summary/download", "subscribe", signed=True, after=(_SUMMARY,)),
    Call("GET", f"{_ONE}/stream", "subscribe", streams=True),
    Call("GET", f"{_ONE}/status/stream", "subscribe", None, True, frozenset({"status", "participants"})),
    Call("GET", f"{_ONE}/transcript/stream", "subscribe", None, True, frozenset({"transcript"})),
    Call("GET", f"{_ONE}/logs/stream", "subscribe", None, True, frozenset({"logs"})),
    Call("GET", "/v1/stream", "subscribe", streams=True),
    Call("POST", "/v1/tokens", "subscribe", {"session_id": ""}),
    Call("POST", f"{_ONE}/stop", "manage"),
    Call("POST", f"{_ONE}/seal", "publish"),
    Call("POST", f"{_ONE}/release", "publish", lease=True),
    Call("POST", "/v1/bots/claim", "publish", {"bot": {"id": "bot"}, "wait": 0}),
    Call("GET", "/v1/bots", "subscribe"),
    Call("DELETE", _ONE, "manage"),
    Call("PUT", _MEETING, "manage", {"title": "Weekly"}),
    Call("GET", _MEETING, "subscribe"),
    Call("GET", "/v1/meetings", "subscribe"),
    Call("POST", "/v1/topics", "manage", {"name": "Sales"}),
    Call("GET", "/v1/topics", "subscribe"),
    Call("GET", _TOPIC, "subscribe"),
    Call("PATCH", _TOPIC, "manage", {"alias": "s"}),
    Call("DELETE", _TOPIC, "manage"),
    Call("POST", "/v1/keys", "admin", {}),
    Call("GET", "/v1/keys", "admin"),
    Call("DELETE", "/v1/keys/{key_id}", "admin"),
    Call("GET", "/healthz"),
    Call("GET", "/readyz"),
    Call("GET", "/metrics"),
]
"""In this order one session can be taken through all of them."""

CLOSED = [call for call in CALLS if call.scope]
OPEN = [call for call in CALLS if not call.scope]
OF_A_SESSION = [call for call in CLOSED if "{session_id}" in call.path or call.path == "/v1/tokens"]
STREAMS = [call for call in OF_A_SESSION if call.streams]
SOCKETS = {"/v1/ws", "/v1/bots"}

OPERATIONS: dict[str, dict[str, Any]] = {
    "subscribe": {"session_id": ""},
    "unsubscribe": {"session_id": ""},
    "publish": {"session_id": "", "events": [event("chapter.added", title="a", start=0)]},
    "auth": {"token": ""},
    "ping": {},
}


BOT_OPERATIONS: dict[str, dict[str, Any]] = {
    "register": {"bot": {"id": "bot"}},
    "heartbeat": {"sessions": [{"session_id": "", "lease": 1}]},
    "publish": {"session_id": "", "lease": 1, "events": [event("chapter.added", title="a", start=0)]},
    "release": {"session_id": "", "lease": 1},
}


def pages() -> set[str]:
    """The paths of the page and its files, which tell of nobody."""
    return {route.path for route in page_routes()}


def known_routes(redis_url: str, folder: str) -> tuple[set[str], set[str]]:
    """What the application itself says: its HTTP routes as `GET /path`, and the paths of its sockets."""
    hub = Hub(Settings(data_dir=folder), redis_url=redis_url, api_key="")
    http: set[str] = set()
    sockets: set[str] = set()
    for route in routes(hub.services):
        path: str = route.path  # type: ignore[attr-defined]
        if path.startswith("/compat/"):
            # By itself: `contract/compat`.
            continue
        if not hasattr(route, "methods"):
            sockets.add(path)
            continue
        # A route without methods is an endpoint that judges them itself: those of the streams take GET.
        methods = set(route.methods or {"GET"}) - {"HEAD"}
        http |= {f"{method} {path}" for method in methods}
    return http, sockets


def known_operations(operations: Any = Operation) -> set[str]:
    """The names of the operations there are on a WebSocket."""
    return {operation.__struct_config__.tag for operation in get_args(operations)}
