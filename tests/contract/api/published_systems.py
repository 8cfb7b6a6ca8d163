"""What five published session APIs know, where it is said and read here: the rows of `schemas/fields.md`."""

from typing import Any

from contract.api.published_fields import (
    ACTIVE,
    ADA,
    ATTENDEE,
    CALENDAR,
    CHAPTER,
    CHAT,
    DONE,
    FAILED,
    LATER,
    LEFT,
    LINK,
    POSITIVE,
    REPORT,
    ROOM,
    SOURCE,
    SUMMARY,
    Field,
    Said,
    create,
    event,
    joined,
    recording,
    segment,
)


def _field(system: str, field: str, said: Said | tuple[Said, ...], read: str, value: Any = ...) -> Field:
    return Field(system, field, (said,) if isinstance(said, Said) else said, read, value)


def _bigmind() -> list[Field]:
    def row(field: str, said: Said | tuple[Said, ...], read: str, value: Any = ...) -> Field:
        return _field("bigmind", field, said, read, value)

    return [
        row("id", create(title="x"), "id"),
        row("meeting_id", create(meeting_id="m-1"), "meeting_id", "m-1"),
        row("status", ACTIVE, "status", "active"),
        row("started_at", ACTIVE, "started_at"),
        row("ended_at", (ACTIVE, DONE), "ended_at"),
        row(
            "participants[].deviceId",
            joined(),
            "participants.participants.0.connections.0.connection_id",
            "c1",
        ),
        row("participants[].name", joined(), "participants.participants.0.name", "Ada"),
        row(
            "participants[].avatarUrl",
            joined(avatar_url="https://example.com/a.png"),
            "participants.participants.0.avatar_url",
            "https://example.com/a.png",
        ),
        row("participants[].isMe", joined(user_id="u-1"), "participants.participants.0.user_id", "u-1"),
        row(
            "participants[].deviceType",
            joined(kind="screenshare"),
            "participants.participants.0.connections.0.kind",
            "screenshare",
        ),
        row("attendees", create(attendees=[ATTENDEE]), "attendees", [ATTENDEE]),
        row("chapters[].start", CHAPTER, "/chapters data.0.start", 2.5),
        row("chapters[].end", CHAPTER, "/chapters data.0.end", 10),
        row("chapters[].name", CHAPTER, "/chapters data.0.title", "Introduction"),
        row("created_at", create(), "created_at"),
        row("updated_at", create(), "updated_at"),
        row("user.id", create(user=ADA), "user.id", "u-1"),
        row("user.first_name", create(user=ADA), "user.first_name", "Ada"),
        row("user.last_name", create(user=ADA), "user.last_name", "Lovelace"),
        row("user.email", create(user=ADA), "user.email", "ada@example.com"),
        row("user.avatar_url", create(user=ADA), "user.avatar_url", ADA["avatar_url"]),
    ]


