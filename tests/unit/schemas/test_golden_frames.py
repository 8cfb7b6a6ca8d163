"""One golden file for each control frame, each reason and each code; and for the frames of the feed."""

from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from unit.schemas import golden_files as golden

from hub.core import event, fold, view
from hub.core.entry import Change, Entry
from hub.core.entry_id import EntryId
from schemas import codec, frames
from schemas.errors import DISCONNECTS, ERRORS, Error
from schemas.events import EVENT_TYPES, Channel, Event

SESSION = "ses_0123456789abcdefghjk"
START = 1_767_225_600_000
ID = f"{START}-7"

# A session in the middle of its life: one of each event that it can have had by then.
LEFT_OUT = {
    "session.status_changed",
    "session.sealed",
    "session.deleted",
    "session.updated",
    "breakout.closed",
    "participant.left",
    "transcript.retracted",
    "transcript.speaker_corrected",
    "summary.failed",
}


def _state(names):
    state = fold.initial(SESSION)
    for seq, name in enumerate(names, 1):
        published = golden.published(name) if name != "active" else ACTIVE
        row = EVENT_TYPES[published["type"]]
        if row.reserved:
            draft = event.hub_draft(published["type"], msgspec.convert(published["data"], row.data))
        else:
            draft = event.draft(msgspec.json.decode(codec.encode(published), type=Event))
        entry = Entry(
            id=EntryId(START + 1000 * seq, seq),
            type=draft.type,
            data=draft.data,
            positions=tuple(range(len(draft.segments))),
        )
        state = fold.apply(state, entry)
    return state


ACTIVE: dict[str, Any] = {"type": "session.status_changed", "data": {"status": "active"}}


def _begun():
    return _state(["session.created"])


def _full():
    first, *others = [name for name in EVENT_TYPES if name not in LEFT_OUT]
    return _state([first, "active", *others])


def _snapshot(state, channels):
    return frames.Control(
        type="snapshot", id=str(state.entry_id), session_id=SESSION, data=view.snapshot(state, channels)
    )


def _reset(reason):
    state = _begun()
    data = frames.Reset(reason=reason, snapshot=view.snapshot(state, [Channel.STATUS]))
    return frames.Control(type="reset", id=str(state.entry_id), session_id=SESSION, data=data)


def _disconnect(code, **more):
    row = DISCONNECTS[code]
    data = frames.Disconnect(code=code, message=row.message, reconnect=row.reconnect, retry_ms=1234)
    return frames.Control(type="disconnect", data=data, **more)


def _feed_snapshot(*states, truncated=False):
    return frames.FeedSnapshot(sessions=[view.session_view(state) for state in states], truncated=truncated)


def _change(event_type, data):
    return Change(
        id=EntryId(START, 42), type=event_type, session_id=SESSION, entry_id=ID, data=codec.canonical(data)
    ).frame()


def _refusal():
    error = Error(
        code="session_ended",
        message=ERRORS["session_ended"].message,
        details={"index": 0, "status": "completed"},
        trace_id="0123456789abcdef",
    )
    return frames.Reply(ref="b", ok=False, error=error)


REASONS = get_args(get_type_hints(frames.Reset)["reason"])
ENDS = get_args(get_type_hints(frames.End)["reason"])

FRAMES = {
    "snapshot": lambda: _snapshot(_full(), list(Channel)),
    "snapshot-status-only": lambda: _snapshot(_begun(), [Channel.STATUS]),
    "bookmark": lambda: frames.Control(type="bookmark", id=ID, session_id=SESSION, data=frames.Bookmark()),
    "bookmark-playing": lambda: frames.Control(
        type="bookmark", id=ID, session_id=SESSION, data=frames.Bookmark(playing=True)
    ),
    **{f"reset-{reason}": lambda reason=reason: _reset(reason) for reason in REASONS},
    **{
        f"disconnect-{code}": lambda code=code: _disconnect(code, id=ID, session_id=SESSION)
        for code in DISCONNECTS
    },
    "disconnect-socket": lambda: _disconnect("draining"),
    **{
        f"end-{reason}": lambda reason=reason: frames.Control(
            type="end", id=ID, session_id=SESSION, data=frames.End(reason=reason)
        )
        for reason in ENDS
    },
    "feed-entry": lambda: _change("session.status_changed", ACTIVE["data"]),
    "feed-counts": lambda: _change(
        "session.counts", {"participant_counts": view.counts_view(_full()), "segment_count": 1}
    ),
    "feed-snapshot": lambda: frames.Control(
        type="snapshot", id=f"{START}-42", feed=True, data=_feed_snapshot(_begun())
    ),
    "feed-reset": lambda: frames.Control(
        type="reset",
        id=f"{START}-42",
        feed=True,
        data=frames.Reset(reason="trimmed", snapshot=_feed_snapshot(truncated=True)),
    ),
    "feed-bookmark": lambda: frames.Control(
        type="bookmark", id=f"{START}-42", feed=True, data=frames.Bookmark()
    ),
    "reply-ok": lambda: frames.Reply(ref=1, ok=True),
    "reply-published": lambda: frames.Reply(
        ref=2, ok=True, entries=[frames.Appended(ID, False), frames.Appended(f"{START}-3", True)]
    ),
    "reply-error": _refusal,
    "reply-without-ref": lambda: frames.Reply(ok=True),
}


@pytest.mark.parametrize("name", list(FRAMES))
def test_a_frame(name):
    made = FRAMES[name]()
    frame = made if isinstance(made, bytes) else codec.encode(made)
    golden.check(golden.FOLDER / "frames" / f"{name}.json", golden.read(frame))


def test_there_is_no_file_of_a_frame_that_is_gone():
    there = {path.name for path in (golden.FOLDER / "frames").iterdir()}
    assert there == {f"{name}.json" for name in FRAMES}


def test_the_types_of_control_frames_and_entries_are_told_apart_by_a_dot():
    assert all("." in name for name in EVENT_TYPES)
    controls = get_args(get_type_hints(frames.Control)["type"])
    assert {name.split("-")[0] for name in FRAMES} - {"feed", "reply"} == set(controls)
    assert not any("." in name for name in controls)
