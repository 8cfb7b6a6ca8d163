"""client.js against a hub that plays every part: what a page is told, and how it comes back."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Protocol

import pytest
from browser.scripted import Connection, Frame, Server
from playwright.sync_api import Page

PAGE = """<!doctype html>
<script type="module">
  const { follow } = await import(`${window.name}/client.js`);
  window.seen = { frames: [], snapshots: [], resets: [], states: [], tokens: 0 };
  window.start = (options) => {
    window.following = follow({
      url: window.name,
      sessionId: "ses_1",
      onFrame: (frame) => seen.frames.push(frame),
      onSnapshot: (snapshot) => seen.snapshots.push(snapshot),
      onReset: (reset) => seen.resets.push(reset.reason),
      onState: (state) => seen.states.push(state),
      ...(options.tokens ? { getToken: async () => `token-${++seen.tokens}` } : {}),
      ...options,
    });
  };
</script>
"""


def snapshot(cursor: str) -> dict[str, Any]:
    session = {"last_entry_id": cursor, "updated_at": "", "participant_counts": {}, "started_at": None}
    return {"session": session, "participants": {"participants": [], "truncated": False}}


def begin(cursor: str) -> Frame:
    return {"type": "snapshot", "id": cursor, "session_id": "ses_1", "data": snapshot(cursor)}


def entry(cursor: str, text: str = "") -> Frame:
    at = "2026-01-01T00:00:00.000Z"
    return {"type": "x.said", "id": cursor, "session_id": "ses_1", "at": at, "data": {"text": text}}


def control(kind: str, cursor: str | None, **data: Any) -> Frame:
    frame: Frame = {"type": kind, "session_id": "ses_1", "data": data}
    return frame if cursor is None else frame | {"id": cursor}


def disconnect(cursor: str, code: str, *, reconnect: bool = True) -> Frame:
    return control("disconnect", cursor, code=code, message=code, reconnect=reconnect, retry_ms=5)


class Follow(Protocol):
    def __call__(self, *script: Connection, **options: Any) -> Server: ...


@pytest.fixture
def follow(page: Page) -> Iterator[Follow]:
    """Opens a page of another origin that follows a scripted hub."""
    with ExitStack() as stack:

        def start(*script: Connection, **options: Any) -> Server:
            hub = stack.enter_context(Server(list(script), {}).running())
            other = stack.enter_context(Server([], {"/": PAGE}).running())
            page.add_init_script(f"window.name = {hub.url!r}")
            page.goto(other.url)
            page.wait_for_function("window.start !== undefined")
            page.evaluate("options => start(options)", options)
            return hub

        yield start
        page.goto("about:blank")


def stop_clock(page: Page) -> None:
    """From now on the page's timers wait for the test."""
    page.clock.install(time=1_000)
    page.clock.pause_at(2_000)


def until(page: Page, condition: str) -> None:
    page.wait_for_function(condition)


def texts(page: Page) -> list[str]:
    return page.evaluate("seen.frames.filter((frame) => frame.at).map((frame) => frame.data.text)")


def states(page: Page) -> list[str]:
    return page.evaluate("seen.states.map(({ state }) => state)")


def test_lost_connection_is_resumed_from_the_cursor(page: Page, follow: Follow) -> None:
    hub = follow(
        Connection(begin("5-1"), entry("5-2", "a"), entry("6-3", "b")),
        Connection(entry("6-4", "c"), control("bookmark", "9-8"), hold=True),
        channels=["transcript", "custom"],
        partials="latest",
        level="info",
        token="st_1",
    )
    until(page, "following.cursor === '9-8'")
    assert texts(page) == ["a", "b", "c"]
    assert states(page) == ["connecting", "live", "reconnecting", "live"]
    first, second = hub.requests
    assert first == {
        "framing": "message",
        "channels": "transcript,custom",
        "partials": "latest",
        "level": "info",
        "token": "st_1",
    }
    assert second == first | {"after": "6-3"}
    assert page.evaluate("following.snapshot.session.last_entry_id") == "9-8"
    assert len(page.evaluate("seen.snapshots")) == 1


def test_entry_is_not_taken_twice(page: Page, follow: Follow) -> None:
    follow(
        Connection(begin("5-9"), entry("5-9", "old"), entry("5-10", "a"), entry("5-10", "again")),
        Connection(entry("5-9", "older"), entry("5-10", "again"), entry("5-11", "b"), hold=True),
    )
    until(page, "following.cursor === '5-11'")
    assert texts(page) == ["a", "b"]


def test_reset_is_told_and_its_snapshot_taken(page: Page, follow: Follow) -> None:
    reset = control("reset", "3-2", reason="rolled_back", snapshot=snapshot("3-2"))
    follow(
        Connection(begin("5-9"), entry("5-10", "a")),
        Connection(reset, entry("4-3", "b"), hold=True),
    )
    until(page, "following.cursor === '4-3'")
    assert page.evaluate("seen.resets") == ["rolled_back"]
    assert [one["session"]["last_entry_id"] for one in page.evaluate("seen.snapshots")] == ["5-9", "3-2"]
    assert texts(page) == ["a", "b"]


