"""What meeting_buddy knows, and where it is said and read here."""

from collections.abc import Iterator

from contract.api.published_endpoints import PITCH, REVIEW, WEEKLY, Endpoint, Requests
from contract.api.published_fields import (
    ACTIVE,
    ADA,
    DONE,
    FAILED,
    LATER,
    LEAVING,
    LEFT,
    LINK,
    POSITIVE,
    Field,
    Rows,
    create,
    event,
    joined,
    key,
    recording,
    segment,
)

FIELD_NAMES = """
    session: session_id organization_id user_id meeting_link platform=teams platform=zoom platform=google_meet
    session: platform=webex bot_name status=initializing status=joining status=active status=recording
    session: status=leaving status=completed status=failed transcription_enabled transcription_language
    session: debug_mode created_at updated_at join_timestamp leave_timestamp total_duration_seconds
    session: segment_count audio_file_count video_file_count total_size_bytes output_directory error_message
    session: error_code metadata current_participants participant_history
    start: meeting_link bot_name transcription_enabled transcription_language
    status-stream: session_id status previous_status timestamp error_message error_code participant_name
    status-stream: event=joined event=left
    transcript-stream: session_id transcript_id text speaker start_time end_time confidence language_code
    transcript-stream: is_partial timestamp
    log-stream: session_id level=info level=warning level=error message timestamp details
    transcripts[]: transcript_id text confidence start_time end_time speaker language_code created_at
    error: success type status timestamp
"""
ELSEWHERE = {
    "error.success": "the status of the answer",
    "error.type": "`client_error` below status 500, `server_error` from there on",
    "error.status": "the status of the answer",
    "error.timestamp": "the header `Date` of the answer",
}

row = Rows("meeting_buddy")
_LINKS = {
    "teams": LINK,
    "zoom": "https://us02web.zoom.us/j/123456789",
    "google_meet": "https://meet.google.com/abc-defg-hij",
    "webex": "https://example.webex.com/meet/ada",
}
_BEFORE = {
    "joining": (),
    "active": (),
    "recording": (ACTIVE,),
    "leaving": (ACTIVE,),
    "completed": (ACTIVE,),
    "failed": (),
}
"""What goes before a status."""


def _session() -> list[Field]:
    return [
        row("session.session_id", create(), "id"),
        row("session.organization_id", key(organization="acme"), "organization", "acme"),
        row("session.user_id", create(user=ADA), "user.id", "u-1"),
        row("session.meeting_link", create(meeting_link=LINK), "meeting_link", LINK),
        *(
            row(f"session.platform={name}", create(meeting_link=link), "platform", name)
            for name, link in _LINKS.items()
        ),
        row("session.bot_name", create(bot_name="Meeting Buddy"), "bot_name", "Meeting Buddy"),
        row("session.status=initializing", create(), "status", "initializing"),
        *(
            row(
                f"session.status={name}",
                (*before, event("session.status_changed", status=name)),
                "status",
                name,
            )
            for name, before in _BEFORE.items()
        ),
        row(
            "session.transcription_enabled",
            create(transcription_enabled=False),
            "transcription_enabled",
            False,
        ),
        row(
            "session.transcription_language",
            create(transcription_language="de"),
            "transcription_language",
            "de",
        ),
        row("session.debug_mode", create(debug=True), "debug", True),
        row("session.created_at", create(), "created_at"),
        row("session.updated_at", create(), "updated_at"),
        row("session.join_timestamp", ACTIVE, "started_at"),
        row("session.leave_timestamp", (ACTIVE, LEAVING), "left_at"),
        row("session.total_duration_seconds", (ACTIVE, LATER, DONE), "duration", POSITIVE),
        row("session.segment_count", recording(segment_count=2), "/recording segment_count", 2),
        row("session.audio_file_count", recording(audio_file_count=1), "/recording audio_file_count", 1),
        row("session.video_file_count", recording(video_file_count=3), "/recording video_file_count", 3),
        row("session.total_size_bytes", recording(size=99), "/recording size", 99),
        row(
            "session.output_directory",
            recording(output_directory="recordings/1"),
            "/recording output_directory",
            "recordings/1",
        ),
        row("session.error_message", FAILED, "end.message", "No entry."),
        row("session.error_code", FAILED, "end.code", "NOT_ADMITTED"),
        row("session.metadata", create(metadata={"a": 1}), "metadata", {"a": 1}),
        row("session.current_participants", joined(), "participants.participants.0.live", True),
        row(
            "session.participant_history",
            (joined(), LEFT),
            "/participants/ada events.*.event",
            ["joined", "left"],
        ),
        row("start.meeting_link", create(meeting_link=LINK), "meeting_link", LINK),
        row("start.bot_name", create(bot_name="Ava"), "bot_name", "Ava"),
        row(
            "start.transcription_enabled", create(transcription_enabled=False), "transcription_enabled", False
        ),
        row(
            "start.transcription_language",
            create(transcription_language="fr"),
            "transcription_language",
            "fr",
        ),
    ]