def _realtimekit() -> list[Field]:
    def row(field: str, said: Said | tuple[Said, ...], read: str, value: Any = ...) -> Field:
        return _field("realtimekit", field, said, read, value)

    one = "/participants/ada "
    return [
        row("id", create(title="x"), "id"),
        row("associated_id", create(meeting_id="m-1"), "meeting_id", "m-1"),
        row("created_at", create(), "created_at"),
        row("live_participants", joined(), "participant_counts.live", 1),
        row("max_concurrent_participants", (joined(), LEFT), "participant_counts.peak", 1),
        row("meeting_display_name", create(title="Weekly"), "title", "Weekly"),
        row("minutes_consumed", (joined(), LATER, LEFT), "minutes_consumed", POSITIVE),
        row("organization_id", create(), "organization"),
        row("started_at", ACTIVE, "started_at"),
        row("status", ACTIVE, "live", True),
        row("type", create(type="livestream"), "type", "livestream"),
        row("updated_at", create(), "updated_at"),
        row("breakout_rooms", ROOM, "breakout_rooms.0.room_id", "r1"),
        row("ended_at", (ACTIVE, DONE), "ended_at"),
        row("meta", create(metadata={"a": 1}), "metadata", {"a": 1}),
        row("participants[].id", joined(), f"{one}participant_id", "ada"),
        row("participants[].created_at", joined(), f"{one}joined_at"),
        row("participants[].custom_participant_id", joined(custom_id="emp-1"), f"{one}custom_id", "emp-1"),
        row("participants[].display_name", joined(), f"{one}name", "Ada"),
        row("participants[].duration", (joined(), LATER, LEFT), f"{one}duration", POSITIVE),
        row("participants[].joined_at", joined(), f"{one}joined_at"),
        row("participants[].left_at", (joined(), LEFT), f"{one}left_at"),
        row("participants[].preset_name", joined(preset="host"), f"{one}preset", "host"),
        row("participants[].updated_at", joined(), f"{one}updated_at"),
        row("participants[].user_id", joined(user_id="u-1"), f"{one}user_id", "u-1"),
        row("peer_events[].event_name", joined(), f"{one}events.0.event", "joined"),
        row("peer_events[].created_at", joined(), f"{one}events.0.at"),
        row("peer_events[].socket_session_id", joined(), f"{one}events.0.connection_id", "c1"),
        row(
            "peer_report.metadata",
            (joined(), event("peer.report", participant_id="ada", **REPORT)),
            f"{one}report.device",
            REPORT["device"],
        ),
        row(
            "peer_report.quality",
            (joined(), event("peer.report", participant_id="ada", **REPORT)),
            f"{one}report.quality",
            REPORT["quality"],
        ),
        row(
            "peer-report: ip_information",
            (joined(), event("peer.report", participant_id="ada", **REPORT)),
            "/peers/c1 report.network",
            REPORT["network"],
        ),
        row(
            "peer-report: precall_network_information",
            (joined(), event("peer.report", participant_id="ada", **REPORT)),
            "/peers/c1 report.precall",
            REPORT["precall"],
        ),
        row("role (SDKs)", joined(role="host"), f"{one}role", "host"),
        row("transcript: sentence", segment(), "/transcript segments.0.text", "Good morning."),
        row("transcript: startTime", segment(), "/transcript segments.0.start", 1.5),
        row("transcript: endTime", segment(), "/transcript segments.0.end", 2.25),
        row(
            "transcript: peerData.id",
            segment(speaker={"name": "Ada", "participant_id": "ada"}),
            "/transcript segments.0.speaker.participant_id",
            "ada",
        ),
        row("chat: message", CHAT, "/chat data.0.text", "hi"),
        row("summary", SUMMARY, "artifacts.summary.text", "# All well"),
    ]


