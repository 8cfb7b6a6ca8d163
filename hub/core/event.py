"""From what a publisher sent to what is appended: validation and canonical form."""

import re
from collections.abc import Collection
from typing import Any, cast

import msgspec

from hub.core import lifecycle
from hub.errors import HubError
from schemas import codec
from schemas.events import (
    CUSTOM_PREFIX,
    EVENT_TYPES,
    Channel,
    Event,
    SpeakerCorrected,
    StatusChanged,
    TranscriptRetracted,
    TranscriptSegment,
    channel_of,
)

MAX_EVENT = 64 * 1024
"""Bytes of one event's data in canonical form."""
MAX_METADATA = 16 * 1024
"""Bytes of a session's metadata as JSON."""
MAX_DEPTH = 64
"""Levels of objects and arrays in data of any shape. The JSON codec recurses, and how deep it can go depends
on its caller: what was taken here must be readable at any later place."""

_decoders: dict[str, msgspec.json.Decoder[Any]] = {
    name: msgspec.json.Decoder(row.data) for name, row in EVENT_TYPES.items()
}
_object = msgspec.json.Decoder(dict[str, Any])
_FREE = ("metadata", "fields", "report")
"""Fields that hold any JSON."""
_PATH = re.compile(r" - at `(?P<path>[^`]*)`$")


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """An event that is valid but has no entry id yet."""

    type: str
    data: bytes
    occurred_at: str = ""
    idempotency_key: str = ""
    digest: bytes = b""
    """Of type, data and occurred_at; tells a retry from another event with the same key."""
    segments: tuple[str, ...] = ()
    """Segment ids that the append script turns into positions."""
    creates_segment: bool = False
    legal: frozenset[str] = frozenset()
    """Stages (`hub.core.lifecycle`) in which it may be appended."""
    status: str = ""
    """The status it leads to, if it changes it."""
    phase: str = ""
    """The phase it leads to, if it changes it."""

    @property
    def channel(self) -> Channel:
        """The channel its entry will be delivered on."""
        return channel_of(self.type)


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


def draft(event: Event, *, root: str = "$", index: int | None = None) -> Draft:
    """Validate one event of a publisher.

    Args:
        event: What was sent.
        root: Path of the event in the request, or with `index` that of the list it is in.
        index: Its place in that list, named in a refusal.

    Raises:
        HubError: `unknown_type`, `reserved_type`, `invalid_field`, `event_too_large`, `invalid_json`.
    """
    where: dict[str, Any] = {} if index is None else {"index": index}
    path = f"{root}.data" if index is None else f"{root}[{index}].data"
    row = EVENT_TYPES.get(event.type)
    if row is None and not event.type.startswith(CUSTOM_PREFIX):
        raise HubError(
            "unknown_type",
            f"There is no event type `{event.type}`; use `x.*` for your own.",
            field=path.removesuffix("data") + "type",
            **where,
        )
    if row is not None and row.reserved:
        raise HubError("reserved_type", f"`{event.type}` is written by the hub itself.", **where)
    try:
        data: Any = _decoders[event.type].decode(event.data) if row else _object.decode(event.data)
    except msgspec.ValidationError as error:
        raise invalid_field(error, path=path, index=index) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise malformed(error) from None
    try:
        occurred_at = codec.normalized(event.occurred_at) if event.occurred_at else ""
    except OverflowError as error:
        raise invalid_field(error, path=path.removesuffix("data") + "occurred_at", index=index) from None
    try:
        made = hub_draft(event.type, data, occurred_at=occurred_at, key=event.idempotency_key or "")
    except HubError as error:
        error.details.update(where, field=path + error.details["field"].removeprefix("$"))
        raise
    if len(made.data) > MAX_EVENT:
        raise HubError(
            "event_too_large",
            f"The event's data has {len(made.data)} bytes; at most {MAX_EVENT} are taken.",
            **where,
        )
    return made


def hub_draft(event_type: str, data: Any, *, occurred_at: str = "", key: str = "") -> Draft:
    """The draft of an event whose data is known to be valid; also of types that the hub writes itself."""
    encoded = canonical_data(data)
    to = data.status if isinstance(data, StatusChanged) else None
    segments: tuple[str, ...] = ()
    if isinstance(data, TranscriptSegment | TranscriptRetracted):
        segments = (data.segment_id,)
    elif isinstance(data, SpeakerCorrected):
        segments = tuple(dict.fromkeys(data.segment_ids))
    return Draft(
        type=event_type,
        data=encoded,
        occurred_at=occurred_at,
        idempotency_key=key,
        digest=codec.digest(event_type.encode(), encoded, occurred_at.encode()) if key else b"",
        segments=segments,
        creates_segment=isinstance(data, TranscriptSegment),
        legal=lifecycle.legal_stages(event_type, to),
        status=to or "",
        phase=lifecycle.phase_after(event_type, to) or "",
    )


def canonical_data(data: object) -> bytes:
    """The stored form of an event's data: sorted keys, defaults left out, times in UTC.

    Raises:
        HubError: `invalid_field`: metadata is larger than 16 KiB, JSON of any shape is nested too deep, or a
            time falls outside of the years 1 to 9999 in UTC. The path is below the data.
    """
    if isinstance(data, msgspec.Struct):
        for name in _FREE:
            _check_depth(getattr(data, name, None), f"$.{name}")
        values = cast("dict[str, Any]", msgspec.to_builtins(data))
        if "metadata" in values and len(codec.encode(values["metadata"])) > MAX_METADATA:
            raise HubError(
                "invalid_field",
                f"`metadata` is larger than {MAX_METADATA} bytes as JSON.",
                field="$.metadata",
            )
        moment = getattr(data, "scheduled_for", None)
        if moment is not None and not isinstance(moment, str | msgspec.UnsetType):
            try:
                values["scheduled_for"] = codec.normalized(moment)
            except OverflowError as error:
                raise invalid_field(error, path="$.scheduled_for") from None
        return codec.canonical(values)
    _check_depth(data, "$")
    return codec.canonical(data)


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
