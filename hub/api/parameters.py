"""What a query may say: parameters that are unknown, repeated or wrong are refused by name."""

import re
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request

from hub.api.operation import Operation
from hub.api.parameter import PLACE_ID
from hub.core.entry_id import EntryId
from hub.errors import HubError
from schemas.codec import ID_PATTERN
from schemas.events import Channel
from schemas.values import Identifier

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})\Z"
)

_Choice = TypeVar("_Choice", bound=StrEnum)
_DECIMAL = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?", re.ASCII)


class Parameters:
    """The query of one request.

    Args:
        request: Whose query.
        operation: Declares the parameters that there are, their bounds and their defaults.

    Raises:
        HubError: `invalid_parameter`: one is unknown or repeated.
    """

    def __init__(self, request: Request, operation: Operation) -> None:
        self._values: dict[str, str] = {}
        self._schemas = {one.name: one.schema for one in operation.parameters or ()}
        for name, value in request.query_params.multi_items():
            if name not in self._schemas:
                raise wrong(name, f"There is no parameter `{name[:64]}`.")
            if name in self._values:
                raise wrong(name, f"`{name}` is given twice.")
            self._values[name] = value

    def _given(self, name: str) -> tuple[str | None, dict[str, Any]]:
        """The value of a parameter and its schema; a name that was not declared is a defect of the route."""
        return self._values.get(name), self._schemas[name]

    def refuse(self, name: str, message: str) -> None:
        """Refuse the request if it has the parameter `name`.

        Raises:
            HubError: `invalid_parameter`.
        """
        if name in self._values:
            raise wrong(name, message)

    def text(self, name: str) -> str | None:
        """A parameter as it is."""
        return self._given(name)[0]

    def identifier(self, name: str) -> str | None:
        """An id."""
        value = self.text(name)
        if value is not None and not ID_PATTERN.match(value):
            raise wrong(name, f"`{name}` is not an id.")
        return value

    def number(self, name: str) -> int:
        """A whole number; one that is not given is its default, or 0 if it has none."""
        value, schema = self._given(name)
        if value is None:
            return schema.get("default", 0)
        least, most = schema["minimum"], schema["maximum"]
        if not (value.isascii() and value.isdigit() and len(value) < 10 and least <= int(value) <= most):
            raise wrong(name, f"`{name}` is a whole number from {least} to {most}.")
        return int(value)

    def decimal(self, name: str) -> float | None:
        """A number such as `8` or `0.5`."""
        value, schema = self._given(name)
        if value is None:
            return None
        least, most = schema["minimum"], schema["maximum"]
        if not (_DECIMAL.fullmatch(value) and least <= float(value) <= most):
            raise wrong(name, f"`{name}` is a number from {least:g} to {most:g}.")
        return float(value)

    def flag(self, name: str) -> bool | None:
        """`true` or `false`."""
        value = self.text(name)
        if value not in (None, "true", "false"):
            raise wrong(name, f"`{name}` is `true` or `false`.")
        return None if value is None else value == "true"

    def entry_id(self, name: str) -> EntryId | None:
        """The id of an entry, or where that is declared so, the place before the first one."""
        value, schema = self._given(name)
        if value is None:
            return None
        refusal = wrong(name, f"`{name}` is not an entry id.")
        try:
            found = EntryId.parse(value)
        except ValueError:
            raise refusal from None
        if found.seq == 0 and schema["pattern"] != PLACE_ID:
            raise refusal
        return found

    def choice(self, name: str, choices: type[_Choice]) -> _Choice | None:
        """One of an enumeration."""
        value = self.text(name)
        return None if value is None else _chosen(name, value, choices)

    def choices(self, name: str, choices: type[_Choice]) -> tuple[_Choice, ...] | None:
        """Some of an enumeration, separated by commas, in its own order."""
        value = self.text(name)
        if value is None:
            return None
        chosen = {_chosen(name, part.strip(), choices) for part in value.split(",")}
        return tuple(choice for choice in choices if choice in chosen)

    def phrase(self, name: str) -> str | None:
        """Text that is not empty."""
        value, schema = self._given(name)
        most = schema["maxLength"]
        if value is not None and not 0 < len(value) <= most:
            raise wrong(name, f"`{name}` has 1 to {most} characters.")
        return value

    def names(self, name: str) -> tuple[str, ...] | None:
        """Ids of the publishers' own, separated by commas."""
        value, schema = self._given(name)
        if value is None:
            return None
        return names_of(name, value, schema["maxItems"])

    def moment(self, name: str, *, last: bool) -> int | None:
        """A date, which stands for the whole day in UTC, or a timestamp with its offset.

        Args:
            name: Of the parameter.
            last: The last millisecond of that time is meant, not the first.

        Returns:
            Milliseconds since 1970.
        """
        value = self.text(name)
        return None if value is None else moment_of(name, value, last=last)

    def date(self, name: str) -> date | None:
        """A day, such as `2026-01-31`."""
        value = self.text(name)
        if value is None:
            return None
        refusal = wrong(name, f"`{name}` is a date such as `2026-01-31`.")
        if not _DATE.match(value):
            raise refusal
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise refusal from None

    def word(self, name: str) -> str:
        """One of a few words; one that is not given is its default, or empty if it has none."""
        value, schema = self._given(name)
        if value is None:
            return schema.get("default", "")
        if value not in schema["enum"]:
            raise wrong(name, f"`{name}` is one of: {', '.join(schema['enum'])}.")
        return value

    def channels(self) -> frozenset[Channel] | None:
        """`channels`: some, separated by commas."""
        value = self.text("channels")
        if value is None:
            return None
        return frozenset(_chosen("channels", part.strip(), Channel) for part in value.split(","))


