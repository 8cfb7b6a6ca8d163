"""Who takes part in a session, as realtimekit shows it: participants, their peers, reports of those."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

from msgspec import UNSET

from hub.compat import ids
from hub.compat.realtimekit.shapes import (
    MINUTE,
    EventName,
    Filter,
    Participant,
    ParticipantQuery,
    PeerEvent,
    PeerReport,
)
from hub.core.fold import State
from hub.core.participants import Connection
from hub.core.participants import Participant as Person
from hub.errors import HubError
from schemas import codec
from schemas.details import SessionType

_VIEWS: Mapping[SessionType, Literal["LIVESTREAM"]] = {SessionType.LIVESTREAM: "LIVESTREAM"}


class Row(NamedTuple):
    """A participant in all, or one of their connections."""

    person: Person
    connection: Connection | None

    @property
    def joined(self) -> int:
        """When they first came, in milliseconds since 1970."""
        return self.person.joined if self.connection is None else self.connection.joined

    def minutes(self, now: int) -> float:
        """For how long they were there."""
        who, one = self
        if one is not None:
            return ((now if one.left is None else one.left) - one.joined) / MINUTE
        return who.present_at(now) / MINUTE

    def participant(self, state: State, now: int, *, events: bool) -> Participant:
        """As this system shows them."""
        who, one = self
        left = who.left if one is None else one.left
        connection_id = None if one is None else one.connection_id
        return Participant(
            id=ids.to_peer(state.session_id, who.participant_id, connection_id),
            created_at=codec.timestamp(who.joined),
            custom_participant_id=who.custom_id or UNSET,
            display_name=who.name,
            duration=self.minutes(now),
            joined_at=codec.timestamp(self.joined),
            left_at=UNSET if left is None else codec.timestamp(left),
            peer_events=self.events(state) if events else UNSET,
            preset_name=who.preset or UNSET,
            updated_at=codec.timestamp(who.updated),
            user_id=who.user_id or UNSET,
        )

    def events(self, state: State) -> list[PeerEvent]:
        """When their connections came and went, by time."""
        found: list[PeerEvent] = []
        for each in self.person.connections if self.connection is None else (self.connection,):
            peer_id = ids.to_peer(state.session_id, self.person.participant_id, each.connection_id)
            steps: tuple[tuple[EventName, int | None], ...] = (
                ("PEER_CREATED", each.joined),
                ("PEER_JOINING", each.joined),
                ("PEER_LEAVING", each.left),
            )
            found += (
                PeerEvent(
                    id=f"{peer_id}.{name}",
                    created_at=codec.timestamp(at),
                    event_name=name,
                    minutes_consumed=(at - each.joined) / MINUTE,
                    participant_id=ids.to_peer(state.session_id, self.person.participant_id),
                    peer_id=peer_id,
                    preset_view_type=_VIEWS.get(state.about.type, "GROUP_CALL"),
                    session_id=ids.to_uuid(state.session_id),
                    socket_session_id=each.connection_id,
                    updated_at=codec.timestamp(at),
                )
                for name, at in steps
                if at is not None
            )
        return sorted(found, key=lambda event: event.created_at)


def rows(state: State, query: ParticipantQuery, now: int) -> list[Row]:
    """Those of the participants of a session that a query asks for, in its order."""
    text = query.search.strip()
    named = _named(state, text)
    found = [
        Row(who, one)
        for who in state.participants.values()
        if not text or named[0] == who.participant_id or _is_called(who, text.casefold())
        for one in (who.connections if query.view == "raw" else [None])
        if one is None or named[1] in (None, one.connection_id)
    ]
    found.sort(
        key=lambda one: (one.joined if query.sort_by == "joinedAt" else one.minutes(now), one.person.joined),
        reverse=query.sort_order == "DESC",
    )
    return found


def _is_called(who: Person, text: str) -> bool:
    """Whether one of the ids of this system, or the name, has `text` in it."""
    return any(text in name.casefold() for name in (who.participant_id, who.custom_id, who.name) if name)


def _named(state: State, text: str) -> tuple[str, str | None]:
    """The participant, and the connection, that a text of a client names in a session."""
    try:
        session_id, participant_id, connection_id = ids.of_peer(text)
    except ValueError:
        return text, None
    return (participant_id, connection_id) if session_id == state.session_id else (text, None)


def row(state: State, text: str) -> Row:
    """The participant, or the one connection, that a text of a client names in a session.

    Raises:
        HubError: `participant_not_found`.
    """
    participant_id, connection_id = _named(state, text)
    who = state.participants.get(participant_id)
    if who is None:
        raise HubError("participant_not_found")
    if connection_id is None:
        return Row(who, None)
    for one in who.connections:
        if one.connection_id == connection_id:
            return Row(who, one)
    raise HubError("participant_not_found")


def reported(report: Mapping[str, Any], events: Iterable[PeerEvent], wanted: Filter | None) -> PeerReport:
    """What was reported of a connection, or the part of it that is wanted, as this system shows it."""
    precall = report.get("precall")
    parts: dict[Filter, tuple[str, Any]] = {
        "device_info": ("device_info", report.get("device")),
        "ip_information": ("ip_information", report.get("network")),
        "precall_network_information": ("pc_metadata", None if precall is None else [precall]),
        "events": (
            "events",
            [
                {"name": one.event_name, "timestamp": one.created_at, "metadata": {"peer_id": one.peer_id}}
                for one in events
            ],
        ),
    }
    said = dict(part for name, part in parts.items() if wanted in (None, name) and part[1] is not None)
    quality = report.get("quality") if wanted in (None, "quality_stats") else None
    return PeerReport(metadata=said or UNSET, quality=UNSET if quality is None else quality)
