"""From the state of a session to what is shown of it."""

from collections.abc import Callable, Collection, Sequence
from itertools import islice
from typing import TypeVar

from msgspec.structs import asdict, replace

from hub.core.fold import State
from schemas import codec, session
from schemas.analytics import ActiveSession
from schemas.events import Channel

SNAPSHOT_BYTES = 256 * 1024
"""A snapshot's size at most, as JSON; its oldest parts are left out."""
LISTED = 500
"""Participants listed at most."""
NAMED = 100
"""Participants named at most where many sessions are shown."""

_Part = TypeVar("_Part")
_Shown = TypeVar("_Shown")


def session_view(state: State) -> session.Session:
    """The session resource."""
    summary = state.artifacts.summary
    return session.Session(
        **asdict(state.about),
        status=state.status,
        live=state.live,
        sealed=state.sealed,
        last_entry_id=str(state.entry_id),
        created_at=codec.timestamp(state.created),
        updated_at=codec.timestamp(state.updated),
        started_at=_at(state.started),
        left_at=_at(state.left),
        ended_at=_at(state.ended),
        duration=_duration(state),
        minutes_consumed=state.present / 60_000,
        end=state.end,
        status_history=state.steps,
        participant_counts=counts_view(state),
        segment_count=state.segment_count,
        message_count=state.message_count,
        summary_state=None if summary is None else summary.state,
        breakout_rooms=state.rooms,
    )


def _at(ms: int | None) -> str | None:
    return None if ms is None else codec.timestamp(ms)


def _duration(state: State) -> float | None:
    return None if state.started is None or state.ended is None else (state.ended - state.started) / 1000


def active_view(state: State, now: int) -> ActiveSession:
    """What a dashboard shows of a live session at the time `now`, in milliseconds since 1970."""
    about = state.about
    there = (who.name for who in state.participants.values() if who.live)
    # The clock that stamped the entries may be a little ahead.
    now = max(now, state.ms)
    return ActiveSession(
        id=about.id,
        number=about.number,
        title=about.title,
        meeting_id=about.meeting_id,
        meeting_link=about.meeting_link,
        platform=about.platform,
        type=about.type,
        status=state.status,
        bot_name=about.bot_name,
        bot_state=about.bot_state,
        bot_health=about.bot_health,
        created_at=codec.timestamp(state.created),
        started_at=_at(state.started),
        duration=None if state.started is None else (now - state.started) / 1000,
        participants=list(islice(there, NAMED)),
        participant_counts=counts_view(state),
    )


def detail_view(
    state: State, *, heartbeat: int | None = None, expires: int | None = None
) -> session.SessionDetail:
    """The session resource with participants and artifacts.

    Args:
        state: Of the session.
        heartbeat: When its bot was last heard, which no entry tells; milliseconds.
        expires: When it will be gone; milliseconds.
    """
    return session.SessionDetail(
        **asdict(session_view(state)),
        participants=participants_view(state),
        artifacts=state.artifacts,
        log_count=state.log_count,
        heartbeat_at=_at(heartbeat),
        expires_at=_at(expires),
    )


def counts_view(state: State) -> session.Counts:
    """How many participants there are."""
    return session.Counts(live=state.live_count, peak=state.peak_count, total=state.total_count)


def participants_view(state: State) -> session.ParticipantList:
    """All participants if at most `LISTED` ever joined, else as many of those who are live."""
    truncated = state.total_count > LISTED
    people = list(state.participants.values())
    if truncated:
        people = [who for who in people if who.live][:LISTED]
    return session.ParticipantList(participants=[who.view() for who in people], truncated=truncated)


def snapshot(state: State, channels: Collection[Channel]) -> session.Snapshot:
    """What a new subscriber to `channels` is sent first."""
    budget = SNAPSHOT_BYTES - 1024
    # What cannot be cut comes first: it is small enough by the limits of its events.
    view = replace(session_view(state), breakout_rooms=[])
    budget -= len(codec.encode(view))
    artifacts = None
    if Channel.ARTIFACTS in channels:
        artifacts = replace(state.artifacts, chapters=[])
        budget -= len(codec.encode(artifacts))
    rooms, budget = _newest(state.rooms, budget, lambda part: part)
    view = replace(view, breakout_rooms=rooms)
    people = participants_view(state)
    people_kept, budget = _newest(people.participants, budget, lambda part: part)
    if len(people_kept) < len(people.participants):
        people = session.ParticipantList(participants=people_kept, truncated=True)
    transcript = chat = logs = None
    if artifacts is not None:
        chapters, budget = _newest(state.artifacts.chapters, budget, lambda part: part)
        artifacts = replace(
            artifacts,
            chapters=chapters,
            truncated=artifacts.truncated or len(chapters) < len(state.artifacts.chapters),
        )
    if Channel.LOGS in channels:
        lines, budget = _newest(state.lines, budget, lambda part: part)
        logs = session.LogTail(lines=lines, truncated=state.log_count > len(lines))
    if Channel.CHAT in channels:
        messages, budget = _newest(state.messages, budget, lambda part: part)
        chat = session.ChatTail(
            messages=messages, truncated=state.messages_cut or len(messages) < len(state.messages)
        )
    if Channel.TRANSCRIPT in channels:
        started = state.started
        segments, budget = _newest(state.segments, budget, lambda part: part.view(started))
        transcript = session.TranscriptTail(segments=segments, truncated=state.segment_count > len(segments))
    return session.Snapshot(
        session=view,
        participants=people,
        transcript=transcript,
        chat=chat,
        logs=logs,
        artifacts=artifacts,
    )


def _newest(parts: Sequence[_Part], budget: int, show: Callable[[_Part], _Shown]) -> tuple[list[_Shown], int]:
    """The longest tail of `parts` whose JSON fits into `budget` bytes, and what is left of that."""
    kept: list[_Shown] = []
    for part in reversed(parts):
        shown = show(part)
        size = len(codec.encode(shown)) + 1
        if size > budget:
            break
        budget -= size
        kept.append(shown)
    kept.reverse()
    return kept, budget
