"""Bots of the client against a real hub."""

import anyio
import pytest
from client.working import Recorder, ended, entries, seamless, until, working
from servers import HubServer

from hub.client import Assignment, Bot, Hub, HubRefused, HubUnavailable, LeaseLost
from schemas.bots import LEASE_HEADER

pytestmark = pytest.mark.anyio


async def forever(assignment: Assignment) -> None:
    await assignment.status("joining")
    await assignment.status("active")
    with assignment.until_stopped():
        await anyio.sleep_forever()


async def whole(assignment: Assignment) -> None:
    for status in ("joining", "active", "leaving", "completed"):
        await assignment.status(status)


def give_back(hub_server: HubServer, key: str, assignment: Assignment) -> None:
    """Take the session away from the bot, by its own lease."""
    with hub_server.client(key) as api:
        answer = api.post(
            f"/v1/sessions/{assignment.id}/release", headers={LEASE_HEADER: str(assignment.lease)}, json={}
        )
        answer.raise_for_status()


def test_a_bot_without_anything_to_do_is_refused() -> None:
    with pytest.raises(TypeError, match="on_assign"):
        Bot("http://127.0.0.1:9", "k")


async def test_it_is_given_a_session_and_ends_it(hub_server: HubServer, key: str) -> None:
    told = Recorder(whole)
    async with Hub(hub_server.url, key) as hub, working(Bot(hub_server.url, key, told, name="Ann")):
        created = await hub.create_session("Weekly", dispatch={"note": "be kind"})
        session = await ended(hub, created.id)
    assert session.status == "completed"
    assert [step.status for step in session.status_history] == [
        "initializing",
        "joining",
        "active",
        "leaving",
        "completed",
    ]
    (assignment,) = told.given
    assert (assignment.lease, assignment.file_url) == (1, None)
    assert (assignment.session.title, assignment.session.status) == ("Weekly", "initializing")
    assert assignment.session.dispatch is not None
    assert assignment.session.dispatch.note == "be kind"
    assert assignment.ended


async def test_what_comes_after_the_end_is_taken_too(hub_server: HubServer, key: str) -> None:
    async def work(assignment: Assignment) -> None:
        await whole(assignment)
        late = {"segment_id": "s", "final": True, "text": "Late.", "start": 0.0, "end": 1.0}
        await (await assignment.send("transcript.segment", late))
        await (await assignment.send("recording.updated", {"state": "ready"}))
        await assignment.publisher.flush()

    told = Recorder(work)
    async with Hub(hub_server.url, key) as hub, working(Bot(hub_server.url, key, told)):
        created = await hub.create_session(dispatch={})
        await ended(hub, created.id)

        async def done() -> bool:
            return bool(told.done)

        await until(done, "on_assign returns")
        session = await hub.session(created.id)
        assert session.segment_count == 1
        assert session.artifacts.recording is not None


async def test_much_at_once_is_kept_in_order(hub_server: HubServer, key: str) -> None:
    async def work(assignment: Assignment) -> None:
        await assignment.status("joining")
        await assignment.status("active")
        for number in range(60):
            await assignment.send("x.much", {"number": number, "text": "a" * 50_000})
        await assignment.status("completed")

    async with Hub(hub_server.url, key) as hub, working(Bot(hub_server.url, key, work)):
        created = await hub.create_session(dispatch={})
        await ended(hub, created.id)
        await hub.seal(created.id)
        found = await entries(hub, created.id)
    assert seamless(found)
    assert [entry.data["number"] for entry in found if entry.type == "x.much"] == list(range(60))


async def test_what_it_does_is_told_by_heartbeats(hub_server: HubServer, key: str) -> None:
    async def work(assignment: Assignment) -> None:
        assignment.state, assignment.health = "knocking", "poor"
        await forever(assignment)

    async with Hub(hub_server.url, key) as hub, working(Bot(hub_server.url, key, work)):
        created = await hub.create_session(dispatch={})

        async def shown() -> bool:
            session = await hub.session(created.id)
            return (session.bot_state, session.bot_health) == ("knocking", "poor")

        await until(shown, "the state is shown")


async def test_heartbeats_keep_a_lease_for_longer_than_it_lasts(
    short_leases: HubServer, short_key: str
) -> None:
    told = Recorder(forever)
    async with Hub(short_leases.url, short_key) as hub, working(Bot(short_leases.url, short_key, told)):
        created = await hub.create_session(dispatch={})
        assignment = await told.first()
        assert assignment.lease_seconds == 3
        await anyio.sleep(5)
        session = await hub.session(created.id)
        assert (session.status, len(told.given), assignment.lost) == ("active", 1, False)
        await hub.stop(created.id)
        await ended(hub, created.id)


