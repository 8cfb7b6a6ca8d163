"""What realtimekit knows, and where it is said and read here."""

from contract.api.published_endpoints import PITCH, REVIEW, WEEKLY, Requests
from contract.api.published_fields import (
    ACTIVE,
    CHAT,
    DONE,
    LATER,
    LEFT,
    POSITIVE,
    REPORT,
    ROOM,
    SUMMARIZE,
    SUMMARY,
    Field,
    Rows,
    create,
    event,
    joined,
    key,
    segment,
)

_SESSION = """id associated_id created_at live_participants max_concurrent_participants meeting_display_name
    minutes_consumed organization_id started_at status=LIVE status=ENDED type=meeting type=livestream
    type=participant updated_at breakout_rooms ended_at meta"""
_PARTICIPANT = """id created_at custom_participant_id display_name duration joined_at left_at preset_name
    updated_at user_id role"""
FIELD_NAMES = f"""
    sessions[]: {_SESSION}
    answer: success
    paging: total_count start_offset end_offset
    session: {_SESSION}
    participants[]: {_PARTICIPANT}
    participant: {_PARTICIPANT}
    peer: {_PARTICIPANT} session_id
    peer.peer_events[]: id created_at updated_at event_name=PEER_CREATED event_name=PEER_JOINING
    peer.peer_events[]: event_name=PEER_LEAVING minutes_consumed participant_id peer_id preset_view_type
    peer.peer_events[]: session_id socket_session_id
    peer.peer_report.metadata: device_info ip_information precall_network_information
    peer.peer_report: quality
    chat: chat_download_url chat_download_url_expiry message
    transcript: sessionId transcript_download_url transcript_download_url_expiry
    transcript[]: startTime endTime sentence
    transcript[].peerData: id userId displayName cpi joinedAt leftAt
    summary: sessionId summaryDownloadUrl summaryDownloadUrlExpiry text
    summary.POST: session_id status
"""
ELSEWHERE = {
    "answer.success": "the status of the answer",
    "paging.start_offset": "from the `page` and `size` that were asked for",
    "paging.end_offset": "from the `page` and `size` that were asked for",
    "peer.peer_events[].event_name=PEER_CREATED": "a participant is created by joining: as PEER_JOINING",
}

row = Rows("realtimekit")


def _session(name: str, of: str) -> list[Field]:
    """The rows of a session, which is read at `of`."""
    types = ("livestream", "participant")
    return [
        row(f"{name}.id", create(), f"{of}id"),
        row(f"{name}.associated_id", create(meeting_id="m-1"), f"{of}meeting_id", "m-1"),
        row(f"{name}.created_at", create(), f"{of}created_at"),
        row(f"{name}.live_participants", joined(), f"{of}participant_counts.live", 1),
        row(f"{name}.max_concurrent_participants", (joined(), LEFT), f"{of}participant_counts.peak", 1),
        row(f"{name}.meeting_display_name", create(title="Weekly"), f"{of}title", "Weekly"),
        row(f"{name}.minutes_consumed", (joined(), LATER, LEFT), f"{of}minutes_consumed", POSITIVE),
        row(f"{name}.organization_id", key(organization="acme"), f"{of}organization", "acme"),
        row(f"{name}.started_at", ACTIVE, f"{of}started_at"),
        row(f"{name}.status=LIVE", ACTIVE, f"{of}status", "active"),
        row(f"{name}.status=ENDED", (ACTIVE, DONE), f"{of}live", False),
        row(f"{name}.type=meeting", create(), f"{of}type", "meeting"),
        *(row(f"{name}.type={one}", create(type=one), f"{of}type", one) for one in types),
        row(f"{name}.updated_at", create(), f"{of}updated_at"),
        row(f"{name}.breakout_rooms", ROOM, f"{of}breakout_rooms.0.room_id", "r1"),
        row(f"{name}.ended_at", (ACTIVE, DONE), f"{of}ended_at"),
        row(f"{name}.meta", create(metadata={"a": 1}), f"{of}metadata", {"a": 1}),
    ]


