"""The page at `/`, as somebody uses it."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from browser.publishing import Publisher, said
from playwright.sync_api import Page, Route, expect
from servers import HubServer

EVIL = "<img src=x onerror='window.hacked = true'><script>window.hacked = true</script>"
COUNT_SOURCES = """
  window.sources = [];
  window.EventSource = class extends EventSource {
    constructor(...options) {
      super(...options);
      sources.push(this);
    }
  };
"""


@pytest.fixture
def publisher(hub_server: HubServer, key: str) -> Iterator[Publisher]:
    publisher = Publisher(hub_server.url, key)
    yield publisher
    publisher.close()


@pytest.fixture
def signed_in(page: Page, hub_server: HubServer, key: str) -> Page:
    page.goto(f"{hub_server.url}/#key={key}")
    expect(page.locator("#feed-connection")).to_have_text("Connected")
    return page


def open_session(page: Page, session_id: str) -> None:
    page.locator(f"a[href='#session={session_id}']").click()
    expect(page.locator("#connection")).to_have_text("Live")


def shown(page: Page) -> list[str]:
    return page.locator("#transcript .text").all_text_contents()


def wait_until_shown(page: Page, segments: list[dict[str, Any]]) -> None:
    expect(page.locator("#transcript .text")).to_have_text([segment["text"] for segment in segments])


def test_signing_in(page: Page, hub_server: HubServer, key: str) -> None:
    page.goto(hub_server.url)
    page.get_by_label("API key").fill("sk_no_such")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("not valid")
    page.get_by_label("API key").fill(key)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#feed-connection")).to_have_text("Connected")
    page.reload()
    expect(page.locator("#feed-connection")).to_have_text("Connected")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("API key")).to_be_visible()
    assert page.evaluate("[sessionStorage.length, localStorage.length]") == [0, 0]


def test_key_in_the_address_is_taken_out_of_it(signed_in: Page, key: str) -> None:
    assert key not in signed_in.url
    assert signed_in.evaluate("localStorage.length") == 0
    assert key not in signed_in.evaluate("document.cookie + JSON.stringify(history.state)")


def test_session_from_beginning_to_end(signed_in: Page, publisher: Publisher) -> None:
    page = signed_in
    session = publisher.create("Weekly sync", active=False)
    item = page.locator(f"#live-sessions a[href='#session={session}']")
    expect(item).to_contain_text("Weekly sync")
    expect(item).to_contain_text("Initializing")
    open_session(page, session)
    expect(page.locator("#title")).to_have_text("Weekly sync")
    ada = {"participant_id": "ada", "connection_id": "c1", "name": "Ada"}
    publisher.publish(
        session,
        ("session.status_changed", {"status": "active"}),
        ("participant.joined", ada),
        ("participant.joined", ada | {"connection_id": "c2", "kind": "screenshare"}),
        ("participant.speaking", {"participant_id": "ada", "speaking": True}),
        ("participant.joined", {"participant_id": "bob", "connection_id": "c3", "name": "Bob"}),
        ("participant.left", {"participant_id": "bob", "connection_id": "c3"}),
    )
    expect(page.locator("#status")).to_have_text("Active")
    expect(page.locator(".person:has-text('Ada')")).to_contain_text("Speaking")
    expect(page.locator(".person:has-text('Ada')")).to_contain_text("Sharing")
    expect(page.locator(".person.left")).to_contain_text("Bob")
    expect(item).to_contain_text("1 participant")

    speaker = {"name": "Ada", "participant_id": "ada"}
    publisher.publish(session, ("transcript.segment", said("s1", "Good", 1, final=False, speaker=speaker)))
    expect(page.locator(".segment.draft .text")).to_have_text("Good")
    growing = said("s1", "Good morn", 1, final=False, revision=1, speaker=speaker)
    publisher.publish(session, ("transcript.segment", growing))
    expect(page.locator(".segment.draft .text")).to_have_text("Good morn")
    publisher.publish(
        session,
        ("transcript.segment", said("s1", "Good morning.", 1, revision=2, speaker=speaker)),
        ("transcript.segment", said("s3", "third", 3)),
        ("transcript.segment", said("s2", "second", 2)),
        ("transcript.segment", said("s4", "withdrawn", 4)),
        ("transcript.retracted", {"segment_id": "s4"}),
        ("transcript.speaker_corrected", {"segment_ids": ["s2"], "speaker": {"name": "Bob"}}),
    )
    wait_until_shown(page, publisher.transcript(session))
    assert shown(page) == ["Good morning.", "second", "third"]
    assert page.locator(".segment.draft").count() == 0
    expect(page.locator("[data-segment-id=s2] .speaker")).to_have_text("Bob")

    publisher.publish(
        session,
        ("chat.message", {"message_id": "m1", "sender": speaker, "text": "frist"}),
        ("chat.message", {"message_id": "m1", "sender": speaker, "text": "first"}),
        ("chapter.added", {"title": "Opening", "start": 61}),
        ("log.entry", {"level": "error", "message": "jitter"}),
        ("log.entry", {"level": "debug", "message": "chatter"}),
    )
    expect(page.locator(".message .text")).to_have_text(["first"])
    expect(page.locator("#chapters li")).to_have_text(["1:01Opening"])
    page.locator(".log summary").click()
    expect(page.locator("#log .message")).to_have_text(["jitter", "chatter"])
    page.get_by_label("Show").select_option("warning")
    expect(page.locator("#log .message")).to_have_text(["jitter"])

    publisher.publish(session, ("session.status_changed", {"status": "completed", "reason": "all left"}))
    expect(page.locator("#status")).to_have_text("Completed")
    expect(page.locator("#outcome")).to_have_text("all left")
    expect(page.locator(".person.left")).to_have_count(2)
    expect(page.locator(f"#other-sessions a[href='#session={session}']")).to_contain_text("Completed")
    publisher.publish(session, ("transcript.segment", said("s5", "a late final", 5)))
    wait_until_shown(page, publisher.transcript(session))


def test_text_stays_text(signed_in: Page, publisher: Publisher) -> None:
    page = signed_in
    session = publisher.create(EVIL)
    person = {"participant_id": "p", "connection_id": "c", "name": EVIL, "role": "host"}
    publisher.publish(
        session,
        ("participant.joined", person),
        ("transcript.segment", said("s1", EVIL, 1, speaker={"name": EVIL})),
        ("chat.message", {"message_id": "m1", "sender": {"name": EVIL}, "text": EVIL}),
        ("chapter.added", {"title": EVIL, "start": 0}),
        ("summary.ready", {"text": EVIL}),
        ("log.entry", {"level": "info", "message": EVIL, "source": EVIL, "fields": {EVIL: EVIL}}),
        ("breakout.opened", {"room_id": "r", "title": EVIL}),
        ("session.updated", {"bot_name": EVIL}),
    )
    open_session(page, session)
    places = ("#title", "#transcript .text", "#transcript .speaker", "#chat .text", "#chat .speaker")
    places += (".person .name", "#chapters li", "#summary", "#rooms li", "#log .message", "#facts")
    for place in (*places, f"a[href='#session={session}'] .name"):
        expect(page.locator(place)).to_contain_text(EVIL)
    assert page.locator("img").count() == 0
    assert page.evaluate("window.hacked") is None


def test_long_transcript_is_loaded_and_kept_up_to_date(signed_in: Page, publisher: Publisher) -> None:
    page = signed_in
    session = publisher.create("Long")
    finals = [("transcript.segment", said(f"s{n}", f"segment {n}", n)) for n in range(250)]
    publisher.publish(session, *finals, ("transcript.retracted", {"segment_id": "s7"}))
    open_session(page, session)
    expect(page.locator("#transcript .text")).to_have_count(249)
    publisher.publish(
        session,
        ("transcript.segment", said("s3", "changed", 3, revision=1)),
        ("transcript.segment", said("s7", "late, of a retracted one", 7, revision=1)),
        ("transcript.retracted", {"segment_id": "s11"}),
        ("transcript.segment", said("s249", "changed too", 249, revision=1)),
        ("transcript.segment", said("s250", "new", 250)),
    )
    expect(page.locator("[data-segment-id=s250]")).to_be_in_viewport()
    wait_until_shown(page, publisher.transcript(session))


def test_segments_whose_start_is_corrected_move(signed_in: Page, publisher: Publisher) -> None:
    page = signed_in
    session = publisher.create("Moving")
    publisher.publish(
        session, *(("transcript.segment", said(f"s{n}", f"segment {n}", n * 10)) for n in range(5))
    )
    open_session(page, session)
    expect(page.locator("#transcript .text")).to_have_count(5)
    publisher.publish(
        session,
        ("transcript.segment", said("s9", "new", 25)),
        ("transcript.segment", said("s4", "now the first but one", 1, revision=1)),
        ("transcript.segment", said("s0", "now the last", 99, revision=1)),
    )
    wait_until_shown(page, publisher.transcript(session))


def test_reader_who_scrolled_up_is_left_alone(signed_in: Page, publisher: Publisher) -> None:
    page = signed_in
    session = publisher.create("Scrolling")
    publisher.publish(session, *(("transcript.segment", said(f"s{n}", f"segment {n}", n)) for n in range(80)))
    open_session(page, session)
    expect(page.locator("[data-segment-id=s79]")).to_be_in_viewport()
    page.locator("#transcript").hover()
    page.mouse.wheel(0, -1200)
    expect(page.get_by_role("button", name="Jump to latest")).to_be_visible()
    publisher.publish(session, ("transcript.segment", said("s80", "new", 80)))
    expect(page.locator("[data-segment-id=s80]")).to_have_count(1)
    expect(page.locator("[data-segment-id=s80]")).not_to_be_in_viewport()
    page.get_by_role("button", name="Jump to latest").click()
    expect(page.locator("[data-segment-id=s80]")).to_be_in_viewport()
    publisher.publish(session, ("transcript.segment", said("s81", "newer", 81)))
    expect(page.locator("[data-segment-id=s81]")).to_be_in_viewport()


def test_reset_is_shown(signed_in: Page, publisher: Publisher) -> None:
    page = signed_in
    session = publisher.create("Before")
    snapshot = publisher.snapshot(session)
    after = snapshot | {"session": snapshot["session"] | {"title": "After"}}
    bodies = [
        {"type": "snapshot", "id": "9-9", "data": snapshot},
        {"type": "reset", "id": "1-1", "data": {"reason": "rolled_back", "snapshot": after}},
    ]

    def answer(route: Route) -> None:
        if bodies:
            frame = json.dumps(bodies.pop(0))
            route.fulfill(body=f"data: {frame}\n\n", content_type="text/event-stream")
        else:
            # The hub itself would reset this cursor once more, to what the session is really called.
            route.abort()

    page.route(re.compile("/v1/sessions/.*/stream"), answer)
    page.locator(f"a[href='#session={session}']").click()
    expect(page.locator("#notice")).to_contain_text("The hub lost its newest entries")
    expect(page.locator("#title")).to_have_text("After")
    page.get_by_role("button", name="Dismiss").click()
    expect(page.locator("#notice")).to_be_hidden()


def test_session_that_is_over_can_be_read(signed_in: Page, publisher: Publisher) -> None:
    page = signed_in
    session = publisher.create("Over")
    finals = [("transcript.segment", said(f"s{n}", f"segment {n}", n)) for n in range(120)]
    publisher.publish(session, *finals, ("session.status_changed", {"status": "completed"}))
    publisher.seal(session)
    page.locator(f"#other-sessions a[href='#session={session}']").click()
    expect(page.locator("#connection")).to_have_text("Ended")
    wait_until_shown(page, publisher.transcript(session))


def test_session_that_does_not_exist(signed_in: Page) -> None:
    signed_in.evaluate("location.hash = 'session=ses_00000000000000000000'")
    expect(signed_in.locator("#notice")).to_contain_text("no such session")
    expect(signed_in.locator("#connection")).to_have_text("Disconnected")


def test_two_connections_at_most(signed_in: Page, publisher: Publisher) -> None:
    page = signed_in
    page.add_init_script(COUNT_SOURCES)
    page.reload()
    for number in range(4):
        open_session(page, publisher.create(f"Session {number}"))
        expect(page.locator("#title")).to_have_text(f"Session {number}")
    assert page.evaluate("sources.filter((one) => one.readyState !== EventSource.CLOSED).length") == 2
    assert page.evaluate("sources.length") == 5


def test_page_survives_a_restart_of_the_hub(page: Page, own_hub: HubServer) -> None:
    publisher = Publisher(own_hub.url, own_hub.key)
    session = publisher.create("Restart")
    publisher.publish(session, ("transcript.segment", said("s1", "before", 1)))
    page.goto(f"{own_hub.url}/#key={own_hub.key}")
    open_session(page, session)
    own_hub.kill()
    for indicator in ("#connection", "#feed-connection"):
        expect(page.locator(indicator)).to_have_text("Reconnecting…")
    own_hub.start()
    publisher.publish(session, ("transcript.segment", said("s2", "after", 2)))
    other = publisher.create("Created after")
    expect(page.locator("#connection")).to_have_text("Live")
    wait_until_shown(page, publisher.transcript(session))
    expect(page.locator(f"#live-sessions a[href='#session={other}']")).to_be_visible()
    publisher.close()