def _meemo() -> list[Field]:
    def row(field: str, said: Said | tuple[Said, ...], read: str, value: Any = ...) -> Field:
        return _field("meemo", field, said, read, value)

    one = "/participants/ada "
    return [
        row("id", create(), "number", 1),
        row("title", create(title="Weekly"), "title", "Weekly"),
        row("start_time", ACTIVE, "started_at"),
        row("end_time", (ACTIVE, DONE), "ended_at"),
        row("created_at", create(), "created_at"),
        row("location", create(location="Room 4.12"), "location", "Room 4.12"),
        row("status", create(scheduled_for="2100-01-01T00:00:00.000Z"), "status", "scheduled"),
        row("summary_complete", SUMMARY, "summary_state", "ready"),
        row("host", create(host=ADA), "host", ADA),
        row("language", create(language="en-GB"), "language", "en-GB"),
        row("keywords", create(keywords=["plan"]), "keywords", ["plan"]),
        row("participant_count", joined(), "participant_counts.total", 1),
        row("duration_seconds", (ACTIVE, LATER, DONE), "duration", POSITIVE),
        row("num_cluster", create(cluster_count=2), "cluster_count", 2),
        row("calendar_event.event_id", create(calendar_event=CALENDAR), "calendar_event.id", "cal-7"),
        row("calendar_event.summary", create(calendar_event=CALENDAR), "calendar_event.title", "Weekly"),
        row(
            "calendar_event.organizer_email",
            create(calendar_event=CALENDAR),
            "calendar_event.organizer_email",
            "grace@example.com",
        ),
        row(
            "calendar_event.meeting_link",
            create(calendar_event=CALENDAR),
            "calendar_event.meeting_link",
            LINK,
        ),
        row(
            "calendar_event.start_time",
            create(calendar_event=CALENDAR),
            "calendar_event.starts_at",
            CALENDAR["starts_at"],
        ),
        row(
            "calendar_event.end_time",
            create(calendar_event=CALENDAR),
            "calendar_event.ends_at",
            CALENDAR["ends_at"],
        ),
        row(
            "calendar_event.attendees[].email",
            create(attendees=[ATTENDEE]),
            "attendees.0.email",
            "bob@example.com",
        ),
        row(
            "calendar_event.attendees[].display_name", create(attendees=[ATTENDEE]), "attendees.0.name", "Bob"
        ),
        row(
            "calendar_event.attendees[].response_status",
            create(attendees=[ATTENDEE]),
            "attendees.0.response_status",
            "accepted",
        ),
        row("create: user_token", create(user=ADA), "user.id", "u-1"),
        row(
            "create: participants",
            create(invited_emails=["bob@example.com"]),
            "invited_emails",
            ["bob@example.com"],
        ),
        row("create: bot_meeting_url", create(meeting_link=LINK), "meeting_link", LINK),
        row(
            "create: bot_join_at",
            create(scheduled_for="2100-01-01T00:00:00.000Z"),
            "scheduled_for",
            "2100-01-01T00:00:00.000Z",
        ),
        row("create: speaker_count", create(speaker_count=3), "speaker_count", 3),
        row(
            "transcripts[].speaker",
            segment(speaker={"name": "Ada"}),
            "/transcript segments.0.speaker.name",
            "Ada",
        ),
        row("transcripts[].text", segment(), "/transcript segments.0.text", "Good morning."),
        row("transcripts[].start_time", segment(), "/transcript segments.0.start", 1.5),
        row("transcripts[].end_time", segment(), "/transcript segments.0.end", 2.25),
        row("total_segments", segment(), "segment_count", 1),
        row("summary", SUMMARY, "artifacts.summary.text", "# All well"),
        row("notes", SUMMARY, "artifacts.summary.notes", "- ask Bob"),
        row("summary: keywords", SUMMARY, "artifacts.summary.keywords", ["plan"]),
        row("participants[].name", joined(), f"{one}name", "Ada"),
        row("participants[].email", joined(email="ada@example.com"), f"{one}email", "ada@example.com"),
        row("participants[].position", joined(position="Engineer"), f"{one}position", "Engineer"),
        row("participants[].department", joined(department="Research"), f"{one}department", "Research"),
        row(
            "recording_url",
            recording(url="https://example.com/r.mp4"),
            "/recording url",
            "https://example.com/r.mp4",
        ),
        row("recording: duration", recording(duration=61.5), "/recording duration", 61.5),
        row("recording: format", recording(format="mp4"), "/recording format", "mp4"),
    ]


def _emogg() -> list[Field]:
    def row(field: str, said: Said | tuple[Said, ...], read: str, value: Any = ...) -> Field:
        return _field("emogg", field, said, read, value)

    return [
        row("_id", create(), "id"),
        row("name", create(title="Mobile World Congress Pitch"), "title", "Mobile World Congress Pitch"),
        row("type", create(type="live_analysis"), "type", "live_analysis"),
        row("state", ACTIVE, "live", True),
        row("timestamp", create(), "created_at"),
        row("duration", (ACTIVE, LATER, DONE), "duration", POSITIVE),
        row("config", create(config={"removeMedia": True}), "config", {"removeMedia": True}),
        row("sources", create(sources=[SOURCE]), "sources", [SOURCE]),
        row("meta.workerState", Said("heartbeat", {"state": "working"}), "bot_state", "working"),
        row("meta.healthCheck", Said("heartbeat", {"health": "good"}), "bot_health", "good"),
        row("product", create(product="pro"), "product", "pro"),
        row("user", create(user=ADA), "user.id", "u-1"),
        row("version", create(), "version"),
    ]


