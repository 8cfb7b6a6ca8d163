"""bigmind: a meeting, and a session of it with participants, attendees and chapters."""

from typing import Literal

from msgspec import Struct

from hub.api.participants import Everybody
from hub.compat.call import Call
from hub.compat.failure import Failure
from hub.compat.system import System
from hub.core.lifecycle import PHASE, Phase
from schemas import codec, directory, session
from schemas.events import ConnectionKind


class Error(Struct, frozen=True, kw_only=True):
    """What a request that failed is answered with."""

    success: Literal[False] = False
    error: str


class User(Struct, frozen=True, kw_only=True):
    """Who created a session or a meeting."""

    id: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    avatar_url: str | None = None


class Participant(Struct, frozen=True, kw_only=True, rename="camel"):
    """A device with which somebody takes part, or took part."""

    device_id: str
    name: str
    avatar_url: str | None
    is_me: bool
    """They are the user of the API key."""
    device_type: Literal["main", "screenshare"]


class Attendee(Struct, frozen=True, kw_only=True):
    """Somebody whom the calendar event names."""

    email: str
    name: str | None
    response_status: str | None


class Chapter(Struct, frozen=True, kw_only=True):
    """A chapter of the meeting."""

    start: codec.Timestamp
    end: codec.Timestamp
    """Where nobody said it: when the next one starts; of the last one, when the session was last heard of."""
    name: str


class Session(Struct, frozen=True, kw_only=True):
    """One occurrence of a meeting."""

    id: str
    meeting_id: str
    status: Literal["scheduled", "in_progress", "ended"]
    started_at: codec.Timestamp | None
    ended_at: codec.Timestamp | None
    attendees: list[Attendee] | None
    chapters: list[Chapter]
    participants: list[Participant]
    created_at: codec.Timestamp
    updated_at: codec.Timestamp
    user: User


class Meeting(Struct, frozen=True, kw_only=True):
    """A meeting."""

    id: str
    title: str | None
    description: str | None
    external_id: str | None
    source: str | None
    link: str | None
    metadata_version: int
    created_at: codec.Timestamp
    updated_at: codec.Timestamp
    user: User


class SessionAnswer(Struct, frozen=True, kw_only=True):
    """A session that was found."""

    success: Literal[True] = True
    data: Session


class MeetingAnswer(Struct, frozen=True, kw_only=True):
    """A meeting that was found."""

    success: Literal[True] = True
    data: Meeting


_MESSAGES = {
    "missing_credential": "Missing API key. Please provide a valid API key in the Authorization header.",
    "invalid_credential": "Invalid API key. Please provide a valid API key in the Authorization header.",
    "session_not_found": "Meeting session not found",
    "meeting_not_found": "Meeting not found",
}


def _refused(failure: Failure, trace_id: str) -> Error:
    if failure.status >= 500:
        return Error(error=f"Failed to fetch meeting session: {failure.message} ({trace_id})")
    return Error(error=_MESSAGES.get(failure.code, failure.message))


SYSTEM = System(
    "bigmind",
    title="bigmind: meetings and their sessions",
    about="Sessions of this hub in the shape of bigmind's meeting API.",
    refused=_refused,
    error=Error,
)
_NOT_FOUND = {404: "There is no such meeting or session."}


@SYSTEM.operation(
    "GET",
    "/v1/meetings/{meetingId}/sessions/{sessionId}",
    "subscribe",
    errors={400: "The session does not belong to the meeting."} | _NOT_FOUND,
)
async def get_meeting_session(call: Call) -> SessionAnswer:
    """A session of a meeting"""
    everybody = await call.native.participants.everybody(call.credential, call.session_id("sessionId"))
    if everybody.session.meeting_id != call.path("meetingId"):
        raise Failure(400, "Meeting session does not belong to the specified meeting")
    user = call.credential.user
    return SessionAnswer(data=shown(everybody, me=user.id if user else None))


@SYSTEM.operation("GET", "/v1/meetings/{meetingId}", "subscribe", errors=_NOT_FOUND)
async def get_meeting(call: Call) -> MeetingAnswer:
    """A meeting"""
    return MeetingAnswer(
        data=shown_meeting(await call.native.meetings.get(call.credential, call.path("meetingId")))
    )


def shown(everybody: Everybody, *, me: str | None) -> Session:
    """A native session with all participants as this system shows it.

    Args:
        everybody: The session and who takes part, or took part.
        me: The user of the API key.
    """
    found = everybody.session
    started = None if found.started_at is None else codec.milliseconds(found.started_at)

    def at(seconds: float) -> str:
        # Until the session has started, its own clock is all there is to count from.
        begin = codec.milliseconds(found.created_at) if started is None else started
        return codec.timestamp(begin + round(seconds * 1000))

    chapters, last = found.artifacts.chapters, found.ended_at or found.updated_at
    return Session(
        id=found.id,
        meeting_id=found.meeting_id or "",
        status=_status(found),
        started_at=found.started_at,
        ended_at=found.ended_at,
        attendees=None
        if found.attendees is None
        else [
            Attendee(email=one.email, name=one.name, response_status=one.response_status)
            for one in found.attendees
        ],
        chapters=[
            Chapter(start=at(one.start), end=after if one.end is None else at(one.end), name=one.title)
            for one, after in zip(chapters, [*(at(one.start) for one in chapters[1:]), last], strict=False)
        ],
        participants=[device for who in everybody.participants for device in _devices(who, me)],
        created_at=found.created_at,
        updated_at=found.updated_at,
        user=_user(found.user),
    )


def _status(found: session.Session) -> Literal["scheduled", "in_progress", "ended"]:
    phase = PHASE[found.status]
    if phase is Phase.WAITING:
        return "scheduled"
    return "in_progress" if phase is Phase.LIVE else "ended"


def _devices(who: session.Participant, me: str | None) -> list[Participant]:
    return [
        Participant(
            device_id=one.connection_id,
            name=who.name,
            avatar_url=who.avatar_url,
            is_me=me is not None and who.user_id == me,
            device_type="screenshare" if one.kind is ConnectionKind.SCREENSHARE else "main",
        )
        for one in who.connections
    ]


def _user(user: session.User | None) -> User:
    if user is None:
        return User()
    return User(
        id=user.id,
        first_name=user.first_name,
        last_name=user.last_name,
        email=user.email,
        avatar_url=user.avatar_url,
    )


def shown_meeting(found: directory.Meeting) -> Meeting:
    """A native meeting as this system shows it."""
    return Meeting(
        id=found.id,
        title=found.title,
        description=found.description,
        external_id=found.external_id,
        source=found.source,
        link=found.link,
        metadata_version=found.metadata_version,
        created_at=found.created_at,
        updated_at=found.updated_at,
        user=_user(found.user),
    )
