"""A little of what `tests/documented.py` asks of the published systems."""

from collections.abc import Iterator

import httpx
import pytest
from servers import HubServer

from documents.grounds import staged
from documents.system_trial import SystemTrial
from documents.test_generated import COUNT
from hub.compat.systems import SYSTEMS

CASES = [(system.name, operation.name) for system in SYSTEMS for operation in system.operations]


@pytest.fixture(scope="module")
def trials(hub_server: HubServer, shared: httpx.Client, shared_key: str) -> Iterator[dict[str, SystemTrial]]:
    ground = staged(hub_server.url, shared, shared_key)
    found = {system.name: SystemTrial(system, shared, ground) for system in SYSTEMS}
    yield found
    for trial in found.values():
        trial.close()


@pytest.mark.parametrize(("system", "operation"), CASES, ids=["-".join(case) for case in CASES])
def test_an_operation(trials: dict[str, SystemTrial], system: str, operation: str) -> None:
    tried = trials[system].run(operation, COUNT)
    assert tried.reached, tried.statuses
