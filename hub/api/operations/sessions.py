"""Sessions themselves."""

from hub.api.operation import Answer, Body, Operation
from hub.api.parameter import Parameter, entry_id
from schemas.bots import LEASE_HEADER, MAX_LEASE
from schemas.requests import (
    CreateSession,
    Heartbeat,
    HeartbeatResult,
    StopSession,
    UpdateSession,
)
from schemas.session import Session, SessionDetail

ONE = "/v1/sessions/{session_id}"
_GROUP = "sessions"
_IDEMPOTENCY_KEY = Parameter(
    name="Idempotency-Key",
    about="A repeated creation with the same key answers with the session of the first.",
    schema={"type": "string", "pattern": r"^[\x21-\x7e]{1,128}$"},
    example="create-weekly-2026-01-31",
)
LEASE = Parameter(
    name=LEASE_HEADER,
    about="The number of the lease under which a bot has the session; who is no bot leaves it out.",
    schema={"type": "integer", "minimum": 1, "maximum": MAX_LEASE},
    example=1,
)

CREATE = Operation(
    name="create_session",
    group=_GROUP,
    method="POST",
    path="/v1/sessions",
    summary="Create a session",
    scope="manage",
    headers=(_IDEMPOTENCY_KEY,),
    body=Body(
        type=CreateSession,
        examples={
            "plain": {"title": "Weekly", "meeting_link": "https://meet.google.com/abc-defg-hij"},
            "scheduled": {
                "title": "Quarterly",
                "meeting_id": "quarterly",
                "scheduled_for": "2199-01-31T09:30:00Z",
                "attendees": [{"email": "ann@example.org", "response_status": "accepted"}],
                "metadata": {"team": "sales"},
            },
        },
    ),
    answers={
        201: Answer(about="The session.", body=Session, headers={"Location": "Its path."}),
        200: Answer(
            about="The session that was created with this key before.",
            body=Session,
            headers={"Location": "Its path."},
        ),
    },
    errors=("idempotency_conflict", "too_many_sessions", "imports_busy"),
)
GET = Operation(
    name="get_session",
    group=_GROUP,
    method="GET",
    path=ONE,
    summary="A session with its participants and artifacts",
    scope="subscribe",
    parameters=(entry_id("as_of", "As it was with this entry; by default as it is."),),
    answers={200: Answer(about="The session.", body=SessionDetail)},
)
UPDATE = Operation(
    name="update_session",
    group=_GROUP,
    method="PATCH",
    path=ONE,
    summary="Change what is said of a session",
    about="At any time. What is left out stays, null takes it away.",
    scope="manage",
    body=Body(type=UpdateSession, examples={"plain": {"title": "Weekly sync", "location": None}}),
    answers={200: Answer(about="The session.", body=Session)},
)
DELETE = Operation(
    name="delete_session",
    group=_GROUP,
    method="DELETE",
    path=ONE,
    summary="Delete a session",
    about="Its streams are told by `session.deleted` and an `end` frame.",
    scope="manage",
    answers={204: Answer(about="It is gone.")},
)
STOP = Operation(
    name="stop_session",
    group=_GROUP,
    method="POST",
    path=f"{ONE}/stop",
    summary="End a session",
    about="It is `completed`, or `failed` if the bot never got in. One that has ended is left as it is.",
    scope="manage",
    body=Body(type=StopSession, examples={"plain": {"reason": "the meeting is over"}}, required=False),
    answers={200: Answer(about="The session.", body=Session)},
)
SEAL = Operation(
    name="seal_session",
    group=_GROUP,
    method="POST",
    path=f"{ONE}/seal",
    summary="Seal a session that has ended",
    about="It takes nothing more but artifacts and details. A second seal changes nothing.",
    scope="publish",
    answers={200: Answer(about="The session.", body=Session)},
    errors=("session_not_ended",),
)
HEARTBEAT = Operation(
    name="heartbeat",
    group=_GROUP,
    method="POST",
    path=f"{ONE}/heartbeat",
    summary="Say that the bot is alive",
    about="With the number of its lease that is renewed, and the answer says whether the bot is to leave.",
    scope="publish",
    headers=(LEASE,),
    body=Body(type=Heartbeat, examples={"plain": {"state": "recording", "health": "good"}}, required=False),
    answers={200: Answer(about="Until when the session counts as live.", body=HeartbeatResult)},
    errors=("session_ended", "session_sealed", "lease_lost"),
)
