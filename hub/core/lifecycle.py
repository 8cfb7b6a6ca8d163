"""The life of a session, as tables. Everything that depends on the status lives here.

The append script in Redis enforces these rules without knowing them: each event brings the set of stages
in which it is legal, and the status and phase it leads to.
"""

from enum import StrEnum
from typing import NamedTuple

from schemas.events import Channel, Status, channel_of


class Phase(StrEnum):
    """What a status means to the hub."""

    WAITING = "waiting"
    """Not begun: no idle time-out."""
    LIVE = "live"
    ENDED = "ended"
    """Over, but late events (last finals, recordings) are still taken."""
    SEALED = "sealed"
    """Takes nothing more but artifacts; expires after the retention."""
    DELETED = "deleted"
    """About to be gone; answers as one that does not exist."""


PHASE: dict[Status, Phase] = {
    Status.SCHEDULED: Phase.WAITING,
    Status.INITIALIZING: Phase.LIVE,
    Status.JOINING: Phase.LIVE,
    Status.WAITING_ROOM: Phase.LIVE,
    Status.ACTIVE: Phase.LIVE,
    Status.RECORDING: Phase.LIVE,
    Status.LEAVING: Phase.LIVE,
    Status.COMPLETED: Phase.ENDED,
    Status.FAILED: Phase.ENDED,
}


class Cause(StrEnum):
    """Who may bring a status about."""

    PUBLISHER = "publisher"
    """Whoever publishes to a session, under no lease."""
    BOT = "bot"
    """The bot that has the session, under its lease."""
    HUB = "hub"
    """The hub itself: on request, when a time is over or a bot is lost."""


FORWARD: tuple[Status, ...] = (
    Status.SCHEDULED,
    Status.INITIALIZING,
    Status.JOINING,
    Status.WAITING_ROOM,
    Status.ACTIVE,
    Status.RECORDING,
    Status.LEAVING,
    Status.COMPLETED,
)
"""The way of a session, step by step; each may be left out."""

TERMINAL: frozenset[Status] = frozenset({Status.COMPLETED, Status.FAILED})

ADMITTED: frozenset[Status] = frozenset({Status.ACTIVE, Status.RECORDING, Status.LEAVING})
"""The bot got in: a session that ends from here is `completed`, from before it `failed`."""


def _transitions() -> dict[Status, frozenset[Status]]:
    table: dict[Status, frozenset[Status]] = dict.fromkeys(TERMINAL, frozenset[Status]())
    for index, status in enumerate(FORWARD[:-1]):
        table[status] = frozenset({*FORWARD[index + 1 :], Status.FAILED})
    table[Status.RECORDING] |= {Status.ACTIVE}
    return table


TRANSITIONS: dict[Status, frozenset[Status]] = _transitions()
"""From a status to those that may follow it: any step forward, `active` and `recording` both ways,
`failed` from any that is not terminal."""

OFFERED_AGAIN: tuple[Status, ...] = (
    Status.JOINING,
    Status.WAITING_ROOM,
    Status.ACTIVE,
    Status.RECORDING,
)
"""From these a session begins anew with another bot when its bot is lost; only the hub does that."""


def causes(source: Status, to: Status) -> frozenset[Cause]:
    """Who may bring a session from one status to another; nobody if it cannot be."""
    found: set[Cause] = set()
    if to in TRANSITIONS[source]:
        found |= {Cause.PUBLISHER, Cause.HUB}
        # A bot that never got in has completed nothing.
        if to is not Status.COMPLETED or source in ADMITTED:
            found.add(Cause.BOT)
    if to is Status.INITIALIZING and source in OFFERED_AGAIN:
        found.add(Cause.HUB)
    return frozenset(found)


class Deadline(NamedTuple):
    """A time that is over."""

    setting: str
    """How long it is by default."""
    sources: tuple[Status, ...]
    """In which it runs."""
    to: Status
    """Where it leads."""
    code: str
    """Of the end of the session, if that is where it leads."""
    reason: str
    message: str


