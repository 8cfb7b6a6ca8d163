"""What meeting_buddy has published."""

from typing import Any

from contract.compat.conformance import Endpoint, Published
from contract.compat.shape import (
    BOOLEAN,
    INTEGER,
    NUMBER,
    OBJECT,
    SECONDS,
    STRING,
    Kind,
    constant,
    optional,
    or_null,
    starting,
    words,
)

STATUSES = ("initializing", "joining", "active", "recording", "leaving", "completed", "failed")
ID, SPOKEN = starting("mbsess_"), starting("mbtrans_")
_LATER: dict[str, Kind] = {
    "join_timestamp": SECONDS,
    "leave_timestamp": SECONDS,
    "total_duration_seconds": NUMBER,
    "segment_count": INTEGER,
    "audio_file_count": INTEGER,
    "video_file_count": INTEGER,
    "total_size_bytes": INTEGER,
}
_FAILED: dict[str, Kind] = {"error_message": STRING, "error_code": STRING}


def _session(status: Kind, history: Any, *, is_new: bool = False) -> dict[str, Any]:
    """A session; of a new one nothing is known that comes later."""

    def later(kinds: dict[str, Kind]) -> dict[str, Any]:
        return {name: constant(None) if is_new else or_null(kind) for name, kind in kinds.items()}

    return {
        "session_id": ID,
        "organization_id": STRING,
        "user_id": STRING,
        "meeting_link": STRING,
        "platform": words("teams", "zoom", "google_meet", "webex"),
        "bot_name": STRING,
        "status": status,
        "transcription_enabled": BOOLEAN,
        "transcription_language": STRING,
        "debug_mode": BOOLEAN,
        "created_at": SECONDS,
        "updated_at": SECONDS,
        **later(_LATER),
        # May be null, and never is.
        "output_directory": STRING,
        **later(_FAILED),
        "metadata": OBJECT,
        "current_participants": OBJECT,
        "participant_history": history,
    }


HISTORY = [
    {
        "participant_id": STRING,
        "participant_name": STRING,
        "event": words("joined", "left"),
        "timestamp": SECONDS,
    }
]
NEW = _session(words("initializing"), constant([]), is_new=True)
SESSION = _session(words(*STATUSES), HISTORY)
LIST = {"sessions": [SESSION], "total": INTEGER, "limit": INTEGER, "offset": INTEGER}
TRANSCRIPTS = [
    {
        "transcript_id": SPOKEN,
        "text": STRING,
        "confidence": or_null(NUMBER),
        "start_time": NUMBER,
        "end_time": NUMBER,
        "speaker": or_null(STRING),
        "language_code": STRING,
        "created_at": SECONDS,
    }
]
STATUS_EVENT = {
    "session_id": ID,
    "status": words(*STATUSES),
    "previous_status": or_null(words(*STATUSES)),
    "timestamp": SECONDS,
    "error_message": or_null(STRING),
    "error_code": or_null(STRING),
    "participant_name": optional(STRING),
    "event": optional(words("joined", "left")),
}
TRANSCRIPT_EVENT = {
    "session_id": ID,
    "transcript_id": or_null(SPOKEN),
    "text": STRING,
    "speaker": or_null(STRING),
    "start_time": NUMBER,
    "end_time": NUMBER,
    "confidence": or_null(NUMBER),
    "language_code": STRING,
    "is_partial": BOOLEAN,
    "timestamp": SECONDS,
}
LOG_EVENT = {
    "session_id": ID,
    "level": words("info", "warning", "error"),
    "message": STRING,
    "timestamp": SECONDS,
    "details": or_null(OBJECT),
}
ACTIVE = [
    {
        "session_id": ID,
        "meeting_link": STRING,
        "platform": words("teams", "zoom", "meet", "webex"),
        "status": words("initializing", "joining", "active", "recording", "leaving"),
        "bot_name": STRING,
        "join_timestamp": or_null(SECONDS),
        "current_participants": [STRING],
        "duration_so_far_seconds": NUMBER,
    }
]
COUNTS = {
    "session_count": INTEGER,
    "completed_count": INTEGER,
    "failed_count": INTEGER,
    "total_duration_hours": NUMBER,
    "avg_duration_minutes": NUMBER,
}
SUMMARY = {"active_count": INTEGER, **COUNTS}
TRENDS = {"granularity": words("day", "week", "month"), "data": [{"period": STRING, **COUNTS}]}
PART = {"count": INTEGER, "percentage": NUMBER}
DURATIONS = {
    "total": INTEGER,
    "buckets": [{"label": STRING, "min_seconds": NUMBER, "max_seconds": NUMBER, **PART}],
}
BREAKDOWN = {
    "dimension": constant("status"),
    "total": INTEGER,
    "items": [{"label": words(*STATUSES), **PART}],
}
FAILURE = {
    "success": constant(False),
    "error": {
        "code": STRING,
        "message": STRING,
        "type": words("client_error", "server_error"),
        "status": INTEGER,
        "details": OBJECT,
        "trace_id": STRING,
        "timestamp": SECONDS,
    },
}

