"""The cases of the golden files: what was published before a subscriber came, and what it is sent then."""

from collections.abc import Callable, Iterator
from typing import Any

from golden.fold import people_cases
from golden.fold.feed_case import feed
from golden.fold.fold_stage import Stage, begun, joins, says

from schemas import codec
from schemas.events import Channel

Data = dict[str, Any]


def _life(stage: Stage) -> None:
    user = {"id": "u1", "first_name": "Ada", "avatar_url": "https://example.org/a.png"}
    stage.open()
    stage.publish(
        "session.created",
        number=12,
        status="scheduled",
        title="Plan",
        meeting_id="m-1",
        meeting_link="https://zoom.us/j/1",
        platform="zoom",
        transcription_enabled=False,
        scheduled_for="2026-01-02T10:00:00.000Z",
        starts_at="2026-01-02T10:05:00.000Z",
        user=user,
        metadata={"a": {"b": [1, None]}},
    )
    stage.publish("session.updated", title=None, bot_name="Scribe", transcription_language="de", metadata={})
    stage.publish("session.updated", transcription_enabled=True, scheduled_for=None, user={"email": "a@b.c"})
    stage.publish("session.status_changed", status="initializing")
    stage.publish("bot.assigned", bot_id="bot-1", name="Scribe")
    stage.publish("session.status_changed", status="joining")
    stage.publish("session.status_changed", status="waiting_room")
    stage.publish("session.status_changed", status="active")
    stage.publish("session.status_changed", status="recording")
    stage.publish("session.status_changed", status="active")
    stage.publish("bot.lost", bot_id="bot-1", reason="BOT_LOST")
    stage.publish("session.updated", user=None)
    stage.publish("session.status_changed", status="completed", reason="all left", code="DONE")
    stage.publish("session.sealed", reason="late_window")
    stage.publish("session.deleted")


def _details(stage: Stage) -> None:
    stage.open()
    camera = {"id": "cam", "type": "video", "device": "local_camera"}
    ada = {"email": "ada@example.com", "name": "Ada", "response_status": "accepted"}
    stage.publish(
        "session.created",
        number=1,
        status="initializing",
        organization="acme",
        type="live_analysis",
        host={"id": "u9", "email": "grace@example.com"},
        bot_state="asks to be let in",
        bot_health="good",
        location="Room 4.12",
        calendar_event={"id": "cal-7", "title": "Weekly", "starts_at": "2026-01-02T10:00:00.000Z"},
        attendees=[ada, {"email": "bob@example.com"}],
        invited_emails=[],
        language="en-GB",
        topic_id="top_1",
        keywords=["plan"],
        speaker_count=3,
        cluster_count=0,
        product="pro",
        sources=[camera],
        config={"removeMedia": True},
        debug=True,
    )
    stage.publish("session.updated", host=None, attendees=None, sources=[], cluster_count=4, type="meeting")
    stage.publish("session.updated", calendar_event={"id": "cal-8", "ends_at": "2026-01-02T11:00:00.000Z"})
    stage.publish("session.status_changed", status="active")
    stage.publish("session.status_changed", status="leaving", reason="all left")
    stage.publish("session.status_changed", status="completed", reason="all left", code="DONE")
    stage.publish("session.updated", title="What it was about", keywords=[], config=None, debug=False)


def _many_steps(stage: Stage) -> None:
    for _ in range(30):
        stage.publish("session.status_changed", status="recording")
        stage.publish("session.status_changed", status="active")


def _little_said(stage: Stage) -> None:
    stage.publish("session.created", number=1, status="scheduled", title="Plan", transcription_enabled=False)
    stage.open()
    stage.publish("session.created", number=2, status="initializing")
    stage.publish("log.entry", level="info", message="no more than that")
    stage.publish("recording.updated", state="started")
    stage.publish("summary.requested")


def _failed(stage: Stage) -> None:
    stage.publish("session.created", number=1, status="initializing")
    stage.open()
    stage.publish("session.status_changed", status="failed", message="no entry", stage="join")