def _participant(name: str, of: str) -> list[Field]:
    """The rows of a participant, who is read at `of`."""
    return [
        row(f"{name}.id", joined(), f"{of}participant_id", "ada"),
        row(f"{name}.created_at", joined(), f"{of}joined_at"),
        row(f"{name}.custom_participant_id", joined(custom_id="emp-1"), f"{of}custom_id", "emp-1"),
        row(f"{name}.display_name", joined(), f"{of}name", "Ada"),
        row(f"{name}.duration", (joined(), LATER, LEFT), f"{of}duration", POSITIVE),
        row(f"{name}.joined_at", joined(), f"{of}joined_at"),
        row(f"{name}.left_at", (joined(), LEFT), f"{of}left_at"),
        row(f"{name}.preset_name", joined(preset="host"), f"{of}preset", "host"),
        row(f"{name}.updated_at", joined(), f"{of}updated_at"),
        row(f"{name}.user_id", joined(user_id="u-1"), f"{of}user_id", "u-1"),
        row(f"{name}.role", joined(role="host"), f"{of}role", "host"),
    ]


def _peer() -> list[Field]:
    came, went = (f"/events?types=participant.{what} data.0" for what in ("joined", "left"))
    report = (joined(), event("peer.report", participant_id="ada", **REPORT))
    of = "/peers/c1 "
    return [
        *_participant("peer", of),
        row("peer.session_id", joined(), f"{came}.session_id"),
        row("peer.peer_events[].id", joined(), f"{came}.id"),
        row("peer.peer_events[].created_at", joined(), f"{of}events.0.at"),
        row("peer.peer_events[].updated_at", joined(), f"{came}.at"),
        row("peer.peer_events[].event_name=PEER_JOINING", joined(), f"{of}events.0.event", "joined"),
        row("peer.peer_events[].event_name=PEER_LEAVING", (joined(), LEFT), f"{of}events.1.event", "left"),
        row("peer.peer_events[].minutes_consumed", (joined(), LATER, LEFT), f"{of}duration", POSITIVE),
        row("peer.peer_events[].participant_id", joined(), f"{came}.data.participant_id", "ada"),
        row("peer.peer_events[].peer_id", (joined(), LEFT), f"{went}.data.connection_id", "c1"),
        row(
            "peer.peer_events[].preset_view_type", (joined(), create(type="livestream")), "type", "livestream"
        ),
        row("peer.peer_events[].session_id", (joined(), LEFT), f"{went}.session_id"),
        row("peer.peer_events[].socket_session_id", joined(), f"{of}events.0.connection_id", "c1"),
        row("peer.peer_report.metadata.device_info", report, f"{of}report.device", REPORT["device"]),
        row("peer.peer_report.metadata.ip_information", report, f"{of}report.network", REPORT["network"]),
        row(
            "peer.peer_report.metadata.precall_network_information",
            report,
            f"{of}report.precall",
            REPORT["precall"],
        ),
        row("peer.peer_report.quality", report, f"{of}report.quality", REPORT["quality"]),
    ]


def _files() -> list[Field]:
    spoken = segment(speaker={"name": "Ada", "participant_id": "ada"})
    who = "/participants/ada "
    return [
        row("chat.chat_download_url", create(), "/chat/url url"),
        row("chat.chat_download_url_expiry", create(), "/chat/url expires_at"),
        row("chat.message", CHAT, "/chat data.0.text", "hi"),
        row("transcript.sessionId", create(), "/transcript session_id"),
        row("transcript.transcript_download_url", create(), "/transcript/url url"),
        row("transcript.transcript_download_url_expiry", create(), "/transcript/url expires_at"),
        row("transcript[].startTime", spoken, "/transcript segments.0.start", 1.5),
        row("transcript[].endTime", spoken, "/transcript segments.0.end", 2.25),
        row("transcript[].sentence", spoken, "/transcript segments.0.text", "Good morning."),
        row("transcript[].peerData.id", spoken, "/transcript segments.0.speaker.participant_id", "ada"),
        row("transcript[].peerData.userId", (joined(user_id="u-1"), spoken), f"{who}user_id", "u-1"),
        row("transcript[].peerData.displayName", spoken, "/transcript segments.0.speaker.name", "Ada"),
        row("transcript[].peerData.cpi", (joined(custom_id="emp-1"), spoken), f"{who}custom_id", "emp-1"),
        row("transcript[].peerData.joinedAt", (joined(), spoken), f"{who}joined_at"),
        row("transcript[].peerData.leftAt", (joined(), spoken, LEFT), f"{who}left_at"),
        row("summary.sessionId", create(), "id"),
        row("summary.summaryDownloadUrl", create(), "/summary/url url"),
        row("summary.summaryDownloadUrlExpiry", create(), "/summary/url expires_at"),
        row("summary.text", SUMMARY, "artifacts.summary.text", "# All well"),
        row("summary.POST.session_id", create(), "id"),
        row("summary.POST.status", (segment(), SUMMARIZE), "/summary state"),
    ]


