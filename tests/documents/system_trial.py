"""Whatever the document of a published system allows, and what it does not, asked of a hub."""

from collections.abc import Collection
from typing import Any

import httpx

from documents.generated import Trial
from documents.grounds import Ground, row_of
from documents.systems import STREAM, document_of, is_stream
from hub.compat.system import System


class SystemTrial(Trial):
    """Asks a hub what the document of a system allows.

    Args:
        system: The system.
        admin: A native client with an admin's key.
        ground: What was staged in the admin's organization.
    """

    def __init__(self, system: System, admin: httpx.Client, ground: Ground) -> None:
        self._row = row_of(system.name)
        super().__init__(ground.url + system.base, self._row.headers(ground), document_of(system))
        self._operations = {one.name: one for one in system.operations}
        self._admin = admin
        self._ground = ground

    def _varied(self, name: str) -> bool:
        one = self._operations[name]
        return "{" in one.path or any(kind is not None for kind in (one.query, one.body, one.form))

    def _stream(self, name: str) -> str | None:
        return STREAM if is_stream(self._operations[name]) else None

    def _prepare(self, name: str, case: Any, *, astray: bool) -> None:
        operation, row = self._operations[name], self._row
        ground = self._ground
        if operation.method != "GET" and "{" in operation.path:
            ground = ground.other(self._admin)
        ids = row.paths(ground)
        made_up = case.path_parameters or {}
        case.path_parameters = {part: ids[part] for part in made_up}
        if astray:
            # Only the last: what is before it would be refused by itself.
            case.path_parameters |= dict(list(made_up.items())[-1:])
            return
        given = row.given.get(name, ())
        if isinstance(case.body, dict):
            case.body |= _only(row.body(name, ground), given)
        if given:
            case.query = {**(case.query or {}), **_only(row.query(name, ground), given)}


def _only(asked: dict[str, Any] | None, names: Collection[str]) -> dict[str, Any]:
    return {name: value for name, value in (asked or {}).items() if name in names}