def _streams() -> list[Field]:
    status, spoken, logs = "/status/stream -1.", "/transcript/stream -1.", "/logs/stream -1."
    said = segment(
        final=False, speaker={"name": "Ada"}, confidence=0.5, language="de", text="Guten Mor", start=1.5
    )
    rows = [
        row("status-stream.session_id", create(), f"{status}session_id"),
        row("status-stream.status", ACTIVE, f"{status}data.status", "active"),
        row("status-stream.previous_status", (ACTIVE, LEAVING), "/status/stream -2.data.status", "active"),
        row("status-stream.timestamp", create(), f"{status}at"),
        row("status-stream.error_message", FAILED, f"{status}data.message", "No entry."),
        row("status-stream.error_code", FAILED, f"{status}data.code", "NOT_ADMITTED"),
        row("status-stream.participant_name", joined(), f"{status}data.name", "Ada"),
        row("status-stream.event=joined", joined(), f"{status}type", "participant.joined"),
        row("status-stream.event=left", (joined(), LEFT), f"{status}type", "participant.left"),
        row("transcript-stream.session_id", said, f"{spoken}session_id"),
        row("transcript-stream.transcript_id", said, f"{spoken}data.segment_id", "s1"),
        row("transcript-stream.text", said, f"{spoken}data.text", "Guten Mor"),
        row("transcript-stream.speaker", said, f"{spoken}data.speaker.name", "Ada"),
        row("transcript-stream.start_time", said, f"{spoken}data.start", 1.5),
        row("transcript-stream.end_time", said, f"{spoken}data.end", 2.25),
        row("transcript-stream.confidence", said, f"{spoken}data.confidence", 0.5),
        row("transcript-stream.language_code", said, f"{spoken}data.language", "de"),
        row("transcript-stream.is_partial", said, f"{spoken}data.final", False),
        row("transcript-stream.timestamp", said, f"{spoken}at"),
    ]
    line = event("log.entry", level="warning", message="slow network", fields={"rtt": 900})
    rows += [
        row("log-stream.session_id", line, f"{logs}session_id"),
        *(
            row(
                f"log-stream.level={level}",
                event("log.entry", level=level, message="slow"),
                f"{logs}data.level",
                level,
            )
            for level in ("info", "warning", "error")
        ),
        row("log-stream.message", line, f"{logs}data.message", "slow network"),
        row("log-stream.timestamp", line, f"{logs}at"),
        row("log-stream.details", line, f"{logs}data.fields", {"rtt": 900}),
    ]
    return rows


def _transcripts() -> list[Field]:
    said = segment(speaker={"name": "Ada"}, confidence=0.5, language="de")
    of = "/transcript segments.0."
    return [
        row("transcripts[].transcript_id", said, f"{of}segment_id", "s1"),
        row("transcripts[].text", said, f"{of}text", "Good morning."),
        row("transcripts[].confidence", said, f"{of}confidence", 0.5),
        row("transcripts[].start_time", said, f"{of}start", 1.5),
        row("transcripts[].end_time", said, f"{of}end", 2.25),
        row("transcripts[].speaker", said, f"{of}speaker.name", "Ada"),
        row("transcripts[].language_code", said, f"{of}language", "de"),
        row("transcripts[].created_at", said, "/events?types=transcript.segment data.0.at"),
    ]


FIELDS = [*_session(), *_streams(), *_transcripts()]

BASE = "/v1/meeting-buddy"
_FORMATS = "format=json format=ndjson format=vtt format=srt format=txt format=csv format=md"
ENDPOINT_NAMES = {
    "POST /sessions": "",
    "GET /sessions": "limit offset total",
    "GET /sessions/{id}": "",
    "POST /sessions/{id}/stop": "again",
    "DELETE /sessions/{id}": "of-a-live-one of-an-ended-one",
    "GET /sessions/{id}/transcripts": "",
    "Export Transcript": _FORMATS,
    "GET /sessions/{id}/stream": "resumes close",
    "GET /sessions/{id}/transcripts/stream": "",
    "GET /sessions/{id}/logs/stream": "",
    "GET /analytics/active": "session_id meeting_link platform status bot_name join_timestamp"
    " current_participants duration_so_far_seconds",
    "GET /analytics/trends": "start_date end_date granularity=day granularity=week granularity=month"
    " session_count completed_count failed_count total_duration_hours avg_duration_minutes",
    "GET /analytics/duration-distribution": "total label min_seconds max_seconds count percentage",
    "GET /analytics/status-breakdown": "dimension total label count percentage",
    "GET /analytics/summary": "",
    "Errors": "401 404 422 422-INVALID_MEETING_LINK code message details trace_id",
}

