"""The client against a real hub."""

from collections.abc import Callable
from contextlib import aclosing
from datetime import UTC, date, datetime
from typing import Any

import anyio
import pytest
from servers import HubServer

from hub.client import Disconnect, End, Entry, Frame, Hub, HubRefused, HubUnavailable, SnapshotFrame
from schemas.frames import Appended

pytestmark = pytest.mark.anyio

Cutting = Callable[..., Any]

GONE = "ses_00000000000000000000"


async def finish(hub: Hub, session_id: str) -> None:
    await hub.stop(session_id)
    await hub.seal(session_id)


def entries(frames: list[Frame], session_id: str | None = None) -> list[Entry]:
    return [
        frame
        for frame in frames
        if isinstance(frame, Entry) and not frame.feed and session_id in (None, frame.session_id)
    ]


async def test_a_session_from_its_creation_to_its_deletion(hub_server: HubServer, key: str) -> None:
    async with Hub(hub_server.url, key) as hub:
        created = await hub.create_session("Weekly", metadata={"team": "blue"}, idempotency_key="weekly-1")
        again = await hub.create_session("Weekly", metadata={"team": "blue"}, idempotency_key="weekly-1")
        assert again.id == created.id
        assert (created.title, created.status, created.metadata) == (
            "Weekly",
            "initializing",
            {"team": "blue"},
        )
        assert created.id in [session.id async for session in hub.sessions(live=True)]
        beat = await hub.heartbeat(created.id, state="in_call")
        assert beat.session_id == created.id
        token = await hub.token(created.id, channels=["transcript"], expires_in=60)
        assert token.token
        await hub.publish(created.id, [{"type": "session.status_changed", "data": {"status": "active"}}])
        assert (await hub.session(created.id)).status == "active"
        assert (await hub.session(created.id, as_of=created.last_entry_id)).status == "initializing"
        assert (await hub.stop(created.id)).live is False
        assert (await hub.seal(created.id)).sealed is True
        assert (await hub.transcript(created.id)).segments == []
        await hub.delete(created.id)
        with pytest.raises(HubRefused) as raised:
            await hub.session(created.id)
        assert (raised.value.code, raised.value.status) == ("session_not_found", 404)
        assert raised.value.trace_id


async def test_keys_are_made_listed_and_revoked(hub_server: HubServer) -> None:
    async with Hub(hub_server.url, hub_server.key) as hub:
        made = await hub.create_key("reader", scopes=["subscribe"])
        assert made.id in [key.id for key in await hub.keys()]
        async with Hub(hub_server.url, made.key) as reader:
            with pytest.raises(HubRefused) as raised:
                await reader.create_session("not allowed")
            assert raised.value.code == "missing_scope"
        await hub.revoke_key(made.id)
        assert made.id not in [key.id for key in await hub.keys()]


async def test_every_refusal_has_its_code(hub_server: HubServer, key: str) -> None:
    async with Hub(hub_server.url, key) as hub:
        for call in (
            hub.session(GONE),
            hub.transcript(GONE),
            hub.stop(GONE),
            hub.seal(GONE),
            hub.delete(GONE),
            hub.heartbeat(GONE),
            hub.publish(GONE, [{"type": "x.n", "data": {}}]),
            anext(hub.follow(GONE)),
        ):
            with pytest.raises(HubRefused, match="session_not_found"):
                await call
    async with Hub(hub_server.url, "sk_no_key") as stranger:
        with pytest.raises(HubRefused, match="invalid_credential"):
            await stranger.session(GONE)
        with pytest.raises(HubRefused, match="invalid_credential"):
            await anext(stranger.follow(GONE))
    async with Hub("http://127.0.0.1:9", key) as nowhere:
        with pytest.raises(HubUnavailable, match="did not answer"):
            await nowhere.session(GONE)
        with pytest.raises(HubUnavailable, match="cannot be reached"):
            await anext(nowhere.follow(GONE, patience=0))


async def test_a_session_is_followed_from_its_snapshot_through_its_entries_to_its_end(
    hub_server: HubServer, key: str
) -> None:
    async with Hub(hub_server.url, key) as hub:
        session = await hub.create_session("Weekly")
        async with hub.follow(session.id, channels=["custom", "status"]) as following:
            first = await anext(following)
            assert isinstance(first, SnapshotFrame)
            assert first.data["session"]["title"] == "Weekly"
            answers = await hub.publish(
                session.id, [{"type": "x.n", "data": {"n": 1}}, {"type": "log.entry", "data": LOG}]
            )
            await finish(hub, session.id)
            frames = [frame async for frame in following]
    assert [frame.type for frame in entries(frames)] == [
        "x.n",
        "session.status_changed",
        "session.sealed",
    ]
    assert entries(frames)[0].id == answers[0].id
    assert isinstance(frames[-1], End)
    async with Hub(hub_server.url, key) as hub:
        frames = [frame async for frame in hub.follow(session.id, after=answers[0].id)]
    assert [frame.type for frame in entries(frames)] == [
        "log.entry",
        "session.status_changed",
        "session.sealed",
    ]


