"""The operations of meemo."""

from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from msgspec import Meta, Struct

from hub.api.native import Native
from hub.api.operations.session_list import MAX_PAGE, MAX_PARTICIPANTS, MAX_TEXT
from hub.api.parameters import names_of
from hub.compat.call import Call, Moment, moment
from hub.compat.failure import Failure
from hub.compat.meemo.creation import NewMeeting, Number, native_of, wrong_field
from hub.compat.meemo.shapes import (
    Meeting,
    MeetingPage,
    Organization,
    Participants,
    Recording,
    Summary,
    Topic,
    Transcript,
    listed_meeting,
    shown_meeting,
    shown_participants,
    shown_recording,
    shown_summary,
    shown_topic,
    written_transcript,
)
from hub.compat.system import System
from hub.core.export import Format
from hub.core.query import Query, Sort
from hub.core.stand_in import number_of
from hub.edge.auth import Credential
from hub.errors import HubError
from schemas import details

MAX_SIZE = 200


class Problem(Struct, frozen=True, kw_only=True):
    """What went wrong."""

    code: str
    message: str
    params: dict[str, Any]
    """What and where, such as `field`."""
    request_id: str


class Error(Struct, frozen=True, kw_only=True):
    """What a request that failed is answered with: both forms that this system has, for who reads either."""

    error: Problem
    detail: str


class TokenRequest(Struct, frozen=True, kw_only=True):
    """Client credentials: the id of an API key, and the secret behind it."""

    grant_type: str
    client_id: str
    client_secret: str


class Token(Struct, frozen=True, kw_only=True):
    """An access token."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the word is no secret
    expires_in: int
    """Seconds."""
    scope: str
    """Of `read` and `write` those that the API key allows."""


class RevokeRequest(Struct, frozen=True, kw_only=True):
    """A token of these client credentials."""

    client_id: str
    client_secret: str
    token: str


class OfOrganization(Struct, frozen=True, kw_only=True):
    """Whose."""

    organization_id: Number | None = None
    """Only those of this organization, which must be the caller's own."""


class Filters(OfOrganization, frozen=True, kw_only=True):
    """Which meetings, and which page of them."""

    title: Annotated[str, Meta(max_length=MAX_TEXT)] = ""
    """Only those with this text in the title, in any case."""
    participants: str = ""
    """Only those in which one of these users was: their ids, separated by commas."""
    created_after: Moment | None = None
    """Only those created on this day, in UTC, or later."""
    created_before: Moment | None = None
    """Only those created on this day, in UTC, or earlier."""
    summary_complete: bool | None = None
    """Only those with a summary that is ready, or only those without."""
    from_calendar: bool | None = None
    """Only those with a calendar event, or only those without."""
    page: Annotated[int, Meta(ge=1, le=MAX_PAGE)] = 1
    """Which page, from 1."""
    size: Annotated[int, Meta(ge=1, le=MAX_SIZE)] = 10
    """Meetings on a page."""


_MESSAGES = {
    "missing_credential": "Authentication credentials were not provided.",
    "invalid_credential": "The access token is invalid or has expired.",
    "session_not_found": "Meeting not found.",
    "route_not_found": "Not found.",
}
_FIELDS = {
    "meeting_link": "bot_meeting_url",
    "invited_emails": "participants",
    "attendees": "calendar_event.attendees",
}
"""What is said here by another name than natively."""


def _refused(failure: Failure, trace_id: str) -> Error:
    message, params = _MESSAGES.get(failure.code, failure.message), failure.details
    if isinstance(params.get("field"), str):
        name = params["field"].removeprefix("$.")
        params = {**params, "field": _FIELDS.get(name, name)}
    code = failure.code or "error"
    return Error(
        error=Problem(code=code, message=message, params=params, request_id=trace_id), detail=message
    )


SYSTEM = System(
    "meemo",
    title="meemo: meetings, their transcripts and summaries",
    about="Sessions of this hub in the shape of GL Meemo's external API.",
    refused=_refused,
    error=Error,
    security={
        "accessToken": {
            "type": "http",
            "scheme": "bearer",
            "description": "An access token, that `/api/auth/token/` gives for client credentials: the id of "
            "an API key and the secret behind it. Or the API key itself.",
        }
    },
    statuses={"invalid_parameter": 400, "invalid_field": 400},
)
_ROOT = "/api/v1/external"
_CLIENT = {400: "The form is not complete, or of another grant.", 401: "The client credentials are wrong."}
_OTHER = {403: "The token does not allow this, or the organization is another one."}


@SYSTEM.operation("POST", "/api/auth/token/", None, errors=_CLIENT)
async def get_token(call: Call, form: TokenRequest) -> Token:
    """An access token for client credentials"""
    if form.grant_type != "client_credentials":
        field = {"field": "grant_type"}
        raise Failure(
            400, "This takes client credentials only.", code="unsupported_grant_type", details=field
        )
    try:
        grant = await call.native.access.grant(form.client_id, form.client_secret)
    except HubError as error:
        raise _client(error) from None
    allowed = {"subscribe": "read", "manage": "write"}
    scope = " ".join(word for name, word in allowed.items() if {name, "admin"} & grant.scopes)
    return Token(access_token=grant.token, expires_in=grant.expires_in, scope=scope)


@SYSTEM.operation("POST", "/api/auth/revoke-token/", None, errors=_CLIENT)
async def revoke_token(call: Call, form: RevokeRequest) -> None:
    """Revoke an access token"""
    try:
        await call.native.access.revoke(form.client_id, form.client_secret, form.token)
    except HubError as error:
        raise _client(error) from None


def _client(error: HubError) -> Exception:
    if error.code != "invalid_credential":
        return error
    return Failure(401, "The client credentials are not valid.", code="invalid_client")


