"""What only the WebSocket has: many sessions, publishing and credentials on one socket, and bad messages."""

import asyncio
import json
from typing import Any

import pytest
import websockets
from contract.streaming.followers import SocketFollower, ids
from contract.streaming.stage import Stage, custom, joined, message, on_stage, segment
from servers import HubServer

pytestmark = pytest.mark.anyio


async def closed_with(socket: SocketFollower) -> tuple[list[str], int | None]:
    """The codes of the `disconnect` frames that came before the end, and the close code."""
    frames = await socket.over()
    return [frame["data"]["code"] for frame in frames if frame["type"] == "disconnect"], socket.close_code


async def test_the_reply_comes_before_the_first_frame(stage: Stage) -> None:
    session_id = await stage.create()
    socket = await stage.socket()
    await stage.subscribe(socket, session_id)
    await socket.until("bookmark")
    assert [message["type"] for message in socket.messages] == ["reply", "snapshot", "bookmark"]
    assert socket.connection.subprotocol == "hub.v1"


async def test_many_sessions_on_one_socket(stage: Stage) -> None:
    sessions = [await stage.create() for _ in range(40)]
    socket = await stage.socket()
    refs = [await socket.send(op="subscribe", session_id=session_id) for session_id in sessions]
    for ref in refs:
        assert (await socket.reply(ref))["ok"]
    await asyncio.gather(
        *(stage.publish(session_id, joined("ada"), message(1), custom(1)) for session_id in sessions)
    )
    for session_id in sessions:
        last = stage.stored(session_id)[-1]["id"]
        own = await socket.wait(
            lambda session_id=session_id, last=last: (
                [frame for frame in socket.frames if frame["session_id"] == session_id][-1]["id"] == last
                and [frame for frame in socket.frames if frame["session_id"] == session_id]
            ),
            f"all of {session_id}",
        )
        assert own[0]["type"] == "snapshot"
        assert ids(own) == stage.wanted(session_id, own[0]["id"])


async def test_the_feed_and_a_session_on_one_socket(stage: Stage) -> None:
    socket = await stage.socket()
    await stage.subscribe(socket, None)
    await socket.until("bookmark")
    session_id = await stage.create()
    created = (await socket.until("session.created"))[-1]
    assert (created["feed"], created["session_id"]) == (True, session_id)
    await stage.subscribe(socket, session_id)
    await socket.until("snapshot")
    await socket.done(op="unsubscribe")
    assert await socket.refused(op="unsubscribe") == "not_subscribed"


async def test_a_second_subscribe_replaces_the_channels(stage: Stage) -> None:
    session_id = await stage.create()
    socket = await stage.socket()
    await stage.subscribe(socket, session_id, channels=["chat"])
    await socket.until("bookmark")
    [_, chat] = await stage.publish(session_id, custom(1), message(1))
    assert ids(await socket.reach(chat)) == [chat]
    # From a cursor of its own: what the first one left out comes too.
    await stage.subscribe(socket, session_id, channels=["custom"], after="0-0")
    [told] = stage.wanted(session_id, channels=["custom"])
    # A bookmark of the first one may have come before.
    assert ids(await socket.reach(told)) == [told]
    await socket.until("bookmark")
    [_, last] = await stage.publish(session_id, message(2), custom(2))
    assert ids(await socket.reach(last)) == [last]
    assert (await socket.done(op="unsubscribe", session_id=session_id))["ok"]
    assert await socket.refused(op="unsubscribe", session_id=session_id) == "not_subscribed"


async def test_replacing_while_entries_come_doubles_none(stage: Stage) -> None:
    session_id = await stage.create()
    socket = await stage.socket()
    await stage.subscribe(socket, session_id)
    for number in range(30):
        publishing = asyncio.create_task(stage.publish(session_id, custom(number), message(number)))
        before = len(socket.frames)
        # The reply divides: what comes after it is of the new subscription.
        await stage.subscribe(socket, session_id, after="0-0", channels=["custom"])
        divided = socket.messages.index(
            next(m for m in reversed(socket.messages) if m["type"] == "reply"), before
        )
        [first, _] = await publishing
        await socket.reach(first)
        new = [m for m in socket.messages[divided:] if m["type"] != "reply"]
        assert ids(new) == stage.wanted(session_id, channels=["custom"])


async def test_nothing_comes_after_unsubscribe(stage: Stage) -> None:
    gone, kept = await stage.create(), await stage.create()
    socket = await stage.socket()
    for session_id in (gone, kept):
        await stage.subscribe(socket, session_id)
        await socket.until("bookmark")
    await socket.done(op="unsubscribe", session_id=gone)
    replied = len(socket.frames)
    await stage.publish(gone, custom(1))
    [last] = await stage.publish(kept, custom(2))
    await socket.reach(last)
    assert {frame["session_id"] for frame in socket.frames[replied:]} == {kept}