LOG = {"level": "info", "message": "hello"}


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_connection_cut_in_mid_stream_loses_nothing_and_repeats_nothing(
    hub_server: HubServer, key: str, cutting: Cutting, seed: int
) -> None:
    frames: list[Frame] = []
    published: list[Appended] = []
    async with (
        Hub(hub_server.url, key) as hub,
        cutting(hub_server.url, seed=seed, least=500, most=20_000) as proxy,
        Hub(proxy.url, key) as follower,
        anyio.create_task_group() as tasks,
    ):
        session = await hub.create_session("Cut")

        async def publish() -> None:
            async with hub.publisher(session.id) as publisher:
                for n in range(60):
                    receipts = [await publisher.send("x.n", {"n": n, "text": "x" * 40}) for _ in range(10)]
                    published.extend([await receipt for receipt in receipts])
            await finish(hub, session.id)

        tasks.start_soon(publish)
        async with aclosing(follower.follow(session.id, after="0-0")) as following:
            frames = [frame async for frame in following]
    got = entries(frames)
    assert [entry.id for entry in got if entry.type == "x.n"] == [appended.id for appended in published]
    assert [int(str(entry.id).partition("-")[2]) for entry in got] == list(range(1, len(got) + 1))
    assert proxy.cuts >= 3
    assert sum(isinstance(frame, Disconnect) for frame in frames) >= proxy.cuts


@pytest.mark.parametrize("seed", [1, 2])
async def test_an_organization_followed_through_cuts_shows_every_entry_of_every_session_once(
    hub_server: HubServer, key: str, cutting: Cutting, seed: int
) -> None:
    frames: list[Frame] = []
    mine: list[str] = []
    async with (
        Hub(hub_server.url, key) as hub,
        cutting(hub_server.url, seed=seed, least=2_000, most=30_000) as proxy,
        Hub(proxy.url, key) as follower,
        anyio.create_task_group() as tasks,
    ):
        following = follower.follow()
        frames.append(await anext(following))

        async def live(number: int) -> None:
            session = await hub.create_session(f"Session {number}")
            mine.append(session.id)
            async with hub.publisher(session.id) as publisher:
                for n in range(100):
                    await publisher.send("x.n", {"n": n, "text": "x" * 40})
                    if n % 10 == 0:
                        await publisher.flush()
            await finish(hub, session.id)

        for number in range(4):
            tasks.start_soon(live, number)
        ended: set[str | None] = set()
        while len(mine) < 4 or not ended.issuperset(mine):
            frame = await anext(following)
            frames.append(frame)
            if isinstance(frame, End):
                ended.add(frame.session_id)
        await following.aclose()
    for session_id in mine:
        got = entries(frames, session_id)
        assert [int(str(entry.id).partition("-")[2]) for entry in got] == list(range(1, len(got) + 1))
        assert [entry.data["n"] for entry in got if entry.type == "x.n"] == list(range(100))
    assert proxy.cuts >= 2


@pytest.mark.parametrize("seed", [1, 2])
async def test_publishing_through_cut_answers_makes_no_duplicates_and_keeps_the_order(
    hub_server: HubServer, key: str, cutting: Cutting, seed: int
) -> None:
    async with (
        Hub(hub_server.url, key) as hub,
        cutting(hub_server.url, seed=seed, least=1, most=3_000) as proxy,
        Hub(proxy.url, key) as cut,
    ):
        session = await hub.create_session("Cut")
        async with cut.publisher(session.id) as publisher:
            receipts = []
            for n in range(200):
                receipts.append(await publisher.send("x.n", {"n": n}))
                if n % 5 == 0:
                    await publisher.flush()
        answers = [await receipt for receipt in receipts]
        await finish(hub, session.id)
        frames = [frame async for frame in hub.follow(session.id, after="0-0")]
        got = [entry for entry in entries(frames) if entry.type == "x.n"]
    assert [entry.data["n"] for entry in got] == list(range(200))
    assert [entry.id for entry in got] == [answer.id for answer in answers]
    assert proxy.cuts >= 3
    assert any(answer.duplicate for answer in answers)


