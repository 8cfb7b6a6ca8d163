"""A little of what `tests/documented.py` asks: what the OpenAPI document allows is answered as it says."""

from collections.abc import Iterator

import httpx
import pytest
from servers import HubServer

from documents.found import OPERATIONS
from documents.generated import Trial

COUNT = 15
"""Cases of each operation that fit its document, and as many that do not."""


@pytest.fixture
def trial(hub_server: HubServer, admin: httpx.Client, admin_key: str) -> Iterator[Trial]:
    trial = Trial(hub_server.url, admin, admin_key)
    yield trial
    trial.close()


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation(trial: Trial, name: str) -> None:
    tried = trial.run(name, COUNT)
    assert tried.reached, tried.statuses
