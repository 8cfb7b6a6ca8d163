"""The life of a session, as tables. Everything that depends on the status lives here.

The append script in Redis enforces these rules without knowing them: each event brings the set of stages
in which it is legal, and the status and phase it leads to.
"""

from enum import StrEnum

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

_FORWARD: tuple[Status, ...] = (
    Status.SCHEDULED,
    Status.INITIALIZING,
    Status.JOINING,
    Status.WAITING_ROOM,
    Status.ACTIVE,
    Status.RECORDING,
    Status.LEAVING,
    Status.COMPLETED,
)

TERMINAL: frozenset[Status] = frozenset({Status.COMPLETED, Status.FAILED})

ADMITTED: frozenset[Status] = frozenset({Status.ACTIVE, Status.RECORDING, Status.LEAVING})
"""The bot got in: a session that ends from here is `completed`, from before it `failed`."""


def _transitions() -> dict[Status, frozenset[Status]]:
    table: dict[Status, frozenset[Status]] = dict.fromkeys(TERMINAL, frozenset[Status]())
    for index, status in enumerate(_FORWARD[:-1]):
        table[status] = frozenset({*_FORWARD[index + 1 :], Status.FAILED})
    table[Status.RECORDING] |= {Status.ACTIVE}
    return table


TRANSITIONS: dict[Status, frozenset[Status]] = _transitions()
"""From a status to those that may follow it: any step forward, `active` and `recording` both ways,
`failed` from any that is not terminal."""

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

_INTO: dict[Status, frozenset[str]] = {
    to: frozenset(str(source) for source, targets in TRANSITIONS.items() if to in targets) for to in Status
}


def legal_stages(event_type: str, to: Status | None = None) -> frozenset[str]:
    """The stages in which an event may be appended.

    Args:
        event_type: Type of the event.
        to: Of `session.status_changed`, the status it leads to.
    """
    if to is not None:
        return _INTO[to]
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
