"""A WebVTT file played against a real hub."""

from pathlib import Path

import anyio
import pytest
from servers import HubServer

from hub.client import Entry, Hub, HubRefused
from hub.client.player import Progress
from hub.client.replay import Replay
from hub.client.script import meeting
from hub.client.vtt import Line, read
from schemas import codec
from schemas.session import Transcript

pytestmark = pytest.mark.anyio

STANDUP = Path(__file__).with_name("standup.vtt")


def rows(lines: list[Line]) -> list[tuple[str | None, str, float, float]]:
    return [(line.speaker, line.text, line.start, line.end) for line in lines]


def shown(transcript: Transcript) -> list[tuple[str | None, str, float, float]]:
    return [
        (segment.speaker.name if segment.speaker else None, segment.text, segment.start, segment.end)
        for segment in transcript.segments
    ]


async def test_the_transcript_is_the_file_cue_for_cue(hub_server: HubServer, key: str) -> None:
    lines = read(STANDUP).lines
    assert len(lines) == 7
    told: list[Progress] = []
    async with Hub(hub_server.url, key) as hub:
        replay = Replay(hub, meeting(lines, run="r"), speed=None, on_progress=told.append)
        session_id = await replay.run(title="Standup")
        transcript = await hub.transcript(session_id)
        session = await hub.session(session_id)
    assert shown(transcript) == rows(lines)
    assert all(segment.final for segment in transcript.segments)
    assert len({s.speaker.participant_id for s in transcript.segments if s.speaker}) == 4
    assert (session.status, session.sealed, session.title) == ("completed", True, "Standup")
    assert (session.participant_counts.total, session.participant_counts.live) == (4, 0)
    assert (told[-1].session_id, told[-1].segments, told[-1].at) == (session_id, 7, told[-1].total)


async def test_it_keeps_time(hub_server: HubServer, key: str) -> None:
    lines = [line for line in read(STANDUP).lines if line.end < 10]
    async with Hub(hub_server.url, key) as hub:
        session_id = await Replay(hub, meeting(lines, run="r"), speed=10).run()
        entries = [f async for f in hub.follow(session_id, after="0-0") if isinstance(f, Entry)]
        session = await hub.session(session_id)
    assert session.started_at is not None
    started = codec.milliseconds(session.started_at)
    finals = [entry for entry in entries if entry.data.get("final")]
    late = [(codec.milliseconds(e.at) - started) / 1000 - e.data["end"] / 10 for e in finals]
    assert all(seconds >= -0.01 for seconds in late)
    assert late[-1] < 5


async def test_it_plays_into_a_session_that_is_active_already(hub_server: HubServer, key: str) -> None:
    lines = read(STANDUP).lines
    async with Hub(hub_server.url, key) as hub:
        session = await hub.create_session("Given")
        await hub.publish(session.id, [{"type": "session.status_changed", "data": {"status": "active"}}])
        await Replay(hub, meeting(lines, run="r"), speed=None).run(session_id=session.id)
        assert shown(await hub.transcript(session.id)) == rows(lines)


async def test_a_session_that_has_ended_refuses_it(hub_server: HubServer, key: str) -> None:
    async with Hub(hub_server.url, key) as hub:
        session = await hub.create_session("Ended")
        await hub.stop(session.id)
        with pytest.raises(HubRefused) as raised:
            await Replay(hub, meeting(read(STANDUP).lines, run="r"), speed=None).run(session_id=session.id)
        assert raised.value.status == 409


async def test_a_replay_that_is_given_up_leaves_no_live_session(hub_server: HubServer, key: str) -> None:
    begun = anyio.Event()
    ids: list[str] = []

    def progress(told: Progress) -> None:
        ids.append(told.session_id)
        begun.set()

    async with Hub(hub_server.url, key) as hub:
        async with anyio.create_task_group() as tasks:
            replay = Replay(hub, meeting(read(STANDUP).lines, run="r"), speed=1, on_progress=progress)
            tasks.start_soon(replay.run)
            await begun.wait()
            tasks.cancel_scope.cancel()
        session = await hub.session(ids[0])
    assert (session.live, session.sealed) == (False, True)
