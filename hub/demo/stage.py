"""A meeting in the terminal, as it happens."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct
from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from hub.client import Entry, Frame, ResetFrame, SnapshotFrame
from hub.terminal import clean, local_time, said, voice

_KEPT = 200
"""Lines of the transcript and the chat, more than any terminal is high."""


class Person(Struct):
    """Somebody of the meeting."""

    name: str
    connections: set[str] = set()
    speaking: bool = False
    shares: str | None = None
    """The connection that carries their screen."""


class Stage:
    """What the live view shows; feed it with `see`, and give it to `rich.live.Live`.

    Args:
        url: Of the hub.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._title = ""
        self._status = "waiting"
        self._people: dict[str, Person] = {}
        self._said: dict[str, Text] = {}
        self._last_log = Text("")

    def see(self, frame: Frame) -> None:
        """Take in a frame of the session."""
        if frame.feed:
            return
        if isinstance(frame, Entry):
            change = _CHANGES.get(frame.type)
            if change is not None:
                change(self, frame, frame.data)
        elif isinstance(frame, SnapshotFrame):
            self._set(frame.data)
        elif isinstance(frame, ResetFrame):
            self._set(frame.data["snapshot"])

    def _set(self, snapshot: dict[str, Any]) -> None:
        """Show the state that a snapshot tells of."""
        session = snapshot["session"]
        self._title, self._status = clean(session.get("title")), clean(session["status"])
        self._people.clear()
        self._said.clear()
        for who in snapshot["participants"]["participants"]:
            there = [c for c in who["connections"] if c.get("left_at") is None]
            shares = [c["connection_id"] for c in there if c["kind"] == "screenshare"]
            self._people[who["participant_id"]] = Person(
                clean(who["name"]),
                connections={c["connection_id"] for c in there},
                speaking=who["speaking"],
                shares=shares[0] if shares else None,
            )
        for segment in snapshot.get("transcript", {}).get("segments", []):
            self._segment(segment)

    def created(self, _frame: Entry, data: dict[str, Any]) -> None:
        """A new meeting begins: forget the last one."""
        self._title, self._status = clean(data.get("title")), clean(data.get("status"))
        self._people.clear()
        self._said.clear()

    def status_changed(self, _frame: Entry, data: dict[str, Any]) -> None:
        """The session took a step."""
        self._status = clean(data.get("status"))

    def joined(self, _frame: Entry, data: dict[str, Any]) -> None:
        """A connection of somebody opened."""
        who = self._people.setdefault(data["participant_id"], Person(clean(data.get("name"))))
        who.connections.add(data["connection_id"])
        if data.get("kind") == "screenshare":
            who.shares = data["connection_id"]

    def left(self, _frame: Entry, data: dict[str, Any]) -> None:
        """A connection of somebody closed."""
        who = self._people.get(data["participant_id"])
        if who is None:
            return
        who.connections.discard(data["connection_id"])
        who.shares = None if who.shares == data["connection_id"] else who.shares
        who.speaking = who.speaking and bool(who.connections)

    def speaking(self, _frame: Entry, data: dict[str, Any]) -> None:
        """Somebody began or stopped to speak."""
        who = self._people.get(data["participant_id"])
        if who is not None:
            who.speaking = data["speaking"]

    def segment(self, _frame: Entry, data: dict[str, Any]) -> None:
        """A line of the transcript grew, or is final."""
        self._segment(data)

    def _segment(self, data: dict[str, Any]) -> None:
        line = said(data)
        if not data["final"]:
            line.append(" …", style="dim")
        self._show(f"segment {data['segment_id']}", line)

    def message(self, frame: Entry, data: dict[str, Any]) -> None:
        """Somebody wrote into the chat."""
        self._show(f"message {frame.id}", Text.assemble(("✉ ", "magenta"), said(data)))

    def chapter(self, frame: Entry, data: dict[str, Any]) -> None:
        """A chapter is complete."""
        self._show(f"chapter {frame.id}", Text(f"★ chapter: {clean(data.get('title'))}", style="yellow"))

    def summary(self, frame: Entry, data: dict[str, Any]) -> None:
        """The summary is there."""
        self._show(f"summary {frame.id}", Text(f"★ summary: {clean(data.get('text'))}", style="yellow"))

    def log(self, frame: Entry, data: dict[str, Any]) -> None:
        """The bot wrote a line into its log."""
        text = f"{local_time(frame.at)} {clean(data.get('level'))} {clean(data.get('message'))}"
        self._last_log = Text(text, style="dim", no_wrap=True, overflow="ellipsis")

    def _show(self, key: str, line: Text) -> None:
        self._said[key] = line
        if len(self._said) > _KEPT:
            del self._said[next(iter(self._said))]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        height = max(4, (options.height or console.height) - 10)
        body: list[Text] = []
        for line in self._said.values():
            body.extend(line.wrap(console, options.max_width - 4))
        shown = body[-height:]
        head = Table.grid(expand=True)
        head.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
        head.add_column(justify="right", no_wrap=True)
        head.add_row(Text(self._title, style="bold"), Text(self._status, style="bold blue"))
        yield Panel(
            Group(
                head,
                self._row_of_people(),
                Rule(style="dim"),
                *shown,
                *(Text("") for _ in range(height - len(shown))),
                Rule(style="dim"),
                self._last_log,
            ),
            title=Text(self._url, overflow="ellipsis", no_wrap=True),
            border_style="dim",
        )

    def _row_of_people(self) -> Text:
        row = Text(no_wrap=True, overflow="ellipsis")
        for who in self._people.values():
            if not who.connections:
                row.append(f"○ {who.name}  ", style="dim strike")
                continue
            row.append("◉ " if who.speaking else "● ", style=voice(who.name))
            row.append(f"{who.name}{' ▣' if who.shares else ''}  ", style="bold" if who.speaking else "")
        return row


_CHANGES: dict[str, Callable[[Stage, Entry, dict[str, Any]], None]] = {
    "session.created": Stage.created,
    "session.status_changed": Stage.status_changed,
    "participant.joined": Stage.joined,
    "participant.left": Stage.left,
    "participant.speaking": Stage.speaking,
    "transcript.segment": Stage.segment,
    "chat.message": Stage.message,
    "chapter.added": Stage.chapter,
    "summary.ready": Stage.summary,
    "log.entry": Stage.log,
}
