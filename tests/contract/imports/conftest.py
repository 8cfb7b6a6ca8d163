from collections.abc import Iterator
from pathlib import Path

import pytest
from file_server import Authority, FileServer, file_server


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(Path(tmp_path_factory.mktemp("authority")))


@pytest.fixture
def files(authority: Authority) -> Iterator[FileServer]:
    """Serves until the test is over."""
    with file_server(authority.context()) as made:
        yield made