FIELDS = [
    *_session("sessions[]", "/v1/sessions data.0."),
    row("paging.total_count", create(), "/v1/sessions count"),
    *_session("session", ""),
    *_participant("participants[]", "/participants data.0."),
    *_participant("participant", "/participants/ada "),
    *_peer(),
    *_files(),
]

BASE = "/accounts/{account_id}/realtime/kit/{app_id}"
_TRANSCRIPT = "format=SRT format=VTT format=JSON format=CSV"
ENDPOINT_NAMES = {
    "GET /sessions": """account_id app_id associated_id start_time end_time page_no per_page participants
        search search=meeting-id search=session-id sort_by=minutesConsumed sort_by=createdAt sort_order
        status=LIVE status=ENDED""",
    "GET /sessions/{session_id}": "include_breakout_rooms",
    "GET /sessions/{session_id}/participants": """search search=id search=custom-id page_no per_page
        sort_by=joinedAt sort_by=duration sort_order include_peer_events view=raw view=consolidated""",
    "GET /sessions/{session_id}/participants/{participant_id}": "",
    "GET /sessions/{session_id}/chat": "",
    "GET /sessions/{session_id}/transcript": _TRANSCRIPT,
    "GET /sessions/{session_id}/summary": "",
    "POST /sessions/{session_id}/summary": "",
    "GET /sessions/peer-report/{peer_id}": """peer_id filters=device_info filters=ip_information
        filters=precall_network_information filters=events filters=quality_stats""",
    "Errors": "404 404-summary 401",
}

_list = Requests("realtimekit", "GET /sessions")
_one = Requests("realtimekit", "GET /sessions/{session_id}")
_people = Requests("realtimekit", "GET /sessions/{session_id}/participants")
_person = Requests("realtimekit", "GET /sessions/{session_id}/participants/{participant_id}")
_chat = Requests("realtimekit", "GET /sessions/{session_id}/chat")
_transcript = Requests("realtimekit", "GET /sessions/{session_id}/transcript")
_summary = Requests("realtimekit", "GET /sessions/{session_id}/summary")
_ask = Requests("realtimekit", "POST /sessions/{session_id}/summary")
_peers = Requests("realtimekit", "GET /sessions/peer-report/{peer_id}")
_errors = Requests("realtimekit", "Errors")

_SESSIONS, _ID = "/v1/sessions", "/v1/sessions/{session_id}"
_PEOPLE, _PEER = f"{_ID}/participants", f"{_ID}/peers/{{connection_id}}"

