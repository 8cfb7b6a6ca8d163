"""Plays a meeting one event at a time, and looks at it in all systems after each."""

import asyncio
from collections import Counter
from collections.abc import Sequence

import httpx

from followed.streams import Streams
from followed.told import Told
from followed.views import VIEWS, Followed
from hub.client.script import Step

MEETING = "the-meeting"


class Result:
    """What was seen."""

    def __init__(self) -> None:
        self.entries = 0
        self.looks: Counter[str] = Counter()
        self.wrong: list[str] = []

    @property
    def good(self) -> bool:
        return not self.wrong


async def follow(
    url: str,
    key: str,
    organization: str,
    steps: Sequence[Step],
    *,
    systems: Sequence[str] = tuple(VIEWS),
    every: int = 1,
) -> Result:
    """Publish each step, and compare what every system shows with what it should.

    Args:
        url: Of the hub.
        key: An API key of an organization that has no session yet.
        organization: Its id.
        steps: The events, by time.
        systems: Which are looked at.
        every: After how many entries they are.
    """
    result, told = Result(), Told()
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=30, verify=False) as api:
        session = (await api.post("/v1/sessions", json={"meeting_id": MEETING, "title": "Followed"})).json()
        followed = Followed(api, session["id"], session["number"], organization, MEETING)
        streams = Streams(api, session["id"])
        await streams.ready()
        await _look(followed, told, result, systems, "created")
        for step in steps:
            event = {"type": step.type, "data": step.data}
            answer = await api.post(f"/v1/sessions/{session['id']}/events", json=event)
            assert answer.status_code == 200, answer.text
            told.take(step.type, step.data)
            result.entries += 1
            if result.entries % every == 0:
                await _look(followed, told, result, systems, answer.json()["entries"][0]["id"])
        assert (await api.post(f"/v1/sessions/{session['id']}/seal")).status_code == 200
        await streams.over()
        result.wrong += streams.wrong(told)
    return result


async def _look(
    followed: Followed, told: Told, result: Result, systems: Sequence[str], entry_id: str
) -> None:
    seen = await asyncio.gather(*(VIEWS[name](followed, told) for name in systems))
    for name, (shown, expected) in zip(systems, seen, strict=True):
        result.looks[name] += 1
        if shown != expected:
            result.wrong.append(f"{entry_id} in {name}: {shown!r}, not {expected!r}"[:2000])
