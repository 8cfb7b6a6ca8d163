"""A little of what `tests/documented.py` asks: what the OpenAPI document allows is answered as it says."""

import pytest

from documents.found import OPERATIONS
from documents.generated import NativeTrial

COUNT = 15
"""Cases of each operation that fit its document, and as many that do not."""


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation(trial: NativeTrial, name: str) -> None:
    tried = trial.run(name, COUNT)
    assert tried.reached, tried.statuses