_MET = (Status.ACTIVE, Status.RECORDING)
DEADLINES: dict[str, Deadline] = {
    "offer": Deadline(
        "bot_lead", (Status.SCHEDULED,), Status.INITIALIZING, "", "scheduled", "It is offered to bots."
    ),
    "unclaimed": Deadline(
        "deadline_unclaimed",
        (Status.INITIALIZING,),
        Status.FAILED,
        "BOT_UNAVAILABLE",
        "no_bot",
        "No bot took the session in time.",
    ),
    "initializing": Deadline(
        "deadline_initializing",
        (Status.INITIALIZING,),
        Status.FAILED,
        "INITIALIZING_TIMEOUT",
        "initializing_timeout",
        "The bot did not begin to join in time.",
    ),
    "joining": Deadline(
        "deadline_joining",
        (Status.JOINING,),
        Status.FAILED,
        "JOINING_TIMEOUT",
        "joining_timeout",
        "The bot did not come to the meeting in time.",
    ),
    "waiting_room": Deadline(
        "deadline_waiting_room",
        (Status.WAITING_ROOM,),
        Status.FAILED,
        "WAITING_ROOM_TIMEOUT",
        "waiting_room_timeout",
        "The bot was not let in in time.",
    ),
    "duration": Deadline(
        "deadline_duration",
        _MET,
        Status.LEAVING,
        "MAX_DURATION",
        "max_duration",
        "The session lasted as long as it may.",
    ),
    "alone": Deadline(
        "deadline_alone",
        _MET,
        Status.LEAVING,
        "ALONE",
        "alone",
        "Nobody was in the meeting any more.",
    ),
    "leaving": Deadline(
        "deadline_leaving",
        (Status.LEAVING,),
        Status.COMPLETED,
        "LEAVING_TIMEOUT",
        "leaving_timeout",
        "The bot did not leave in time.",
    ),
    "lease": Deadline(
        "lease",
        (Status.INITIALIZING, Status.JOINING, Status.WAITING_ROOM, *_MET),
        Status.FAILED,
        "BOT_LOST",
        "bot_lost",
        "As many bots were lost as may be.",
    ),
    "lease_leaving": Deadline(
        "lease",
        (Status.LEAVING,),
        Status.COMPLETED,
        "BOT_LOST",
        "bot_lost",
        "The bot was lost while it was leaving.",
    ),
}
"""By name; those named by a status run in it as long as a bot has the session."""


SEALED_STAGE = "sealed"
"""The stage of a sealed session; before the seal a session's stage is its status."""

_RUNNING = frozenset(str(status) for status in Status if status not in TERMINAL)
_UNSEALED = frozenset(str(status) for status in Status)
_ALWAYS = _UNSEALED | {SEALED_STAGE}

_STAGES: dict[Channel, frozenset[str]] = {
    Channel.STATUS: _RUNNING,
    Channel.PARTICIPANTS: _RUNNING,
    Channel.CHAT: _RUNNING,
    Channel.TRANSCRIPT: _UNSEALED,
    Channel.LOGS: _UNSEALED,
    Channel.CUSTOM: _UNSEALED,
    Channel.ARTIFACTS: _ALWAYS,
}

_STAGES_OF_TYPE: dict[str, frozenset[str]] = {
    # What a session is called may be put right at any time.
    "session.updated": _ALWAYS,
    "session.sealed": frozenset(str(status) for status in TERMINAL),
    "session.deleted": _ALWAYS,
}

_INTO: dict[tuple[Status, Cause], frozenset[str]] = {
    (to, cause): frozenset(str(source) for source in Status if cause in causes(source, to))
    for to in Status
    for cause in Cause
}


def legal_stages(event_type: str, to: Status | None = None, cause: Cause = Cause.PUBLISHER) -> frozenset[str]:
    """The stages in which an event may be appended.

    Args:
        event_type: Type of the event.
        to: Of `session.status_changed`, the status it leads to.
        cause: Who appends it.
    """
    if to is not None:
        return _INTO[to, cause]
    return _STAGES_OF_TYPE.get(event_type) or _STAGES[channel_of(event_type)]


def phase_after(event_type: str, to: Status | None = None) -> Phase | None:
    """The phase that an event leads to; None if it leaves the phase alone."""
    if to is not None:
        return PHASE[to]
    return {"session.sealed": Phase.SEALED, "session.deleted": Phase.DELETED}.get(event_type)


def refusal(stage: str) -> str:
    """The error code for an event that is not legal at `stage`."""
    if stage == SEALED_STAGE:
        return "session_sealed"
    return "session_ended" if stage in TERMINAL else "invalid_transition"
