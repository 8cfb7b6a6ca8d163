"""What emogg knows, and where it is said and read here."""

from contract.api.published_endpoints import PITCH, REVIEW, WEEKLY, Requests
from contract.api.published_fields import (
    ACTIVE,
    ADA,
    DONE,
    LATER,
    POSITIVE,
    SOURCE,
    Rows,
    Said,
    create,
    event,
)

FIELD_NAMES = """
    session: _id name type=live_analysis state=active state=finished timestamp duration config product user
    session: version
    session.sources[]: id name type device
    session.meta: workerState healthCheck expires
    POST: name streamUri
"""
ELSEWHERE: dict[str, str] = {}

row = Rows("emogg")
_STREAM = {"id": "stream", "url": "rtmp://example.com/live"}

FIELDS = [
    row("session._id", create(), "id"),
    row("session.name", create(title="Mobile World Congress Pitch"), "title", "Mobile World Congress Pitch"),
    row("session.type=live_analysis", create(type="live_analysis"), "type", "live_analysis"),
    row("session.state=active", ACTIVE, "status", "active"),
    row("session.state=finished", (ACTIVE, DONE), "live", False),
    row("session.timestamp", create(), "created_at"),
    row("session.duration", (ACTIVE, LATER, DONE), "duration", POSITIVE),
    row("session.config", create(config={"removeMedia": True}), "config", {"removeMedia": True}),
    *(
        row(f"session.sources[].{name}", create(sources=[SOURCE]), f"sources.0.{name}", SOURCE[name])
        for name in ("id", "name", "type", "device")
    ),
    row("session.meta.healthCheck", Said("heartbeat", {"state": "working"}), "heartbeat_at"),
    row("session.meta.expires", (ACTIVE, DONE, Said("seal", {})), "expires_at"),
    row("session.meta.workerState", Said("heartbeat", {"state": "working"}), "bot_state", "working"),
    row("session.product", create(product="pro"), "product", "pro"),
    row("session.user", create(user=ADA), "user.id", "u-1"),
    row("session.version", create(), "version"),
    row("POST.name", event("session.updated", title="Pitch"), "title", "Pitch"),
    row("POST.streamUri", create(sources=[_STREAM]), "sources.0.url", _STREAM["url"]),
]

ENDPOINT_NAMES = {
    "GET /v1/sessions/:sessionId": "",
    "GET /v1/sessions": "state=active state=finished type from to limit offset hasMore",
    "POST /v1/sessions": "name streamUri",
    "PATCH /v1/sessions/:sessionId": "name",
    "POST /v1/sessions/:sessionId/stop": "400-not-active",
    "Errors": "404",
}

_one = Requests("emogg", "GET /v1/sessions/:sessionId")
_list = Requests("emogg", "GET /v1/sessions")
_new = Requests("emogg", "POST /v1/sessions")
_patch = Requests("emogg", "PATCH /v1/sessions/:sessionId")
_stop = Requests("emogg", "POST /v1/sessions/:sessionId/stop")
_errors = Requests("emogg", "Errors")

_SESSIONS, _ID = "/v1/sessions", "/v1/sessions/{session_id}"
_NEW = {"title": "Pitch", "type": "live_analysis", "sources": [_STREAM]}

ENDPOINTS = [
    _one.get("", _ID, "title", "Weekly planning"),
    _list.get("", _SESSIONS, "data.*.id", [REVIEW, WEEKLY, PITCH]),
    _list.get("state=active", _SESSIONS, "data.*.id", [WEEKLY], live="true"),
    _list.get("state=finished", _SESSIONS, "data.*.id", [PITCH], status="completed,failed"),
    _list.get("type", _SESSIONS, "data.*.id", [PITCH], type="live_analysis"),
    _list.get("from", _SESSIONS, "data.*.id", [REVIEW, WEEKLY], created_after="{created_at}"),
    _list.get("to", _SESSIONS, "data.*.id", [WEEKLY, PITCH], created_before="{created_at}"),
    _list.get("limit", _SESSIONS, "data.*.id", [REVIEW, WEEKLY], size=2),
    _list.get("offset", _SESSIONS, "data.*.id", [PITCH], page=2, size=2),
    _list.get("hasMore", _SESSIONS, "next", ..., limit=2),
    _new.post("", _SESSIONS, "type", "live_analysis", body=_NEW),
    _new.post("name", _SESSIONS, "title", "Pitch", body=_NEW),
    _new.post("streamUri", _SESSIONS, "sources.0.url", _STREAM["url"], body=_NEW),
    _patch.ask("", f"PATCH {_ID}", "id", WEEKLY, body={"title": "New"}),
    _patch.ask("name", f"PATCH {_ID}", "title", "New", body={"title": "New"}, then=_ID),
    _stop.post("", f"{_ID}/stop", "status", "completed", 200, then=_ID),
    _stop.get("400-not-active", "/v1/sessions/{ended_id}", "live", False),
    _errors.refusal("404", "/v1/sessions/{nobody}", "session_not_found"),
]
