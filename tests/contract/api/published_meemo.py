"""What meemo knows, and where it is said and read here."""

from contract.api.published_endpoints import PITCH, REVIEW, WEEKLY, Requests
from contract.api.published_fields import (
    ACTIVE,
    ADA,
    ATTENDEE,
    CALENDAR,
    DONE,
    LATER,
    LINK,
    POSITIVE,
    SUMMARY,
    Field,
    Rows,
    create,
    event,
    joined,
    key,
    recording,
    segment,
    topic,
)

_CALENDAR = """event_id summary organizer_email attendees[].email attendees[].display_name
    attendees[].response_status meeting_link start_time end_time"""
FIELD_NAMES = f"""
    results[]: id title start_time end_time created_at status summary_complete host_name calendar_event
    list: count previous
    meeting: id title start_time end_time created_at location status=upcoming status=ongoing status=recording
    meeting: status=past summary_complete language keywords participant_count duration_seconds num_cluster
    meeting.host: id name email
    meeting.calendar_event: {_CALENDAR}
    create: organization_id title start_time user_token topic_id participants bot_meeting_url file_url
    create: bot_join_at speaker_count extra_headers
    create.calendar_event: {_CALENDAR}
    transcript: meeting_id title total_segments
    transcripts[]: speaker text start_time end_time
    summary: meeting_id title summary notes keywords
    participants: meeting_id title total_participants
    participants[]: id name email position department
    recording: meeting_id title recording_url duration format
    topics[]: id name alias language
"""
ELSEWHERE = {
    "list.previous": "from the `page` and `size` that were asked for",
    "create.extra_headers": "the client's own",
}

row = Rows("meemo")
_SOON = "2100-01-01T00:00:00.000Z"
_PLANNED = "2020-01-01T09:00:00.000Z"
_RECORDING = event("session.status_changed", status="recording")


def _calendar(of: str) -> list[Field]:
    said, read = create(calendar_event=CALENDAR), "calendar_event."
    invited = create(attendees=[ATTENDEE])
    return [
        row(f"{of}.event_id", said, f"{read}id", CALENDAR["id"]),
        row(f"{of}.summary", said, f"{read}title", CALENDAR["title"]),
        row(f"{of}.organizer_email", said, f"{read}organizer_email", CALENDAR["organizer_email"]),
        row(f"{of}.attendees[].email", invited, "attendees.0.email", ATTENDEE["email"]),
        row(f"{of}.attendees[].display_name", invited, "attendees.0.name", ATTENDEE["name"]),
        row(
            f"{of}.attendees[].response_status",
            invited,
            "attendees.0.response_status",
            ATTENDEE["response_status"],
        ),
        row(f"{of}.meeting_link", said, f"{read}meeting_link", LINK),
        row(f"{of}.start_time", said, f"{read}starts_at", CALENDAR["starts_at"]),
        row(f"{of}.end_time", said, f"{read}ends_at", CALENDAR["ends_at"]),
    ]


def _listed() -> list[Field]:
    of = "/v1/sessions data.0."
    return [
        row("results[].id", create(), f"{of}number", 1),
        row("results[].title", create(title="Weekly"), f"{of}title", "Weekly"),
        row("results[].start_time", ACTIVE, f"{of}started_at"),
        row("results[].end_time", (ACTIVE, DONE), f"{of}ended_at"),
        row("results[].created_at", create(), f"{of}created_at"),
        row("results[].status", ACTIVE, f"{of}status", "active"),
        row("results[].summary_complete", SUMMARY, f"{of}summary_state", "ready"),
        row("results[].host_name", create(host=ADA), f"{of}host.last_name", "Lovelace"),
        row("results[].calendar_event", create(calendar_event=CALENDAR), f"{of}calendar_event", CALENDAR),
        row("list.count", create(), "/v1/sessions count"),
    ]


def _meeting() -> list[Field]:
    return [
        row("meeting.id", create(), "number", 1),
        row("meeting.title", create(title="Weekly"), "title", "Weekly"),
        row("meeting.start_time", ACTIVE, "started_at"),
        row("meeting.end_time", (ACTIVE, DONE), "ended_at"),
        row("meeting.created_at", create(), "created_at"),
        row("meeting.location", create(location="Room 4.12"), "location", "Room 4.12"),
        row("meeting.status=upcoming", create(scheduled_for=_SOON), "status", "scheduled"),
        row("meeting.status=ongoing", ACTIVE, "status", "active"),
        row("meeting.status=recording", _RECORDING, "status", "recording"),
        row("meeting.status=past", (ACTIVE, DONE), "status", "completed"),
        row("meeting.summary_complete", SUMMARY, "summary_state", "ready"),
        row("meeting.host.id", create(host=ADA), "host.id", "u-1"),
        row("meeting.host.name", create(host=ADA), "host.first_name", "Ada"),
        row("meeting.host.email", create(host=ADA), "host.email", "ada@example.com"),
        row("meeting.language", create(language="en-GB"), "language", "en-GB"),
        row("meeting.keywords", create(keywords=["plan"]), "keywords", ["plan"]),
        row("meeting.participant_count", joined(), "participant_counts.total", 1),
        row("meeting.duration_seconds", (ACTIVE, LATER, DONE), "duration", POSITIVE),
        row("meeting.num_cluster", create(cluster_count=2), "cluster_count", 2),
        *_calendar("meeting.calendar_event"),
    ]