def test_expired_token_is_replaced(page: Page, follow: Follow) -> None:
    hub = follow(
        Connection(begin("5-1"), disconnect("5-1", "token_expired")),
        Connection(entry("5-2", "a"), disconnect("5-2", "draining")),
        Connection(entry("5-3", "b"), hold=True),
        tokens=True,
    )
    until(page, "following.cursor === '5-3'")
    assert [request["token"] for request in hub.requests] == ["token-1", "token-2", "token-2"]
    assert [request.get("after") for request in hub.requests] == [None, "5-1", "5-2"]


@pytest.mark.parametrize("status", [401, 503])
def test_token_that_did_not_help_is_replaced(page: Page, follow: Follow, status: int) -> None:
    hub = follow(
        Connection(begin("5-1")),
        Connection(status=status, error="of_the_test"),
        Connection(status=status, error="of_the_test"),
        Connection(entry("5-2", "a"), hold=True),
        tokens=True,
    )
    until(page, "following.cursor === '5-2'")
    assert [request["token"] for request in hub.requests] == ["token-1", "token-1", "token-1", "token-2"]


def test_connection_that_worked_is_replaced_at_once(page: Page, follow: Follow) -> None:
    follow(Connection(begin("5-0")), *(Connection(entry(f"5-{number}")) for number in range(1, 7)))
    # Were the attempts counted on, the last of them would wait ten seconds.
    page.wait_for_function("following.cursor === '5-6'", timeout=12_000)


@pytest.mark.parametrize(("status", "error"), [(500, "internal"), (429, "too_many"), (502, ""), (404, "")])
def test_unavailable_hub_is_asked_again(page: Page, follow: Follow, status: int, error: str) -> None:
    """Also when a proxy answers in its place, in which case the body is not the hub's."""
    follow(
        Connection(begin("5-1")),
        Connection(status=status, error=error),
        Connection(status=status, error=error),
        Connection(entry("5-2", "a"), hold=True),
    )
    until(page, "following.cursor === '5-2'")
    assert states(page)[-1] == "live"


def test_end_is_the_end(page: Page, follow: Follow) -> None:
    hub = follow(Connection(begin("5-1"), entry("5-2", "a"), control("end", "5-2", reason="deleted")))
    until(page, "seen.states.at(-1).state === 'ended'")
    assert page.evaluate("seen.states.at(-1).reason") == "deleted"
    assert len(hub.requests) == 1


def test_no_content_is_the_end(page: Page, follow: Follow) -> None:
    hub = follow(Connection(status=204), Connection(status=204), after="5-2")
    until(page, "seen.states.at(-1).state === 'ended'")
    assert [request["after"] for request in hub.requests] == ["5-2", "5-2"]


def test_refusal_for_good_is_told(page: Page, follow: Follow) -> None:
    follow(Connection(begin("5-1"), disconnect("5-1", "revoked", reconnect=False)))
    until(page, "seen.states.at(-1).state === 'failed'")
    assert page.evaluate("seen.states.at(-1).code") == "revoked"


def test_expired_token_that_cannot_be_replaced_is_told(page: Page, follow: Follow) -> None:
    follow(Connection(begin("5-1"), disconnect("5-1", "token_expired")), token="st_1")
    until(page, "seen.states.at(-1).state === 'failed'")
    assert page.evaluate("seen.states.at(-1).code") == "token_expired"


def test_browser_that_is_online_again_does_not_wait(page: Page, follow: Follow) -> None:
    stop_clock(page)
    follow(Connection(begin("5-1")), Connection(entry("5-2"), hold=True))
    until(page, "seen.states.at(-1).state === 'reconnecting'")
    page.evaluate("dispatchEvent(new Event('online'))")
    until(page, "following.cursor === '5-2'")


def test_session_that_does_not_exist_is_told(page: Page, follow: Follow) -> None:
    gone = Connection(status=404, error="session_not_found")
    follow(gone, gone)
    until(page, "seen.states.at(-1).state === 'failed'")
    assert page.evaluate("seen.states.at(-1).code") == "session_not_found"


def test_silence_means_that_the_connection_is_dead(page: Page, follow: Follow) -> None:
    page.clock.install()
    hub = follow(Connection(begin("5-1"), hold=True), Connection(entry("5-2", "a"), hold=True))
    until(page, "following.cursor === '5-1'")
    page.clock.run_for(35_000)
    assert states(page) == ["connecting", "live"]
    page.clock.run_for(15_000)
    until(page, "following.cursor === '5-2'")
    assert hub.requests[1]["after"] == "5-1"


def test_closed_stays_closed(page: Page, follow: Follow) -> None:
    stop_clock(page)
    hub = follow(Connection(begin("5-1")), Connection(begin("5-1")))
    until(page, "seen.states.at(-1).state === 'reconnecting'")
    page.evaluate("following.close()")
    page.clock.run_for(60_000)
    assert states(page)[-1] == "closed"
    assert len(hub.requests) == 1