def _recorded(stage: Stage) -> None:
    """A session made from a file, told long after it took place; some of it out of order or not yet."""
    stage.publish("session.created", number=7, status="scheduled", file_url="https://example.org/a.vtt")
    stage.open()
    stage.publish("session.status_changed", status="initializing")
    for occurred_at, kind, data in (
        ("2025-06-01T10:00:00.000Z", "session.status_changed", {"status": "active"}),
        ("2025-06-01T10:01:00.000Z", "participant.joined", {"name": "Ada", "connection_id": "a1"}),
        ("2025-06-01T10:02:00.000Z", "participant.speaking", {"speaking": True}),
        ("2025-06-01T10:01:30.000Z", "participant.speaking", {"speaking": False}),
        ("2025-06-01T10:03:00.000Z", "peer.report", {"quality": {"mos": 4}}),
        ("2025-06-01T10:30:00.000Z", "participant.left", {"connection_id": "a1"}),
        ("2025-06-01T10:40:00.000Z", "participant.joined", {"name": "Ada", "connection_id": "a2"}),
        ("2999-06-01T10:40:00.000Z", "participant.updated", {"role": "host"}),
    ):
        stage.occurred_at = occurred_at
        who = {} if kind == "session.status_changed" else {"participant_id": "ada"}
        stage.publish(kind, **data, **who)
    says(stage, "s1", "Hello", start=61.5)
    stage.occurred_at = "2025-06-01T09:00:00.000Z"
    stage.publish("session.status_changed", status="completed", code="IMPORTED")


def _revisions(stage: Stage) -> None:
    word = {"text": "hello", "start": 0.1, "end": 0.4, "confidence": 0.5}
    ada = {"name": "Ada", "participant_id": "ada"}
    says(stage, "s1", "hel", final=False, speaker=ada, words=[word, {"text": "x", "start": 1, "end": 1}])
    says(stage, "s1", "hello", final=False, revision=2, language="en", confidence=0.9)
    says(stage, "s1", "older", final=False, revision=1)
    says(stage, "s1", "equal", final=False, revision=2)
    says(stage, "s1", "final", revision=1, start=0.0005)
    says(stage, "s1", "partial after final", final=False, revision=9)
    says(stage, "s1", "older final", revision=0)
    says(stage, "s1", "equal final", revision=1, start=1.0015, speaker={"name": "Bob"})
    says(stage, "s2", "", final=False, start=2.5)


def _retraction(stage: Stage) -> None:
    says(stage, "s1", "wrong", final=False, speaker={"name": "Ada"}, confidence=0.3)
    says(stage, "s2", "right")
    stage.publish("transcript.retracted", segment_id="s1", reason="noise")
    says(stage, "s1", "late partial", final=False, revision=8)
    says(stage, "s1", "late final", revision=9)
    stage.publish("transcript.speaker_corrected", segment_ids=["s1"], speaker={"name": "Bob"})
    stage.publish("transcript.retracted", segment_id="never-seen")


def _correction(stage: Stage) -> None:
    says(stage, "s1", "one", final=False, speaker={"name": "Ada"})
    says(stage, "s2", "two", speaker={"name": "Ada"})
    stage.publish(
        "transcript.speaker_corrected",
        segment_ids=["s2", "s1", "never-seen"],
        speaker={"name": "Bob", "participant_id": "bob"},
    )
    says(stage, "s1", "one more", revision=3, speaker={"name": "Ada"})
    says(stage, "s3", "three", speaker={"name": "Ada"})
    stage.publish("transcript.speaker_corrected", segment_ids=["s2"], speaker={"name": "Cy"})


def _corrected_before(stage: Stage) -> None:
    says(stage, "s1", "one", final=False, speaker={"name": "Ada"})
    stage.publish("transcript.speaker_corrected", segment_ids=["s1"], speaker={"name": "Bob"})
    stage.open()
    says(stage, "s1", "one more", revision=3, speaker={"name": "Ada"})


def _corrected_for_good(stage: Stage) -> None:
    says(stage, "s1", "one", final=False)
    stage.publish("transcript.speaker_corrected", segment_ids=["s1"], speaker={"name": "Bob"})
    for revision in range(1, 4):
        says(stage, "s1", "one more", revision=revision, speaker={"name": "Ada"})


def _long_transcript(stage: Stage) -> None:
    for number in range(95):
        says(stage, f"s{number}", f"segment {number}", start=number * 2)
    says(stage, "s40", "changed", start=80, revision=1)
    stage.open()
    for number in range(95, 112):
        says(stage, f"s{number}", f"segment {number}", start=number * 2, final=number % 2 == 0)
    says(stage, "s3", "outside the window", start=6, revision=5)
    says(stage, "s105", "inside", start=210, revision=5)
    stage.publish("transcript.retracted", segment_id="s4")
    stage.publish("transcript.retracted", segment_id="s50")
    stage.publish("transcript.speaker_corrected", segment_ids=["s5", "s60"], speaker={"name": "Ada"})