async def test_publishing_keeps_its_order_and_is_answered_by_ref(stage: Stage) -> None:
    session_id = await stage.create()
    socket = await stage.socket()
    refs = [
        # More than may be in flight at once.
        await socket.send(op="publish", session_id=session_id, events=[custom(n, half=h) for h in (0, 1)])
        for n in range(150)
    ]
    told = [entry["id"] for ref in refs for entry in (await socket.reply(ref))["entries"]]
    stored = [entry for entry in stage.stored(session_id) if entry["type"] == "x.number"]
    assert [entry["id"] for entry in stored] == told
    assert [(entry["data"]["number"], entry["data"]["half"]) for entry in stored] == [
        (n, h) for n in range(150) for h in (0, 1)
    ]


async def test_publishing_is_idempotent_over_both_ways_in(stage: Stage) -> None:
    session_id = await stage.create()
    event = custom(1) | {"idempotency_key": "once"}
    [over_http] = await stage.publish(session_id, event)
    socket = await stage.socket()
    reply = await socket.done(op="publish", session_id=session_id, events=[event])
    assert reply["entries"] == [{"id": over_http, "duplicate": True}]


REFUSED: dict[str, tuple[dict[str, Any], str, dict[str, Any]]] = {
    "type": ({"events": [custom(1), {"type": "no.such", "data": {}}]}, "unknown_type", {"index": 1}),
    "reserved": ({"events": [{"type": "session.sealed", "data": {}}]}, "reserved_type", {}),
    "field": ({"events": [segment("a") | {"data": {}}]}, "invalid_field", {}),
    "many": ({"events": [custom(n) for n in range(501)]}, "too_many_events", {}),
    "session": ({"session_id": "ses_0", "events": [custom(1)]}, "session_not_found", {}),
    "session id": ({"session_id": "{a}\r\n", "events": [custom(1)]}, "session_not_found", {}),
}


@pytest.mark.parametrize("what", REFUSED)
async def test_a_refused_publish_names_its_error_and_keeps_nothing(stage: Stage, what: str) -> None:
    session_id = await stage.create()
    operation, code, details = REFUSED[what]
    socket = await stage.socket()
    reply = await socket.ask(**({"op": "publish", "session_id": session_id} | operation))
    assert (reply["ok"], reply["error"]["code"]) == (False, code)
    assert details.items() <= reply["error"]["details"].items()
    assert len(stage.stored(session_id)) == 1
    assert (await socket.done(op="ping"))["ok"]


async def test_scopes_hold_on_the_socket(stage: Stage) -> None:
    session_id = await stage.create()
    reader = await stage.socket(credential=stage.hub.make_key(stage.organization, "subscribe"))
    assert await reader.refused(op="publish", session_id=session_id, events=[custom(1)]) == "missing_scope"
    await stage.subscribe(reader, session_id)
    writer = await stage.socket(credential=stage.hub.make_key(stage.organization, "publish"))
    assert await writer.refused(op="subscribe", session_id=session_id) == "missing_scope"
    await writer.done(op="publish", session_id=session_id, events=[custom(1)])


async def test_another_organization_sees_nothing(stage: Stage, quick_hub: HubServer) -> None:
    session_id = await stage.create()
    async with on_stage(quick_hub, stage.redis) as other:
        socket = await other.socket()
        assert await socket.refused(op="subscribe", session_id=session_id) == "session_not_found"
        events = [custom(1)]
        assert await socket.refused(op="publish", session_id=session_id, events=events) == "session_not_found"
        # Nor may a socket change its organization.
        assert await socket.refused(op="auth", token=stage.key) == "invalid_credential"


async def test_a_socket_says_later_who_it_is(stage: Stage) -> None:
    session_id = await stage.create()
    socket = await stage.socket(credential=None)
    for operation in (
        {"op": "subscribe", "session_id": session_id},
        {"op": "unsubscribe", "session_id": session_id},
        {"op": "publish", "session_id": session_id, "events": [custom(1)]},
    ):
        assert await socket.refused(**operation) == "missing_credential"
    for token in ("", "sk_a_b", "st_a.b", "sk_bootstrap_x", "Bearer", stage.key + "x"):
        assert await socket.refused(op="auth", token=token) == "invalid_credential"
    assert await socket.refused(op="auth", token=await stage.token(session_id, seconds=-1)) == "token_expired"
    await socket.done(op="auth", token=stage.key)
    await stage.subscribe(socket, session_id)
    await socket.until("bookmark")