_new = Requests("meeting_buddy", "POST /sessions")
_list = Requests("meeting_buddy", "GET /sessions")
_one = Requests("meeting_buddy", "GET /sessions/{id}")
_stop = Requests("meeting_buddy", "POST /sessions/{id}/stop")
_delete = Requests("meeting_buddy", "DELETE /sessions/{id}")
_spoken = Requests("meeting_buddy", "GET /sessions/{id}/transcripts")
_export = Requests("meeting_buddy", "Export Transcript")
_status_stream = Requests("meeting_buddy", "GET /sessions/{id}/stream")
_transcript_stream = Requests("meeting_buddy", "GET /sessions/{id}/transcripts/stream")
_log_stream = Requests("meeting_buddy", "GET /sessions/{id}/logs/stream")
_active = Requests("meeting_buddy", "GET /analytics/active")
_trends = Requests("meeting_buddy", "GET /analytics/trends")
_durations = Requests("meeting_buddy", "GET /analytics/duration-distribution")
_statuses = Requests("meeting_buddy", "GET /analytics/status-breakdown")
_summary = Requests("meeting_buddy", "GET /analytics/summary")
_errors = Requests("meeting_buddy", "Errors")

_ANALYTICS = "/v1/analytics"
_SESSIONS, _ID, _ENDED = "/v1/sessions", "/v1/sessions/{session_id}", "/v1/sessions/{ended_id}"
_BY_START = ["Well.", "Good morning.", "Let us pl"]
_READ = {
    "json": "segments.*.text",
    "ndjson": "*.text",
    "vtt": "*",
    "srt": "*",
    "txt": "",
    "csv": "1:.*.4",
    "md": "",
}
_TEXTS = {
    "txt": "[00:00:00] Zoe: Well.\n[00:00:01] Zoe: Good morning.\n[00:00:03] Bob: Let us pl\n",
    "md": "# Weekly planning\n\n**Zoe** · 00:00:00\n\nWell.\n\nGood morning.\n"
    "\n**Bob** · 00:00:03\n\nLet us pl\n",
}


def _streamed() -> list[Endpoint]:
    begun = ["session.created", "participant.joined", "participant.joined", "participant.joined"]
    return [
        _status_stream.get(
            "",
            f"{_ID}/status/stream",
            "*.type",
            [*begun, "session.status_changed", "breakout.opened", "participant.left"],
            after="0-0",
            form="stream",
        ),
        _status_stream.get(
            "resumes",
            f"{_ID}/status/stream",
            "*.type",
            ["participant.left"],
            after="{entry_id}",
            form="stream",
        ),
        _status_stream.get(
            "close", f"{_ENDED}/status/stream", "-1.data.status", "completed", after="0-0", form="stream"
        ),
        _transcript_stream.get(
            "",
            f"{_ID}/transcript/stream",
            "*.data.text",
            ["Good morning.", "Let us pl", "Well."],
            after="0-0",
            form="stream",
        ),
        _log_stream.get(
            "",
            f"{_ID}/logs/stream",
            "*.data.message",
            ["in the lobby", "slow network"],
            after="0-0",
            form="stream",
        ),
    ]