async def test_a_stop_ends_what_is_done_and_the_session_as_it_says(hub_server: HubServer, key: str) -> None:
    told = Recorder(forever)
    async with Hub(hub_server.url, key) as hub, working(Bot(hub_server.url, key, told)):
        created = await hub.create_session(dispatch={})
        assignment = await told.first()
        await until(lambda: _status(hub, created.id, "active"), "it is active")
        await hub.stop(created.id, reason="enough")
        session = await ended(hub, created.id)
    assert assignment.stop is not None
    assert (assignment.stop.status, assignment.stop.reason) == ("completed", "enough")
    assert assignment.stop.deadline > session.updated_at
    assert session.status == "completed"
    assert session.end is not None
    assert session.end.reason == "enough"


async def test_a_stop_can_be_waited_for(hub_server: HubServer, key: str) -> None:
    async def work(assignment: Assignment) -> None:
        await assignment.status("joining")
        await assignment.status("active")
        await assignment.stopped.wait()
        await assignment.send("log.entry", {"level": "info", "message": "Saying goodbye"})
        with assignment.until_stopped():
            await anyio.sleep_forever()

    told = Recorder(work)
    async with Hub(hub_server.url, key) as hub, working(Bot(hub_server.url, key, told)):
        created = await hub.create_session(dispatch={})
        await told.first()
        await until(lambda: _status(hub, created.id, "active"), "it is active")
        await hub.stop(created.id)
        assert (await ended(hub, created.id)).log_count == 1


async def test_a_stop_before_the_bot_is_let_in_fails_the_session(hub_server: HubServer, key: str) -> None:
    async def work(assignment: Assignment) -> None:
        await assignment.status("joining")
        with assignment.until_stopped():
            await anyio.sleep_forever()

    told = Recorder(work)
    async with Hub(hub_server.url, key) as hub, working(Bot(hub_server.url, key, told)):
        created = await hub.create_session(dispatch={})
        await told.first()
        await until(lambda: _status(hub, created.id, "joining"), "it joins")
        await hub.stop(created.id)
        assert (await ended(hub, created.id)).status == "failed"


async def test_a_lost_lease_ends_the_work_and_its_publisher_refuses(hub_server: HubServer, key: str) -> None:
    refused: list[LeaseLost] = []

    async def work(assignment: Assignment) -> None:
        try:
            await forever(assignment)
        finally:
            if assignment.lost:
                with anyio.CancelScope(shield=True):
                    try:
                        await assignment.send("x.zombie")
                    except LeaseLost as error:
                        refused.append(error)

    told = Recorder(work)
    async with Hub(hub_server.url, key) as hub, working(Bot(hub_server.url, key, told, slots=2)):
        created = await hub.create_session(dispatch={})
        first = await told.first()
        await until(lambda: _status(hub, created.id, "active"), "it is active")
        give_back(hub_server, key, first)
        second = await told.first(2)
        assert (second.lease, second.id, second.lost) == (2, created.id, False)
        assert first.lost
        assert [error.code for error in refused] == ["lease_lost"]
        await until(lambda: _status(hub, created.id, "active"), "it is active again")
        await hub.stop(created.id)
        await ended(hub, created.id)
        await hub.seal(created.id)
        found = await entries(hub, created.id)
    assert seamless(found)
    assert not [entry for entry in found if entry.type == "x.zombie"]


@pytest.mark.parametrize(("dispatch", "attempts"), [({}, 3), ({"attempts": 2}, 2)])
async def test_what_fails_is_released_and_in_the_end_failed(
    hub_server: HubServer, key: str, dispatch: dict[str, int], attempts: int
) -> None:
    async def work(assignment: Assignment) -> None:
        await assignment.status("joining")
        raise ValueError("no such meeting")

    told = Recorder(work)
    async with Hub(hub_server.url, key) as hub, working(Bot(hub_server.url, key, told)):
        created = await hub.create_session(dispatch=dispatch)
        session = await ended(hub, created.id)
        await hub.seal(created.id)
        found = await entries(hub, created.id)
    assert [assignment.lease for assignment in told.given] == list(range(1, attempts + 1))
    lost = [entry.data.get("reason") for entry in found if entry.type == "bot.lost"]
    assert lost == ["bot_error"] * (attempts - 1)
    assert session.end is not None
    assert (session.status, session.end.code) == ("failed", "BOT_ERROR")
    assert session.end.message == "ValueError: no such meeting"


async def test_work_that_returns_before_the_end_has_failed(hub_server: HubServer, key: str) -> None:
    told = Recorder()
    bot = Bot(hub_server.url, key, told, attempts=1)
    async with Hub(hub_server.url, key) as hub, working(bot):
        created = await hub.create_session(dispatch={})
        session = await ended(hub, created.id)
    assert session.end is not None
    assert (session.status, session.end.code) == ("failed", "BOT_ERROR")
    assert "before the session had ended" in str(session.end.message)


