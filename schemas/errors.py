"""Everything that can go wrong, as data: one table of errors, one of disconnects.

An *error* is the answer to a request that failed; its HTTP status says whose fault it was (4xx the
caller's, 5xx the hub's). A *disconnect* is why a connection that was fine has to end; its number is the
WebSocket close code, and the range says what to do: 4000-4499 come back, 4500-4999 do not (RFC 6455,
section 7.4.2 leaves 4000-4999 to applications).
"""

from typing import Any

import msgspec


class ErrorCode(msgspec.Struct, frozen=True):
    """One row of the table of errors."""

    status: int
    """HTTP status, 400-599."""
    message: str
    """What is said when the place that raised it has nothing more exact to say."""

    @property
    def fault(self) -> str:
        """Whose fault it is: `client` or `server`."""
        return "client" if self.status < 500 else "server"


ERRORS: dict[str, ErrorCode] = {
    "invalid_json": ErrorCode(400, "The body is not valid JSON."),
    "invalid_utf8": ErrorCode(400, "The body is not valid UTF-8."),
    "missing_credential": ErrorCode(
        401, "No API key: send it as `Authorization: Bearer sk_<keyid>_<secret>`."
    ),
    "invalid_credential": ErrorCode(401, "The API key or token is not valid."),
    "token_expired": ErrorCode(401, "The stream token has expired: ask for a new one."),
    "missing_scope": ErrorCode(403, "The credential does not have the scope this needs."),
    "route_not_found": ErrorCode(404, "There is nothing at this path."),
    "session_not_found": ErrorCode(404, "There is no such session."),
    "participant_not_found": ErrorCode(404, "There is no such participant in the session."),
    "recording_not_found": ErrorCode(404, "Nothing was said of a recording of this session."),
    "summary_not_found": ErrorCode(404, "There is no summary of this session."),
    "meeting_not_found": ErrorCode(404, "There is no such meeting."),
    "topic_not_found": ErrorCode(404, "There is no such topic."),
    "key_not_found": ErrorCode(404, "There is no such API key."),
    "method_not_allowed": ErrorCode(405, "This path does not take this method."),
    "not_acceptable": ErrorCode(406, "What the client accepts is not what there is."),
    "invalid_transition": ErrorCode(409, "The session's status does not allow this."),
    "session_ended": ErrorCode(409, "The session has ended and takes no more events of this type."),
    "session_not_ended": ErrorCode(409, "The session has not ended yet; stop it first."),
    "session_sealed": ErrorCode(409, "The session is sealed and takes nothing more of this type."),
    "transcript_empty": ErrorCode(409, "Nothing was said in the session yet: there is nothing to summarize."),
    "idempotency_conflict": ErrorCode(409, "The idempotency key was used before with other content."),
    "too_many_sessions": ErrorCode(409, "The organization has as many sessions as it may have."),
    "lease_lost": ErrorCode(409, "The bot does not have this session any more, or another has it."),
    "session_full": ErrorCode(409, "The session has as many entries, or bytes, as it may have."),
    "body_too_large": ErrorCode(413, "The body is larger than a request may be."),
    "event_too_large": ErrorCode(413, "The event is larger than an event may be."),
    "too_many_events": ErrorCode(413, "The request has more events than one may have."),
    "unsupported_encoding": ErrorCode(415, "The body must not be compressed."),
    "invalid_field": ErrorCode(422, "A field is missing, unknown or of the wrong type."),
    "invalid_parameter": ErrorCode(422, "A query parameter has a wrong value."),
    "too_broad": ErrorCode(422, "More sessions match than are read for one answer: narrow the filters."),
    "unknown_type": ErrorCode(422, "There is no such event type; use `x.*` for your own."),
    "reserved_type": ErrorCode(422, "Events of this type are written by the hub itself."),
    "unknown_operation": ErrorCode(422, "There is no such operation."),
    "not_registered": ErrorCode(422, "The bot must say who it is first: send `register`."),
    "not_subscribed": ErrorCode(422, "This socket does not follow that session."),
    "too_many_subscriptions": ErrorCode(429, "One socket cannot follow more sessions."),
    "rate_limited": ErrorCode(429, "The organization publishes more events a second than it may."),
    "internal": ErrorCode(500, "Something went wrong in the hub; the trace id finds it in its log."),
    "store_unavailable": ErrorCode(503, "Redis cannot be reached now; nothing was kept; try again."),
    "summaries_busy": ErrorCode(503, "Too many summaries wait to be written; try again."),
    "imports_busy": ErrorCode(503, "Too many files wait to be imported; try again."),
    "draining": ErrorCode(503, "This hub is stopping; try again."),
    "storage_full": ErrorCode(507, "Redis is out of memory or disk; nothing was kept."),
}


class DisconnectCode(msgspec.Struct, frozen=True):
    """One row of the table of disconnects."""

    number: int
    """WebSocket close code."""
    message: str

    @property
    def reconnect(self) -> bool:
        """Whether a client should come back by itself."""
        return self.number < 4500


DISCONNECTS: dict[str, DisconnectCode] = {
    "draining": DisconnectCode(4000, "The hub is stopping; another one takes over."),
    "slow_consumer": DisconnectCode(4001, "The backlog grew too large; resume from your cursor."),
    "store_unavailable": DisconnectCode(4002, "Redis cannot be reached; resume from your cursor."),
    "token_expired": DisconnectCode(4003, "The stream token has expired; come back with a new one."),
    "internal": DisconnectCode(4004, "Something went wrong in the hub; resume from your cursor."),
    "invalid_credential": DisconnectCode(4500, "The API key or token is not valid."),
    "revoked": DisconnectCode(4501, "The API key was revoked."),
    "auth_timeout": DisconnectCode(4502, "No `auth` operation came in time."),
    "protocol_error": DisconnectCode(4503, "A message was not a JSON object in UTF-8 text."),
    "origin_not_allowed": DisconnectCode(4504, "Pages of this origin may not connect."),
    "missing_scope": DisconnectCode(4505, "The API key does not have the scope `publish`."),
    "replaced": DisconnectCode(4506, "The bot has connected again; this connection was the old one."),
}


class Error(msgspec.Struct, frozen=True, kw_only=True):
    """The inside of the error envelope."""

    code: str
    """A key of `ERRORS`."""
    message: str
    details: dict[str, Any] = {}
    """What and where: `field` (a path such as `$.events[3].data.text`), `index`, `status`, …"""
    trace_id: str
    """Also in the hub's log and in the `X-Trace-Id` header."""


class ErrorEnvelope(msgspec.Struct, frozen=True):
    """The body of every answer with a status of 400 or more."""

    error: Error
