"""What holds for all systems: their own refusals at every path, and nothing of another organization."""

from collections.abc import Callable

import httpx
import pytest
from contract.compat.conformance import Published
from contract.compat.conftest import House
from contract.compat.published import PUBLISHED
from contract.compat.shape import differences

from hub.compat.system import System
from hub.compat.systems import SYSTEMS

pytestmark = pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)


def _published(system: System) -> Published:
    return PUBLISHED[system.name]


@pytest.mark.parametrize(
    "path", ["", "/", "/nowhere", "/v1/nowhere", "//", "/%2e%2e/v1/sessions", "/%0a", "/a%0Ab/c"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_wrong_path_is_the_404_of_the_system(
    system: System, below: Callable[..., httpx.Client], house: House, path: str, method: str
) -> None:
    answer = below("", house.key).request(method, f"{system.base}{path}")
    assert answer.status_code == 404
    assert differences(answer.json(), _published(system).failure) == []


def test_a_wrong_method_is_the_405_of_the_system(
    system: System, below: Callable[..., httpx.Client], house: House
) -> None:
    operation = system.operations[0]
    path = operation.path.replace("{", "").replace("}", "")
    answer = below(system.base, house.key).request("TRACE", path)
    assert answer.status_code == 405
    known = {one.method for one in system.operations if one.path == operation.path}
    head = {"HEAD"} if "GET" in known else set[str]()
    assert set(answer.headers["allow"].split(", ")) == known | head
    assert differences(answer.json(), _published(system).failure) == []


def test_every_operation_has_been_published(system: System) -> None:
    known = {f"{one.method} {one.path}" for one in system.operations}
    assert known == set(_published(system).endpoints)


def test_nothing_is_open_without_a_credential(system: System, below: Callable[..., httpx.Client]) -> None:
    for operation in (one for one in system.operations if one.scope):
        path = operation.path.replace("{", "").replace("}", "")
        for key in (None, "sk_nobody_nothing"):
            answer = below(system.base, key).request(operation.method, path, json={})
            assert answer.status_code == 401, operation.name
            assert differences(answer.json(), _published(system).failure) == []
