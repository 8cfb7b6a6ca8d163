"""What bigmind knows, and where it is said and read here."""

from contract.api.published_endpoints import Requests
from contract.api.published_fields import (
    ACTIVE,
    ADA,
    ATTENDEE,
    CHAPTER,
    DONE,
    MEETING_ID,
    Field,
    Rows,
    create,
    joined,
    key,
    meeting,
)

FIELD_NAMES = """
    answer: success
    session: id meeting_id status=in_progress status=ended started_at ended_at attendees created_at updated_at
    session.participants[]: deviceId name avatarUrl isMe deviceType
    session.chapters[]: start end name
    session.user: id first_name last_name email avatar_url
    meeting: id title description external_id source link metadata_version created_at updated_at
    meeting.user: id first_name last_name email avatar_url
"""
ELSEWHERE = {"answer.success": "the status of the answer"}

row = Rows("bigmind")
_PERSON = "participants.participants.0"
_MEETING = f"/v1/meetings/{MEETING_ID}"


def _meeting() -> list[Field]:
    said = {
        "title": "Weekly",
        "description": "Every Monday.",
        "external_id": "ext-9",
        "source": "google_calendar",
        "link": "https://example.com/weekly",
    }
    return [
        row("meeting.id", meeting(title="Weekly"), f"{_MEETING} id", MEETING_ID),
        *(
            row(f"meeting.{name}", meeting(**{name: value}), f"{_MEETING} {name}", value)
            for name, value in said.items()
        ),
        row(
            "meeting.metadata_version",
            (meeting(title="Weekly"), meeting(title="Monthly")),
            f"{_MEETING} metadata_version",
            2,
        ),
        row("meeting.created_at", create(meeting_id=MEETING_ID), f"{_MEETING} created_at"),
        row("meeting.updated_at", meeting(), f"{_MEETING} updated_at"),
        *row.by_user("meeting.user", (key(user=ADA), meeting()), f"{_MEETING} user", ADA),
    ]


FIELDS = [
    row("session.id", create(), "id"),
    row("session.meeting_id", create(meeting_id=MEETING_ID), "meeting_id", MEETING_ID),
    row("session.status=in_progress", ACTIVE, "status", "active"),
    row("session.status=ended", (ACTIVE, DONE), "live", False),
    row("session.started_at", ACTIVE, "started_at"),
    row("session.ended_at", (ACTIVE, DONE), "ended_at"),
    row("session.participants[].deviceId", joined(), f"{_PERSON}.connections.0.connection_id", "c1"),
    row("session.participants[].name", joined(), f"{_PERSON}.name", "Ada"),
    row(
        "session.participants[].avatarUrl",
        joined(avatar_url="https://example.com/a.png"),
        f"{_PERSON}.avatar_url",
        "https://example.com/a.png",
    ),
    row("session.participants[].isMe", joined(user_id="u-1"), f"{_PERSON}.user_id", "u-1"),
    row(
        "session.participants[].deviceType",
        joined(kind="screenshare"),
        f"{_PERSON}.connections.0.kind",
        "screenshare",
    ),
    row("session.attendees", create(attendees=[ATTENDEE]), "attendees", [ATTENDEE]),
    row("session.chapters[].start", CHAPTER, "/chapters data.0.start", 2.5),
    row("session.chapters[].end", CHAPTER, "/chapters data.0.end", 10),
    row("session.chapters[].name", CHAPTER, "/chapters data.0.title", "Introduction"),
    row("session.created_at", create(), "created_at"),
    row("session.updated_at", create(), "updated_at"),
    *row.by_user("session.user", key(user=ADA), "user", ADA),
    *_meeting(),
]

ENDPOINT_NAMES = {
    "GET /v1/meetings/{meetingId}/sessions/{sessionId}": "meetingId sessionId",
    "GET /v1/meetings/{meetingId}": "meetingId",
    "Errors": "400 401-missing 401-invalid 404 error",
}

_one = Requests("bigmind", "GET /v1/meetings/{meetingId}/sessions/{sessionId}")
_meetings = Requests("bigmind", "GET /v1/meetings/{meetingId}")
_errors = Requests("bigmind", "Errors")

ENDPOINTS = [
    _one.get("", "/v1/sessions/{session_id}", "title", "Weekly planning"),
    _one.get("sessionId", "/v1/sessions/{ended_id}", "title", "Mobile World Congress Pitch"),
    _one.get("meetingId", "/v1/sessions", "data.*.id", ["{session_id}"], meeting_id="{meeting_id}"),
    _meetings.get("", "/v1/meetings/{meeting_id}", "title", "Weekly"),
    _meetings.get("meetingId", "/v1/meetings/{other_meeting_id}", "title", "Pitches"),
    _errors.get("400", "/v1/sessions", "count", 0, meeting_id="{other_meeting_id}", search="{session_id}"),
    _errors.refusal("401-missing", "/v1/sessions/{session_id}", "missing_credential", key="none"),
    _errors.refusal("401-invalid", "/v1/sessions/{session_id}", "invalid_credential", key="wrong"),
    _errors.refusal("404", "/v1/sessions/{nobody}", "session_not_found"),
    _errors.refusal("error", "/v1/sessions/{nobody}", ..., read="error.message"),
]