def session_id_of(request: Request) -> str:
    """The session in the path of a request.

    Raises:
        HubError: `session_not_found`: it is not an id at all.
    """
    return named_session(request.path_params["session_id"])


def named_session(session_id: str) -> str:
    """`session_id`, which may be any text.

    Raises:
        HubError: `session_not_found`: it is not an id at all.
    """
    if not ID_PATTERN.match(session_id):
        raise HubError("session_not_found")
    return session_id


def names_of(name: str, value: str, most: int) -> tuple[str, ...]:
    """Ids of the publishers' own in the parameter `name`, at most `most`; each once, in order.

    Raises:
        HubError: `invalid_parameter`.
    """
    try:
        found = [msgspec.convert(part.strip(), Identifier) for part in value.split(",")]
    except msgspec.ValidationError:
        raise wrong(name, f"`{name}` is ids, separated by commas.") from None
    if len(found) > most:
        raise wrong(name, f"`{name}` is at most {most} ids.")
    return tuple(sorted(set(found)))


def moment_of(name: str, value: str, *, last: bool) -> int:
    """The first or last millisecond, since 1970, of the time that the parameter `name` says.

    Raises:
        HubError: `invalid_parameter`: it is no date, and no timestamp with its offset.
    """
    refusal = wrong(name, f"`{name}` is a date, or a timestamp such as `2026-01-31T09:30:00Z`.")
    dated = _DATE.match(value)
    if not (dated or _MOMENT.match(value)):
        raise refusal
    try:
        since = datetime.fromisoformat(f"{value}T00:00:00Z" if dated else value) - _EPOCH
    except ValueError:
        raise refusal from None
    if dated and last:
        since += timedelta(days=1, milliseconds=-1)
    # To the millisecond within the time that is meant, as times of sessions are whole ones.
    return since // _MS if last else -(-since // _MS)


def _chosen(name: str, value: str, choices: type[_Choice]) -> _Choice:
    try:
        return choices(value)
    except ValueError:
        raise wrong(name, f"`{name}` is one of: {', '.join(choices)}.") from None


def wrong(name: str, message: str) -> HubError:
    """The refusal of a parameter."""
    return HubError("invalid_parameter", message, field=name)
