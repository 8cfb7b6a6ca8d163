"""Following, against a socket that plays a part."""

import itertools
import json
from collections.abc import Callable, Iterable
from typing import Any, cast

import anyio
import pytest

from hub.client.backoff import Backoff
from hub.client.errors import HubDisconnected, HubRefused, HubUnavailable, disconnected
from hub.client.follow import FEED, Following
from hub.client.frames import Bookmark, Disconnect, Entry, Frame
from hub.client.socket import Socket

pytestmark = pytest.mark.anyio

Message = dict[str, Any] | Exception


class Play:
    """Sockets one after the other; each answers a subscription with what its act says."""

    def __init__(self, *acts: Callable[[dict[str, Any]], Iterable[Message]]) -> None:
        self.acts = list(acts)
        self.asked: list[dict[str, Any]] = []
        self.open = 0
        self.live: list[str] = []

    async def dial(self) -> Socket:
        if not self.acts:
            raise HubUnavailable("nobody there")
        self.open += 1
        return cast("Socket", Stand(self, self.acts.pop(0)))

    async def live_sessions(self) -> list[str]:
        return self.live

    def following(self, session_id: str | None = None, **options: Any) -> Following:
        given = {"channels": None, "after": None, "partials": "all", "level": "debug", "patience": None}
        backoff = Backoff(first=0.001, most=0.001)
        return Following(
            self.dial, self.live_sessions, session_id=session_id, backoff=backoff, **(given | options)
        )


class Stand:
    def __init__(self, play: Play, act: Callable[[dict[str, Any]], Iterable[Message]]) -> None:
        self.play, self.act = play, act
        self.messages: list[Message] = []

    async def send(self, operation: dict[str, Any]) -> None:
        self.play.asked.append(operation)
        answers = list(self.act(operation))
        if not answers or not (isinstance(answers[0], dict) and answers[0]["type"] == "reply"):
            self.messages.append({"type": "reply", "ref": operation["ref"], "ok": True})
        self.messages += answers

    async def receive(self) -> tuple[str, dict[str, Any]]:
        if not self.messages:
            await anyio.sleep_forever()
        message = self.messages.pop(0)
        if isinstance(message, Exception):
            raise message
        return json.dumps(message), message

    async def aclose(self) -> None:
        self.play.open -= 1


def entry(number: int, session_id: str = "ses_a", **fields: Any) -> dict[str, Any]:
    made = {"type": "x.n", "id": f"5-{number}", "session_id": session_id, "at": "t", "data": {"n": number}}
    return made | fields


def control(kind: str, number: int, session_id: str | None = "ses_a", **data: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"type": kind, "id": f"5-{number}", "data": data}
    return made | ({"feed": True} if session_id is None else {"session_id": session_id})


LOST = HubUnavailable("broken off")


async def seen(following: Following) -> list[str]:
    return [f"{frame.type} {frame.id}" async for frame in following if not isinstance(frame, Disconnect)]


async def test_a_session_is_followed_from_a_snapshot_to_its_end() -> None:
    play = Play(
        lambda _: [
            control("snapshot", 1),
            control("bookmark", 1),
            entry(2),
            control("end", 2, reason="sealed"),
        ]
    )
    assert await seen(play.following("ses_a")) == ["snapshot 5-1", "bookmark 5-1", "x.n 5-2", "end 5-2"]
    subscribed = {"op": "subscribe", "ref": 1, "session_id": "ses_a", "partials": "all", "level": "debug"}
    assert play.asked == [subscribed]
    assert play.open == 0


async def test_what_is_asked_for_is_passed_on() -> None:
    play = Play(lambda _: [control("end", 2, reason="sealed")])
    await seen(play.following("ses_a", channels=["chat"], after="5-1", partials="none", level="warning"))
    assert play.asked == [
        {
            "op": "subscribe",
            "ref": 1,
            "after": "5-1",
            "session_id": "ses_a",
            "partials": "none",
            "level": "warning",
            "channels": ["chat"],
        }
    ]


async def test_it_is_played_at_its_speed_until_it_has_caught_up() -> None:
    waiting = control("bookmark", 2, playing=True)
    play = Play(
        lambda _: [entry(1), entry(2), waiting, waiting, LOST],
        lambda _: [entry(3), control("bookmark", 3), LOST],
        lambda _: [entry(4), control("end", 4, reason="sealed")],
    )
    frames = [frame async for frame in play.following("ses_a", after="0-0", speed=8)]
    assert [frame.id for frame in frames if isinstance(frame, Entry)] == ["5-1", "5-2", "5-3", "5-4"]
    assert [frame.playing for frame in frames if isinstance(frame, Bookmark)] == [True, True, False]
    asked = [(operation["after"], operation.get("speed")) for operation in play.asked]
    assert asked == [("0-0", 8), ("5-2", 8), ("5-3", None)]


