"""The golden case of the organization's feed."""

from typing import Any

from golden.fold.fold_stage import BEGIN
from msgspec.structs import replace

from hub.core.entry import Change, Entry
from hub.core.entry_id import EntryId
from hub.core.fold import State, apply, initial
from hub.core.view import session_view
from schemas import codec
from schemas.frames import FeedSnapshot


def feed() -> dict[str, Any]:
    """The organization's feed: every change of a few sessions, and the list that remains."""
    states: dict[str, State] = {}
    frames: list[Any] = []

    def change(name: str, kind: str, /, **data: Any) -> None:
        session_id = f"ses_{name}"
        state = states.get(session_id) or initial(session_id)
        entry = Entry(id=EntryId(BEGIN + len(frames), state.seq + 1), type=kind, data=codec.canonical(data))
        states[session_id] = apply(state, entry)
        tell(session_id, kind, entry.data)

    def tell(session_id: str, kind: str, data: bytes) -> None:
        position = EntryId(BEGIN + len(frames), len(frames) + 1)
        entry_id = str(states[session_id].entry_id)
        told = Change(id=position, type=kind, session_id=session_id, entry_id=entry_id, data=data)
        frames.append(codec.decode(told.frame()))

    def listed() -> Any:
        live = [state for state in states.values() if state.live and not state.deleted]
        live.sort(key=lambda state: -state.about.number)
        shown = FeedSnapshot(sessions=[session_view(state) for state in live], truncated=False)
        return codec.decode(codec.encode(shown))

    change("a", "session.created", number=1, status="initializing", title="A")
    change("b", "session.created", number=2, status="initializing", user={"id": "u"})
    before = listed()
    change("e", "session.created", number=5, status="joining")
    change("c", "session.created", number=3, status="initializing")
    change("d", "session.created", number=4, status="scheduled")
    change("a", "session.status_changed", status="active")
    change("a", "session.updated", title="A, renamed")
    change("b", "session.status_changed", status="failed", code="BOT_LOST")
    change("b", "session.sealed", reason="late_window")
    counts = {"live": 2, "peak": 3, "total": 4}
    state = replace(states["ses_a"], live_count=2, peak_count=3, total_count=4, segment_count=9)
    states["ses_a"] = state
    tell("ses_a", "session.counts", codec.canonical({"participant_counts": counts, "segment_count": 9}))
    change("c", "session.status_changed", status="recording")
    change("c", "session.deleted")
    # What a snapshot reflects may be told once more: it changes nothing.
    again = [frame for frame in frames if frame["session_id"] == "ses_a"][:3]
    return {"name": "feed", "snapshot": before, "entries": [*frames, *again], "expected": listed()}
