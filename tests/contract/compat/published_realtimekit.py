"""What realtimekit has published, and where it leaves a gap, what its official client reads."""

from contract.compat.conformance import Endpoint, Published
from contract.compat.shape import (
    INTEGER,
    MILLISECONDS,
    NUMBER,
    OBJECT,
    STRING,
    URL,
    UUID,
    constant,
    optional,
    or_null,
    words,
)

ROOM = {"id": STRING, "title": or_null(STRING), "started_at": MILLISECONDS, "ended_at": or_null(MILLISECONDS)}
SESSION = {
    "id": UUID,
    "associated_id": STRING,
    "created_at": MILLISECONDS,
    "live_participants": NUMBER,
    "max_concurrent_participants": NUMBER,
    "meeting_display_name": STRING,
    "minutes_consumed": NUMBER,
    "organization_id": STRING,
    "started_at": MILLISECONDS,
    "status": words("LIVE", "ENDED"),
    "type": words("meeting", "livestream", "participant"),
    "updated_at": MILLISECONDS,
    "breakout_rooms": optional([ROOM]),
    "ended_at": optional(MILLISECONDS),
    "meta": optional(OBJECT),
}
PEER_EVENT = {
    "id": STRING,
    "created_at": MILLISECONDS,
    "event_name": words("PEER_CREATED", "PEER_JOINING", "PEER_LEAVING"),
    "minutes_consumed": NUMBER,
    "participant_id": STRING,
    "peer_id": STRING,
    "preset_view_type": words("GROUP_CALL", "WEBINAR", "AUDIO_ROOM", "LIVESTREAM", "CHAT"),
    "session_id": UUID,
    "socket_session_id": STRING,
    "updated_at": MILLISECONDS,
}
PARTICIPANT = {
    "id": STRING,
    "created_at": MILLISECONDS,
    "custom_participant_id": optional(STRING),
    "display_name": STRING,
    "duration": NUMBER,
    "joined_at": MILLISECONDS,
    "left_at": optional(MILLISECONDS),
    "peer_events": optional([PEER_EVENT]),
    "preset_name": optional(STRING),
    "updated_at": MILLISECONDS,
    "user_id": optional(STRING),
}
METADATA = {
    "device_info": optional(OBJECT),
    "ip_information": optional(OBJECT),
    "pc_metadata": optional([OBJECT]),
    "events": optional([{"name": STRING, "timestamp": MILLISECONDS, "metadata": OBJECT}]),
}
PEER = PARTICIPANT | {
    "peer_report": {"metadata": optional(METADATA), "quality": optional(OBJECT)},
    "session_id": UUID,
}
SUCCESS = {"success": constant(True)}
PAGE = ("page_no", "per_page")
SORTED = ("sort_by", "sort_order")

SESSIONS = "GET /accounts/{account_id}/realtime/kit/{app_id}/sessions"
A_SESSION = SESSIONS + "/{session_id}"
PARTICIPANTS = A_SESSION + "/participants"
A_PARTICIPANT = PARTICIPANTS + "/{participant_id}"
CHAT = A_SESSION + "/chat"
TRANSCRIPT = A_SESSION + "/transcript"
SUMMARY = A_SESSION + "/summary"
ASK = SUMMARY.replace("GET", "POST")
A_PEER = SESSIONS + "/peer-report/{peer_id}"
DOWNLOAD = "GET /downloads/{session_id}/{file}"

PUBLISHED = Published(
    "realtimekit",
    {
        SESSIONS: Endpoint(
            {
                "data": {"sessions": [SESSION]},
                "paging": {"end_offset": NUMBER, "start_offset": NUMBER, "total_count": NUMBER},
            }
            | SUCCESS,
            (
                "associated_id",
                "start_time",
                "end_time",
                *PAGE,
                "participants",
                "search",
                *SORTED,
                "status",
            ),
            (401, 403, 422),
        ),
        A_SESSION: Endpoint(
            {"data": SESSION | {"session": SESSION}} | SUCCESS,
            ("include_breakout_rooms",),
            (401, 403, 404, 422),
        ),
        PARTICIPANTS: Endpoint(
            {"data": {"participants": [PARTICIPANT]}} | SUCCESS,
            (*PAGE, "search", *SORTED, "include_peer_events", "view=raw", "view=consolidated"),
            (401, 403, 404, 422),
        ),
        A_PARTICIPANT: Endpoint(
            {"data": {"participant": PARTICIPANT}} | SUCCESS,
            ("include_peer_events",),
            (401, 403, 404, 422),
        ),
        CHAT: Endpoint(
            {"data": {"chat_download_url": URL, "chat_download_url_expiry": MILLISECONDS}} | SUCCESS,
            (),
            (401, 403, 404),
        ),
        TRANSCRIPT: Endpoint(
            {
                "data": {
                    "sessionId": UUID,
                    "transcript_download_url": URL,
                    "transcript_download_url_expiry": MILLISECONDS,
                }
            }
            | SUCCESS,
            ("format=SRT", "format=VTT", "format=JSON", "format=CSV"),
            (401, 403, 404, 422),
        ),
        SUMMARY: Endpoint(
            {"data": {"sessionId": UUID, "summaryDownloadUrl": URL, "summaryDownloadUrlExpiry": MILLISECONDS}}
            | SUCCESS,
            (),
            (401, 403, 404),
        ),
        ASK: Endpoint(
            {"data": {"session_id": UUID, "status": STRING}} | SUCCESS,
            (),
            (401, 403, 404, 409),
        ),
        A_PEER: Endpoint(
            {"data": PEER | {"participant": PEER | {"role": optional(STRING)}}} | SUCCESS,
            (
                "include_peer_events",
                "filters=device_info",
                "filters=ip_information",
                "filters=precall_network_information",
                "filters=events",
                "filters=quality_stats",
            ),
            (401, 403, 404, 422),
        ),
        DOWNLOAD: Endpoint(None, ("signature",), (401, 404)),
    },
    {
        "success": constant(False),
        "errors": [{"code": INTEGER, "message": STRING}],
        "messages": [{"code": INTEGER, "message": STRING}],
        "result": or_null(OBJECT),
    },
)