_SESSIONS, _ANALYTICS = "/v1/meeting-buddy/sessions", "/v1/meeting-buddy/analytics"
_ID = f"{_SESSIONS}/{{session_id}}"
START, A_LIST, A_SESSION = f"POST {_SESSIONS}", f"GET {_SESSIONS}", f"GET {_ID}"
STOP, DELETE = f"POST {_ID}/stop", f"DELETE {_ID}"
A_TRANSCRIPT, AN_EXPORT = f"GET {_ID}/transcripts", f"GET {_ID}/transcripts/export"
STATUS_STREAM = f"GET {_ID}/stream"
TRANSCRIPT_STREAM, LOG_STREAM = f"GET {_ID}/transcripts/stream", f"GET {_ID}/logs/stream"
A_SUMMARY, ACTIVE_ONES, SOME_TRENDS = (f"GET {_ANALYTICS}/{name}" for name in ("summary", "active", "trends"))
SOME_DURATIONS = f"GET {_ANALYTICS}/duration-distribution"
A_BREAKDOWN = f"GET {_ANALYTICS}/status-breakdown"
FORMATS = ("txt", "json", "ndjson", "vtt", "srt", "csv", "md")
GRANULARITIES = ("day", "week", "month")
_DENIED, _OF_ONE = (401, 403), (401, 403, 404)
_DATES = ("start_date", "end_date")

PUBLISHED = Published(
    "meeting-buddy",
    {
        START: Endpoint(
            NEW,
            parameters=(
                "meeting_link",
                "bot_name",
                "transcription_enabled",
                "transcription_language",
                "debug_mode",
                "metadata",
            ),
            failures=(401, 403, 422, 500),
        ),
        A_LIST: Endpoint(
            LIST,
            parameters=(*(f"status={status}" for status in STATUSES), "limit", "offset"),
            failures=(*_DENIED, 422),
        ),
        A_SESSION: Endpoint(SESSION, failures=_OF_ONE),
        STOP: Endpoint(SESSION, failures=_OF_ONE),
        DELETE: Endpoint(SESSION, failures=_OF_ONE),
        A_TRANSCRIPT: Endpoint(TRANSCRIPTS, failures=_OF_ONE),
        AN_EXPORT: Endpoint(parameters=tuple(f"format={name}" for name in FORMATS), failures=(*_OF_ONE, 422)),
        STATUS_STREAM: Endpoint(STATUS_EVENT, failures=_OF_ONE),
        TRANSCRIPT_STREAM: Endpoint(TRANSCRIPT_EVENT, failures=_OF_ONE),
        LOG_STREAM: Endpoint(LOG_EVENT, failures=_OF_ONE),
        A_SUMMARY: Endpoint(SUMMARY, parameters=_DATES, failures=(*_DENIED, 422)),
        ACTIVE_ONES: Endpoint(ACTIVE, failures=_DENIED),
        SOME_TRENDS: Endpoint(
            TRENDS,
            parameters=(*_DATES, *(f"granularity={name}" for name in GRANULARITIES)),
            failures=(*_DENIED, 422),
        ),
        SOME_DURATIONS: Endpoint(DURATIONS, parameters=_DATES, failures=(*_DENIED, 422)),
        A_BREAKDOWN: Endpoint(BREAKDOWN, parameters=_DATES, failures=(*_DENIED, 422)),
    },
    FAILURE,
)
