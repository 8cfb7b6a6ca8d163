"""How tests ask realtimekit, and what they ask about."""

from typing import Any

import httpx
from contract.api.asking import event, new, published, status
from contract.compat.conftest import House

from hub.compat import ids

BASE = "/compat/realtimekit"


class Api:
    """A client of the system, by its endpoints."""

    def __init__(self, http: httpx.Client, app: str, account: str = "any") -> None:
        self.http = http
        self._where = {"account_id": account, "app_id": app}

    def __call__(self, endpoint: str, session_id: str = "", who: str = "", **query: Any) -> httpx.Response:
        method, _, path = endpoint.partition(" ")
        names = {"session_id": session_id, "participant_id": who, "peer_id": who}
        return self.http.request(method, path.format_map(self._where | names), params=query)


def started(house: House, *events: dict[str, Any], **fields: Any) -> str:
    """A session that is live."""
    session_id = new(house.native, **fields)
    published(house.native, session_id, status("active"), *events)
    return ids.to_uuid(session_id)


def joined(name: str, connection: str = "c1", **fields: Any) -> dict[str, Any]:
    return event(
        "participant.joined", participant_id=name, connection_id=connection, name=name.title(), **fields
    )


def left(name: str, connection: str = "c1") -> dict[str, Any]:
    return event("participant.left", participant_id=name, connection_id=connection)