ENDPOINTS = [
    _list.get("", _SESSIONS, "data.*.id", [REVIEW, WEEKLY, PITCH]),
    _list.get("account_id", _SESSIONS, "data.1.organization", "{organization}"),
    _list.get("app_id", _SESSIONS, "data.0.organization", "{organization}"),
    _list.get("associated_id", _SESSIONS, "data.*.id", [WEEKLY], meeting_id="{meeting_id}"),
    _list.get("start_time", _SESSIONS, "data.*.id", [REVIEW, WEEKLY], created_after="{created_at}"),
    _list.get("end_time", _SESSIONS, "data.*.id", [WEEKLY, PITCH], created_before="{created_at}"),
    _list.get("page_no", _SESSIONS, "data.*.id", [WEEKLY], page=2, size=1),
    _list.get("per_page", _SESSIONS, "data.*.id", [REVIEW, WEEKLY], size=2, page=1),
    _list.get("participants", _SESSIONS, "data.*.id", [PITCH], participants="cem"),
    _list.get("search", _SESSIONS, "data.*.id", [PITCH], search="world cong"),
    _list.get("search=meeting-id", _SESSIONS, "data.*.id", [WEEKLY], search="{meeting_id}"),
    _list.get("search=session-id", _SESSIONS, "data.*.id", [PITCH], search=PITCH),
    _list.get("sort_by=minutesConsumed", _SESSIONS, "data.0.id", PITCH, sort="minutes"),
    _list.get(
        "sort_by=createdAt", _SESSIONS, "data.*.id", [PITCH, WEEKLY, REVIEW], order="asc", sort="created"
    ),
    _list.get("sort_order", _SESSIONS, "data.2.id", PITCH, order="asc", sort="minutes"),
    _list.get("status=LIVE", _SESSIONS, "data.*.id", [WEEKLY], live="true"),
    _list.get("status=ENDED", _SESSIONS, "data.*.id", [PITCH], status="completed,failed"),
    _one.get("", _ID, "title", "Weekly planning"),
    _one.get("include_breakout_rooms", _ID, "breakout_rooms.*.title", ["Room 1"]),
    _people.get("", _PEOPLE, "data.*.name", ["Zoe", "Bob"]),
    _people.get("search", _PEOPLE, "data.*.name", ["Bob"], search="bo"),
    _people.get("search=id", _PEOPLE, "data.*.name", ["Zoe"], search="{participant_id}"),
    _people.get("search=custom-id", _PEOPLE, "data.*.name", ["Bob"], search="emp-2"),
    _people.get("page_no", _PEOPLE, "data.*.name", ["Bob"], cursor="{next}", limit=1),
    _people.get("per_page", _PEOPLE, "data.*.name", ["Zoe"], limit=1),
    _people.get("sort_by=joinedAt", _PEOPLE, "data.*.name", ["Bob", "Zoe"], order="desc", sort="joined"),
    _people.get("sort_by=duration", _PEOPLE, "data.*.name", ["Bob", "Zoe"], sort="duration"),
    _people.get("sort_order", _PEOPLE, "data.*.name", ["Zoe", "Bob"], order="desc", sort="duration"),
    _people.get(
        "include_peer_events",
        f"{_ID}/events",
        "data.*.type",
        ["participant.joined", "participant.joined", "participant.joined", "participant.left"],
        types="participant.joined,participant.left",
    ),
    _people.get("view=raw", _PEOPLE, "data.0.connections.*.connection_id", ["{connection_id}", "c3"]),
    _people.get("view=consolidated", _PEOPLE, "count", 2),
    _person.get("", f"{_PEOPLE}/{{participant_id}}", "name", "Zoe"),
    _chat.file("", f"{_ID}/chat/url", "*.3", ["text", "hi", "=1+1"], "csv"),
    _transcript.get("", f"{_ID}/transcript", "segments.*.text", ["Good morning.", "Let us pl", "Well."]),
    *(
        _transcript.file(
            f"format={form.upper()}",
            f"{_ID}/transcript/url",
            read,
            ["Well.", "Good morning.", "Let us pl"],
            form,
        )
        for form, read in (("srt", "*"), ("vtt", "*"), ("json", "segments.*.text"), ("csv", "1:.*.4"))
    ),
    _summary.file("", f"{_ID}/summary/url", "", "# All well\n\n- ask Bob\n\nplan\n", "txt"),
    _ask.post("", f"{_ID}/summary", "state", "requested", 202),
    _peers.get("", _PEER, "participant_id", "{participant_id}"),
    _peers.get("peer_id", _SESSIONS, "data.*.id", [WEEKLY], participants="{participant_id}"),
    _peers.get("filters=device_info", _PEER, "report.device", {"os": "Linux"}),
    _peers.get("filters=ip_information", _PEER, "report.network", {"ip": "192.0.2.1"}),
    _peers.get("filters=precall_network_information", _PEER, "report.precall", {"rtt": 9}),
    _peers.get("filters=events", _PEER, "events.*.event", ["joined", "joined"]),
    _peers.get("filters=quality_stats", _PEER, "report.quality", {"mos": 4.2}),
    _errors.refusal("404", "/v1/sessions/{nobody}", "session_not_found"),
    _errors.refusal("404-summary", "/v1/sessions/{ended_id}/summary", "summary_not_found"),
    _errors.refusal("401", _SESSIONS, "missing_credential", key="none"),
]