def _create() -> list[Field]:
    file = {"id": "file", "url": "https://example.com/a.mp4"}
    return [
        row("create.organization_id", key(organization="acme"), "organization", "acme"),
        row("create.title", create(title="Weekly"), "title", "Weekly"),
        row("create.start_time", create(starts_at=_PLANNED), "starts_at", _PLANNED),
        row("create.user_token", create(user=ADA), "user", ADA),
        row("create.topic_id", (topic(), create(topic_id="{topic_id}")), "topic_id", "{topic_id}"),
        row(
            "create.participants",
            create(invited_emails=["bob@example.com"]),
            "invited_emails",
            ["bob@example.com"],
        ),
        row("create.bot_meeting_url", create(meeting_link=LINK), "meeting_link", LINK),
        row("create.file_url", create(sources=[file]), "sources.0.url", file["url"]),
        row("create.bot_join_at", create(scheduled_for=_SOON), "scheduled_for", _SOON),
        row("create.speaker_count", create(speaker_count=3), "speaker_count", 3),
        *_calendar("create.calendar_event"),
    ]


def _parts() -> list[Field]:
    titled = create(title="Weekly")
    one = "/participants/ada "
    url = "https://example.com/r.mp4"
    return [
        row("transcript.meeting_id", create(), "number"),
        row("transcript.title", titled, "title", "Weekly"),
        row("transcript.total_segments", segment(), "segment_count", 1),
        row(
            "transcripts[].speaker",
            segment(speaker={"name": "Ada"}),
            "/transcript segments.0.speaker.name",
            "Ada",
        ),
        row("transcripts[].text", segment(), "/transcript segments.0.text", "Good morning."),
        row("transcripts[].start_time", segment(), "/transcript segments.0.start", 1.5),
        row("transcripts[].end_time", segment(), "/transcript segments.0.end", 2.25),
        row("summary.meeting_id", create(), "number"),
        row("summary.title", titled, "title", "Weekly"),
        row("summary.summary", SUMMARY, "/summary text", "# All well"),
        row("summary.notes", SUMMARY, "/summary notes", "- ask Bob"),
        row("summary.keywords", SUMMARY, "/summary keywords", ["plan"]),
        row("participants.meeting_id", create(), "number"),
        row("participants.title", titled, "title", "Weekly"),
        row("participants.total_participants", joined(), "/participants count", 1),
        row("participants[].id", joined(), f"{one}participant_id", "ada"),
        row("participants[].name", joined(), f"{one}name", "Ada"),
        row("participants[].email", joined(email="ada@example.com"), f"{one}email", "ada@example.com"),
        row("participants[].position", joined(position="Engineer"), f"{one}position", "Engineer"),
        row("participants[].department", joined(department="Research"), f"{one}department", "Research"),
        row("recording.meeting_id", create(), "number"),
        row("recording.title", titled, "title", "Weekly"),
        row("recording.recording_url", recording(url=url), "/recording url", url),
        row("recording.duration", recording(duration=61.5), "/recording duration", 61.5),
        row("recording.format", recording(format="mp4"), "/recording format", "mp4"),
        row("topics[].id", topic(), "/v1/topics data.0.number", 1),
        row("topics[].name", topic(), "/v1/topics data.0.name", "Sales"),
        row("topics[].alias", topic(alias="s"), "/v1/topics data.0.alias", "s"),
        row("topics[].language", topic(language="de"), "/v1/topics data.0.language", "de"),
    ]


FIELDS = [*_listed(), *_meeting(), *_create(), *_parts()]

_EXTERNAL = "/api/v1/external"
ENDPOINT_NAMES = {
    "POST /api/auth/token/": "client_id client_secret access_token token_type expires_in scope",
    "POST /api/auth/revoke-token/": "",
    f"GET {_EXTERNAL}/meeting/": """organization_id title participants created_after created_before
        summary_complete=true summary_complete=false from_calendar=true from_calendar=false page size next
        default-order""",
    f"POST {_EXTERNAL}/meeting/": "",
    f"GET {_EXTERNAL}/meeting/{{id}}/": "",
    f"GET {_EXTERNAL}/meeting/{{id}}/transcript/": "",
    f"GET {_EXTERNAL}/meeting/{{id}}/summary/": "",
    f"GET {_EXTERNAL}/meeting/{{id}}/participants/": "",
    f"GET {_EXTERNAL}/meeting/{{id}}/recording/": "",
    f"GET {_EXTERNAL}/topics/": "organization_id",
    "Errors": """400-parameter 400-speaker_count 400-bot_join_at 401 403 404 code message
        params request_id""",
}

