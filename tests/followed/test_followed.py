"""One session at once in all systems and natively, after every entry of a small meeting."""

import asyncio
from pathlib import Path

from contract.api.asking import make_key, unique
from servers import HubServer

from followed.run import follow
from followed.views import VIEWS
from hub.client.script import Step, meeting
from hub.client.vtt import read

STANDUP = Path(__file__).parents[1] / "client" / "standup.vtt"


async def _followed(hub: HubServer, steps: list[Step]) -> None:
    organization = unique("org")
    with hub.client() as admin:
        key = make_key(admin, organization)
    result = await follow(hub.url, key, organization, steps)
    assert result.wrong == []
    # Once before the first entry.
    assert dict(result.looks) == dict.fromkeys(VIEWS, result.entries + 1)


def test_all_systems_show_the_same_session(hub_server: HubServer) -> None:
    steps = meeting(read(STANDUP).lines, run="r")
    assert len(steps) > 30
    asyncio.run(_followed(hub_server, steps))
