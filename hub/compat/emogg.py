"""emogg: sessions in which streams are analysed.

A session has two states in this system: one that was not started yet is `active` too, as it is not finished,
and can be stopped. Its type is `live_analysis` unless it was set: natively it is a meeting by default, so
that is `live_analysis` as well. What the system always has, and a session has not, is an empty text; the
duration of one that never started is 0.
"""

import uuid
from http import HTTPStatus
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from hub.compat import ids
from hub.compat.call import Call, Moment, moment
from hub.compat.failure import Failure
from hub.compat.system import System
from hub.core.lifecycle import TERMINAL
from hub.core.query import Query
from schemas import codec, session
from schemas.details import SessionType, Source
from schemas.events import Status
from schemas.requests import CreateSession, UpdateSession
from schemas.values import Name, StreamUrl

State = Literal["active", "finished"]
Kind = Literal["live_analysis", "livestream", "participant"]

VERSION = 3
"""Of the system's session."""


class Error(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a request that failed is answered with."""

    status_code: int
    error: str
    """The name of the status."""
    message: str
    """What is wrong, and where."""


class DataSource(Struct, frozen=True, kw_only=True):
    """Where the session has its data from."""

    id: str
    name: str | UnsetType = UNSET
    type: str | UnsetType = UNSET
    """Such as `video`; `stream` of a session that was created with a `streamUri`."""
    device: str | UnsetType = UNSET
    """Such as `local_camera`."""


class Internal(Struct, frozen=True, kw_only=True, rename="camel"):
    """The internal state of a session."""

    expires: codec.Timestamp
    """When the session will be forgotten; of one that still takes something, when at the earliest."""
    health_check: codec.Timestamp | UnsetType = UNSET
    """When its worker was last heard."""
    worker_state: str | UnsetType = UNSET
    """What its worker does, in the worker's words."""


class Session(Struct, frozen=True, kw_only=True, rename={"id": "_id"}):
    """A session."""

    id: str
    """24 hexadecimal digits."""
    name: str
    type: Kind
    state: State
    timestamp: codec.Timestamp
    """When it was created."""
    duration: float
    """Seconds since it started, or that it lasted."""
    config: dict[str, Any] | UnsetType = UNSET
    """How it is configured."""
    sources: list[DataSource] | UnsetType = UNSET
    meta: Internal
    product: str
    """By what it is analysed."""
    user: str
    """The id of who created it."""
    version: int = VERSION
    """Of this schema."""


class SessionList(Struct, frozen=True, kw_only=True, rename="camel"):
    """A page of sessions, newest first."""

    has_more: bool
    """There are sessions behind these."""
    offset: int
    limit: int
    data: list[Session]


class Listed(Struct, frozen=True, kw_only=True, rename={"since": "from", "until": "to"}):
    """Which sessions are listed."""

    state: State | None = None
    """Only those in this state."""
    type: Kind | None = None
    """Only those of this type."""
    since: Moment | None = None
    """Only those created then or later."""
    until: Moment | None = None
    """Only those created then or earlier."""
    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    """How many at most."""
    offset: Annotated[int, Meta(ge=0, le=999_999_999)] = 0
    """How many newer ones are left out."""


class NewSession(Struct, frozen=True, kw_only=True, rename="camel"):
    """What is said of a session to create."""

    name: Name
    stream_uri: StreamUrl | None = None
    """What is to be analysed; it becomes a source of the session, and is not shown."""


class Renamed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What can be changed of a session."""

    name: Name


_NOT_FOUND = (
    "The requested resource does not exist or you do not have permissions to perform this action on it."
)


def _refused(failure: Failure, trace_id: str) -> Error:
    message = failure.message
    if failure.status == 404:
        # The same for what is not there and for what one may not do, as that would tell that it is there.
        message = _NOT_FOUND
    elif "field" in failure.details:
        message = f"{failure.details['field']}: {message}"
    elif failure.status >= 500:
        message = f"{message} ({trace_id})"
    return Error(status_code=failure.status, error=HTTPStatus(failure.status).phrase, message=message)


SYSTEM = System(
    "emogg",
    title="emogg: sessions of live analysis",
    about="Sessions of this hub in the shape of emogg's API.",
    refused=_refused,
    error=Error,
    statuses={"invalid_field": 400, "invalid_parameter": 400, "missing_scope": 404},
)
_ONE = "/v1/sessions/{sessionId}"


@SYSTEM.operation("GET", "/v1/sessions", "subscribe", errors={404: _NOT_FOUND})
async def list_sessions(call: Call, query: Listed) -> SessionList:
    """Sessions, newest first"""
    found, count = await call.native.lists.details(
        call.credential,
        Query(
            statuses=None if query.state is None else _STATUSES[query.state],
            types=None if query.type is None else _TYPES[query.type],
            created_from=moment("from", query.since, last=False),
            created_to=moment("to", query.until, last=True),
        ),
        skip=query.offset,
        limit=query.limit,
    )
    return SessionList(
        has_more=query.offset + len(found) < count,
        offset=query.offset,
        limit=query.limit,
        data=[shown(one, now=call.now, retention=call.native.retention) for one in found],
    )


@SYSTEM.operation(
    "POST",
    "/v1/sessions",
    "manage",
    status=201,
    errors={404: _NOT_FOUND, 409: "There are as many sessions as there may be."},
)
async def create_session(call: Call, body: NewSession) -> Session:
    """Create a session"""
    url = body.stream_uri
    asked = CreateSession(
        title=body.name,
        type=SessionType.LIVE_ANALYSIS,
        sources=None if url is None else [Source(id=str(uuid.uuid4()), type="stream", url=url)],
    )
    created, _is_new = await call.native.sessions.create(call.credential, asked)
    return await _shown(call, created.id)


@SYSTEM.operation("GET", _ONE, "subscribe", errors={404: _NOT_FOUND})
async def get_session(call: Call) -> Session:
    """A session"""
    return await _shown(call, call.session_id("sessionId", ids.of_hex))


@SYSTEM.operation("PATCH", _ONE, "manage", errors={404: _NOT_FOUND})
async def rename_session(call: Call, body: Renamed) -> Session:
    """Give a session another name, at any time"""
    session_id = call.session_id("sessionId", ids.of_hex)
    await call.native.sessions.update(call.credential, session_id, UpdateSession(title=body.name))
    return await _shown(call, session_id)


@SYSTEM.operation(
    "POST", f"{_ONE}/stop", "manage", errors={400: "The session is not active.", 404: _NOT_FOUND}
)
async def stop_session(call: Call) -> Session:
    """Finish a session

    A bot that has it leaves first; until then the session stays `active`.
    """
    session_id = call.session_id("sessionId", ids.of_hex)
    found = await call.native.sessions.get(call.credential, session_id)
    if found.status in TERMINAL:
        raise Failure(400, "The session is not active.")
    await call.native.sessions.stop(call.credential, session_id)
    return await _shown(call, session_id)


async def _shown(call: Call, session_id: str) -> Session:
    return shown(
        await call.native.sessions.get(call.credential, session_id),
        now=call.now,
        retention=call.native.retention,
    )


def shown(found: session.SessionDetail, *, now: int, retention: float) -> Session:
    """A native session as this system shows it.

    Args:
        found: The session.
        now: Until when one that is live has lasted, in milliseconds since 1970.
        retention: Seconds for which it is kept when it takes nothing more.
    """
    sources = [
        DataSource(id=one.id, name=_said(one.name), type=_said(one.type), device=_said(one.device))
        for one in found.sources or ()
    ]
    kept = codec.timestamp(codec.milliseconds(found.updated_at) + round(retention * 1000))
    return Session(
        id=ids.to_hex(found.id),
        name=found.title or "",
        type=_KINDS[found.type],
        state="finished" if found.status in TERMINAL else "active",
        timestamp=found.created_at,
        duration=_duration(found, now),
        config=found.config or UNSET,
        sources=sources or UNSET,
        meta=Internal(
            expires=found.expires_at or kept,
            health_check=_said(found.heartbeat_at),
            worker_state=_said(found.bot_state),
        ),
        product=found.product or "",
        user=(found.user and found.user.id) or "",
    )


def _said(value: str | None) -> str | UnsetType:
    return UNSET if value is None else value


def _duration(found: session.Session, now: int) -> float:
    if found.duration is not None:
        return found.duration
    if found.started_at is None:
        return 0.0
    # The clock that stamped the entries may be a little ahead.
    last = max(now, codec.milliseconds(found.updated_at))
    return (last - codec.milliseconds(found.started_at)) / 1000


_STATUSES: dict[State, tuple[Status, ...]] = {
    "active": tuple(sorted(set(Status) - TERMINAL)),
    "finished": tuple(sorted(TERMINAL)),
}
_KINDS: dict[SessionType, Kind] = {
    SessionType.MEETING: "live_analysis",
    SessionType.LIVE_ANALYSIS: "live_analysis",
    SessionType.LIVESTREAM: "livestream",
    SessionType.PARTICIPANT: "participant",
}
_TYPES: dict[Kind, tuple[SessionType, ...]] = {
    kind: tuple(one for one in SessionType if _KINDS[one] == kind) for kind in _KINDS.values()
}