_token = Requests("meemo", "POST /api/auth/token/")
_revoke = Requests("meemo", "POST /api/auth/revoke-token/")
_list = Requests("meemo", f"GET {_EXTERNAL}/meeting/")
_new = Requests("meemo", f"POST {_EXTERNAL}/meeting/")
_topics = Requests("meemo", f"GET {_EXTERNAL}/topics/")
_errors = Requests("meemo", "Errors")


def _of(part: str) -> Requests:
    return Requests("meemo", f"GET {_EXTERNAL}/meeting/{{id}}/{part}")


_SESSIONS, _ID, _KEYS = "/v1/sessions", "/v1/sessions/{session_id}", "/v1/keys"
_ALL = [REVIEW, WEEKLY, PITCH]
_REVOKED = {"key": "admin", "then": _KEYS, "answered": 204}

ENDPOINTS = [
    _token.post("", _KEYS, "count", 3, body={}, form="signed in", key="admin"),
    _token.post("client_id", _KEYS, "id", ..., body={}, key="admin"),
    _token.post("client_secret", _KEYS, "key", ..., body={}, key="admin"),
    _token.post("access_token", _KEYS, "data.*.id", _ALL, body={}, form="signed in", key="admin"),
    _token.get("token_type", _SESSIONS, "count", 3),
    _token.post("expires_in", "/v1/tokens", "expires_at", ..., body={"expires_in": 60}),
    _token.post("scope", _KEYS, "scopes", ["subscribe"], body={"scopes": ["subscribe"]}, key="admin"),
    _revoke.ask("", "DELETE /v1/keys/{key_id}", "data.*.name", {"own", "admin", "reader"}, **_REVOKED),
    _list.get("", _SESSIONS, "data.*.id", [REVIEW, WEEKLY, PITCH]),
    _list.get("organization_id", _SESSIONS, "data.0.organization", "{organization}"),
    _list.get("title", _SESSIONS, "data.*.id", [WEEKLY], title="PLANN"),
    _list.get("participants", _SESSIONS, "data.*.id", [WEEKLY, PITCH], participants="u-1,cem"),
    _list.get("created_after", _SESSIONS, "data.*.id", [REVIEW, WEEKLY], created_after="{created_at}"),
    _list.get("created_before", _SESSIONS, "data.*.id", [WEEKLY, PITCH], created_before="{created_at}"),
    _list.get("summary_complete=true", _SESSIONS, "data.*.id", [WEEKLY], summary_complete="true"),
    _list.get("summary_complete=false", _SESSIONS, "data.*.id", [REVIEW, PITCH], summary_complete="false"),
    _list.get("from_calendar=true", _SESSIONS, "data.*.id", [WEEKLY], from_calendar="true"),
    _list.get("from_calendar=false", _SESSIONS, "data.*.id", [REVIEW, PITCH], from_calendar="false"),
    _list.get("page", _SESSIONS, "data.*.id", [PITCH], page=2, size=2),
    _list.get("size", _SESSIONS, "data.*.id", [REVIEW, WEEKLY], size=2),
    _list.get("next", _SESSIONS, "next", ..., limit=2),
    _list.get("default-order", _SESSIONS, "data.*.id", [PITCH, WEEKLY, REVIEW], sort="started", order="desc"),
    _new.post("", _SESSIONS, "data.0.title", "New", body={"title": "New"}, then=_SESSIONS),
    _of("").get("", _ID, "title", "Weekly planning"),
    _of("transcript/").get(
        "", f"{_ID}/transcript", "segments.*.text", ["Well.", "Good morning.", "Let us pl"], format="json"
    ),
    _of("summary/").get("", f"{_ID}/summary", "text", "# All well"),
    _of("participants/").get("", f"{_ID}/participants", "data.*.name", ["Zoe", "Bob"]),
    _of("recording/").get("", f"{_ID}/recording", "format", "mp4"),
    _topics.get("", "/v1/topics", "data.*.name", ["Sales", "Support"]),
    _topics.get("organization_id", "/v1/topics", "count", 2),
    _errors.refusal("400-parameter", _SESSIONS, "invalid_parameter", page="x"),
    _errors.post(
        "400-speaker_count", _SESSIONS, "error.code", "invalid_field", 422, body={"speaker_count": 0}
    ),
    _errors.post(
        "400-bot_join_at",
        _SESSIONS,
        "error.details.field",
        "$.scheduled_for",
        422,
        body={"scheduled_for": "2020-01-01T00:00:00Z"},
    ),
    _errors.refusal("401", _SESSIONS, "invalid_credential", key="wrong"),
    _errors.post("403", _SESSIONS, "error.code", "missing_scope", 403, body={}, key="reader"),
    _errors.refusal("404", "/v1/sessions/{nobody}", "session_not_found"),
    _errors.refusal("code", _SESSIONS, "missing_credential", key="none"),
    _errors.refusal("message", _SESSIONS, ..., read="error.message", key="none"),
    _errors.refusal("params", _SESSIONS, {"field": "page"}, read="error.details", page="x"),
    _errors.refusal("request_id", _SESSIONS, ..., read="error.trace_id", key="none"),
]
