"""Frames as lines of a terminal.

What is shown was written by others: control characters are taken out, so that no transcript can move the
cursor or change colours.
"""

import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from rich.text import Text

from hub.client.frames import Disconnect, End, Entry, Frame, ResetFrame, SnapshotFrame
from schemas import codec
from schemas.events import Channel, channel_of

GLYPHS: dict[Channel, tuple[str, str]] = {
    Channel.STATUS: ("●", "bold blue"),
    Channel.PARTICIPANTS: ("↔", "cyan"),
    Channel.TRANSCRIPT: ("❝", "default"),
    Channel.CHAT: ("✉", "magenta"),
    Channel.ARTIFACTS: ("★", "yellow"),
    Channel.LOGS: ("·", "dim"),
    Channel.CUSTOM: ("◇", "green"),
}
_VOICES = ("bright_cyan", "bright_green", "bright_yellow", "bright_magenta", "bright_blue", "bright_red")
_LEVELS = {"debug": "dim", "info": "default", "warning": "yellow", "error": "bold red"}
_RECENT = 10
"""Finals of a snapshot that are shown."""


def clean(text: object) -> str:
    """`text` on one line, without control and direction characters."""
    plain = " ".join(str(text).split())
    return "".join(char for char in plain if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co"))


def voice(name: str) -> str:
    """A colour for a speaker, the same in every run."""
    return _VOICES[sum(name.encode()) % len(_VOICES)]


def local_time(at: str) -> str:
    """A timestamp of the hub as the time of day here, `09:30:00`."""
    try:
        return datetime.fromisoformat(at).astimezone().strftime("%H:%M:%S")
    except ValueError:
        return "--:--:--"


class Lines:
    """Turns frames into lines; it learns names from the frames it has seen.

    Args:
        sessions: Whether to begin each line with its session's number.
    """

    def __init__(self, *, sessions: bool = False) -> None:
        self._sessions = sessions
        self._numbers: dict[str, int] = {}
        self._names: dict[tuple[str, str], str] = {}

    def lines(self, frame: Frame) -> list[Text]:
        """The lines for `frame`; partials of the transcript and speaking toggles have none."""
        if frame.feed:
            return []
        match frame:
            case Entry():
                if frame.data.get("final") is False and frame.type == "transcript.segment":
                    return []
                line = self.entry(frame)
                return [] if line is None else [line]
            case SnapshotFrame():
                return self._snapshot(frame)
            case End():
                return [self._line(frame, Channel.STATUS, Text(f"end of the stream ({clean(frame.reason)})"))]
            case _:
                return []

    def entry(self, frame: Entry) -> Text | None:
        """The line for one entry, whether partial or final."""
        channel = channel_of(frame.type)
        tell = _TELLERS.get(frame.type, _other)
        told = tell(self, frame, frame.data)
        return None if told is None else self._line(frame, channel, told)

    def notice(self, frame: Frame) -> str | None:
        """What to say beside the stream: lost connections and resets."""
        if isinstance(frame, Disconnect):
            what = f" of {frame.session_id}" if frame.session_id else ""
            then = f"trying again in {frame.retry_ms / 1000:.1f} s" if frame.reconnect else "not coming back"
            return f"connection{what} lost ({clean(frame.code)}: {clean(frame.message)}); {then}"
        if isinstance(frame, ResetFrame):
            where = "the feed" if frame.feed else f"session {frame.session_id}"
            return f"{where} was reset ({clean(frame.reason)}): entries were missed, going on from a snapshot"
        return None

    def name(self, frame: Entry) -> str:
        """The name of the participant that `frame` is about."""
        who = str(frame.data.get("participant_id", ""))
        known = frame.data.get("name") or self._names.get((frame.session_id or "", who), who)
        self._names[frame.session_id or "", who] = str(known)
        return clean(known)

    def number(self, frame: Entry, number: object) -> None:
        """Learn a session's number."""
        if isinstance(number, int) and frame.session_id:
            self._numbers[frame.session_id] = number

    def _line(self, frame: Frame, channel: Channel, told: Text) -> Text:
        glyph, style = GLYPHS[channel]
        at = frame.at if isinstance(frame, Entry) else ""
        line = Text.assemble((local_time(at) if at else " " * 8, "dim"))
        if self._sessions:
            number = self._numbers.get(frame.session_id or "")
            line.append(f" #{number}" if number is not None else f" {clean(frame.session_id)}", style="bold")
        line.append(f" {glyph} ", style=style)
        return Text.assemble(line, told)

    def _snapshot(self, frame: SnapshotFrame) -> list[Text]:
        session: dict[str, Any] = frame.data.get("session", {})
        session_id = frame.session_id or ""
        if isinstance(session.get("number"), int):
            self._numbers[session_id] = session["number"]
        for who in frame.data.get("participants", {}).get("participants", []):
            self._names[session_id, who["participant_id"]] = who["name"]
        there = session.get("participant_counts", {}).get("live", 0)
        title = clean(session.get("title") or session_id)
        head = Text.assemble((title, "bold"), f" is {clean(session.get('status'))}, {there} there")
        lines = [self._line(frame, Channel.STATUS, head)]
        segments: list[dict[str, Any]] = frame.data.get("transcript", {}).get("segments", [])
        for segment in [s for s in segments if s.get("final") and not s.get("retracted")][-_RECENT:]:
            lines.append(self._line(frame, Channel.TRANSCRIPT, said(segment)))
        return lines


def said(data: Mapping[str, Any]) -> Text:
    """Who says what, of a transcript segment or a chat message."""
    who: Mapping[str, Any] = data.get("speaker") or data.get("sender") or {}
    name = clean(who.get("name", "?"))
    return Text.assemble((f"{name}: ", f"bold {voice(name)}"), clean(data.get("text", "")))


def _said(_lines: Lines, _frame: Entry, data: dict[str, Any]) -> Text:
    return said(data)


def _created(lines: Lines, frame: Entry, data: dict[str, Any]) -> Text:
    lines.number(frame, data.get("number"))
    return Text(f"created: {clean(data.get('title') or frame.session_id)}")


def _status(_lines: Lines, _frame: Entry, data: dict[str, Any]) -> Text:
    why = [clean(data[name]) for name in ("code", "reason", "message") if data.get(name)]
    return Text.assemble((clean(data.get("status")), "bold"), f" ({', '.join(why)})" if why else "")


def _sealed(_lines: Lines, _frame: Entry, data: dict[str, Any]) -> Text:
    return Text(f"sealed ({clean(data.get('reason'))})")


def _joined(lines: Lines, frame: Entry, data: dict[str, Any]) -> Text:
    shares = data.get("kind") == "screenshare"
    return Text(f"{lines.name(frame)} {'shares a screen' if shares else 'joined'}")


def _left(lines: Lines, frame: Entry, data: dict[str, Any]) -> Text:
    why = data.get("reason")
    return Text(f"{lines.name(frame)} left" + (f" ({clean(why)})" if why else ""))


def _updated(lines: Lines, frame: Entry, _data: dict[str, Any]) -> Text:
    return Text(f"{lines.name(frame)} was updated")


def _silent(_lines: Lines, _frame: Entry, _data: dict[str, Any]) -> None:
    return None


def _log(_lines: Lines, _frame: Entry, data: dict[str, Any]) -> Text:
    level = str(data.get("level"))
    source = f"{clean(data['source'])}: " if data.get("source") else ""
    fields = "".join(f" {clean(key)}={clean(value)}" for key, value in data.get("fields", {}).items())
    style = _LEVELS.get(level, "default")
    return Text.assemble((f"{clean(level)} {source}{clean(data.get('message'))}", style), (fields, "dim"))


def _chapter(_lines: Lines, _frame: Entry, data: dict[str, Any]) -> Text:
    return Text.assemble("chapter: ", (clean(data.get("title")), "bold"))


def _summary(_lines: Lines, _frame: Entry, data: dict[str, Any]) -> Text:
    return Text(f"summary: {clean(data.get('text'))}")


def _other(_lines: Lines, frame: Entry, data: dict[str, Any]) -> Text:
    told = clean(codec.encode(data).decode())
    cut = told if len(told) <= 200 else told[:199] + "…"
    return Text.assemble(clean(frame.type), (f" {cut}" if data else "", "dim"))


_TELLERS: dict[str, Callable[[Lines, Entry, dict[str, Any]], Text | None]] = {
    "session.created": _created,
    "session.status_changed": _status,
    "session.sealed": _sealed,
    "participant.joined": _joined,
    "participant.left": _left,
    "participant.updated": _updated,
    "participant.speaking": _silent,
    "transcript.segment": _said,
    "chat.message": _said,
    "chapter.added": _chapter,
    "summary.ready": _summary,
    "log.entry": _log,
}
