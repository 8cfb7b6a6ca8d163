"""What sessions are found by: how an event changes the indexes of the session it belongs to.

A facet is what a session has or has not: its status, its platform, that a calendar event is behind it. The
names of facets are known here alone; the scripts that keep the indexes are given them.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from hub.core.stand_in import number_of
from schemas import codec
from schemas.details import Details, Platform, SessionType
from schemas.events import ParticipantJoined, ParticipantUpdated, SessionCreated, Status

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

CALENDAR = "calendar"
SCHEDULED = "scheduled"
STARTED = "started"
"""Was active or recording once; also what such sessions are sorted by."""
SUMMARY = "summary"
"""The newest event of its summary says that it is ready."""

STARTING = frozenset({Status.ACTIVE, Status.RECORDING})
"""With the first of these a session has started."""


def status_facet(status: Status) -> str:
    """Of the sessions in a status."""
    return f"status:{status}"


def type_facet(kind: SessionType) -> str:
    """Of the sessions of a type."""
    return f"type:{kind}"


def platform_facet(platform: Platform) -> str:
    """Of the sessions on a platform."""
    return f"platform:{platform}"


def meeting_group(meeting_id: str) -> str:
    """The sessions of a meeting."""
    return f"meeting:{meeting_id}"


def topic_group(topic_id: str) -> str:
    """The sessions of a topic."""
    return f"topic:{topic_id}"


def person_group(name: str) -> str:
    """The sessions in which somebody was, by an id of theirs; as a digest, as the id may hold anything."""
    return f"person:{_person(name)}"


def _person(name: str) -> str:
    return codec.digest(name.encode()).hex()


class Facets(Struct, frozen=True, array_like=True, kw_only=True):
    """What an event changes of its session's indexes; the scripts are given the fields as they stand here."""

    on: tuple[str, ...] = ()
    off: tuple[str, ...] = ()
    """Facets that the session has from now on, and those that it has not."""
    topic: str | None = None
    """Its topic from now on; empty for none, None if that stays."""
    title: str | None = None
    """Its title from now on; empty for none, None if that stays."""
    known: str = ""
    """`people` count only if this one is in the session already."""
    people: tuple[str, ...] = ()
    """Who was in it, each by the end of their `person_group`."""
    scheduled: int | None = None
    """When its bot is to come, milliseconds since 1970; 0 for no time, None if that stays."""
    starts: int | None = None
    """When the meeting is to begin, or began, as it was planned; likewise."""


def facets_of(event_type: str, data: Any) -> Facets | None:
    """What an event changes; None if that is nothing."""
    change = _CHANGES.get(event_type)
    return None if change is None else change(data)


def created_facets(data: SessionCreated) -> Facets:
    """What a session has from its creation on; its status and its meeting are not among it."""
    said = _details(data)
    kind = SessionType.MEETING if data.type is UNSET else data.type
    on = {*said.on, type_facet(kind)}
    if data.platform is not None:
        on.add(platform_facet(data.platform))
    return Facets(
        on=tuple(sorted(on)),
        topic=said.topic or "",
        title=said.title or "",
        scheduled=said.scheduled or None,
        starts=said.starts or None,
    )


def _details(data: Details) -> Facets:
    on: list[str] = []
    off: list[str] = []
    for name, value in ((CALENDAR, data.calendar_event), (SCHEDULED, data.scheduled_for)):
        if value is not UNSET:
            (off if value is None else on).append(name)
    if data.type is not UNSET:
        on.append(type_facet(data.type))
        off += (type_facet(other) for other in SessionType if other is not data.type)
    return Facets(
        on=tuple(on),
        off=tuple(off),
        topic=None if data.topic_id is UNSET else data.topic_id or "",
        title=None if data.title is UNSET else data.title or "",
        scheduled=_moment(data.scheduled_for),
        starts=_moment(data.starts_at),
    )


def _moment(time: datetime | None | UnsetType) -> int | None:
    if time is UNSET:
        return None
    return 0 if time is None else milliseconds_of(time)


def milliseconds_of(time: datetime) -> int:
    """A time at which something is to begin, in milliseconds since 1970; 1 for any time before."""
    return max(1, (time - _EPOCH) // timedelta(milliseconds=1))


def _updated(data: Details) -> Facets | None:
    facets = _details(data)
    return None if facets == _NOTHING else facets


def _joined(data: ParticipantJoined) -> Facets:
    return Facets(people=_people(data.user_id, data.participant_id, data.custom_id))


def _renamed(data: ParticipantUpdated) -> Facets | None:
    user_id, custom_id = (None if value is UNSET else value for value in (data.user_id, data.custom_id))
    people = _people(user_id, custom_id)
    return Facets(known=_person(data.participant_id), people=people) if people else None


def _people(user_id: str | None, *names: str | None) -> tuple[str, ...]:
    # A user is found by the number, too, by which some systems know them.
    number = str(number_of(user_id)) if user_id else None
    return tuple(dict.fromkeys(_person(name) for name in (*names, user_id, number) if name))


_NOTHING = Facets()
_READY = Facets(on=(SUMMARY,))
_NOT_READY = Facets(off=(SUMMARY,))

_CHANGES: dict[str, Callable[[Any], Facets | None]] = {
    "session.updated": _updated,
    "participant.joined": _joined,
    "participant.updated": _renamed,
    "summary.requested": lambda _data: _NOT_READY,
    "summary.ready": lambda _data: _READY,
    "summary.failed": lambda _data: _NOT_READY,
}

FACETED = frozenset(_CHANGES)
"""The event types that may change something; what changes the status or the phase does so too."""
