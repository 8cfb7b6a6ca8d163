"""The page of the documents, in a browser: it shows every route and every message, from the hub alone."""

import json
from importlib import resources

import pytest
from playwright.sync_api import Page, expect
from servers import HubServer


def document(name: str) -> dict:
    return json.loads(resources.files("schemas").joinpath(name).read_bytes())


@pytest.fixture
def docs(page: Page, hub_server: HubServer) -> Page:
    """The page; nothing may be asked of anybody else, nor be said in the console."""
    said: list[str] = []
    asked: set[str] = set()
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.add(request.url))
    page.goto(f"{hub_server.url}/docs")
    expect(page.locator("#messages .entry").first).to_be_visible()
    yield page
    assert said == []
    assert all(url.startswith((hub_server.url, "data:")) for url in asked)


def test_every_route_and_message_is_there(docs: Page) -> None:
    paths = document("openapi.json")["paths"]
    shown = docs.locator("#operations .entry").evaluate_all(
        "all => all.map(one => ['.verb', '.path'].map(part => one.querySelector(part).textContent))"
    )
    assert sorted(map(tuple, shown)) == sorted(
        (method.upper(), path) for path, item in paths.items() for method in item
    )
    messages = document("asyncapi.json")["components"]["messages"]
    assert docs.locator("#messages .entry").count() == len(messages)
    expect(docs.locator("#streams-about")).to_contain_text("AsyncAPI has no binding for SSE")
    expect(docs.locator("#problem")).to_be_hidden()


def test_all_of_it_can_be_opened(docs: Page) -> None:
    docs.evaluate("for (const one of document.querySelectorAll('.entry')) one.open = true")
    expect(docs.locator(".entry > .inside")).to_have_count(docs.locator(".entry").count())
    expect(docs.locator("#list_sessions")).to_contain_text("Only those with one of these.")
    expect(docs.locator("#create_session pre").first).to_contain_text("Weekly")
    expect(docs.locator("#message-TranscriptSegmentEntry")).to_contain_text("segment_id")


def test_one_is_found_and_opened_by_its_address(docs: Page) -> None:
    docs.locator("#find").fill("heartbeat")
    expect(docs.locator("#operations .entry:visible")).to_have_count(1)
    docs.locator("#find").fill("")
    docs.evaluate("location.hash = 'seal_session'")
    expect(docs.locator("#seal_session")).to_contain_text("session_not_ended")
