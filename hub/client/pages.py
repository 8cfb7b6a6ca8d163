"""Lists of the hub, fetched page by page."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date, datetime
from typing import Generic, Protocol, TypeVar

from hub.client.http import Http

Asked = str | bool | int | date | datetime | Sequence[str] | None
"""What a parameter may be; None asks for nothing. A `datetime` needs its time zone."""

_Item_co = TypeVar("_Item_co", covariant=True)


class Page(Protocol, Generic[_Item_co]):
    """A page of a list."""

    @property
    def data(self) -> Sequence[_Item_co]:
        """What is on it."""
        ...

    @property
    def next(self) -> str | None:
        """The cursor of the next page; None on the last one."""
        ...


def parameters(query: Mapping[str, Asked]) -> dict[str, str]:
    """A query as the hub reads it."""
    return {name: _text(value) for name, value in query.items() if value is not None}


def _text(value: Asked) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str | int) or value is None:
        return str(value)
    return ",".join(value)


async def pages(
    http: Http, kind: type[Page[_Item_co]], path: str, query: Mapping[str, Asked]
) -> AsyncIterator[_Item_co]:
    """All items of a list.

    Raises:
        HubRefused, HubUnavailable.
    """
    params = {"limit": "200", **parameters(query)}
    while True:
        page = await http.ask(kind, "GET", path, params=params)
        for item in page.data:
            yield item
        if page.next is None:
            return
        params["cursor"] = page.next
