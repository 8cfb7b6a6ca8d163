"""Whether a subscriber's cursor is a place in the stream from which to go on."""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from hub.core.entry_id import ORIGIN, EntryId

Verdict = Literal["ahead", "rolled_back"] | None
"""Why a cursor cannot be resumed from; None if it can."""


class Surroundings(Struct, frozen=True, kw_only=True):
    """What the stream holds around a cursor."""

    head: EntryId
    """The newest entry."""
    held: bool
    """The stream holds the cursor's exact id."""
    before: EntryId = ORIGIN
    """The newest untrimmed entry before the cursor, among streams that are never trimmed."""
    after: EntryId | None = None
    """The oldest such entry after it."""
    trimmed_below: EntryId = ORIGIN
    """Ids below this one may have been trimmed; `ORIGIN` if nothing was."""
    epochs: Sequence[EntryId] = ()
    """The first entry of each incarnation of the store, oldest first."""


def verdict(cursor: EntryId, around: Surroundings) -> Verdict:
    """Judge a cursor.

    The stream's entry of the cursor's `seq` must have the cursor's `ms`. Where that entry was trimmed, its
    neighbours and the borders of the store's incarnations tell: an id of another incarnation lies on the
    wrong side of a border.
    """
    if cursor == ORIGIN or around.held:
        return None
    if cursor.seq > around.head.seq:
        return "ahead"
    trimmed = cursor < around.trimmed_below
    fits = around.before.seq < cursor.seq and (around.after is None or cursor.seq < around.after.seq)
    same_epochs = all((cursor.seq >= epoch.seq) == (cursor >= epoch) for epoch in around.epochs)
    return None if trimmed and fits and same_epochs else "rolled_back"