def _analysed() -> Iterator[Endpoint]:
    active, trends = f"{_ANALYTICS}/active", f"{_ANALYTICS}/trends"
    durations, statuses = f"{_ANALYTICS}/durations", f"{_ANALYTICS}/statuses"
    yield _active.get("", active, "count", 1)
    yield _active.get("session_id", active, "data.*.id", [WEEKLY])
    yield _active.get("meeting_link", active, "data.*.meeting_link", [LINK])
    yield _active.get("platform", active, "data.*.platform", ["teams"])
    yield _active.get("status", active, "data.*.status", ["active"])
    yield _active.get("bot_name", active, "data.*.bot_name", ["Scribe"])
    yield _active.get("join_timestamp", active, "data.*.started_at", ...)
    yield _active.get("current_participants", active, "data.0.participants", ["Zoe"])
    yield _active.get("duration_so_far_seconds", active, "data.*.duration", ...)
    yield _trends.get("", trends, "granularity", "day")
    yield _trends.get(
        "start_date", trends, "data.0.first_day", "2026-01-01", from_="2026-01-01", to="2026-02-01"
    )
    yield _trends.get(
        "end_date", trends, "data.-1.last_day", "2026-02-01", to="2026-02-01", from_="2026-01-01"
    )
    yield _trends.get(
        "granularity=day", trends, "data.0.period", "2026-01-01", from_="2026-01-01", to="2026-01-09"
    )
    for granularity, period in (("week", "2026-W01"), ("month", "2026-01")):
        yield _trends.get(
            f"granularity={granularity}",
            trends,
            "data.0.period",
            period,
            granularity=granularity,
            from_="2026-01-01",
            to="2026-02-01",
        )
    yield _trends.get("session_count", trends, "data.-1.sessions", 3)
    yield _trends.get("completed_count", trends, "data.-1.completed", 1)
    yield _trends.get("failed_count", trends, "data.-1.failed", 0)
    yield _trends.get("total_duration_hours", trends, "data.-1.total_duration", ...)
    yield _trends.get("avg_duration_minutes", trends, "data.-1.average_duration", ...)
    yield _durations.get("", durations, "count", 1)
    yield _durations.get("total", durations, "count", 1)
    yield _durations.get("label", durations, "buckets.0.label", ...)
    yield _durations.get("min_seconds", durations, "buckets.1.min_seconds", ...)
    yield _durations.get("max_seconds", durations, "buckets.0.max_seconds", ...)
    yield _durations.get("count", durations, "buckets.0.count", 1)
    yield _durations.get("percentage", durations, "buckets.0.percentage", 100.0)
    yield _statuses.get("", statuses, "count", 3)
    yield _statuses.get("dimension", statuses, "dimension", "status")
    yield _statuses.get("total", statuses, "count", 3)
    yield _statuses.get("label", statuses, "parts.0.value", "scheduled")
    yield _statuses.get("count", statuses, "parts.0.count", 1)
    yield _statuses.get("percentage", statuses, "parts.0.percentage", ...)
    yield _summary.get("", f"{_ANALYTICS}/summary", "sessions", 3)


ENDPOINTS = [
    _new.post("", _SESSIONS, "platform", "teams", body={"meeting_link": LINK, "bot_name": "Meeting Buddy"}),
    _list.get("", _SESSIONS, "data.*.id", [REVIEW, WEEKLY, PITCH]),
    _list.get("limit", _SESSIONS, "data.*.id", [REVIEW, WEEKLY], size=2),
    _list.get("offset", _SESSIONS, "data.*.id", [PITCH], page=2, size=2),
    _list.get("total", _SESSIONS, "count", 3),
    _one.get("", _ID, "title", "Weekly planning"),
    _stop.post("", f"{_ID}/stop", "status", "completed", 200, then=_ID),
    _stop.post("again", f"{_ENDED}/stop", "end.reason", "all left", 200),
    _delete.ask("", f"DELETE {_ENDED}", "data.*.id", [REVIEW, WEEKLY], answered=204, then=_SESSIONS),
    _delete.post("of-a-live-one", f"{_ID}/stop", "live", False, 200),
    _delete.ask(
        "of-an-ended-one", f"DELETE {_ENDED}", "error.code", "session_not_found", answered=204, then=_ENDED
    ),
    _spoken.get("", f"{_ID}/transcript", "segments.*.text", _BY_START, format="json"),
    _export.file("", f"{_ID}/transcript/url", "*", _BY_START, "vtt"),
    *(
        _export.get(
            f"format={form}", f"{_ID}/transcript", read, _TEXTS.get(form, _BY_START), form=form, format=form
        )
        for form, read in _READ.items()
    ),
    *_streamed(),
    *_analysed(),
    _errors.refusal("401", _SESSIONS, "missing_credential", key="none"),
    _errors.refusal("404", "/v1/sessions/{nobody}", "session_not_found"),
    _errors.refusal("code", _SESSIONS, "missing_credential", key="none"),
    _errors.refusal("message", _SESSIONS, ..., read="error.message", key="none"),
    _errors.refusal("details", _SESSIONS, {"field": "size"}, read="error.details", size="x"),
    _errors.refusal("trace_id", _SESSIONS, ..., read="error.trace_id", key="none"),
    _errors.post(
        "422", _SESSIONS, "error.details.field", "$.meeting_link", 422, body={"meeting_link": "http://x"}
    ),
    _errors.post(
        "422-INVALID_MEETING_LINK",
        _SESSIONS,
        "platform",
        "other",
        body={"meeting_link": "https://example.org/x"},
    ),
]
