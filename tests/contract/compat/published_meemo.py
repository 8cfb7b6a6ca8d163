"""What meemo has published; its client library says what may be null."""

from contract.compat.conformance import Endpoint, Published
from contract.compat.shape import (
    BOOLEAN,
    INTEGER,
    MILLISECONDS,
    NULL,
    NUMBER,
    OBJECT,
    STRING,
    URL,
    constant,
    or_null,
    words,
)

ROOT = "/api/v1/external"
TOKEN = "POST /api/auth/token/"
REVOKE = "POST /api/auth/revoke-token/"
LIST = f"GET {ROOT}/meeting/"
CREATE = f"POST {ROOT}/meeting/"
MEETING = f"GET {ROOT}/meeting/{{id}}/"
TRANSCRIPT = f"GET {ROOT}/meeting/{{id}}/transcript/"
SUMMARY = f"GET {ROOT}/meeting/{{id}}/summary/"
PARTICIPANTS = f"GET {ROOT}/meeting/{{id}}/participants/"
RECORDING = f"GET {ROOT}/meeting/{{id}}/recording/"
TOPICS = f"GET {ROOT}/topics/"
ORGANIZATIONS = f"GET {ROOT}/webhooks/available-organizations/"

STATUS = words("upcoming", "ongoing", "recording", "past")
CALENDAR_EVENT = {
    "event_id": STRING,
    "summary": or_null(STRING),
    "organizer_email": or_null(STRING),
    "attendees": [
        {"email": STRING, "display_name": or_null(STRING), "response_status": or_null(STRING)},
    ],
    "meeting_link": or_null(URL),
    "start_time": or_null(MILLISECONDS),
    "end_time": or_null(MILLISECONDS),
}
A_MEETING = {
    "id": INTEGER,
    "title": STRING,
    "start_time": MILLISECONDS,
    "end_time": or_null(MILLISECONDS),
    "created_at": MILLISECONDS,
    "location": STRING,
    "status": STATUS,
    "summary_complete": BOOLEAN,
    "host": {"id": INTEGER, "name": STRING, "email": STRING},
    "language": STRING,
    "keywords": [STRING],
    "participant_count": INTEGER,
    "duration_seconds": or_null(NUMBER),
    "num_cluster": INTEGER,
    "calendar_event": or_null(CALENDAR_EVENT),
}
A_NEW_MEETING = A_MEETING | {"end_time": NULL, "duration_seconds": NULL}
A_PAGE = {
    "count": INTEGER,
    "next": or_null(URL),
    "previous": or_null(URL),
    "results": [
        {
            "id": INTEGER,
            "title": STRING,
            "start_time": MILLISECONDS,
            "end_time": or_null(MILLISECONDS),
            "created_at": MILLISECONDS,
            "status": STATUS,
            "summary_complete": BOOLEAN,
            "host_name": STRING,
            "calendar_event": or_null(CALENDAR_EVENT),
        }
    ],
}
OF_MEETING = {"meeting_id": INTEGER, "title": STRING}
FILTERS = (
    "organization_id",
    "title",
    "participants",
    "created_after",
    "created_before",
    "summary_complete=true",
    "summary_complete=false",
    "from_calendar=true",
    "from_calendar=false",
    "page",
    "size",
)
SAID = (
    "organization_id",
    "title",
    "start_time",
    "user_token",
    "topic_id",
    "participants",
    "bot_meeting_url",
    "file_url",
    "bot_join_at",
    "speaker_count",
    *(
        f"calendar_event.{name}"
        for name in (
            "event_id",
            "summary",
            "organizer_email",
            "attendees[].email",
            "attendees[].display_name",
            "attendees[].response_status",
            "meeting_link",
            "start_time",
            "end_time",
        )
    ),
)

PUBLISHED = Published(
    "meemo",
    {
        TOKEN: Endpoint(
            {
                "access_token": STRING,
                "token_type": constant("Bearer"),
                "expires_in": INTEGER,
                "scope": STRING,
            },
            ("grant_type", "client_id", "client_secret"),
            (400, 401),
        ),
        REVOKE: Endpoint(None, ("client_id", "client_secret", "token"), (400, 401)),
        LIST: Endpoint(A_PAGE, FILTERS, (400, 401, 403)),
        CREATE: Endpoint(A_NEW_MEETING, SAID, (400, 401, 403)),
        MEETING: Endpoint(A_MEETING, ("id",), (401, 403, 404)),
        TRANSCRIPT: Endpoint(
            OF_MEETING
            | {
                "total_segments": INTEGER,
                "transcripts": [
                    {"speaker": STRING, "text": STRING, "start_time": NUMBER, "end_time": NUMBER},
                ],
            },
            ("id",),
            (401, 403, 404),
        ),
        SUMMARY: Endpoint(
            OF_MEETING | {"summary": or_null(STRING), "notes": STRING, "keywords": [STRING]},
            ("id",),
            (401, 403, 404),
        ),
        PARTICIPANTS: Endpoint(
            OF_MEETING
            | {
                "total_participants": INTEGER,
                "participants": [
                    {
                        "id": or_null(INTEGER),
                        "name": STRING,
                        "email": or_null(STRING),
                        "position": STRING,
                        "department": STRING,
                    }
                ],
            },
            ("id",),
            (401, 403, 404),
        ),
        RECORDING: Endpoint(
            OF_MEETING | {"recording_url": or_null(URL), "duration": NUMBER, "format": STRING},
            ("id",),
            (401, 403, 404),
        ),
        TOPICS: Endpoint(
            [{"id": INTEGER, "name": STRING, "alias": STRING, "language": STRING}],
            ("organization_id",),
            (400, 401, 403),
        ),
        ORGANIZATIONS: Endpoint([{"id": INTEGER, "name": STRING}], (), (401, 403)),
    },
    {
        "error": {"code": STRING, "message": STRING, "params": OBJECT, "request_id": STRING},
        "detail": STRING,
    },
)