async def test_after_a_loss_it_goes_on_from_its_cursor_and_repeats_nothing() -> None:
    play = Play(
        lambda _: [control("snapshot", 1), entry(2), entry(3), LOST],
        lambda _: [entry(3), entry(4), control("bookmark", 6), LOST],
        lambda _: [entry(7), control("end", 7, reason="sealed")],
    )
    frames = [frame async for frame in play.following("ses_a")]
    assert [frame.id for frame in frames if "." in frame.type] == ["5-2", "5-3", "5-4", "5-7"]
    assert [operation.get("after") for operation in play.asked] == [None, "5-3", "5-6"]
    lost = [frame for frame in frames if isinstance(frame, Disconnect)]
    assert [frame.code for frame in lost] == ["connection_lost", "connection_lost"]


async def test_a_reset_is_passed_on_and_gone_on_from() -> None:
    reset = control("reset", 9, reason="trimmed", snapshot={})
    play = Play(
        lambda _: [entry(2), reset, LOST],
        lambda _: [entry(10), control("end", 10, reason="sealed")],
    )
    assert await seen(play.following("ses_a", after="5-1")) == [
        "x.n 5-2",
        "reset 5-9",
        "x.n 5-10",
        "end 5-10",
    ]
    assert play.asked[1]["after"] == "5-9"


async def test_the_hubs_own_disconnect_is_told_once() -> None:
    said = {
        "type": "disconnect",
        "data": {"code": "draining", "message": "m", "reconnect": True, "retry_ms": 2},
    }
    play = Play(lambda _: [said, LOST], lambda _: [control("end", 1, reason="sealed")])
    frames = [frame async for frame in play.following("ses_a")]
    assert [frame.code for frame in frames if isinstance(frame, Disconnect)] == ["draining"]


STAY_AWAY = {"code": "revoked", "message": "The API key was revoked.", "reconnect": False, "retry_ms": 0}


@pytest.mark.parametrize(
    "said", [disconnected(4501, ""), {"type": "disconnect", "data": STAY_AWAY}], ids=["close", "frame"]
)
async def test_to_be_told_to_stay_away_is_an_exception_with_its_reason(said: Message) -> None:
    play = Play(lambda _: [entry(1), said])
    following = play.following("ses_a")
    assert (await anext(following)).id == "5-1"
    with pytest.raises(HubDisconnected, match=r"revoked: The API key was revoked\."):
        await anext(following)
    assert play.open == 0
    with pytest.raises(StopAsyncIteration):
        await anext(following)


def refusal(operation: dict[str, Any], code: str) -> dict[str, Any]:
    error = {"code": code, "message": "No.", "details": {}, "trace_id": "t"}
    return {"type": "reply", "ref": operation["ref"], "ok": False, "error": error}


async def test_a_session_that_is_not_there_is_refused() -> None:
    play = Play(lambda operation: [refusal(operation, "session_not_found")])
    with pytest.raises(HubRefused, match="session_not_found"):
        await anext(play.following("ses_a"))


async def test_a_subscription_that_fails_for_the_hubs_fault_is_tried_again_on_the_same_socket() -> None:
    def act(operation: dict[str, Any]) -> list[Message]:
        if operation["ref"] == 1:
            return [refusal(operation, "store_unavailable")]
        return [control("end", 1, reason="sealed")]

    play = Play(act)
    assert await seen(play.following("ses_a", after="5-0")) == ["end 5-1"]
    assert [operation["after"] for operation in play.asked] == ["5-0", "5-0"]


async def test_a_subscription_that_the_hub_cuts_is_taken_up_again_from_its_cursor() -> None:
    cut = control("disconnect", 2, code="store_unavailable", message="m", reconnect=True, retry_ms=1)

    def act(operation: dict[str, Any]) -> list[Message]:
        if operation["ref"] == 1:
            return [entry(2), cut]
        return [entry(2), entry(3), control("end", 3, reason="sealed")]

    play = Play(act)
    assert await seen(play.following("ses_a", after="5-1")) == ["x.n 5-2", "x.n 5-3", "end 5-3"]
    assert play.asked[1]["after"] == "5-2"


async def test_patience_ends() -> None:
    with pytest.raises(HubUnavailable, match="nobody there"):
        await anext(Play().following("ses_a", patience=0))
    play = Play(lambda _: [entry(1), LOST])
    following = play.following("ses_a", patience=0)
    assert (await anext(following)).id == "5-1"
    with pytest.raises(HubUnavailable, match="broken off"):
        await anext(following)


async def test_patience_begins_anew_with_every_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = itertools.count()
    monkeypatch.setattr("hub.client.follow.time.monotonic", lambda: next(seconds))
    numbers = itertools.count(1)
    play = Play(
        *[lambda _: [entry(next(numbers)), LOST]] * 50, lambda _: [control("end", 51, reason="sealed")]
    )
    frames = [frame async for frame in play.following("ses_a", after="5-0", patience=20)]
    assert [frame.id for frame in frames if isinstance(frame, Entry)] == [f"5-{n}" for n in range(1, 51)]
    assert next(seconds) > 50


