"""What a query may say: parameters that are unknown, repeated or wrong are refused by name."""

from collections.abc import Collection
from enum import StrEnum
from typing import TypeVar

from starlette.requests import Request

from hub.errors import HubError
from schemas.codec import ID_PATTERN
from schemas.events import Channel

_Choice = TypeVar("_Choice", bound=StrEnum)


class Parameters:
    """The query of one request.

    Args:
        request: Whose query.
        known: The parameters that this route takes.

    Raises:
        HubError: `invalid_parameter`: one is unknown or repeated.
    """

    def __init__(self, request: Request, known: Collection[str]) -> None:
        self._values: dict[str, str] = {}
        for name, value in request.query_params.multi_items():
            if name not in known:
                raise _wrong(name, f"There is no parameter `{name[:64]}`.")
            if name in self._values:
                raise _wrong(name, f"`{name}` is given twice.")
            self._values[name] = value

    def text(self, name: str) -> str | None:
        """A parameter as it is."""
        return self._values.get(name)

    def identifier(self, name: str) -> str | None:
        """An id."""
        value = self._values.get(name)
        if value is not None and not ID_PATTERN.match(value):
            raise _wrong(name, f"`{name}` is not an id.")
        return value

    def number(self, name: str, default: int, least: int, most: int) -> int:
        """A whole number from `least` to `most`."""
        value = self._values.get(name)
        if value is None:
            return default
        if not (value.isascii() and value.isdigit() and len(value) < 10 and least <= int(value) <= most):
            raise _wrong(name, f"`{name}` is a whole number from {least} to {most}.")
        return int(value)

    def flag(self, name: str) -> bool | None:
        """`true` or `false`."""
        value = self._values.get(name)
        if value not in (None, "true", "false"):
            raise _wrong(name, f"`{name}` is `true` or `false`.")
        return None if value is None else value == "true"

    def choice(self, name: str, choices: type[_Choice]) -> _Choice | None:
        """One of an enumeration."""
        value = self._values.get(name)
        return None if value is None else _chosen(name, value, choices)

    def word(self, name: str, words: Collection[str], default: str) -> str:
        """One of a few words."""
        value = self._values.get(name, default)
        if value not in words:
            raise _wrong(name, f"`{name}` is one of: {', '.join(words)}.")
        return value

    def channels(self) -> frozenset[Channel] | None:
        """`channels`: some, separated by commas."""
        value = self._values.get("channels")
        if value is None:
            return None
        return frozenset(_chosen("channels", part.strip(), Channel) for part in value.split(","))


def _chosen(name: str, value: str, choices: type[_Choice]) -> _Choice:
    try:
        return choices(value)
    except ValueError:
        raise _wrong(name, f"`{name}` is one of: {', '.join(choices)}.") from None


def _wrong(name: str, message: str) -> HubError:
    return HubError("invalid_parameter", message, field=name)
