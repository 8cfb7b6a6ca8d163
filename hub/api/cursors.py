"""Cursors of lists: where a page ended, opaque to the client."""

import base64
import binascii
from typing import Any, TypeVar

import msgspec

from hub.core.entry_id import EntryId
from hub.errors import HubError
from schemas import codec

MAX_CURSOR = 1024
"""Characters of a cursor at most."""

_Place = TypeVar("_Place")


def cursor(order: str, place: object) -> str:
    """A cursor at `place` of a list in this order.

    Args:
        order: Which list it is of, and how that is sorted.
        place: Anything that JSON can say.
    """
    return base64.urlsafe_b64encode(codec.encode([order, place])).rstrip(b"=").decode()


def place_of(text: str | None, order: str, kind: type[_Place]) -> _Place | None:
    """The place that a cursor of this list stands for; None without a cursor.

    Raises:
        HubError: `invalid_parameter`: it is none, or of another list or order.
    """
    if text is None:
        return None
    try:
        if len(text) > MAX_CURSOR or not text.isascii():
            raise ValueError
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        found: Any = codec.decode(raw)
        if not isinstance(found, list) or found[:1] != [order]:
            raise ValueError
        return msgspec.convert(found[1], kind)
    except (ValueError, IndexError, binascii.Error, msgspec.MsgspecError, RecursionError):
        raise foreign() from None


def index_of(text: str | None, order: str) -> int:
    """How many items come before the page, where a cursor of this list counts them; 0 without a cursor.

    Raises:
        HubError: `invalid_parameter`, as `place_of`.
    """
    index = place_of(text, order, int) or 0
    if not 0 <= index < 2**53:
        raise foreign()
    return index


def entry_id_of(text: str | None, order: str) -> EntryId | None:
    """The entry up to which a cursor of this list has led; None without a cursor.

    Raises:
        HubError: `invalid_parameter`, as `place_of`.
    """
    place = place_of(text, order, str)
    if place is None:
        return None
    try:
        entry_id = EntryId.parse(place)
    except ValueError:
        raise foreign() from None
    if entry_id.seq == 0:
        raise foreign()
    return entry_id


def foreign() -> HubError:
    """The refusal of a cursor that this list did not give."""
    return HubError("invalid_parameter", "`cursor` is not one of this list in this order.", field="cursor")