async def test_a_stream_token_opens_its_session_and_nothing_else(stage: Stage) -> None:
    mine, other = await stage.create(), await stage.create()
    made = await stage.post("/v1/tokens", {"session_id": mine, "channels": ["chat"]})
    socket = await stage.socket(credential=None)
    await socket.done(op="auth", token=made["token"])
    assert await socket.refused(op="subscribe", session_id=other) == "session_not_found"
    assert await socket.refused(op="subscribe") == "missing_scope"
    assert await socket.refused(op="subscribe", session_id=mine, channels=["logs"]) == "missing_scope"
    assert await socket.refused(op="publish", session_id=mine, events=[message(1)]) == "missing_scope"
    await stage.subscribe(socket, mine)
    await socket.until("bookmark")
    [_, chat] = await stage.publish(mine, custom(1), message(1))
    assert ids(await socket.reach(chat)) == [chat]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "invalid_json"),
        ("", "invalid_json"),
        ("\x00", "invalid_json"),
        ("[" * 10_000, "invalid_field"),
        (
            '{"op":"publish","session_id":"s","events":[{"type":"x.a","data":' + '{"a":' * 5_000,
            "invalid_json",
        ),
        ("[1]", "invalid_field"),
        ("7", "invalid_field"),
        ('{"ref": 3}', "unknown_operation"),
        ('{"ref": 3, "op": "explode"}', "unknown_operation"),
        ('{"ref": 3, "op": 7}', "unknown_operation"),
        ('{"ref": 3, "op": "publish", "events": []}', "invalid_field"),
        ('{"ref": 3, "op": "publish", "session_id": "s", "events": {}}', "invalid_field"),
        ('{"ref": 3, "op": "subscribe", "channels": ["nowhere"]}', "invalid_field"),
        ('{"ref": 3, "op": "ping", "more": 1}', "invalid_field"),
        ('{"ref": 3, "op": "auth"}', "invalid_field"),
    ],
)
async def test_a_bad_message_is_answered(stage: Stage, text: str, code: str) -> None:
    socket = await stage.socket()
    await socket.connection.send(text)
    reply = await socket.reply(3 if text.startswith('{"ref": 3') else None)
    assert (reply["ok"], reply["error"]["code"]) == (False, code)
    # The socket is as good as before.
    await socket.done(op="ping")


async def test_a_binary_message_ends_the_socket(stage: Stage) -> None:
    socket = await stage.socket()
    await socket.connection.send(b"\x00\xff")
    assert await closed_with(socket) == (["protocol_error"], 4503)


async def test_text_that_is_not_utf8_ends_the_socket(stage: Stage) -> None:
    socket = await stage.socket()
    await socket.connection.send(b"\xff\xfe", text=True)
    assert await closed_with(socket) == ([], 1007)


async def test_a_message_that_is_too_large_ends_the_socket(stage: Stage) -> None:
    socket = await stage.socket()
    await socket.connection.send("x" * (1_048_576 + 1))
    assert await closed_with(socket) == ([], 1009)
    # One of just the limit is read.
    socket = await stage.socket()
    text = json.dumps({"op": "ping", "ref": 3})
    await socket.connection.send(text + " " * (1_048_576 - len(text)))
    assert (await socket.reply(3))["ok"]


async def test_bad_sockets_do_not_disturb_a_good_one(stage: Stage) -> None:
    session_id = await stage.create()
    good = await stage.socket()
    await stage.subscribe(good, session_id)
    await good.until("bookmark")
    for bad in (b"\x00", "{", "x" * 1_100_000, "[" * 5_000):
        await (await stage.socket()).connection.send(bad)
    [entry_id] = await stage.publish(session_id, custom(1))
    await good.reach(entry_id)
    await good.done(op="ping")


@pytest.mark.parametrize("token", ["sk_a_b", "st_a.b", "x"])
async def test_a_bad_credential_at_the_handshake(stage: Stage, token: str) -> None:
    socket = await stage.socket(credential=token)
    assert await closed_with(socket) == (["invalid_credential"], 4500)


async def test_a_handshake_with_another_subprotocol_or_origin_is_refused(stage: Stage) -> None:
    with pytest.raises(websockets.InvalidStatus) as raised:
        await stage.socket(subprotocols=["graphql-ws"])
    assert raised.value.response.status_code == 403
    for origin in ("https://evil.example", "http://[", "null"):
        with pytest.raises(websockets.InvalidStatus) as raised:
            await stage.socket(origin=origin)
    assert raised.value.response.status_code == 403
    own = await stage.socket(origin=stage.hub.url)
    await own.done(op="ping")
    # A program that offers none is served as well.
    bare = await stage.socket(subprotocols=None)
    await bare.done(op="ping")
    assert bare.connection.subprotocol is None
