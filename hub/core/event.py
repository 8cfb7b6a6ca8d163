"""From what a publisher sent to what is appended: validation and canonical form."""

import re
from collections.abc import Callable, Collection
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

import msgspec

from hub.core import lifecycle
from hub.core.facets import FACETED, STARTING, Facets, facets_of
from hub.core.lifecycle import Cause
from hub.errors import HubError
from schemas import codec
from schemas.details import Details
from schemas.events import (
    CUSTOM_PREFIX,
    EVENT_TYPES,
    Channel,
    Event,
    Status,
    channel_of,
)

MAX_EVENT = 64 * 1024
"""Bytes of one event's data in canonical form."""
LIMITS = {
    "metadata": 16 * 1024,
    "config": 16 * 1024,
    "attendees": 32 * 1024,
    "invited_emails": 8 * 1024,
    "sources": 8 * 1024,
    "keywords": 8 * 1024,
}
"""Bytes, as JSON, of each detail of a session that has no other bound: a snapshot holds all of these."""
MAX_DEPTH = 64
"""Levels of objects and arrays in data of any shape. The JSON codec recurses, and how deep it can go depends
on its caller: what was taken here must be readable at any later place."""

_decoders: dict[str, msgspec.json.Decoder[Any]] = {
    name: msgspec.json.Decoder(row.data) for name, row in EVENT_TYPES.items() if not row.reserved
}
_object = msgspec.json.Decoder(dict[str, Any])
_FREE = ("metadata", "config", "fields", "device", "network", "precall", "quality")
"""Fields that hold any JSON."""
_PLAIN = frozenset(
    row.data for row in EVENT_TYPES.values() if not {*_FREE}.intersection(row.data.__struct_fields__)
)
"""Data that needs no more than to be encoded."""
_PATH = re.compile(r" - at `(?P<path>[^`]*)`$")


class Kind(msgspec.Struct, frozen=True, array_like=True, eq=False):
    """What events of one type have in common, or those that lead to one status; one object for all of them.

    The append script is given the fields as they stand here.
    """

    type: str
    is_log: bool
    stages: str
    """In which they may be appended (`hub.core.lifecycle`): `,active,recording,`."""
    status: str
    """The status they lead to; empty if they do not change it."""
    phase: str
    """The phase they lead to; empty if they do not change it."""
    creates_segment: bool
    """A segment id that is new gets a position."""
    told: bool
    """The organization's feed is told of them."""
    starts: bool
    """The session has started, if it had not."""
    indexed: bool
    """They may change what the session is found by."""


@lru_cache(maxsize=1024)
def _kind(event_type: str, to: Status | None, cause: Cause) -> Kind:
    phase = lifecycle.phase_after(event_type, to)
    return Kind(
        type=event_type,
        is_log=channel_of(event_type) is Channel.LOGS,
        stages=",".join(("", *sorted(lifecycle.legal_stages(event_type, to, cause)), "")),
        status=to or "",
        phase=phase or "",
        creates_segment=event_type == "transcript.segment",
        told=event_type.startswith("session."),
        starts=to in STARTING,
        indexed=phase is not None or event_type in FACETED,
    )


class Draft(msgspec.Struct, frozen=True):
    """An event that is valid but has no entry id yet."""

    kind: Kind
    data: bytes
    occurred_at: str = ""
    idempotency_key: str = ""
    digest: bytes = b""
    """Of type, data and occurred_at; tells a retry from another event with the same key."""
    segments: tuple[str, ...] = ()
    """Segment ids that the append script turns into positions."""
    facets: Facets | None = None
    """What it changes of the indexes of its session, beside what its status does."""

    @property
    def type(self) -> str:
        """The type of the event."""
        return self.kind.type

    @property
    def channel(self) -> Channel:
        """The channel its entry will be delivered on."""
        return channel_of(self.kind.type)


def invalid_field(error: Exception, *, path: str = "$", index: int | None = None) -> HubError:
    """The refusal for a value that does not fit its schema, naming the path below `path`."""
    text = str(error)
    match = _PATH.search(text)
    details: dict[str, Any] = {"field": path + (match["path"][1:] if match else "")}
    if index is not None:
        details["index"] = index
    return HubError("invalid_field", text[: match.start()] if match else text, **details)


def malformed(error: Exception) -> HubError:
    """The refusal for a body that is not JSON in UTF-8."""
    if isinstance(error, UnicodeDecodeError):
        return HubError("invalid_utf8", f"Not valid UTF-8: {error.reason}.")
    if isinstance(error, RecursionError):
        return HubError("invalid_json", "The body is nested too deep.")
    return HubError("invalid_json", f"The body is not valid JSON: {error}.")


