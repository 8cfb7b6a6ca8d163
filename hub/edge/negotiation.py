"""What a client wants to be answered with: the `Accept` header (RFC 9110, section 12.5.1)."""

from collections.abc import Sequence

from starlette.datastructures import Headers

from hub.errors import HubError

MAX_RANGES = 64
"""Media ranges that are looked at."""


def accepted(headers: Headers, *content_types: str) -> str:
    """The first of `content_types` that the client takes best; the first of all if it does not say.

    Raises:
        HubError: `not_acceptable`: it takes none of them.
    """
    header = headers.get("accept")
    if header is None or not header.strip():
        return content_types[0]
    ranges = [_range(part) for part in header.split(",")[:MAX_RANGES]]
    best = max(content_types, key=lambda content_type: _quality(ranges, content_type))
    if _quality(ranges, best) <= 0:
        message = f"There is nothing here but {', '.join(content_types)}."
        raise HubError("not_acceptable", message, field="Accept")
    return best


def _range(part: str) -> tuple[str, float]:
    """A media range without its parameters, and its weight; one that makes no sense has none."""
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    quality = 1.0
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                quality = min(max(float(parameter[2:]), 0.0), 1.0)
            except ValueError:
                quality = 0.0
    return name, quality


def _quality(ranges: Sequence[tuple[str, float]], content_type: str) -> float:
    """The weight of the most specific range that takes a type."""
    kind = content_type.partition("/")[0]
    for name in (content_type, f"{kind}/*", "*/*"):
        found = [quality for wanted, quality in ranges if wanted == name]
        if found:
            return max(found)
    return 0.0
