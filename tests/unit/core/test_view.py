"""What is shown of a state: never more than a snapshot may have, the newest kept, what was cut said."""

import functools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from unit.core.made_entries import SESSION, START, bounded, events, made

from hub.core import fold, view
from hub.core.event import LIMITS
from hub.core.participants import Connection, Participant
from hub.core.transcript import Segment
from schemas import codec, session
from schemas.events import Channel, LogLevel, Status
from schemas.session import Speaker, User, Word

ALL = tuple(Channel)
# Six bytes in JSON for one character: the most that a text with a limit in characters can take.
FAT = "\x01"


def _participants(count, *, name="Ada", connections=1, gone=0):
    return {
        f"p-{n}": Participant(
            participant_id=f"p-{n}",
            name=name,
            joined=START + n,
            left=START + 2 * n if n < gone else None,
            since=None if n < gone else START + n,
            connections=[
                Connection(
                    connection_id=f"c-{number}", joined=START + n, left=START + 2 * n if n < gone else None
                )
                for number in range(connections)
            ],
        )
        for n in range(count)
    }


def _segments(count, *, words=0, text="hello"):
    said = [Word(text="word", start=1.25, end=1.5, confidence=0.98) for _ in range(words)]
    return [
        Segment(
            segment_id=f"s-{n}",
            position=n,
            final=True,
            text=text,
            start=float(n),
            end=float(n),
            speaker=Speaker(name="Ada"),
            words=said or None,
        )
        for n in range(count)
    ]


def _messages(count, text="hi"):
    return [session.Message(message_id=f"m-{n}", sender=None, text=text, at="") for n in range(count)]


def _lines(count, message="hi"):
    return [
        session.LogLine(id=f"1-{n}", at="", level=LogLevel.INFO, message=message, source=None, fields={})
        for n in range(count)
    ]


def _chapters(count, title="C"):
    return [session.Chapter(title=title, start=float(n), end=None) for n in range(count)]


def _rooms(count, title="R"):
    return [session.BreakoutRoom(room_id=f"r-{n}", title=title, opened_at="") for n in range(count)]


def _state(**fields):
    """A state in which as much was published as is there."""
    people = fields.get("participants", {})
    counts = {
        "live_count": sum(who.live for who in people.values()),
        "total_count": len(people),
        "segment_count": len(fields.get("segments", [])),
        "message_count": len(fields.get("messages", [])),
        "log_count": len(fields.get("lines", [])),
    }
    return replace(fold.initial(SESSION), **(counts | fields))


@functools.cache
def _huge():
    """States as large as the limits of their events allow, one for each part and one with all of them."""
    long_user = User(
        id="u" * 128, first_name=FAT * 256, last_name=FAT * 256, avatar_url="https://" + "😀" * 2040
    )
    parts = {
        "participants": {"participants": _participants(10_000)},
        "names": {"participants": _participants(500, name=FAT * 256)},
        "connections": {"participants": _participants(500, connections=9)},
        "one participant": {"participants": _participants(1, connections=5_000)},
        "segments": {"segments": _segments(100, words=1_000)},
        "texts": {"segments": _segments(100, text=FAT * 10_000)},
        "messages": {"messages": _messages(50, text=FAT * 10_000)},
        "lines": {"lines": _lines(50, message=FAT * 10_000)},
        "chapters": {"artifacts": session.Artifacts(chapters=_chapters(500, title=FAT * 256))},
        "rooms": {"rooms": _rooms(100, title=FAT * 256)},
        "session": {
            "about": session.About(
                id=SESSION,
                meeting_link="https://" + "😀" * 2040,
                metadata={"a": "x" * (LIMITS["metadata"] - 8)},
                config={"a": "x" * (LIMITS["config"] - 8)},
                attendees=[session.Attendee(email="x" * (LIMITS["attendees"] - 60))],
                invited_emails=["x" * (LIMITS["invited_emails"] - 4)],
                keywords=["x" * (LIMITS["keywords"] - 4)],
                sources=[session.Source(id="x" * (LIMITS["sources"] - 60))],
                calendar_event=session.CalendarEvent(
                    id="c" * 128,
                    title=FAT * 1024,
                    organizer_email=FAT * 320,
                    meeting_link="https://" + "😀" * 2040,
                ),
                user=long_user,
                host=long_user,
                location=FAT * 1024,
                **dict.fromkeys(("title", "bot_name", "product"), FAT * 256),
                **dict.fromkeys(("bot_state", "bot_health"), FAT * 64),
            ),
            "end": session.End(reason=FAT * 256, message=FAT * 1024),
            "steps": [session.StatusStep(status=Status.ACTIVE, at="x" * 24, code="x" * 64)] * fold.STEPS,
        },
    }
    summary = session.Summary(state="ready", text="x" * 65_000, format="text", updated_at="")
    recording = session.Recording(
        state="x" * 64, url="https://" + "😀" * 2040, output_directory=FAT * 1024, updated_at=""
    )
    parts["everything"] = {name: value for part in parts.values() for name, value in part.items()} | {
        "participants": _participants(10_000, name="Ada" * 30),
        "artifacts": session.Artifacts(
            chapters=_chapters(500, title=FAT * 256), summary=summary, recording=recording
        ),
    }
    return {name: _state(**fields) for name, fields in parts.items()}


