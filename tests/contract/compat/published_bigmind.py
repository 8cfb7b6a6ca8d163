"""What bigmind has published."""

from contract.compat.conformance import Endpoint, Published
from contract.compat.shape import (
    BOOLEAN,
    INTEGER,
    MILLISECONDS,
    STRING,
    URL,
    constant,
    or_null,
    words,
)

USER = {
    "id": or_null(STRING),
    "first_name": or_null(STRING),
    "last_name": or_null(STRING),
    "email": or_null(STRING),
    "avatar_url": or_null(URL),
}
SESSION = {
    "id": STRING,
    "meeting_id": STRING,
    "status": words("scheduled", "in_progress", "ended"),
    "started_at": or_null(MILLISECONDS),
    "ended_at": or_null(MILLISECONDS),
    "attendees": or_null(
        [{"email": STRING, "name": or_null(STRING), "response_status": or_null(STRING)}],
    ),
    "chapters": [{"start": MILLISECONDS, "end": MILLISECONDS, "name": STRING}],
    "participants": [
        {
            "deviceId": STRING,
            "name": STRING,
            "avatarUrl": or_null(URL),
            "isMe": BOOLEAN,
            "deviceType": words("main", "screenshare"),
        }
    ],
    "created_at": MILLISECONDS,
    "updated_at": MILLISECONDS,
    "user": USER,
}
MEETING = {
    "id": STRING,
    "title": or_null(STRING),
    "description": or_null(STRING),
    "external_id": or_null(STRING),
    "source": or_null(STRING),
    "link": or_null(URL),
    "metadata_version": INTEGER,
    "created_at": MILLISECONDS,
    "updated_at": MILLISECONDS,
    "user": USER,
}
A_SESSION = "GET /v1/meetings/{meetingId}/sessions/{sessionId}"
A_MEETING = "GET /v1/meetings/{meetingId}"

PUBLISHED = Published(
    "bigmind",
    {
        A_SESSION: Endpoint({"success": constant(True), "data": SESSION}, failures=(400, 401, 403, 404)),
        A_MEETING: Endpoint({"success": constant(True), "data": MEETING}, failures=(401, 403, 404)),
    },
    {"success": constant(False), "error": STRING},
)
