"""nginx, where there is one; in CI there must be."""

import os
import shutil

import pytest


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def nginx() -> str:
    """The binary."""
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("CI has no nginx: what is said about proxies would go untested")
        pytest.skip("there is no nginx on this machine (Debian, Ubuntu: apt-get install nginx-light)")
    return found
