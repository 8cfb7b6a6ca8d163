"""The operations of meeting_buddy: sessions, transcripts, streams, and analytics over many."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct
from starlette.responses import Response
from starlette.types import ASGIApp

from hub.api.participants import Everybody
from hub.compat import ids
from hub.compat.call import Call
from hub.compat.failure import Failure
from hub.compat.meeting_buddy import analytics, sessions, streams
from hub.compat.meeting_buddy.sessions import STATUSES, Session, Sessions, StartSession, Status, Time
from hub.compat.meeting_buddy.streams import Stream
from hub.compat.system import System
from hub.core.export import FORMATS
from hub.core.lifecycle import TERMINAL
from hub.core.platform import platform_of
from hub.core.query import Query
from hub.errors import StorageFull, Unavailable
from schemas import codec
from schemas.details import Platform
from schemas.dispatch import Dispatch
from schemas.requests import CreateSession
from schemas.values import MeetingLink

_ROOT = "/v1/meeting-buddy"
_SESSIONS, _ID, _ANALYTICS = f"{_ROOT}/sessions", f"{_ROOT}/sessions/{{session_id}}", f"{_ROOT}/analytics"


class Problem(Struct, frozen=True, kw_only=True):
    """What went wrong."""

    code: str
    message: str
    type: Literal["client_error", "server_error"]
    status: int
    details: dict[str, Any]
    trace_id: str
    timestamp: Time


class Error(Struct, frozen=True, kw_only=True):
    """What a request that failed is answered with."""

    success: Literal[False] = False
    error: Problem


class Page(Struct, frozen=True, kw_only=True):
    """Which sessions of the list, newest first."""

    status: Status | None = None
    """Only those in this status."""
    limit: Annotated[int, Meta(ge=1, le=100)] = 50
    """How many at most."""
    offset: Annotated[int, Meta(ge=0, le=1_000_000_000)] = 0
    """How many newer ones are left out."""


class Export(Struct, frozen=True, kw_only=True):
    """How the transcript is written down."""

    format: Literal["txt", "json", "ndjson", "vtt", "srt", "csv", "md"] = "txt"
    """What kind of a file it is."""


_CODES = {
    "missing_credential": "AUTHENTICATION_REQUIRED",
    "invalid_credential": "AUTHENTICATION_REQUIRED",
    "missing_scope": "INSUFFICIENT_PERMISSIONS",
    "invalid_field": "VALIDATION_ERROR",
    "invalid_parameter": "VALIDATION_ERROR",
}
_LEFT_OUT = re.compile(r"missing required field `(\w+)`")
_MESSAGES = {"missing_credential": "Authentication is required to access this resource."}


def _refused(failure: Failure, trace_id: str) -> Error:
    details = failure.details
    if isinstance(field := details.get("field"), str):
        left_out = _LEFT_OUT.search(failure.message) if field == "$" else None
        details = details | {"field": left_out[1] if left_out else field.removeprefix("$.")}
    return Error(
        error=Problem(
            code=_CODES.get(failure.code, failure.code.upper()),
            message=_MESSAGES.get(failure.code, failure.message),
            type="client_error" if failure.status < 500 else "server_error",
            status=failure.status,
            details=details,
            trace_id=trace_id,
            timestamp=sessions.second(codec.normalized(datetime.now(UTC))),
        )
    )


SYSTEM = System(
    "meeting-buddy",
    title="meeting_buddy: bots in meetings",
    about="Sessions of this hub in the shape of Meeting Buddy; one that is started is taken by a bot.",
    refused=_refused,
    error=Error,
)
_FILES = ", ".join(one.content_type for one in FORMATS.values())
_SESSION_ID = {404: "There is no such session."}


def _native(call: Call) -> str:
    return call.session_id("session_id", lambda text: ids.of_prefixed(text, sessions.SESSION))


async def _shown(call: Call, session_id: str) -> Session:
    return _with_all(await call.native.participants.everybody(call.credential, session_id))


def _with_all(everybody: Everybody) -> Session:
    found, people = everybody
    return sessions.shown(found, people, found.artifacts.recording)


@SYSTEM.operation(
    "POST",
    _SESSIONS,
    "manage",
    status=201,
    errors={
        409: "There are as many sessions as there may be.",
        422: "A field is wrong, or `INVALID_MEETING_LINK`: not an HTTPS URL of a supported platform.",
        500: "`SESSION_START_FAILED`: the store could not take it.",
    },
)
async def start_session(call: Call, body: StartSession) -> Session:
    """Start a session: a bot is to join the meeting"""
    _check(body.meeting_link)
    asked = CreateSession(
        meeting_link=body.meeting_link,
        bot_name=body.bot_name,
        transcription_enabled=body.transcription_enabled,
        transcription_language=body.transcription_language,
        debug=body.debug_mode,
        metadata=body.metadata,
        dispatch=Dispatch(),
    )
    try:
        created, _is_new = await call.native.sessions.create(call.credential, asked)
    except (Unavailable, StorageFull) as error:
        raise Failure(500, "Failed to start bot session", code="SESSION_START_FAILED") from error
    return sessions.shown(created, (), None)


def _check(link: str) -> None:
    message = "Meeting link must be a valid HTTPS URL"
    try:
        if platform_of(msgspec.convert(link, MeetingLink)) is not Platform.OTHER:
            return
        message = "Meeting link must be one of Microsoft Teams, Zoom, Google Meet or Webex"
    except ValueError:
        # Also of msgspec.
        pass
    raise Failure(422, message, code="INVALID_MEETING_LINK", details={"field": "meeting_link"})


@SYSTEM.operation("GET", _SESSIONS, "subscribe")
async def list_sessions(call: Call, query: Page) -> Sessions:
    """Sessions, newest first

    Of those with more than 500 participants, 500 of those who are there are shown.
    """
    wanted = tuple(native for native, status in STATUSES.items() if status == query.status) or None
    found, total = await call.native.lists.details(
        call.credential, Query(statuses=wanted), skip=query.offset, limit=query.limit
    )
    return Sessions(
        sessions=[_with_all(Everybody(one, one.participants.participants)) for one in found],
        total=total,
        limit=query.limit,
        offset=query.offset,
    )


@SYSTEM.operation("GET", _ID, "subscribe", errors=_SESSION_ID)
async def get_session(call: Call) -> Session:
    """A session"""
    return await _shown(call, _native(call))


@SYSTEM.operation("POST", f"{_ID}/stop", "manage", errors=_SESSION_ID)
async def stop_session(call: Call) -> Session:
    """Stop a session: its bot leaves; one that has ended is left as it is"""
    session_id = _native(call)
    await call.native.sessions.stop(call.credential, session_id)
    return await _shown(call, session_id)


@SYSTEM.operation("DELETE", _ID, "manage", errors=_SESSION_ID)
async def delete_session(call: Call) -> Session:
    """Stop a session that goes on; delete one that has ended, which is shown for the last time"""
    session_id = _native(call)
    everybody = await call.native.participants.everybody(call.credential, session_id)
    if everybody.session.status not in TERMINAL:
        return await stop_session(call)
    await call.native.sessions.delete(call.credential, session_id)
    return _with_all(everybody)


@SYSTEM.operation(
    "GET", f"{_ID}/transcripts", "subscribe", answers=list[sessions.Transcript], errors=_SESSION_ID
)
async def get_transcripts(call: Call) -> Response:
    """The transcript of a session, by start"""
    return await call.native.transcript.file(call.credential, _native(call), sessions.transcripts)


@SYSTEM.operation("GET", f"{_ID}/transcripts/export", "subscribe", gives=_FILES, errors=_SESSION_ID)
async def export_transcript(call: Call, query: Export) -> Response:
    """The transcript of a session as a file"""
    name = f"{call.path('session_id')}.{query.format}"
    form = FORMATS[query.format]
    return await call.native.transcript.file(call.credential, _native(call), lambda _state: form, name)


async def _followed(call: Call, stream: Stream) -> ASGIApp:
    after = call.request.headers.get("last-event-id") or None
    return await call.native.streams.follow(
        call.credential, _native(call), stream.what, after=after, form=stream.form
    )


@SYSTEM.operation("GET", f"{_ID}/stream", "subscribe", stream=streams.STATUS.form, errors=_SESSION_ID)
async def stream_status(call: Call) -> ASGIApp:
    """Events `status` and `close`: the status of a session, who comes and who goes, until it has ended

    Of those who are there already, 500 are told at most.
    """
    return await _followed(call, streams.STATUS)


@SYSTEM.operation(
    "GET", f"{_ID}/transcripts/stream", "subscribe", stream=streams.TRANSCRIPT.form, errors=_SESSION_ID
)
async def stream_transcripts(call: Call) -> ASGIApp:
    """Events `transcript` and `close`: partials and finals as they are said, until no more may come"""
    return await _followed(call, streams.TRANSCRIPT)


@SYSTEM.operation("GET", f"{_ID}/logs/stream", "subscribe", stream=streams.LOGS.form, errors=_SESSION_ID)
async def stream_logs(call: Call) -> ASGIApp:
    """Events `log` and `close`: the log of the bot, until no more may come"""
    return await _followed(call, streams.LOGS)


@SYSTEM.operation("GET", f"{_ANALYTICS}/summary", "subscribe")
async def get_analytics_summary(call: Call, query: analytics.Stretch) -> analytics.Summary:
    """The sessions of a time, in numbers"""
    return analytics.summary(await call.native.analytics.summary(call.credential, query.query))


@SYSTEM.operation("GET", f"{_ANALYTICS}/active", "subscribe")
async def get_active_sessions(call: Call) -> list[analytics.Active]:
    """The sessions that go on now, newest first

    At most 1,000 of them, and of each the names of 100 participants.
    """
    found = await call.native.analytics.active(call.credential, Query(), limit=analytics.LISTED)
    return [analytics.active(one) for one in found.data]


@SYSTEM.operation("GET", f"{_ANALYTICS}/trends", "subscribe")
async def get_trends(call: Call, query: analytics.TrendQuery) -> analytics.Trends:
    """The sessions of a time, by day, week or month"""
    asked = query.query
    return analytics.trends(
        await call.native.analytics.trends(call.credential, asked, query.granularity, query.periods(asked))
    )


@SYSTEM.operation("GET", f"{_ANALYTICS}/duration-distribution", "subscribe")
async def get_duration_distribution(call: Call, query: analytics.Stretch) -> analytics.Durations:
    """How long the sessions of a time were"""
    return analytics.durations(await call.native.analytics.durations(call.credential, query.query))


@SYSTEM.operation("GET", f"{_ANALYTICS}/status-breakdown", "subscribe")
async def get_status_breakdown(call: Call, query: analytics.Stretch) -> analytics.Breakdown:
    """How many sessions of a time have each status"""
    return analytics.breakdown(await call.native.analytics.statuses(call.credential, query.query, "status"))