def _truncated_transcript(stage: Stage) -> None:
    for number in range(130):
        says(stage, f"s{number}", f"segment {number}", start=number)
    stage.open()
    says(stage, "s29", "outside the window", revision=2)
    says(stage, "s30", "inside, then gone", revision=2)
    says(stage, "s31", "inside", start=31, revision=2)
    says(stage, "s130", "new", start=130)


def _before_the_start(stage: Stage) -> None:
    says(stage, "s1", "too early", start=0.2)
    stage.publish("session.status_changed", status="recording")
    says(stage, "s2", "on time", start=61.0625)
    stage.publish("session.status_changed", status="active")


def _starts(stage: Stage) -> None:
    says(stage, "s1", "too early", start=0.2)
    stage.publish("session.status_changed", status="active")


def _just_full(stage: Stage) -> None:
    for number in range(499):
        stage.publish("chapter.added", title="x", start=number)
        if number < 99:
            says(stage, f"s{number}", "x", start=number)
        if number < 49:
            stage.publish("chat.message", message_id=f"m{number}", text="x")
            stage.publish("log.entry", level="info", message="x")
    stage.open()
    stage.publish("chapter.added", title="x", start=499)
    says(stage, "s99", "x", start=99)
    stage.publish("chat.message", message_id="m49", text="x")
    stage.publish("log.entry", level="info", message="x")


def _room_closed(stage: Stage) -> None:
    stage.publish("breakout.opened", room_id="r1")
    stage.publish("breakout.opened", room_id="r2")
    stage.publish("breakout.closed", room_id="r2")


def _chat(stage: Stage) -> None:
    for number in range(48):
        stage.publish("chat.message", message_id=f"m{number}", text=f"message {number}")
    stage.open()
    sender = {"name": "Ada", "participant_id": "ada"}
    for number in range(48, 53):
        stage.publish("chat.message", message_id=f"m{number}", text="<b>hi</b>", sender=sender)
    stage.publish("chat.message", message_id="m50", text="edited", sender={"name": "Ada"})
    stage.publish("chat.message", message_id="m0", text="edited after it left the tail")


def _chat_edit(stage: Stage) -> None:
    stage.publish("chat.message", message_id="m1", text="frist")
    stage.publish("chat.message", message_id="m1", text="first")


def _logs(stage: Stage) -> None:
    for number in range(45):
        stage.publish("log.entry", level="info", message=f"line {number}")
    stage.open()
    for level in ("debug", "info", "warning", "error", "info", "debug"):
        stage.publish("log.entry", level=level, message="more", source="bot", fields={"n": [1, {}]})


def _no_partials(stage: Stage) -> None:
    stage.with_partials = False
    says(stage, "s1", "fir", final=False)
    says(stage, "s2", "sec", final=False, start=2)
    says(stage, "s2", "second", start=2)
    says(stage, "s1", "first")


def _rooms(stage: Stage) -> None:
    stage.publish("breakout.opened", room_id="r1", title="Room 1")
    stage.publish("breakout.opened", room_id="r2")
    stage.publish("breakout.closed", room_id="r1")
    stage.publish("breakout.closed", room_id="unknown")
    stage.publish("breakout.opened", room_id="r1", title="Room 1 again")
    for number in range(3, 103):
        stage.publish("breakout.opened", room_id=f"r{number}")


def _artifacts(stage: Stage) -> None:
    stage.publish("chapter.added", title="Second", start=60)
    stage.publish("chapter.added", title="First", start=0, end=60)
    stage.publish("chapter.added", title="Second, renamed", start=60.0, end=90)
    stage.publish("summary.requested")
    stage.publish("summary.failed", reason="no model")
    stage.publish("summary.ready", text="All is well.", keywords=["well"])
    stage.publish("recording.updated", state="started")
    url = "https://example.org/r.mp4"
    stage.publish("recording.updated", state="ready", url=url, format="mp4", duration=12.5, size=99)
    counts = {"segment_count": 2, "audio_file_count": 1, "video_file_count": 3}
    stage.publish("recording.updated", state="ready", output_directory="recordings/1", **counts)
    stage.publish("summary.ready", text="All is well.", notes="- ask Bob", model="extractive")
    stage.publish("peer.report", participant_id="ada", quality={"rtt": 20})
    joins(stage, "ada")
    stage.publish("peer.report", participant_id="ada", quality={"rtt": 20})