async def test_an_event_that_is_refused_is_an_error_of_the_work(hub_server: HubServer, key: str) -> None:
    async def work(assignment: Assignment) -> None:
        await assignment.status("joining")
        await assignment.send("transcript.segment", {"text": "no id"})

    told = Recorder(work)
    async with Hub(hub_server.url, key) as hub, working(Bot(hub_server.url, key, told, attempts=1)):
        created = await hub.create_session(dispatch={})
        session = await ended(hub, created.id)
    assert session.end is not None
    assert "invalid_field" in str(session.end.message)


async def test_two_bots_share_ten_sessions(hub_server: HubServer, key: str) -> None:
    gate = anyio.Event()

    async def work(assignment: Assignment) -> None:
        await gate.wait()
        await whole(assignment)

    ann, ben = Recorder(work), Recorder(work)
    bots = [Bot(hub_server.url, key, told, slots=5) for told in (ann, ben)]
    async with Hub(hub_server.url, key) as hub, working(*bots):
        created = [(await hub.create_session(dispatch={})).id for _ in range(10)]
        await ann.first(5)
        await ben.first(5)
        gate.set()
        for session_id in created:
            assert (await ended(hub, session_id)).status == "completed"
    assert sorted(given.id for given in [*ann.given, *ben.given]) == sorted(created)


async def test_a_bot_that_ends_hands_over_or_finishes_within_its_grace(
    hub_server: HubServer, key: str
) -> None:
    go = anyio.Event()

    async def work(assignment: Assignment) -> None:
        await assignment.status("joining")
        await assignment.status("active")
        if assignment.session.title == "long":
            await anyio.sleep_forever()
        await go.wait()
        await assignment.status("completed")

    told, other = Recorder(work), Recorder(whole)
    bot = Bot(hub_server.url, key, told, slots=2, grace=1.0)
    async with Hub(hub_server.url, key) as hub:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: bot.run(signals=()))
            long = await hub.create_session("long", dispatch={})
            short = await hub.create_session("short", dispatch={})
            await told.first(2)
            bot.stop()
            late = await hub.create_session("late", dispatch={})
            go.set()
        assert len(told.given) == 2
        assert (await hub.session(short.id)).status == "completed"
        async with working(Bot(hub_server.url, key, other, slots=2)):
            await ended(hub, long.id)
            await ended(hub, late.id)
        await hub.seal(long.id)
        found = await entries(hub, long.id)
    assert sorted((given.id, given.lease) for given in other.given) == sorted([(long.id, 2), (late.id, 1)])
    (lost,) = [entry for entry in found if entry.type == "bot.lost"]
    assert lost.data["reason"] == "handed_over"


async def test_what_is_at_its_end_is_not_handed_over(hub_server: HubServer, key: str) -> None:
    go = anyio.Event()

    async def work(assignment: Assignment) -> None:
        await assignment.status("joining")
        await assignment.status("active")
        await assignment.status("leaving")
        await go.wait()
        await assignment.status("completed")

    told = Recorder(work)
    bot = Bot(hub_server.url, key, told)
    async with Hub(hub_server.url, key) as hub, anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: bot.run(signals=()))
        created = await hub.create_session(dispatch={})
        await until(lambda: _status(hub, created.id, "leaving"), "it leaves")
        bot.stop()
        await anyio.sleep(0.3)
        go.set()
        session = await ended(hub, created.id)
    assert (session.status, session.end and session.end.code) == ("completed", None)


async def test_who_may_not_be_a_bot_is_told_so(hub_server: HubServer) -> None:
    reader = hub_server.make_key("org-reader", "subscribe")
    for key, code in (("sk_no_key", "invalid_credential"), (reader, "missing_scope")):
        with pytest.raises(HubRefused) as raised:
            await Bot(hub_server.url, key, forever).run(signals=())
        assert raised.value.code == code


async def test_a_hub_that_is_away_is_waited_for(own_hub: HubServer) -> None:
    own_hub.kill()
    problems: list[Exception | None] = []

    class Watched(Bot):
        def on_connection(self, problem: Exception | None) -> None:
            problems.append(problem)

    async with working(Watched(own_hub.url, own_hub.key, whole)):

        async def said() -> bool:
            return bool(problems)

        await until(said, "the loss is told")
        await anyio.to_thread.run_sync(own_hub.start)
        async with Hub(own_hub.url, own_hub.key) as hub:
            created = await hub.create_session(dispatch={})
            await ended(hub, created.id)
    assert [type(problem) for problem in problems] == [HubUnavailable, type(None)]


async def _status(hub: Hub, session_id: str, status: str) -> bool:
    return (await hub.session(session_id)).status == status
