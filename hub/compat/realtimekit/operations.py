"""The operations of realtimekit, and what it refuses."""

from urllib.parse import urlencode

from msgspec import UNSET
from msgspec.structs import asdict
from starlette.requests import Request
from starlette.responses import Response

from hub.api.downloads import as_file, opener
from hub.api.native import Native
from hub.compat import ids
from hub.compat.call import Call
from hub.compat.failure import Failure
from hub.compat.realtimekit.files import FILES
from hub.compat.realtimekit.people import reported, row, rows
from hub.compat.realtimekit.sessions import shown, wanted
from hub.compat.realtimekit.shapes import (
    Answer,
    ChatUrl,
    DetailsQuery,
    DownloadQuery,
    Error,
    EventsQuery,
    Paging,
    ParticipantDetails,
    ParticipantList,
    ParticipantQuery,
    PeerDetails,
    PeerQuery,
    Problem,
    RoledPeer,
    SessionDetails,
    SessionList,
    SessionPage,
    SessionQuery,
    SummaryState,
    SummaryUrl,
    TranscriptQuery,
    TranscriptUrl,
)
from hub.compat.system import BEARER, System
from hub.core.fold import State
from hub.edge.auth import Credential
from hub.errors import HubError
from schemas import codec

LIFETIME = 24 * 3600
"""Seconds for which a download URL is good."""
_CODES = {
    "missing_credential": 9106,
    "invalid_credential": 10000,
    "token_expired": 10000,
    "foreign_app": 9109,
    "missing_scope": 9109,
    "route_not_found": 7003,
    "method_not_allowed": 7001,
}
"""Its numbers of what goes wrong; all else has the number of its status."""


def _refused(failure: Failure, trace_id: str) -> Error:
    message, name = failure.message, failure.details.get("field")
    if name and str(name) not in message:
        message = f"`{name}`: {message}"
    if failure.status >= 500:
        message = f"{message} ({trace_id})"
    return Error(errors=[Problem(code=_CODES.get(failure.code, failure.status), message=message)])


async def _signed(native: Native, request: Request) -> Credential:
    """An API key as `Authorization: Bearer`, or as `X-Auth-Key`; the app is that of its organization."""
    key = request.headers.get("x-auth-key")
    if key and "authorization" not in request.headers:
        credential = await native.authenticator.text(key)
    else:
        credential = await native.authenticator.connection(request)
    if request.path_params["app_id"] != credential.organization:
        raise Failure(403, "Unauthorized to access requested resource", code="foreign_app")
    return credential


SYSTEM = System(
    "realtimekit",
    title="realtimekit: sessions, participants, transcripts",
    about="Sessions of this hub in the shape of RealtimeKit's session API. An app is an organization.",
    refused=_refused,
    error=Error,
    signed=_signed,
    security={
        **BEARER,
        "authKey": {"type": "apiKey", "in": "header", "name": "X-Auth-Key", "description": "The same."},
    },
)
_SESSIONS = "/accounts/{account_id}/realtime/kit/{app_id}/sessions"
_SESSION = _SESSIONS + "/{session_id}"
_LISTED = {403: "The API key may not do this, or the app is not its own."}
_ERRORS = _LISTED | {404: "There is no such session, it has not started, or it has no such thing."}


@SYSTEM.operation("GET", _SESSIONS, "subscribe", errors=_LISTED)
async def get_sessions(call: Call, query: SessionQuery) -> SessionPage:
    """All sessions of an app that have started"""
    found, count = await call.native.lists.states(
        call.credential, wanted(query), skip=query.skip, limit=query.limit
    )
    first, last = (query.skip + 1, query.skip + len(found)) if found else (0, 0)
    return SessionPage(
        data=SessionList(
            sessions=[shown(state, _now(call, state), rooms=bool(state.rooms)) for state in found]
        ),
        paging=Paging(start_offset=first, end_offset=last, total_count=count),
    )


@SYSTEM.operation("GET", _SESSIONS + "/peer-report/{peer_id}", "subscribe", errors=_ERRORS)
async def get_participant_data_from_peer_id(call: Call, query: PeerQuery) -> Answer[PeerDetails]:
    """A participant by the id of a peer, with the report of their connection"""
    try:
        session_id = ids.of_peer(call.path("peer_id"))[0]
    except ValueError:
        raise HubError("participant_not_found") from None
    state = await _started(call, session_id)
    one = row(state, call.path("peer_id"))
    report = await call.native.participants.report(call.credential, session_id, one.person)
    peer = asdict(one.participant(state, _now(call, state), events=query.include_peer_events))
    reported_of = None if report is None else report.get("connection_id")
    if one.connection is not None and reported_of not in (None, one.connection.connection_id):
        # What is kept is the newest report, which is of another connection.
        report = None
    peer["peer_report"] = reported(report or {}, one.events(state), query.filters)
    peer["session_id"] = ids.to_uuid(session_id)
    return Answer(data=PeerDetails(**peer, participant=RoledPeer(**peer, role=one.person.role or UNSET)))


