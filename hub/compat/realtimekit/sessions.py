"""Sessions as realtimekit shows them, and which ones a query asks for."""

from collections.abc import Callable, Mapping
from typing import Literal

from msgspec import UNSET

from hub.api.operations.session_list import MAX_PARTICIPANTS
from hub.api.parameters import names_of
from hub.compat import ids
from hub.compat.call import moment
from hub.compat.realtimekit.shapes import MINUTE, Room, Session, SessionQuery
from hub.core.fold import State
from hub.core.query import Query, Sort, with_life
from schemas import codec
from schemas.details import SessionType

_TYPES: Mapping[SessionType, Literal["meeting", "livestream", "participant"]] = {
    SessionType.MEETING: "meeting",
    SessionType.LIVESTREAM: "livestream",
    SessionType.PARTICIPANT: "participant",
    # This system has no word for media that no meeting belongs to.
    SessionType.LIVE_ANALYSIS: "livestream",
}


def shown(state: State, now: int, *, rooms: bool) -> Session:
    """A session that has started, as this system shows it at the time `now` in milliseconds since 1970."""
    about = state.about
    going_on = sum(now - who.since for who in state.participants.values() if who.since is not None)
    return Session(
        id=ids.to_uuid(state.session_id),
        associated_id=about.meeting_id or "",
        created_at=codec.timestamp(state.created),
        live_participants=state.live_count,
        max_concurrent_participants=state.peak_count,
        meeting_display_name=about.title or "",
        minutes_consumed=(state.present + going_on) / MINUTE,
        organization_id=about.organization,
        started_at=codec.timestamp(state.started or 0),
        status="LIVE" if state.live else "ENDED",
        type=_TYPES[about.type],
        updated_at=codec.timestamp(state.updated),
        breakout_rooms=[
            Room(id=room.room_id, title=room.title, started_at=room.opened_at, ended_at=room.closed_at)
            for room in state.rooms
        ]
        if rooms
        else UNSET,
        ended_at=UNSET if state.ended is None else codec.timestamp(state.ended),
        meta=about.metadata or UNSET,
    )


def wanted(query: SessionQuery) -> Query:
    """The sessions that a query asks for."""
    people = names_of("participants", query.participants, MAX_PARTICIPANTS) if query.participants else ()
    return Query(
        statuses=with_life(None, None if query.status is None else query.status == "LIVE"),
        started=True,
        meeting_id=query.associated_id,
        participants=tuple(sorted(_native(name, lambda text: ids.of_peer(text)[1]) for name in people))
        or None,
        created_from=moment("start_time", query.start_time, last=False),
        created_to=moment("end_time", query.end_time, last=True),
        search=_native(query.search.strip(), ids.of_uuid) or None,
        sort=Sort.CREATED if query.sort_by == "createdAt" else Sort.MINUTES,
        descending=query.sort_order == "DESC",
    )


def _native(text: str, of: Callable[[str], str]) -> str:
    """What a text stands for natively; itself if it is not an id of this system."""
    try:
        return of(text)
    except ValueError:
        return text
