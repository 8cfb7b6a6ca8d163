"""One request to an operation of a system, as its handler sees it."""

import re
import time
from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request

from hub.api.native import Native
from hub.api.parameters import moment_of, named_session
from hub.core.event import invalid_field
from hub.edge import body
from hub.edge.auth import Credential
from hub.errors import HubError

Moment = Annotated[
    str,
    msgspec.Meta(
        description="a date, or a time, in UTC if it does not say its offset",
        extra_json_schema={"anyOf": [{"format": "date-time"}, {"format": "date"}]},
    ),
]
"""A time in a query; `moment` reads it."""
_NAIVE = re.compile(r"T[0-9:.]+\Z")


class Call:
    """A request.

    Args:
        native: The native API.
        request: As it came.
        credential: Whose it is; None if the operation takes none.
        base: Path below which the system is.
    """

    def __init__(self, native: Native, request: Request, credential: Credential | None, base: str) -> None:
        self.native = native
        self.request = request
        self._credential = credential
        self._base = base
        self.now = int(time.time() * 1000)
        """When it came, in milliseconds since 1970."""

    @property
    def credential(self) -> Credential:
        """Whose it is."""
        if self._credential is None:
            raise HubError("missing_credential")
        return self._credential

    def path(self, name: str) -> str:
        """A part of the path, as it came."""
        return self.request.path_params[name]

    def session_id(self, name: str, of: Callable[[str], str] = named_session) -> str:
        """The native id of the session in a part of the path.

        Args:
            name: Of the part.
            of: Makes the native id of the system's form of it (`hub.compat.ids`).

        Raises:
            HubError: `session_not_found`: it is not an id at all.
        """
        try:
            return of(self.path(name))
        except ValueError:
            raise HubError("session_not_found") from None

    def url(self, path: str) -> str:
        """The absolute URL of a path below the base of the system, by the host that the client has asked."""
        root = self.native.public_url or str(self.request.base_url)
        return root.rstrip("/") + self._base + path

    async def taken(self, what: str, kind: Any) -> Any:
        """The `query`, the `body` or the `form` of the request as the type it should be.

        Raises:
            HubError: `invalid_parameter`, `invalid_field`, `invalid_json`, `invalid_utf8`, `body_too_large`.
        """
        if what == "query":
            return _converted(dict(self.request.query_params), kind, "invalid_parameter")
        raw = await body.read(self.request)
        if what == "body":
            return body.decode(raw, msgspec.json.Decoder(kind))
        try:
            pairs = parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=64)
        except ValueError:
            raise HubError("invalid_field", "The body is not a form.", field="$") from None
        return _converted(dict(pairs), kind, "invalid_field")


def moment(name: str, value: str | None, *, last: bool) -> int | None:
    """The parameter `name`, a `Moment`, in milliseconds since 1970; None if it is not given.

    Args:
        name: Of the parameter.
        value: What it says.
        last: Of a date the last millisecond is meant, not the first.

    Raises:
        HubError: `invalid_parameter`.
    """
    if value is None:
        return None
    return moment_of(name, f"{value}Z" if _NAIVE.search(value) else value, last=last)


def _converted(values: dict[str, str], kind: Any, code: str) -> Any:
    """Texts as a struct; numbers and such are read from them."""
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        found = invalid_field(error)
        field = str(found.details.get("field", "")).removeprefix("$.")
        raise HubError(code, found.message, field=field) from None