def _meeting_buddy() -> list[Field]:
    def row(field: str, said: Said | tuple[Said, ...], read: str, value: Any = ...) -> Field:
        return _field("meeting_buddy", field, said, read, value)

    log = event("log.entry", level="warning", message="slow network", fields={"rtt": 900})
    return [
        row("session_id", create(), "id"),
        row("organization_id", create(), "organization"),
        row("user_id", create(user=ADA), "user.id", "u-1"),
        row("meeting_link", create(meeting_link=LINK), "meeting_link", LINK),
        row("platform", create(meeting_link=LINK), "platform", "teams"),
        row("bot_name", create(bot_name="Meeting Buddy"), "bot_name", "Meeting Buddy"),
        row("status", ACTIVE, "status", "active"),
        row("transcription_enabled", create(transcription_enabled=False), "transcription_enabled", False),
        row("transcription_language", create(transcription_language="de"), "transcription_language", "de"),
        row("debug_mode", create(debug=True), "debug", True),
        row("created_at", create(), "created_at"),
        row("updated_at", create(), "updated_at"),
        row("join_timestamp", ACTIVE, "started_at"),
        row("leave_timestamp", (ACTIVE, event("session.status_changed", status="leaving")), "left_at"),
        row("total_duration_seconds", (ACTIVE, LATER, DONE), "duration", POSITIVE),
        row("segment_count", recording(segment_count=2), "/recording segment_count", 2),
        row("audio_file_count", recording(audio_file_count=1), "/recording audio_file_count", 1),
        row("video_file_count", recording(video_file_count=3), "/recording video_file_count", 3),
        row("total_size_bytes", recording(size=99), "/recording size", 99),
        row(
            "output_directory",
            recording(output_directory="recordings/1"),
            "/recording output_directory",
            "recordings/1",
        ),
        row("error_message", FAILED, "end.message", "No entry."),
        row("error_code", FAILED, "end.code", "NOT_ADMITTED"),
        row("metadata", create(metadata={"a": 1}), "metadata", {"a": 1}),
        row("current_participants", joined(), "participants.participants.0.live", True),
        row("participant_history", (joined(), LEFT), "/participants/ada events.1.event", "left"),
        row("status stream: previous_status", ACTIVE, "status_history.0.status", "initializing"),
        row("transcripts[].text", segment(), "/transcript segments.0.text", "Good morning."),
        row("transcripts[].confidence", segment(confidence=0.5), "/transcript segments.0.confidence", 0.5),
        row("transcripts[].start_time", segment(), "/transcript segments.0.start", 1.5),
        row("transcripts[].end_time", segment(), "/transcript segments.0.end", 2.25),
        row(
            "transcripts[].speaker",
            segment(speaker={"name": "Ada"}),
            "/transcript segments.0.speaker.name",
            "Ada",
        ),
        row("transcripts[].language_code", segment(language="de"), "/transcript segments.0.language", "de"),
        row("transcripts[].is_partial", segment(), "/transcript segments.0.final", True),
        row("log: level", log, "/logs data.0.level", "warning"),
        row("log: message", log, "/logs data.0.message", "slow network"),
        row("log: details", log, "/logs data.0.fields", {"rtt": 900}),
        row("log: timestamp", log, "/logs data.0.at"),
    ]


FIELDS = [*_bigmind(), *_realtimekit(), *_meemo(), *_emogg(), *_meeting_buddy()]
