"""What an append does with the lease of its session, together with its events: all of it or nothing."""

from msgspec import Struct
from msgspec.structs import asdict

from schemas.details import Platform
from schemas.dispatch import Deadlines, Dispatch
from schemas.events import Status, StatusChanged


class Take(Struct, frozen=True, array_like=True):
    """A bot gets the session; only if it is offered under this id, and its next lease has this number."""

    bot_id: str
    offer_id: str
    lease: int
    milliseconds: int
    """How long the bot may stay silent."""


class Stopping(Struct, frozen=True, array_like=True):
    """How the session ends from now on, whatever event ends it."""

    status: Status
    data: str
    """The data of that event, in canonical form."""
    milliseconds: int
    """After so many the session is ended without its bot."""


class Defaults(Struct, frozen=True, kw_only=True):
    """How long a session that wants a bot may stay somewhere if it does not say so itself.

    In milliseconds; 0 for any time.
    """

    unclaimed: int = 0
    initializing: int = 0
    joining: int = 0
    waiting_room: int = 0
    leaving: int = 0
    duration: int = 0
    alone: int = 0
    lead: int = 0
    """How long before its time a scheduled session is offered."""


NO_DEADLINES = Defaults()


class Wants(Struct, frozen=True, array_like=True, kw_only=True):
    """The bot that a new session asks for; the script is given the fields as they stand here."""

    what: str
    """Where it is offered: `offered_as`."""
    labels: str
    """All that the bot must have, with commas between."""
    attempts: int
    """Bots that may be lost."""
    own: str
    """How long it may stay somewhere, where it says so itself: `joining=120000 alone=60000`."""
    spans: Defaults
    at: int = 0
    """When it is to begin, milliseconds since 1970; 0 for now."""
    file: str = ""
    """The audio or video that the bot is to make a transcript of."""


class Step(Struct, frozen=True, array_like=True, kw_only=True):
    """Conditions and effects; the append script is given the fields as they stand here."""

    due: str = ""
    """Only if this deadline of the session is due; it is taken away."""
    lose: int = 0
    """The number of the lease that ends; only if it is the current one."""
    counts: bool = False
    """That is a loss."""
    take: Take | None = None
    offer: bool = False
    """The session is offered to bots from now on."""
    stop: Stopping | None = None
    head: str = ""
    """Only if this is the newest entry of the session."""
    wants: Wants | None = None
    """The session wants a bot from now on, which it did not before."""


class Ending(Struct, frozen=True):
    """How a session that was stopped is going to end."""

    change: StatusChanged
    at: int | None
    """When it is ended without its bot, in milliseconds since 1970; None if it has ended."""


MEDIA = "media"
"""Where sessions with a file of audio or video are offered."""


def wanted(
    asked: Dispatch, what: str, *, attempts: int, spans: Defaults, at: int = 0, file: str = ""
) -> Wants:
    """The bot that a session asks for.

    Args:
        asked: What it says of it.
        what: Where it is offered.
        attempts: Bots that may be lost if it does not say so itself.
        spans: How long it may stay somewhere if it does not say so itself.
        at: When it is to begin, milliseconds since 1970; 0 for now.
        file: The audio or video that the bot is to make a transcript of.
    """
    return Wants(
        what=what,
        labels=",".join(asked.labels),
        attempts=asked.attempts or attempts,
        own=own_spans(asked.deadlines),
        spans=spans,
        at=at,
        file=file,
    )


def offered_as(platform: Platform | None) -> str:
    """The stream in which a session on a platform is offered."""
    return platform or Platform.OTHER


def span_of(spans: Defaults, asked: Dispatch | None, name: str) -> int:
    """How long a session may stay somewhere, in milliseconds; 0 for any time."""
    own: float | None = getattr(asked.deadlines, name) if asked else None
    return getattr(spans, name) if own is None else round(own * 1000)


def own_spans(deadlines: Deadlines) -> str:
    """What a session itself says of how long it may stay somewhere, as `Wants.own`."""
    said = {name: value for name, value in asdict(deadlines).items() if value is not None}
    return " ".join(f"{name}={round(value * 1000)}" for name, value in said.items())
