"""A session on a stage: what is published, and what one subscriber is sent."""

from typing import Any

import msgspec

from hub.core.entry import Entry
from hub.core.entry_id import EntryId
from hub.core.event import draft, hub_draft
from hub.core.fold import State, apply, initial
from hub.core.view import snapshot
from schemas import codec
from schemas.events import EVENT_TYPES, Channel, Event

SESSION = "ses_0123456789abcdefghjk"
BEGIN = 1_767_225_600_000


class Stage:
    """A session as a subscriber of `channels` sees it: publish, then `open`, then publish more."""

    def __init__(self, *channels: Channel) -> None:
        self.channels = channels or tuple(Channel)
        self.state: State = initial(SESSION)
        self.positions: dict[str, int] = {}
        self.frames: list[Any] = []
        self.before: Any = None
        self.with_partials = True
        self.occurred_at: str | None = None
        """Of what is published from now on."""

    def publish(self, kind: str, /, **data: Any) -> None:
        """Append an event as the store does; who follows its channel is sent a frame."""
        row = EVENT_TYPES.get(kind)
        raw = codec.encode(data)
        if row is not None and row.reserved:
            made = hub_draft(kind, msgspec.json.decode(raw, type=row.data))
        elif row is not None or kind.startswith("x."):
            made = draft(Event(type=kind, data=msgspec.Raw(raw)))
        else:
            made = hub_draft(kind, data)
        if made.kind.creates_segment:
            self.positions.setdefault(made.segments[0], len(self.positions))
        entry = Entry(
            id=self._next(),
            type=kind,
            data=made.data,
            occurred_at=self.occurred_at,
            positions=tuple(self.positions[name] for name in made.segments if name in self.positions),
        )
        self.state = apply(self.state, entry)
        is_partial = kind == "transcript.segment" and not data["final"]
        if entry.channel in self.channels and (self.with_partials or not is_partial):
            self.frames.append(codec.decode(entry.frame(SESSION)))

    def open(self) -> None:
        """The subscriber comes and is sent a snapshot."""
        self.before, self.frames = self.shown(), []

    def control(self, kind: str, **data: Any) -> None:
        """A control frame at the current entry."""
        self.frames.append(
            {"type": kind, "id": str(self.state.entry_id), "session_id": SESSION, "data": data}
        )

    def shown(self) -> Any:
        """The snapshot the server would send now."""
        return codec.decode(codec.encode(snapshot(self.state, self.channels)))

    def golden(self, name: str) -> dict[str, Any]:
        """The content of the golden file."""
        return {"name": name, "snapshot": self.before, "entries": self.frames, "expected": self.shown()}

    def _next(self) -> EntryId:
        seq = self.state.seq + 1
        return EntryId(max(self.state.ms, BEGIN) + seq % 7 * 250, seq)


def begun(*channels: Channel, status: str = "active") -> Stage:
    """A session that is under way and followed from now on."""
    stage = Stage(*channels)
    stage.publish("session.created", number=7, status="initializing", title="Weekly")
    if status != "initializing":
        stage.publish("session.status_changed", status=status)
    stage.open()
    return stage


def joins(stage: Stage, who: str, connection: str = "c1", **more: Any) -> None:
    """`who` joins."""
    stage.publish(
        "participant.joined", participant_id=who, connection_id=f"{who}-{connection}", name=who, **more
    )


def leaves(stage: Stage, who: str, connection: str = "c1") -> None:
    """A connection of `who` is gone."""
    stage.publish("participant.left", participant_id=who, connection_id=f"{who}-{connection}")


def says(
    stage: Stage, segment: str, text: str, *, final: bool = True, start: float = 0.0, **more: Any
) -> None:
    """A transcript segment."""
    stage.publish(
        "transcript.segment", segment_id=segment, final=final, text=text, start=start, end=start + 1.4, **more
    )