@SYSTEM.operation("GET", _SESSION, "subscribe", errors=_ERRORS)
async def get_session_details(call: Call, query: DetailsQuery) -> Answer[SessionDetails]:
    """A session"""
    state = await _started(call)
    one = shown(state, _now(call, state), rooms=query.include_breakout_rooms)
    return Answer(data=SessionDetails(**asdict(one), session=one))


@SYSTEM.operation("GET", _SESSION + "/participants", "subscribe", errors=_ERRORS)
async def get_session_participants(call: Call, query: ParticipantQuery) -> Answer[ParticipantList]:
    """The participants of a session"""
    state = await _started(call)
    now = _now(call, state)
    page = rows(state, query, now)[query.skip : query.skip + query.limit]
    return Answer(
        data=ParticipantList(
            participants=[one.participant(state, now, events=query.include_peer_events) for one in page]
        )
    )


@SYSTEM.operation("GET", _SESSION + "/participants/{participant_id}", "subscribe", errors=_ERRORS)
async def get_session_participant_details(call: Call, query: EventsQuery) -> Answer[ParticipantDetails]:
    """A participant of a session"""
    state = await _started(call)
    one = row(state, call.path("participant_id"))
    participant = one.participant(state, _now(call, state), events=query.include_peer_events)
    return Answer(data=ParticipantDetails(participant=participant))


@SYSTEM.operation("GET", _SESSION + "/chat", "subscribe", errors=_ERRORS)
async def get_session_chat(call: Call) -> Answer[ChatUrl]:
    """A URL of all chat messages of a session"""
    state = await _started(call)
    if not state.message_count:
        raise Failure(404, "Nobody has written in the chat of this session.")
    url, expires = await _url(call, state, "chat.csv")
    return Answer(data=ChatUrl(chat_download_url=url, chat_download_url_expiry=expires))


@SYSTEM.operation("GET", _SESSION + "/transcript", "subscribe", errors=_ERRORS)
async def get_session_transcripts(call: Call, query: TranscriptQuery) -> Answer[TranscriptUrl]:
    """A URL of the whole transcript of a session"""
    state = await _started(call)
    url, expires = await _url(call, state, f"transcript.{query.format.lower()}")
    return Answer(
        data=TranscriptUrl(
            session_id=ids.to_uuid(state.session_id),
            transcript_download_url=url,
            transcript_download_url_expiry=expires,
        )
    )


@SYSTEM.operation("GET", _SESSION + "/summary", "subscribe", errors=_ERRORS)
async def get_session_summary(call: Call) -> Answer[SummaryUrl]:
    """A URL of the summary of a session"""
    state = await _started(call)
    await call.native.summary.text(call.credential, state.session_id)
    url, expires = await _url(call, state, "summary.txt")
    return Answer(
        data=SummaryUrl(
            session_id=ids.to_uuid(state.session_id),
            summary_download_url=url,
            summary_download_url_expiry=expires,
        )
    )


@SYSTEM.operation(
    "POST", _SESSION + "/summary", "manage", errors=_ERRORS | {409: "Nothing was said in the session yet."}
)
async def generate_summary_of_transcripts(call: Call) -> Answer[SummaryState]:
    """Ask for a summary of a session"""
    state = await _started(call)
    summary = await call.native.summary.ask(call.credential, state.session_id)
    return Answer(data=SummaryState(session_id=ids.to_uuid(state.session_id), status=summary.state))


@SYSTEM.operation(
    "GET",
    "/downloads/{session_id}/{file}",
    None,
    gives="text/csv, text/vtt, application/x-subrip, application/json, text/plain",
    errors={
        401: "The signature is missing, wrong or too old.",
        404: "There is no such file.",
    },
)
async def download(call: Call, query: DownloadQuery) -> Response:
    """What a download URL opens"""
    file, native = call.path("file"), call.native
    if file not in FILES:
        raise HubError("route_not_found")
    session_id = call.session_id("session_id", ids.of_uuid)
    opened = await native.downloads.opened(query.signature, session_id, _what(file))
    response = await FILES[file](native, opener(opened), session_id)
    return as_file(response, f"{ids.to_uuid(session_id)}-{file}")


def _now(call: Call, state: State) -> int:
    # The clock that stamped the entries may be a little ahead.
    return max(call.now, state.ms)


def _what(file: str) -> str:
    return f"{SYSTEM.name} {file}"


async def _started(call: Call, session_id: str | None = None) -> State:
    """The session of a request; one that never started is none in this system."""
    named = session_id or call.session_id("session_id", ids.of_uuid)
    state = await call.native.sessions.state(call.credential, named)
    if state.started is None:
        raise HubError("session_not_found")
    return state


async def _url(call: Call, state: State, file: str) -> tuple[str, str]:
    """Where a file of a session can be downloaded, and until when."""
    signature, expires = await call.native.downloads.sign(
        call.credential, state.session_id, _what(file), file, lifetime=LIFETIME
    )
    path = f"/downloads/{ids.to_uuid(state.session_id)}/{file}?{urlencode({'signature': signature})}"
    return call.url(path), codec.timestamp(expires)
