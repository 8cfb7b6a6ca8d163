import json
from typing import Any

import pytest

from hub.client.frames import Frame, frame_of, noticed
from hub.terminal import Lines, clean


def entry(kind: str, /, **data: Any) -> Frame:
    fields = {
        "type": kind,
        "id": "5-1",
        "session_id": "ses_a",
        "at": "2026-01-31T09:30:00.000Z",
        "data": data,
    }
    return frame_of(json.dumps(fields), fields)


def told(lines: Lines, frame: Frame) -> list[str]:
    return [line.plain[9:] for line in lines.lines(frame)]


ANN = {"name": "Ann", "participant_id": "ann"}


@pytest.mark.parametrize(
    ("frame", "line"),
    [
        (entry("session.created", number=3, title="Weekly"), "● created: Weekly"),
        (entry("session.status_changed", status="failed", code="BOT_LOST"), "● failed (BOT_LOST)"),
        (entry("participant.joined", participant_id="ann", connection_id="c", name="Ann"), "↔ Ann joined"),
        (
            entry(
                "participant.joined",
                participant_id="ann",
                connection_id="c",
                name="Ann",
                kind="screenshare",
            ),
            "↔ Ann shares a screen",
        ),
        (
            entry("participant.left", participant_id="bo", connection_id="c", reason="lost"),
            "↔ bo left (lost)",
        ),
        (entry("transcript.segment", segment_id="s", final=True, speaker=ANN, text="Hi"), "❝ Ann: Hi"),
        (entry("transcript.segment", segment_id="s", final=True, text="Hi"), "❝ ?: Hi"),
        (entry("chat.message", message_id="m", sender=ANN, text="Hi"), "✉ Ann: Hi"),
        (entry("chapter.added", title="One", start=0), "★ chapter: One"),
        (entry("log.entry", level="error", message="No", source="a", fields={"n": 1}), "· error a: No n=1"),
        (entry("x.poll", votes=2), '◇ x.poll {"votes":2}'),
        (entry("poll.opened", votes=2), '◇ poll.opened {"votes":2}'),
    ],
)
def test_an_entry_is_one_line(frame: Frame, line: str) -> None:
    assert told(Lines(), frame) == [line]


def test_partials_and_speaking_are_no_lines() -> None:
    lines = Lines()
    assert told(lines, entry("transcript.segment", segment_id="s", final=False, text="Hi")) == []
    assert told(lines, entry("participant.speaking", participant_id="ann", speaking=True)) == []


def test_names_and_numbers_are_learnt() -> None:
    lines = Lines(sessions=True)
    assert told(lines, entry("session.created", number=3, title="Weekly")) == ["#3 ● created: Weekly"]
    lines.lines(entry("participant.joined", participant_id="ann", connection_id="c", name="Ann"))
    assert told(lines, entry("participant.left", participant_id="ann", connection_id="c")) == [
        "#3 ↔ Ann left"
    ]


def test_a_snapshot_is_a_header_and_the_last_finals() -> None:
    segments = [
        {"segment_id": str(n), "final": n != 13, "text": f"line {n}", "speaker": ANN} for n in range(14)
    ]
    session = {"title": "Weekly", "status": "active", "number": 3, "participant_counts": {"live": 2}}
    data = {
        "session": session,
        "participants": {"participants": [{"participant_id": "ann", "name": "Ann"}]},
        "transcript": {"segments": segments},
    }
    fields = {"type": "snapshot", "id": "5-1", "session_id": "ses_a", "data": data}
    shown = told(Lines(), frame_of(json.dumps(fields), fields))
    assert shown[0] == "● Weekly is active, 2 there"
    assert [line.rpartition(" ")[2] for line in shown[1:]] == [str(n) for n in range(3, 13)]


def test_nothing_that_others_wrote_reaches_the_terminal_as_control() -> None:
    nasty = "\x1b]0;owned\x07 red\x1b[31m\r\nnext\u202e\u200b\x9b2J [bold]x[/bold]"
    (line,) = Lines().lines(entry("chat.message", message_id="m", sender={"name": nasty}, text=nasty))
    assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in line.plain)
    assert "\u202e" not in line.plain
    assert "[bold]x[/bold]" in line.plain
    assert clean("a\n b\t c") == "a b c"


def test_losses_and_resets_are_told_beside_the_stream() -> None:
    lines = Lines()
    lost = noticed("connection_lost", "broken off", wait=0.5)
    assert lines.notice(lost) == "connection lost (connection_lost: broken off); trying again in 0.5 s"
    assert "not coming back" in str(
        lines.notice(noticed("session_not_found", "m", wait=None, session_id="s"))
    )
    fields = {
        "type": "reset",
        "id": "5-1",
        "session_id": "ses_a",
        "data": {"reason": "trimmed", "snapshot": {}},
    }
    assert "session ses_a was reset (trimmed)" in str(lines.notice(frame_of("{}", fields)))
    assert lines.notice(entry("x.a")) is None
