"""The sixth system of the README, served as it stands there."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from contract.api.asking import NOBODY, created, event, published, taken
from servers import HubServer, RedisServer

README = Path(__file__).parents[3] / "README.md"
SERVED = """\
import roll_call
from hub.compat import systems

systems.SYSTEMS = (*systems.SYSTEMS, roll_call.SYSTEM)

from hub.asgi import application
"""


def example() -> str:
    found = re.search(
        r"<!-- tested:system -->\n\n```python\n(.*?)```\n\n<!-- /tested:system -->", README.read_text(), re.S
    )
    assert found is not None
    return found[1]


class _Hub(HubServer):
    """With the system of the README."""

    def _command(self) -> list[str]:
        (self.folder / "roll_call.py").write_text(example())
        (self.folder / "served.py").write_text(SERVED)
        command = super()._command()
        at = command.index("hub.asgi:application")
        return [*command[:at], "served:application", "--app-dir", str(self.folder), *command[at + 1 :]]


@pytest.fixture(scope="module")
def hub(redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubServer]:
    server = _Hub(tmp_path_factory.mktemp("hub"), redis_server, way="portable")
    server.start()
    yield server
    server.stop()


def test_it_is_one_short_file() -> None:
    assert len(example().splitlines()) < 60


def test_it_answers_in_its_own_shape(hub: HubServer) -> None:
    with hub.client() as api:
        session_id = created(api, title="Weekly")["id"]
        joined = [
            event("participant.joined", participant_id=name, connection_id=name, name=name.title())
            for name in ("ann", "bob")
        ]
        left = event("participant.left", participant_id="bob", connection_id="bob")
        published(api, session_id, *joined, left)
        path = f"/compat/roll-call/rolls/{session_id}"
        assert taken(api.get(path)) == {"meeting": "Weekly", "names": ["Ann", "Bob"]}
        assert taken(api.get(path, params={"present": "true"})) == {"meeting": "Weekly", "names": ["Ann"]}
        refusals = {
            f"/compat/roll-call/rolls/{NOBODY}": 404,
            "/compat/roll-call/nowhere": 404,
            f"{path}?present=perhaps": 422,
        }
        for wrong, status in refusals.items():
            assert set(taken(api.get(wrong), status)) == {"problem"}
        assert set(taken(httpx.get(hub.url + path), 401)) == {"problem"}
