"""What is asked of the list of sessions, and the places in its answer."""

import base64
import binascii
from collections.abc import Sequence
from enum import StrEnum

import msgspec
from msgspec import Struct

from hub.core import facets
from hub.core.lifecycle import PHASE, Phase
from schemas import codec
from schemas.details import Platform, SessionType
from schemas.events import Status

_DIGEST = 8


class Sort(StrEnum):
    """What sessions are listed by."""

    CREATED = "created"
    START = "start"
    """When it started, else when it is to start, else when it was created."""
    STARTED = "started"
    DURATION = "duration"
    MINUTES = "minutes"


class Place(Struct, frozen=True, array_like=True):
    """A place in a sorted list: behind one session."""

    number: int
    value: int | None = None
    """What it is sorted by, in milliseconds; None if the list is by number, or the session has none."""


class Term(Struct, frozen=True):
    """What sessions must have, or must not."""

    any_of: tuple[str, ...]
    """Facets, or groups (`hub.core.facets`)."""
    grouped: bool = False
    wanted: bool = True


class Query(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which sessions, and in which order. None asks for nothing."""

    statuses: tuple[Status, ...] | None = None
    """Any of these."""
    sealed: bool | None = None
    started: bool | None = None
    scheduled: bool | None = None
    calendar: bool | None = None
    summary: bool | None = None
    platforms: tuple[Platform, ...] | None = None
    types: tuple[SessionType, ...] | None = None
    meeting_id: str | None = None
    topic_id: str | None = None
    participants: tuple[str, ...] | None = None
    """Any of these was in it."""
    created_from: int | None = None
    created_to: int | None = None
    """Milliseconds since 1970, both included."""
    title: str | None = None
    """Contained in the title, in any case."""
    search: str | None = None
    """Contained in the title, the session's id or the meeting's, in any case."""
    sort: Sort = Sort.CREATED
    descending: bool = True

    def cursor(self, organization: str, place: Place) -> str:
        """`place` as a cursor that this query alone understands."""
        text = base64.urlsafe_b64encode(self._digest(organization) + msgspec.msgpack.encode(place))
        return text.decode().rstrip("=")

    def place(self, organization: str, cursor: str) -> Place:
        """The place that a cursor of this query stands for.

        Raises:
            ValueError: it is none, or one of another query.
        """
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
            place = msgspec.msgpack.decode(raw[_DIGEST:], type=Place)
        except (binascii.Error, ValueError, msgspec.DecodeError):
            raise ValueError("not a cursor") from None
        if raw[:_DIGEST] != self._digest(organization):
            raise ValueError("a cursor of another query")
        return place

    def terms(self) -> list[Term]:
        """All that it asks for, but for text and time."""
        flags = {
            "sealed": self.sealed,
            facets.STARTED: self.started,
            facets.SCHEDULED: self.scheduled,
            facets.CALENDAR: self.calendar,
            facets.SUMMARY: self.summary,
        }
        terms = [Term((name,), wanted=value) for name, value in flags.items() if value is not None]
        if self.statuses is not None:
            terms.append(Term(tuple(map(facets.status_facet, self.statuses))))
        if self.platforms is not None:
            terms.append(Term(tuple(map(facets.platform_facet, self.platforms))))
        if self.types is not None:
            terms.append(Term(tuple(map(facets.type_facet, self.types))))
        if self.meeting_id is not None:
            terms.append(Term((facets.meeting_group(self.meeting_id),), grouped=True))
        if self.topic_id is not None:
            terms.append(Term((facets.topic_group(self.topic_id),), grouped=True))
        if self.participants is not None:
            terms.append(Term(tuple(map(facets.person_group, self.participants)), grouped=True))
        return terms

    def _digest(self, organization: str) -> bytes:
        return codec.digest(organization.encode(), codec.canonical(self))[:_DIGEST]

    def matches(self, session_id: str, meeting_id: str, title: str) -> bool:
        """Whether a session has the text that is asked for."""
        folded = title.casefold()
        if self.title is not None and self.title.casefold() not in folded:
            return False
        if self.search is None:
            return True
        wanted = self.search.casefold()
        return any(wanted in text for text in (folded, session_id.casefold(), meeting_id.casefold()))

    @property
    def textual(self) -> bool:
        """It asks for text."""
        return self.title is not None or self.search is not None


def with_life(statuses: Sequence[Status] | None, live: bool | None) -> tuple[Status, ...] | None:
    """The statuses asked for, by name and by whether a session in them is live; None asks for nothing."""
    if live is None:
        return None if statuses is None else tuple(sorted(set(statuses)))
    named = set(Status if statuses is None else statuses)
    return tuple(sorted(status for status in named if (PHASE[status] is Phase.LIVE) is live))
