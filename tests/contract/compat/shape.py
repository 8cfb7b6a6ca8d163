"""What a published system says its answers are: exactly these keys, each of this type.

A shape is written by hand from what the system has published: a dict of its keys, a list with the shape of
each item, or a `Kind`. `differences` holds an answer to it; `fields` lists it for the table of conformance.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

MISSING = object()


class Kind(NamedTuple):
    """The type of a value."""

    name: str
    """As the table of conformance shows it."""
    fits: Callable[[Any], bool]
    null: bool = False
    """It may be null; some answer of the tests must have it so, and some not."""
    optional: bool = False
    """It may be left out; some answer of the tests must leave it out, and some not."""

    @property
    def shown(self) -> str:
        return self.name + (" or null" if self.null else "") + (", optional" if self.optional else "")


def or_null(kind: Any) -> Kind:
    """The kind, or null; also of a dict or a list."""
    return _as_kind(kind)._replace(null=True)


def optional(kind: Any) -> Kind:
    """The kind, or left out; also of a dict or a list."""
    return _as_kind(kind)._replace(optional=True)


class Nested(NamedTuple):
    """A dict or a list that may be null or left out."""

    name: str
    shape: Any
    null: bool = False
    optional: bool = False

    @property
    def shown(self) -> str:
        return Kind(self.name, bool, self.null, self.optional).shown


def _as_kind(kind: Any) -> Any:
    if isinstance(kind, dict):
        return Nested("object", kind)
    return Nested("array", kind) if isinstance(kind, list) else kind


def _matching(pattern: str) -> Callable[[Any], bool]:
    found = re.compile(pattern)
    return lambda value: isinstance(value, str) and found.fullmatch(value) is not None


def words(*known: str) -> Kind:
    """One of a few words."""
    return Kind(" · ".join(f"`{word}`" for word in known), lambda value: value in known)


def constant(value: Any) -> Kind:
    """Always the same."""
    shown = "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return Kind(f"`{shown}`", lambda given: given == value and type(given) is type(value))


def starting(prefix: str) -> Kind:
    """An id that begins so."""
    return Kind(f"string from `{prefix}`", _matching(re.escape(prefix) + r"[A-Za-z0-9_-]+"))


NULL = Kind("null", lambda value: value is None)
STRING = Kind("string", lambda value: isinstance(value, str))
INTEGER = Kind("integer", lambda value: isinstance(value, int) and not isinstance(value, bool))
NUMBER = Kind("number", lambda value: isinstance(value, int | float) and not isinstance(value, bool))
BOOLEAN = Kind("boolean", lambda value: isinstance(value, bool))
OBJECT = Kind("object of any keys", lambda value: isinstance(value, dict))
MILLISECONDS = Kind("timestamp with milliseconds", _matching(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"))
SECONDS = Kind("timestamp with seconds", _matching(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"))
UUID = Kind("UUID", _matching(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"))
HEX = Kind("24 hex digits", _matching(r"[0-9a-f]{24}"))
URL = Kind("URL", _matching(r"https?://\S+"))


def differences(value: Any, shape: Any, where: str = "") -> list[str]:
    """Where an answer is not what the shape says."""
    if isinstance(shape, Kind):
        if value is None and shape.null:
            return []
        return [] if shape.fits(value) else [f"{where}: {value!r} is no {shape.name}"]
    if isinstance(shape, Nested):
        if value is None:
            return [] if shape.null else [f"{where}: null"]
        return differences(value, shape.shape, where)
    if isinstance(shape, list):
        if not isinstance(value, list):
            return [f"{where}: {value!r} is no array"]
        return [wrong for item in value for wrong in differences(item, shape[0], f"{where}[]")]
    if not isinstance(value, dict):
        return [f"{where}: {value!r} is no object"]
    found = [f"{_join(where, name)}: not published" for name in value if name not in shape]
    for name, part in shape.items():
        given = value.get(name, MISSING)
        if given is MISSING:
            if not getattr(part, "optional", False):
                found.append(f"{_join(where, name)}: left out")
        else:
            found += differences(given, part, _join(where, name))
    return found


def fields(shape: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """All fields of a shape with their types, as the table shows them."""
    if isinstance(shape, Nested):
        shown = shape.shown
        for field, kind in fields(shape.shape, where):
            # The object or the array itself comes first.
            yield field, shown if field == where else kind
    elif isinstance(shape, Kind):
        yield where, shape.shown
    elif isinstance(shape, list):
        yield where, "array"
        yield from ((field, kind) for field, kind in fields(shape[0], f"{where}[]") if field != f"{where}[]")
        if isinstance(shape[0], Kind):
            yield f"{where}[]", shape[0].shown
    else:
        yield where, "object"
        for name, part in shape.items():
            yield from fields(part, _join(where, name))


def variants(shape: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """What must be seen at least once: fields that are null or left out, and the same ones with a value."""
    if isinstance(shape, Kind | Nested):
        if shape.null:
            yield where, "null"
        if shape.optional:
            yield where, "left out"
        if shape.null or shape.optional:
            yield where, "given"
        if isinstance(shape, Nested):
            yield from variants(shape.shape, where)
    elif isinstance(shape, list):
        yield from variants(shape[0], f"{where}[]")
    else:
        for name, part in shape.items():
            yield from variants(part, _join(where, name))


def seen(value: Any, shape: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """Which of `variants` an answer shows."""
    if isinstance(shape, Kind | Nested):
        if shape.null or shape.optional:
            yield where, "null" if value is None else "left out" if value is MISSING else "given"
        if isinstance(shape, Nested) and value is not None and value is not MISSING:
            yield from seen(value, shape.shape, where)
    elif isinstance(shape, list):
        for item in value:
            yield from seen(item, shape[0], f"{where}[]")
    else:
        for name, part in shape.items():
            yield from seen(value.get(name, MISSING), part, _join(where, name))


def _join(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name