@SYSTEM.operation("GET", f"{_ROOT}/meeting/", "subscribe", errors=_OTHER)
async def list_meetings(call: Call, query: Filters) -> MeetingPage:
    """Meetings by pages, those that start last first"""
    _check_organization(call.credential, query.organization_id)
    skip = (query.page - 1) * query.size
    found = await call.native.lists.page(call.credential, _asked(query), skip=skip, limit=query.size)

    def page(number: int) -> str:
        values = {**call.request.query_params, "page": number}
        return f"{call.url(f'{_ROOT}/meeting/')}?{urlencode(values)}"

    return MeetingPage(
        count=found.count,
        next=page(query.page + 1) if skip + query.size < found.count else None,
        previous=page(query.page - 1) if query.page > 1 else None,
        results=[listed_meeting(one) for one in found.data],
    )


@SYSTEM.operation(
    "POST",
    f"{_ROOT}/meeting/",
    "manage",
    status=201,
    errors=_OTHER | {409: "There are as many sessions as there may be."},
)
async def create_meeting(call: Call, body: NewMeeting) -> Meeting:
    """A new meeting: with a bot, of a file, or neither"""
    credential, native = call.credential, call.native
    _check_organization(credential, body.organization_id)
    more: dict[str, Any] = {}
    if body.user_token is not None:
        more["user"] = await _user(native, credential, body.user_token)
    if body.topic_id is not None:
        more["topic_id"] = await _topic_id(native, credential, body.topic_id)
    created, _new = await native.sessions.create(credential, native_of(body, datetime.now(UTC), **more))
    return shown_meeting(created)


@SYSTEM.operation("GET", f"{_ROOT}/meeting/{{id}}/", "subscribe")
async def get_meeting(call: Call) -> Meeting:
    """A meeting"""
    found = await call.native.sessions.get(call.credential, await _session_id(call))
    return shown_meeting(found, found.artifacts.summary)


@SYSTEM.operation("GET", f"{_ROOT}/meeting/{{id}}/transcript/", "subscribe")
async def get_transcript(call: Call) -> Transcript:
    """All that was said in a meeting"""
    session_id = await _session_id(call)
    form = Format("application/json", partial(written_transcript, int(call.path("id"))))
    # An application that answers with one, piece by piece.
    response: Any = await call.native.transcript.file(call.credential, session_id, lambda _state: form)
    return response


@SYSTEM.operation("GET", f"{_ROOT}/meeting/{{id}}/summary/", "subscribe")
async def get_summary(call: Call) -> Summary:
    """The summary of a meeting"""
    return shown_summary(await call.native.sessions.get(call.credential, await _session_id(call)))


@SYSTEM.operation("GET", f"{_ROOT}/meeting/{{id}}/participants/", "subscribe")
async def get_participants(call: Call) -> Participants:
    """Who takes part in a meeting, or took part"""
    everybody = await call.native.participants.everybody(call.credential, await _session_id(call))
    return shown_participants(everybody.session, everybody.participants)


@SYSTEM.operation("GET", f"{_ROOT}/meeting/{{id}}/recording/", "subscribe")
async def get_recording(call: Call) -> Recording:
    """The recording of a meeting"""
    return shown_recording(await call.native.sessions.get(call.credential, await _session_id(call)))


@SYSTEM.operation("GET", f"{_ROOT}/topics/", "subscribe", errors=_OTHER)
async def list_topics(call: Call, query: OfOrganization) -> list[Topic]:
    """What meetings may be about"""
    _check_organization(call.credential, query.organization_id)
    return [shown_topic(one) for one in await call.native.topics.all(call.credential)]


@SYSTEM.operation("GET", f"{_ROOT}/webhooks/available-organizations/", "subscribe")
async def list_available_organizations(call: Call) -> list[Organization]:
    """The organization whose meetings these are: by this number it is asked for"""
    organization = call.credential.organization
    return [Organization(id=number_of(organization), name=organization)]


async def _session_id(call: Call) -> str:
    number = call.path("id")
    if not (number.isascii() and number.isdigit() and len(number) < 16):
        raise HubError("session_not_found")
    return await call.native.lists.numbered(call.credential, int(number))


def _check_organization(credential: Credential, asked: int | None) -> None:
    own = number_of(credential.organization)
    if asked not in (None, own):
        # Whose the other one is, and whether there is one, is not said.
        message = f"Application does not have access to this organization; its own is {own}."
        params = {"field": "organization_id", "organization_id": own}
        raise Failure(403, message, code="permission_denied", details=params)


async def _user(native: Native, credential: Credential, token: str) -> details.User:
    """Who has a token; the token itself is told to nobody."""
    try:
        other = await native.authenticator.text(token)
    except HubError as error:
        if error.code != "invalid_credential":
            raise
        other = None
    # A stream token has no user.
    if other is None or other.organization != credential.organization or other.user is None:
        raise wrong_field("user_token", "`user_token` is no token of a user of this organization.")
    return other.user


async def _topic_id(native: Native, credential: Credential, number: int) -> str:
    try:
        return (await native.topics.numbered(credential, number)).id
    except HubError as error:
        if error.code != "topic_not_found":
            raise
        raise wrong_field("topic_id", "There is no such topic.") from None


def _asked(query: Filters) -> Query:
    """The sessions that are asked for."""
    return Query(
        title=query.title or None,
        participants=names_of("participants", query.participants, MAX_PARTICIPANTS)
        if query.participants
        else None,
        created_from=moment("created_after", query.created_after, last=False),
        created_to=moment("created_before", query.created_before, last=True),
        summary=query.summary_complete,
        calendar=query.from_calendar,
        sort=Sort.START,
    )
