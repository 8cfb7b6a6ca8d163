"""How a stream comes to its end: sealed, deleted, revoked, expired."""

import asyncio

import pytest
from contract.streaming.followers import Follower, SocketFollower, Transport, ids
from contract.streaming.stage import Stage, custom, eventually, message

pytestmark = pytest.mark.anyio


async def ended(follower: Follower, reason: str) -> str:
    """The follower must be told of the end, as the last frame; the cursor that is left."""
    if isinstance(follower, SocketFollower):
        # The socket stays: only this subscription is over.
        end = (await follower.until("end"))[-1]
        await follower.done(op="ping")
        assert not follower.is_closed
    else:
        end = (await follower.over())[-1]
        assert follower.failure is None
    assert (end["type"], end["data"]) == ("end", {"reason": reason})
    return end["id"]


async def test_a_seal_ends_every_stream(stage: Stage, transport: Transport) -> None:
    session_id = await stage.create()
    followers = [await stage.caught_up(transport, session_id) for _ in range(5)]
    quiet = await stage.caught_up(transport, session_id, channels=["chat"])
    await stage.post(f"/v1/sessions/{session_id}/stop")
    # Late events are taken after the end, and delivered.
    [late] = await stage.publish(session_id, custom(1))
    await asyncio.gather(*(follower.reach(late) for follower in followers))
    await stage.post(f"/v1/sessions/{session_id}/seal")
    head = stage.stored(session_id)[-1]["id"]
    for follower in followers:
        assert await ended(follower, "sealed") == head
        assert follower.entries[-1]["type"] == "session.sealed"
    assert await ended(quiet, "sealed") == head
    assert not quiet.entries


async def test_who_comes_to_a_sealed_session(stage: Stage, transport: Transport) -> None:
    session_id = await stage.create()
    told = await stage.publish(session_id, custom(1), message(1))
    await stage.end(session_id)
    head = stage.stored(session_id)[-1]["id"]
    fresh = await stage.follow(transport, session_id)
    assert (await fresh.next())["data"] == stage.snapshot_at(session_id, head)
    assert (await fresh.next())["type"] == "bookmark"
    assert await ended(fresh, "sealed") == head
    behind = await stage.follow(transport, session_id, after=told[0])
    assert await ended(behind, "sealed") == head
    assert ids(behind.frames) == stage.wanted(session_id, told[0])
    lost = await stage.follow(transport, session_id, after="nonsense")
    assert (await lost.next())["type"] == "reset"
    assert await ended(lost, "sealed") == head


async def test_who_has_seen_all_of_a_sealed_session(stage: Stage) -> None:
    session_id = await stage.create()
    await stage.end(session_id)
    follower = await stage.sse(session_id, channels=["chat"])
    await follower.over()
    # 204 stops an EventSource, which would come again for ever.
    again = await stage.sse(session_id, after=follower.cursor)
    assert (again.answer.status_code, again.answer.content) == (204, b"")
    by_socket = await stage.socket()
    await stage.subscribe(by_socket, session_id, after=follower.cursor)
    assert [frame["type"] for frame in await by_socket.until("end")] == ["bookmark", "end"]


async def test_an_artifact_after_the_seal_is_told_to_who_comes_back(
    stage: Stage, transport: Transport
) -> None:
    session_id = await stage.create()
    await stage.end(session_id)
    sealed = stage.stored(session_id)[-1]["id"]
    [recording] = await stage.publish(
        session_id, {"type": "recording.updated", "data": {"state": "ready", "url": "https://r.example/1"}}
    )
    follower = await stage.follow(transport, session_id, after=sealed)
    assert await ended(follower, "sealed") == recording
    assert ids(follower.frames) == [recording]