def draft(
    event: Event, *, root: str = "$", index: int | None = None, cause: Cause = Cause.PUBLISHER
) -> Draft:
    """Validate one event of a publisher.

    Args:
        event: What was sent.
        cause: Whether a bot has sent it.
        root: Path of the event in the request, or with `index` that of the list it is in.
        index: Its place in that list, named in a refusal.

    Raises:
        HubError: `unknown_type`, `reserved_type`, `invalid_field`, `event_too_large`, `invalid_json`.
    """
    decoder = _decoders.get(event.type)
    if decoder is None:
        decoder = _custom(event.type, root, index)
    try:
        data = decoder.decode(event.data)
    except msgspec.ValidationError as error:
        raise invalid_field(error, path=f"{_place(root, index)}.data", index=index) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise malformed(error) from None
    occurred_at = ""
    if event.occurred_at is not None:
        try:
            occurred_at = codec.normalized(event.occurred_at)
        except OverflowError as error:
            raise invalid_field(error, path=f"{_place(root, index)}.occurred_at", index=index) from None
    try:
        made = hub_draft(
            event.type, data, occurred_at=occurred_at, key=event.idempotency_key or "", cause=cause
        )
    except HubError as error:
        field = f"{_place(root, index)}.data" + error.details["field"].removeprefix("$")
        error.details.update(_where(index), field=field)
        raise
    if len(made.data) > MAX_EVENT:
        raise HubError(
            "event_too_large",
            f"The event's data has {len(made.data)} bytes; at most {MAX_EVENT} are taken.",
            **_where(index),
        )
    return made


def _place(root: str, index: int | None) -> str:
    return root if index is None else f"{root}[{index}]"


def _where(index: int | None) -> dict[str, Any]:
    return {} if index is None else {"index": index}


def _custom(event_type: str, root: str, index: int | None) -> msgspec.json.Decoder[Any]:
    """The decoder of a type that no publisher finds in the table."""
    if event_type.startswith(CUSTOM_PREFIX):
        return _object
    if event_type in EVENT_TYPES:
        raise HubError("reserved_type", f"`{event_type}` is written by the hub itself.", **_where(index))
    raise HubError(
        "unknown_type",
        f"There is no event type `{event_type}`; use `x.*` for your own.",
        field=f"{_place(root, index)}.type",
        **_where(index),
    )


def hub_draft(
    event_type: str, data: Any, *, occurred_at: str = "", key: str = "", cause: Cause = Cause.HUB
) -> Draft:
    """The draft of an event whose data is known to be valid; also of types that the hub writes itself."""
    encoded = canonical_data(data)
    digest = codec.digest(event_type.encode(), encoded, occurred_at.encode()) if key else b""
    kind = _kind(event_type, data.status if event_type == "session.status_changed" else None, cause)
    segments = _SEGMENTS.get(event_type)
    touched = segments(data) if segments else ()
    facets = facets_of(event_type, data) if kind.indexed else None
    return Draft(kind, encoded, occurred_at, key, digest, touched, facets)


_SEGMENTS: dict[str, Callable[[Any], tuple[str, ...]]] = {
    "transcript.segment": lambda data: (data.segment_id,),
    "transcript.retracted": lambda data: (data.segment_id,),
    "transcript.speaker_corrected": lambda data: tuple(dict.fromkeys(data.segment_ids)),
}
"""The segments that an event touches, by its type."""


def canonical_data(data: object) -> bytes:
    """The stored form of an event's data: sorted keys, defaults left out, times in UTC.

    Raises:
        HubError: `invalid_field`: a detail of a session is larger than in `LIMITS`, JSON of any shape is
            nested too deep, or a time falls out of the years 1 to 9999 in UTC. The path is below the data.
    """
    if type(data) in _PLAIN:
        return codec.canonical(data)
    if not isinstance(data, msgspec.Struct):
        _check_depth(data, "$")
        return codec.canonical(data)
    for name in _FREE:
        _check_depth(getattr(data, name, None), f"$.{name}")
    if not isinstance(data, Details):
        return codec.canonical(data)
    values = _timed(msgspec.to_builtins(data, builtin_types=(datetime,)), "$")
    for name, limit in LIMITS.items():
        if name in values and len(codec.encode(values[name])) > limit:
            message = f"`{name}` is larger than {limit} bytes as JSON."
            raise HubError("invalid_field", message, field=f"$.{name}")
    return codec.canonical(values)


def _timed(value: Any, path: str) -> Any:
    """`value` with every time in it as a timestamp."""
    if isinstance(value, dict):
        return {name: _timed(part, f"{path}.{name}") for name, part in cast("dict[str, Any]", value).items()}
    if isinstance(value, datetime):
        try:
            return codec.normalized(value)
        except OverflowError as error:
            raise invalid_field(error, path=path) from None
    return value


def _check_depth(value: object, path: str) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [child for parent in level for child in _children(parent) if isinstance(child, dict | list)]
        if not level:
            return
    raise HubError("invalid_field", f"Nested deeper than {MAX_DEPTH} levels.", field=path)


def _children(value: object) -> Collection[object]:
    if isinstance(value, dict):
        return cast("dict[str, object]", value).values()
    return cast("list[object]", value) if isinstance(value, list) else ()