async def test_waiting_for_a_frame_can_be_given_up_and_taken_up_again() -> None:
    play = Play(lambda _: [entry(1)])
    following = play.following("ses_a", after="5-0")
    assert (await anext(following)).id == "5-1"
    with anyio.move_on_after(0.01) as scope:
        await anext(following)
    assert scope.cancelled_caught
    assert len(play.asked) == 1
    await following.aclose()
    with pytest.raises(StopAsyncIteration):
        await anext(following)


def organization(sessions: dict[str, list[Message]], feed: list[Message]) -> Callable[..., list[Message]]:
    def act(operation: dict[str, Any]) -> list[Message]:
        return sessions[operation["session_id"]] if "session_id" in operation else feed

    return act


async def take(following: Following, count: int) -> list[Frame]:
    return [await anext(following) for _ in range(count)]


async def test_an_organization_is_its_feed_and_every_session_that_appears_in_it() -> None:
    feed = [
        control("snapshot", 1, None, sessions=[{"id": "ses_a"}], truncated=False),
        entry(2, "ses_b", type="session.created", feed=True),
        entry(3, "ses_b", type="session.status_changed", feed=True, data={"status": "active"}),
    ]
    play = Play(
        organization({"ses_a": [control("snapshot", 7)], "ses_b": [entry(1, "ses_b")]}, feed), lambda _: []
    )
    following = play.following()
    frames = await take(following, 5)
    assert {(frame.session_id, frame.id) for frame in frames if not frame.feed} == {
        ("ses_a", "5-7"),
        ("ses_b", "5-1"),
    }
    asked = {operation.get("session_id", FEED): operation.get("after") for operation in play.asked}
    assert asked == {FEED: None, "ses_a": None, "ses_b": "0-0"}
    assert following.cursors == {FEED: "5-3", "ses_a": "5-7", "ses_b": "5-1"}


async def test_after_a_loss_every_subscription_goes_on_from_its_own_cursor() -> None:
    feed = [control("snapshot", 1, None, sessions=[{"id": "ses_a"}], truncated=False)]
    play = Play(
        organization({"ses_a": [control("snapshot", 7), entry(8), LOST]}, feed),
        organization({"ses_a": [entry(9)]}, []),
    )
    frames = await take(play.following(), 5)
    assert [frame.id for frame in frames if not isinstance(frame, Disconnect)] == ["5-1", "5-7", "5-8", "5-9"]
    assert [operation.get("after") for operation in play.asked[2:]] == ["5-1", "5-8"]


async def test_a_session_that_ended_is_not_followed_again() -> None:
    feed = [
        control("snapshot", 1, None, sessions=[{"id": "ses_a"}], truncated=False),
        entry(2, "ses_b", type="session.created", feed=True),
    ]
    late = entry(3, "ses_a", type="session.status_changed", feed=True, data={"status": "active"})
    sessions = {
        "ses_a": [control("snapshot", 7), control("end", 7, reason="sealed"), late, LOST],
        "ses_b": [entry(1, "ses_b")],
    }
    play = Play(organization(sessions, feed), organization({"ses_b": [entry(2, "ses_b")]}, []))
    frames = await take(play.following(), 7)
    assert (frames[-1].session_id, frames[-1].id) == ("ses_b", "5-2")
    asked = [operation.get("session_id") for operation in play.asked]
    assert asked.count("ses_a") == 1
    assert asked.count("ses_b") == 2


async def test_a_session_of_the_organization_that_is_gone_is_told_and_left() -> None:
    feed = [entry(2, "ses_b", type="session.created", feed=True), control("bookmark", 2, None)]

    def act(operation: dict[str, Any]) -> list[Message]:
        return feed if "session_id" not in operation else [refusal(operation, "session_not_found")]

    following = Play(act).following(after="0-0")
    frames = await take(following, 3)
    gone = frames[-1]
    assert isinstance(gone, Disconnect)
    assert (gone.code, gone.session_id, gone.reconnect) == ("session_not_found", "ses_b", False)
    assert following.cursors == {FEED: "5-2"}


@pytest.mark.parametrize("resumed", [True, False])
async def test_live_sessions_that_the_feed_does_not_name_are_listed(resumed: bool) -> None:
    feed: list[Message] = [control("bookmark", 4, None)]
    if not resumed:
        feed.insert(0, control("snapshot", 4, None, sessions=[], truncated=True))
    play = Play(organization({"ses_z": [control("snapshot", 7, "ses_z")]}, feed))
    play.live = ["ses_z"]
    frames = await take(play.following(after="5-1" if resumed else None), 2 if resumed else 3)
    assert (frames[-1].type, frames[-1].session_id) == ("snapshot", "ses_z")


async def test_cursors_of_an_earlier_one_are_gone_on_from() -> None:
    play = Play(organization({"ses_a": [entry(9)]}, [entry(4, "ses_a", type="session.counts", feed=True)]))
    await take(play.following(after={FEED: "5-3", "ses_a": "5-8"}), 2)
    assert {operation.get("session_id", FEED): operation["after"] for operation in play.asked} == {
        FEED: "5-3",
        "ses_a": "5-8",
    }