async def test_who_wants_nothing_late_is_done_when_the_session_has_ended(
    stage: Stage, transport: Transport
) -> None:
    session_id = await stage.create()
    followers = [await stage.caught_up(transport, session_id, late=False) for _ in range(3)]
    patient = await stage.caught_up(transport, session_id)
    await stage.post(f"/v1/sessions/{session_id}/stop")
    terminal = stage.stored(session_id)[-1]["id"]
    for follower in followers:
        assert await ended(follower, "ended") == terminal
        assert ids(follower.frames)[-1] == terminal
    [late] = await stage.publish(session_id, custom(1))
    await patient.reach(late)
    # Whoever comes, or comes back from before the end, is done once they are at the head.
    fresh = await stage.follow(transport, session_id, late=False)
    assert [frame["type"] for frame in (await fresh.next(), await fresh.next())] == ["snapshot", "bookmark"]
    assert await ended(fresh, "ended") == late
    behind = await stage.follow(transport, session_id, late=False, after="0-0")
    assert await ended(behind, "ended") == late
    assert ids(behind.frames) == stage.wanted(session_id)
    lost = await stage.follow(transport, session_id, late=False, after="nonsense")
    assert (await lost.next())["type"] == "reset"
    assert await ended(lost, "ended") == late
    played = await stage.follow(transport, session_id, late=False, speed=1000)
    assert await ended(played, "ended") == late
    await stage.post(f"/v1/sessions/{session_id}/seal")
    assert (await patient.until("end"))[-1]["data"] == {"reason": "sealed"}


@pytest.mark.parametrize("is_followed", [True, False])
async def test_who_has_seen_the_end_and_wants_nothing_late(stage: Stage, is_followed: bool) -> None:
    session_id = await stage.create()
    [before] = await stage.publish(session_id, custom(1))
    await stage.post(f"/v1/sessions/{session_id}/stop")
    terminal = stage.stored(session_id)[-1]["id"]
    if is_followed:
        await stage.caught_up("sse", session_id)

    async def answer(after: str, *, late: bool = False) -> int:
        return (await stage.sse(session_id, late=str(late).lower(), after=after)).answer.status_code

    lates: list[str] = []
    for _ in range(2):
        for cursor in (terminal, *lates):
            assert (cursor, await answer(cursor)) == (cursor, 204)
        assert await answer(before) == 200
        assert await answer("0-0") == 200
        assert await answer("nonsense") == 200
        assert await answer("99999999999999-1") == 200
        assert await answer(terminal, late=True) == 200
        lates += await stage.publish(session_id, custom(2), custom(3))
    await stage.post(f"/v1/sessions/{session_id}/seal")
    assert await answer(terminal) == 204
    # After more than are looked at: sent the rest once, then done.
    await stage.publish(
        session_id, *({"type": "session.updated", "data": {"title": f"{n}"}} for n in range(40))
    )

    async def comes_again() -> bool:
        return await answer(terminal) == 200

    await eventually(comes_again, "the hub has read on")
    again = await stage.sse(session_id, late="false", after=terminal)
    assert (await again.over())[-1]["type"] == "end"
    assert await answer(again.cursor) == 204


async def test_a_deletion_ends_every_stream(stage: Stage, transport: Transport) -> None:
    session_id = await stage.create()
    followers = [await stage.caught_up(transport, session_id) for _ in range(3)]
    await stage.delete(session_id)
    for follower in followers:
        await ended(follower, "deleted")
        assert follower.entries[-1]["type"] == "session.deleted"
    # From now on there is no such session, even while its entries are still kept for who must be told.
    assert (await stage.sse(session_id)).answer.status_code == 404
    assert (await stage.sse(session_id, after=followers[0].cursor)).answer.status_code == 404
    socket = await stage.socket()
    assert await socket.refused(op="subscribe", session_id=session_id) == "session_not_found"


async def cut(follower: Follower, code: str, number: int, *, comes_back: bool) -> None:
    """The follower must be told why, and its connection closed."""
    disconnect = (await follower.over())[-1]
    assert disconnect["type"] == "disconnect"
    assert (disconnect["data"]["code"], disconnect["data"]["reconnect"]) == (code, comes_back)
    assert 500 <= disconnect["data"]["retry_ms"] < 2500
    if isinstance(follower, SocketFollower):
        assert follower.close_code == number
    else:
        assert follower.failure is None


