"""The types of the wire as JSON Schema, with what their docstrings say."""

import inspect
import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any, get_args

import msgspec

from documents.structs import REF, Structs, docstrings, ref
from schemas import (
    analytics,
    bots,
    details,
    directory,
    dispatch,
    errors,
    events,
    frames,
    pages,
    requests,
    session,
)

MODULES = (bots, session, details, dispatch, directory, analytics, events, frames, pages, requests, errors)
LEFT_OUT = {
    # What others are made from, and rows of tables: not of the wire.
    details.Data,
    errors.ErrorCode,
    errors.DisconnectCode,
    events.EventType,
    # msgspec cannot tell two snapshots without a tag apart; `_composed` says what these are.
    frames.Control,
    frames.Reset,
    # Their data is any JSON to msgspec; the table of event types knows more.
    frames.Entry,
    frames.FeedEntry,
    events.Event,
    frames.Publish,
    pages.EntryPage,
    bots.BotPublish,
}
CONTROLS: dict[str, dict[str, Any]] = {
    "snapshot": {"anyOf": [{"$ref": REF.format(name=name)} for name in ("Snapshot", "FeedSnapshot")]},
    "bookmark": {"$ref": REF.format(name="Bookmark")},
    "reset": {"$ref": REF.format(name="Reset")},
    "disconnect": {"$ref": REF.format(name="Disconnect")},
    "end": {"$ref": REF.format(name="FrameEnd")},
}
"""The data of each control frame."""
COUNTS = "session.counts"
"""What the feed tells beside the types of the status channel."""


def pascal(name: str) -> str:
    """The name of a component for an event type, a control frame or an operation."""
    return "".join(part.capitalize() for part in re.split(r"[._-]", name))


def components() -> dict[str, Any]:
    """All types by name."""
    return STRUCTS.components() | _composed()


@cache
def schema(kind: Any) -> dict[str, Any]:
    """A type as a schema that refers to components."""
    if kind == events.Event | list[events.Event]:
        return {"anyOf": [ref("Event"), {"type": "array", "items": ref("Event"), "maxItems": 500}]}
    if isinstance(kind, tuple):
        return {"anyOf": [schema(one) for one in kind]}
    if kind in LEFT_OUT:
        return ref(kind.__name__)
    return STRUCTS.schema(kind)


def reached(document: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """The components that a document refers to, directly or by others."""
    wanted: set[str] = set()
    waiting = [document]
    while waiting:
        for name in re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(waiting.pop())):
            if name not in wanted:
                wanted.add(name)
                waiting.append(found[name])
    return {name: found[name] for name in sorted(wanted)}


def _structs() -> Iterator[type[msgspec.Struct]]:
    for module in MODULES:
        for name, value in vars(module).items():
            is_struct = isinstance(value, type) and issubclass(value, msgspec.Struct)
            own = is_struct and value.__module__ == module.__name__ and not name.startswith("_")
            if own and value not in LEFT_OUT:
                yield value


_TIMES = Counter(struct.__name__ for struct in _structs())
_OTHERS = {"schemas.session": "", "schemas.frames": "Frame", "schemas.events": "Published"}
STRUCTS = Structs(
    {
        struct: struct.__name__
        if _TIMES[struct.__name__] == 1
        else _OTHERS.get(struct.__module__, "Given") + struct.__name__
        for struct in _structs()
    }
)
"""All that msgspec can say; where several modules have one name, that of `session` keeps it."""


def _object(title: str, about: str, required: dict[str, Any], optional: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": title,
        "description": about,
        "type": "object",
        "properties": {**required, **optional},
        "required": list(required),
    }


_ENTRY_ID = {"type": "string", "pattern": r"^[0-9]+-[0-9]+$"}


