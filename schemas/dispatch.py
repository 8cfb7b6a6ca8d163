"""What a session asks of the bot that is to take it."""

from typing import Annotated

from msgspec import Meta, Struct

from schemas.codec import END
from schemas.values import Line

Label = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.-]{1,64}" + END)]
Span = Annotated[float, Meta(ge=0.001, le=604_800)]
"""Seconds."""


class Deadlines(Struct, forbid_unknown_fields=True, omit_defaults=True, frozen=True, kw_only=True):
    """How long a session may stay where it should not stay, in seconds; null: as the hub is set."""

    unclaimed: Span | None = None
    """Waiting for a bot."""
    initializing: Span | None = None
    joining: Span | None = None
    waiting_room: Span | None = None
    leaving: Span | None = None
    duration: Span | None = None
    """From its start."""
    alone: Span | None = None
    """With nobody in the meeting."""


class Dispatch(Struct, forbid_unknown_fields=True, omit_defaults=True, frozen=True, kw_only=True):
    """A bot is to take the session."""

    labels: Annotated[list[Label], Meta(max_length=32)] = []
    """The bot must have all of these."""
    attempts: Annotated[int, Meta(ge=1, le=100)] | None = None
    """How many bots may be lost before the session fails; null: as the hub is set."""
    deadlines: Deadlines = Deadlines()
    note: Line | None = None
    """For the bot, in the caller's own words."""