async def test_a_bad_event_among_good_ones_is_refused_alone(hub_server: HubServer, key: str) -> None:
    async with Hub(hub_server.url, key) as hub:
        session = await hub.create_session("Mixed")
        async with hub.publisher(session.id) as publisher:
            receipts = []
            for n in range(50):
                kind = {10: "nope.n", 20: "session.created", 30: "not a type"}.get(n, "x.n")
                receipts.append(await publisher.send(kind, {"n": n}))
            await publisher.flush()
            problems = {n: receipt.problem for n, receipt in enumerate(receipts) if receipt.problem}
        assert {n: getattr(problem, "code", None) for n, problem in problems.items()} == {
            10: "unknown_type",
            20: "reserved_type",
            30: "invalid_field",
        }
        await finish(hub, session.id)
        frames = [frame async for frame in hub.follow(session.id, after="0-0")]
        got = [entry.data["n"] for entry in entries(frames) if entry.type == "x.n"]
        assert got == [n for n in range(50) if n not in (10, 20, 30)]


async def test_a_session_stopped_under_a_publisher_refuses_chat(hub_server: HubServer, key: str) -> None:
    async with Hub(hub_server.url, key) as hub:
        session = await hub.create_session("Stopped")
        await hub.stop(session.id)
        async with hub.publisher(session.id) as publisher:
            chat = await publisher.send("chat.message", {"message_id": "m", "text": "late"})
            note = await publisher.send("x.n", {"n": 1})
            assert (await note).id
            with pytest.raises(HubRefused, match="session_ended"):
                await chat


async def test_sessions_are_asked_for(hub_server: HubServer) -> None:
    async with Hub(hub_server.url, hub_server.make_key("client-lists")) as hub:
        topic = await hub.topics.create("Sales", language="de")
        wanted = await hub.create_session("Weekly sync", meeting_id="weekly", topic_id=topic.id)
        for number in range(3):
            await hub.create_session(f"Other {number}")

        async def found(**query: Any) -> list[str]:
            return [session.id async for session in hub.sessions(**query)]

        assert await found(search="SYNC", live=True) == [wanted.id]
        assert await found(status=["initializing", "joining"], meeting_id="weekly") == [wanted.id]
        assert await found(topic_id=topic.id, created_before=date(2999, 1, 1), live=None) == [wanted.id]
        assert await found(created_after=datetime(2999, 1, 1, tzinfo=UTC)) == []
        assert len(await found(order="asc", limit=1)) == 4
        page = await hub.session_page(page=2, size=3, sort="created")
        assert (page.count, [session.id for session in page.data]) == (4, [wanted.id])
        with pytest.raises(HubRefused, match="status"):
            await found(status="gone")


async def test_meetings_and_topics(hub_server: HubServer) -> None:
    async with Hub(hub_server.url, hub_server.make_key("client-directory")) as hub:
        meeting = await hub.meetings.put("weekly", title="Weekly", source="calendar")
        assert (meeting.number, meeting.title, meeting.metadata_version) == (1, "Weekly", 1)
        assert await hub.meetings.get("weekly") == meeting
        assert [one async for one in hub.meetings.all()] == [meeting]
        topics = [await hub.topics.create(f"T{number}") for number in range(3)]
        changed = await hub.topics.update(topics[1].id, name="Sales", alias=None)
        assert (changed.name, changed.number) == ("Sales", 2)
        await hub.topics.delete(topics[0].id)
        assert [one async for one in hub.topics.all()] == [topics[2], await hub.topics.get(topics[1].id)]
        with pytest.raises(HubRefused, match="topic"):
            await hub.topics.get(topics[0].id)


async def test_analytics(hub_server: HubServer) -> None:
    async with Hub(hub_server.url, hub_server.make_key("client-analytics")) as hub:
        first, second = [await hub.create_session(f"T{number}", meeting_id="weekly") for number in range(2)]
        await hub.create_session("Other")
        await hub.stop(first.id)
        summary = await hub.analytics.summary(meeting_id="weekly")
        assert (summary.sessions, summary.live, summary.failed) == (2, 1, 1)
        assert [one.id async for one in hub.analytics.active(meeting_id="weekly")] == [second.id]
        day = datetime.fromisoformat(first.created_at).date()
        (trend,) = (await hub.analytics.trends("month", day, day, search="T1")).data
        assert (trend.sessions, trend.first_day, trend.period) == (1, day.isoformat(), f"{day:%Y-%m}")
        assert len((await hub.analytics.trends()).data) == 30
        assert (await hub.analytics.durations()).count == 0
        kinds = (await hub.analytics.statuses("type", live=True)).parts
        assert [(kind.value, kind.count) for kind in kinds if kind.count] == [("meeting", 2)]
        assert (await hub.analytics.talk_time(session_id=first.id)).count == 0
        with pytest.raises(HubRefused, match="granularity"):
            await hub.analytics.trends("year")