def _composed() -> dict[str, Any]:
    """What msgspec cannot say: which data goes with which type."""
    made: dict[str, Any] = {}
    at = schema(frames.Timestamp)
    about = docstrings(frames.Entry)
    entry = {"id": {**_ENTRY_ID, "description": about["id"]}, "session_id": {"type": "string"}, "at": at}
    taken = {
        "occurred_at": {"type": "string", "format": "date-time"},
        "idempotency_key": schema(events.IdempotencyKey),
    }
    optional = {
        "occurred_at": {**at, "description": about["occurred_at"]},
        "position": {"type": "integer", "minimum": 0, "description": about["position"]},
    }
    rows = {name: (schema(row.data), row.reserved) for name, row in events.EVENT_TYPES.items()}
    for name, (data, reserved) in rows.items():
        kind = {"type": {"const": name}}
        text = (events.EVENT_TYPES[name].data.__doc__ or "").partition("\n")[0]
        made[f"{pascal(name)}Entry"] = _object(
            f"{pascal(name)}Entry", text, {**kind, **entry, "data": data}, optional
        )
        if not reserved:
            made[f"{pascal(name)}Event"] = _object(
                f"{pascal(name)}Event", text, {**kind, "data": data}, taken
            ) | {"additionalProperties": False}
    custom = {"type": {"type": "string", "pattern": r"^x\.[A-Za-z0-9_.-]{0,126}$"}}
    anything = {"type": "object"}
    text = "`x.*`: any object, passed on."
    made["CustomEntry"] = _object("CustomEntry", text, {**custom, **entry, "data": anything}, optional)
    made["CustomEvent"] = _object("CustomEvent", text, custom, {"data": anything, **taken}) | {
        "additionalProperties": False
    }
    made["Event"] = {
        "description": "What a publisher sends.",
        "oneOf": [
            *(ref(f"{pascal(name)}Event") for name, (_, reserved) in rows.items() if not reserved),
            ref("CustomEvent"),
        ],
    }
    made["Entry"] = {
        "description": "An event as the stream keeps it, and as it is delivered. There may be types to come.",
        "anyOf": [*(ref(f"{pascal(name)}Entry") for name in rows), ref("CustomEntry")],
    }
    made["EntryPage"] = _object(
        "EntryPage",
        inspect.cleandoc(pages.EntryPage.__doc__ or ""),
        {
            "data": {"type": "array", "items": ref("Entry")},
            "next": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        },
        {},
    )
    made |= _feed(at)
    reset = docstrings(frames.Reset)["reason"]
    made["Reset"] = _object(
        "Reset",
        inspect.cleandoc(frames.Reset.__doc__ or ""),
        {
            "reason": {"enum": list(get_args(frames.ResetReason)), "description": reset},
            "snapshot": CONTROLS["snapshot"],
        },
        {},
    )
    for name, data in CONTROLS.items():
        made[f"{pascal(name)}Frame"] = _object(
            f"{pascal(name)}Frame",
            CONTROL_TEXTS[name],
            {"type": {"const": name}, "data": data},
            {"id": _ENTRY_ID, "session_id": {"type": "string"}, "feed": {"const": True}},
        )
    for kind in (frames.Publish, bots.BotPublish):
        of_bot = kind is bots.BotPublish
        made[kind.__name__] = _object(
            kind.__name__,
            inspect.cleandoc(kind.__doc__ or ""),
            {
                "op": {"const": "publish"},
                "session_id": {"type": "string"},
                **({"lease": schema(bots.Lease)} if of_bot else {}),
                "events": {"type": "array", "items": ref("Event"), "minItems": int(of_bot), "maxItems": 500},
            },
            {"ref": schema(int | str | None)},
        ) | {"additionalProperties": False}
    return made


def _feed(at: dict[str, Any]) -> dict[str, Any]:
    """The entries of the organization's feed."""
    types = [name for name, row in events.EVENT_TYPES.items() if row.channel is events.Channel.STATUS]
    entry = {
        "id": {**_ENTRY_ID, "description": "A position in the feed."},
        "session_id": {"type": "string"},
        "at": at,
        "entry_id": {**_ENTRY_ID, "description": "The entry of the session that it reports."},
        "feed": {"const": True},
    }
    counts = _object(
        "CountsData",
        "What has changed as participants came or went.",
        {"participant_counts": ref("Counts"), "segment_count": {"type": "integer"}},
        {"minutes_consumed": {"type": "number"}},
    )
    about = inspect.cleandoc(frames.FeedEntry.__doc__ or "")
    return {
        "FeedEntry": _object(
            "FeedEntry",
            about,
            {
                "type": {"enum": types},
                **entry,
                "data": {"anyOf": [schema(events.EVENT_TYPES[name].data) for name in types]},
            },
            {},
        ),
        "FeedCounts": _object(
            "FeedCounts", about, {"type": {"const": COUNTS}, **entry, "data": ref("CountsData")}, {}
        ),
        "CountsData": counts,
    }


CONTROL_TEXTS = {
    "snapshot": "First, without a cursor: session, participants, the tail of each channel; at most 256 KiB.",
    "bookmark": "All that was there has been sent; then every 15 s, so that a quiet cursor moves on.",
    "reset": "The cursor could not be resumed from.",
    "disconnect": "The connection ends.",
    "end": "There will be no more entries.",
}
"""When each control frame is sent."""