def _many_chapters(stage: Stage) -> None:
    for number in range(499):
        stage.publish("chapter.added", title=f"Chapter {number}", start=number)
    stage.open()
    stage.publish("chapter.added", title="Before all", start=0.5)
    stage.publish("chapter.added", title="One too many", start=1000)


def _summary_formatted(stage: Stage) -> None:
    stage.publish("summary.ready", text="# All is well", format="markdown")


def _unknown(stage: Stage) -> None:
    stage.publish("x.poll", question="lunch?")
    stage.publish("constructor", of="a type that every JavaScript object has")
    stage.publish("transcript.translated", segment_id="s1", text="from a newer hub")


def _some_channels(stage: Stage) -> None:
    says(stage, "s1", "heard")
    stage.publish("log.entry", level="info", message="not sent to this subscriber")
    stage.control("bookmark")


def _control(stage: Stage) -> None:
    joins(stage, "ada")
    stage.control("reset", reason="rolled_back", snapshot=stage.shown())
    joins(stage, "bob")
    stage.frames[-1]["data"]["from_a_newer_hub"] = True
    stage.control("bookmark")
    stage.control("snapshot", **stage.shown())
    stage.control("disconnect", code="draining", message="bye", reconnect=True, retry_ms=10)
    stage.control("end", reason="sealed")


_CASES: dict[str, tuple[Callable[[], Stage], Callable[[Stage], None]]] = {
    "life": (Stage, _life),
    "details": (Stage, _details),
    "many-steps": (begun, _many_steps),
    "little-said": (Stage, _little_said),
    "corrected-for-good": (begun, _corrected_for_good),
    "starts": (lambda: begun(status="initializing"), _starts),
    "just-full": (begun, _just_full),
    "room-closed": (begun, _room_closed),
    "failed": (Stage, _failed),
    "recorded": (Stage, _recorded),
    "participants": (begun, people_cases.people),
    "rejoin": (begun, people_cases.rejoin),
    "many-connections": (begun, people_cases.many_connections),
    "open-connections": (begun, people_cases.open_connections),
    "end-closes-all": (begun, people_cases.end_closes_all),
    "many-participants": (begun, people_cases.many_participants),
    "full": (begun, people_cases.full),
    "five-hundred-participants": (begun, people_cases.five_hundred),
    "revisions": (begun, _revisions),
    "retraction": (begun, _retraction),
    "correction": (begun, _correction),
    "corrected-before": (begun, _corrected_before),
    "long-transcript": (begun, _long_transcript),
    "truncated-transcript": (begun, _truncated_transcript),
    "before-the-start": (lambda: begun(status="initializing"), _before_the_start),
    "chat": (begun, _chat),
    "chat-edit": (begun, _chat_edit),
    "logs": (begun, _logs),
    "no-partials": (begun, _no_partials),
    "rooms": (begun, _rooms),
    "artifacts": (begun, _artifacts),
    "many-chapters": (begun, _many_chapters),
    "summary-formatted": (begun, _summary_formatted),
    "unknown": (begun, _unknown),
    "some-channels": (lambda: begun(Channel.STATUS, Channel.TRANSCRIPT), _some_channels),
    "no-transcript": (
        lambda: begun(*(set(Channel) - {Channel.TRANSCRIPT, Channel.LOGS})),
        people_cases.people,
    ),
    "control": (begun, _control),
}


def goldens() -> Iterator[Data]:
    """Every case as the content of its file."""
    for name, (make, act) in _CASES.items():
        stage = make()
        act(stage)
        yield stage.golden(name)
    yield feed()


def written(golden: Data) -> str:
    """A golden file's text: an entry a line, so that a change is a small diff."""
    lines = ",\n".join(f"  {codec.canonical(entry).decode()}" for entry in golden["entries"])
    parts = [
        f'"name": {codec.canonical(golden["name"]).decode()}',
        f'"snapshot": {codec.canonical(golden["snapshot"]).decode()}',
        f'"entries": [\n{lines}\n]',
        f'"expected": {codec.canonical(golden["expected"]).decode()}',
    ]
    return "{\n" + ",\n".join(parts) + "\n}\n"