@pytest.mark.parametrize("name", list(_huge()))
def test_a_snapshot_has_a_greatest_size(name):
    shown = view.snapshot(_huge()[name], ALL)
    size = len(codec.encode(shown))
    assert size <= view.SNAPSHOT_BYTES - 512, "the frame around it needs room too"


@pytest.mark.parametrize(
    "name", ["names", "connections", "segments", "texts", "messages", "lines", "chapters"]
)
def test_a_snapshot_uses_the_room_it_has(name):
    state = _huge()[name]
    largest = max(
        len(codec.encode(part))
        for part in (*state.participants.values(), *state.segments, *state.messages, *state.lines)
        or state.artifacts.chapters
    )
    assert len(codec.encode(view.snapshot(state, ALL))) > view.SNAPSHOT_BYTES - 1024 - largest - 1024


@pytest.mark.parametrize("name", list(_huge()))
def test_what_was_cut_is_said_and_the_newest_kept(name):
    state = _huge()[name]
    shown = view.snapshot(state, ALL)
    tails = [
        (shown.transcript.segments, [part.view(None) for part in state.segments], shown.transcript.truncated),
        (shown.chat.messages, state.messages, shown.chat.truncated),
        (shown.logs.lines, state.lines, shown.logs.truncated),
        (shown.artifacts.chapters, state.artifacts.chapters, shown.artifacts.truncated),
    ]
    for kept, whole, truncated in tails:
        assert kept == whole[len(whole) - len(kept) :]
        assert truncated is (len(kept) < len(whole))
    listed = [who.participant_id for who in shown.participants.participants]
    if state.total_count <= view.LISTED:
        assert listed == list(state.participants)[len(state.participants) - len(listed) :]
    assert shown.participants.truncated is (len(listed) < state.total_count)
    assert shown.session.participant_counts.total == state.total_count
    assert shown.session.breakout_rooms == state.rooms[len(state.rooms) - len(shown.session.breakout_rooms) :]
    assert shown.artifacts.summary == state.artifacts.summary


def test_of_many_participants_those_who_are_there_are_listed():
    few = view.participants_view(_state(participants=_participants(500, gone=499)))
    assert (len(few.participants), few.truncated) == (500, False)
    many = view.participants_view(_state(participants=_participants(501, gone=499)))
    assert [who.participant_id for who in many.participants] == ["p-499", "p-500"]
    assert many.truncated
    crowd = view.participants_view(_state(participants=_participants(10_000, gone=10)))
    assert len(crowd.participants) == view.LISTED == 500
    assert all(who.live for who in crowd.participants)


def test_the_state_window_counts_as_a_cut():
    state = _state(
        segments=_segments(100),
        segment_count=101,
        messages=_messages(50),
        messages_cut=True,
        lines=_lines(50),
        log_count=51,
        artifacts=session.Artifacts(truncated=True),
    )
    shown = view.snapshot(state, ALL)
    assert shown.transcript.truncated
    assert shown.chat.truncated
    assert shown.logs.truncated
    assert shown.artifacts.truncated


def test_an_edited_message_is_no_cut():
    said = {"message_id": "m", "text": "helo"}
    state = fold.fold(fold.initial(SESSION), made([("chat.message", said), ("chat.message", said)]))
    assert view.snapshot(state, ALL).chat == session.ChatTail(messages=state.messages, truncated=False)


@bounded
@given(st.lists(events, max_size=30), st.sets(st.sampled_from(ALL)))
def test_a_small_snapshot_is_the_state(published, channels):
    state = fold.fold(fold.initial(SESSION), made(published))
    shown = view.snapshot(state, channels)
    assert shown.session == view.session_view(state)
    assert shown.session.last_entry_id == str(state.entry_id)
    assert shown.participants == view.participants_view(state)
    for channel, tail in [
        (Channel.TRANSCRIPT, shown.transcript),
        (Channel.CHAT, shown.chat),
        (Channel.LOGS, shown.logs),
        (Channel.ARTIFACTS, shown.artifacts),
    ]:
        assert (tail is not None) == (channel in channels)
        assert tail is None or not tail.truncated
    if shown.transcript:
        assert shown.transcript.segments == [segment.view(state.started) for segment in state.segments]
    if shown.chat:
        assert shown.chat.messages == state.messages
    if shown.logs:
        assert shown.logs.lines == state.lines
    if shown.artifacts:
        assert shown.artifacts == state.artifacts


def test_a_session_detail_is_the_session_and_what_belongs_to_it():
    state = _state(
        participants=_participants(2), peak_count=3, artifacts=session.Artifacts(chapters=_chapters(1))
    )
    detail = view.detail_view(state)
    shown = view.session_view(state)
    assert {name: getattr(detail, name) for name in shown.__struct_fields__} == {
        name: getattr(shown, name) for name in shown.__struct_fields__
    }
    assert detail.participant_counts == session.Counts(live=2, peak=3, total=2)
    assert detail.participants == view.participants_view(state)
    assert detail.artifacts == state.artifacts


def test_times_are_written_out_and_stay_null_until_they_are():
    before = view.session_view(_state(created=START, updated=START + 1))
    assert (before.created_at, before.updated_at) == ("2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.001Z")
    assert (before.started_at, before.ended_at) == (None, None)
    after = view.session_view(_state(started=START, ended=START + 2))
    assert (after.started_at, after.ended_at) == ("2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.002Z")