async def test_a_revoked_key_ends_its_streams(stage: Stage, transport: Transport) -> None:
    session_id = await stage.create()
    key = stage.hub.make_key(stage.organization)
    revoked = await stage.caught_up(transport, session_id, credential=key)
    # A token dies with the key that asked for it.
    answer = await stage.client.post(
        "/v1/tokens", json={"session_id": session_id}, headers={"Authorization": f"Bearer {key}"}
    )
    by_token = await stage.caught_up(transport, session_id, credential=answer.json()["token"])
    kept = await stage.caught_up(transport, session_id)
    with stage.hub.client() as admin:
        assert admin.delete(f"/v1/keys/{key.split('_')[1]}").status_code == 204
    async with asyncio.timeout(5):
        await cut(revoked, "revoked", 4501, comes_back=False)
        await cut(by_token, "revoked", 4501, comes_back=False)

    async def refused() -> bool:
        return (await stage.sse(session_id, credential=key)).answer.status_code == 401

    await eventually(refused, "the key is refused")
    await kept.reach((await stage.publish(session_id, custom(1)))[0])


async def test_a_token_that_expires_ends_its_streams(stage: Stage, transport: Transport) -> None:
    session_id = await stage.create()
    token = await stage.token(session_id, seconds=3)
    follower = await stage.caught_up(transport, session_id, credential=token)
    [entry_id] = await stage.publish(session_id, custom(1))
    await follower.reach(entry_id)
    await cut(follower, "token_expired", 4003, comes_back=True)
    cursor = follower.cursor
    # Coming back with it answers 200 and says so: an EventSource would take an error as final.
    again = (
        await stage.follow(transport, session_id, credential=token, after=cursor)
        if (transport == "sse")
        else await stage.socket(credential=token)
    )
    await cut(again, "token_expired", 4003, comes_back=True)
    assert len(again.frames) == 1
    # With a new one it goes on.
    fresh = await stage.token(session_id, seconds=60)
    [later] = await stage.publish(session_id, custom(2))
    resumed = await stage.follow(transport, session_id, credential=fresh, after=cursor)
    assert ids(await resumed.until("bookmark")) == [later]


async def test_a_token_in_the_query_is_as_good(stage: Stage) -> None:
    session_id = await stage.create()
    token = await stage.token(session_id, seconds=60)
    path = f"{stage.hub.url}/v1/sessions/{session_id}/stream?token={token}"
    from_a_browser = stage.client.build_request("GET", path)
    del from_a_browser.headers["Authorization"]
    answer = await stage.client.send(from_a_browser, stream=True)
    assert answer.status_code == 200
    assert (await anext(answer.aiter_text())).startswith("event: snapshot")
    await answer.aclose()
    assert token not in stage.hub.log.read_text()


async def test_an_auth_operation_refreshes_a_token(stage: Stage) -> None:
    session_id = await stage.create()
    token = await stage.token(session_id, seconds=3)
    refreshed, left = [await stage.socket(credential=None) for _ in range(2)]
    for socket in (refreshed, left):
        await socket.done(op="auth", token=token)
        await stage.subscribe(socket, session_id)
        await socket.until("bookmark")
    await refreshed.done(op="auth", token=await stage.token(session_id, seconds=60))
    await cut(left, "token_expired", 4003, comes_back=True)
    [entry_id] = await stage.publish(session_id, custom(1))
    await refreshed.reach(entry_id)
    await refreshed.done(op="ping")


async def test_a_token_of_another_session_refreshes_nothing(stage: Stage) -> None:
    mine, other = await stage.create(), await stage.create()
    socket = await stage.socket(credential=None)
    await socket.done(op="auth", token=await stage.token(mine, seconds=3))
    await stage.subscribe(socket, mine)
    await socket.until("bookmark")
    token = await stage.token(other, seconds=60)
    assert await socket.refused(op="auth", token=token) == "session_not_found"
    narrower = await stage.post("/v1/tokens", {"session_id": mine, "channels": ["chat"]})
    assert await socket.refused(op="auth", token=narrower["token"]) == "missing_scope"
    await cut(socket, "token_expired", 4003, comes_back=True)
