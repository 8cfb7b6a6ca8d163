"""Pages of another origin and a hub that dies, or whose Redis hangs: nothing is lost, nothing comes twice."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser.publishing import Publisher, said
from browser.scripted import Server
from playwright.sync_api import Page
from servers import HubServer, RedisServer, wait_until

NATIVE = """<!doctype html>
<script type="module">
  window.heard = [];
  window.resets = 0;
  const [hub, session, token] = window.name.split(" ");
  const source = new EventSource(`${hub}/v1/sessions/${session}/transcript/stream?token=${token}`);
  const take = (segments) => { window.heard = segments.map((segment) => segment.text); };
  source.addEventListener("snapshot", ({ data }) => take(JSON.parse(data).data.transcript.segments));
  source.addEventListener("transcript.segment", ({ data }) => heard.push(JSON.parse(data).data.text));
  source.addEventListener("reset", () => { window.resets += 1; });
  source.addEventListener("disconnect", ({ data }) => { window.disconnect = JSON.parse(data).data.code; });
  source.addEventListener("bookmark", () => { window.ready = true; });
</script>
"""
MODULE = """<!doctype html>
<script type="module">
  window.heard = [];
  window.resets = 0;
  const [hub, session, token] = window.name.split(" ");
  const { follow } = await import(`${hub}/client.js`);
  window.following = follow({
    url: hub,
    sessionId: session,
    channels: ["transcript"],
    token,
    onSnapshot: ({ transcript }) => { window.heard = transcript.segments.map(({ text }) => text); },
    onReset: () => { window.resets += 1; },
    onState: ({ code }) => { window.disconnect = code; },
    onFrame: ({ type, data }) => {
      if (type === "transcript.segment") heard.push(data.text);
      if (type === "bookmark") window.ready = true;
    },
  });
</script>
"""


class Meeting:
    """A session in which somebody speaks on and on, and a page that listens."""

    def __init__(self, page: Page, publisher: Publisher, session_id: str) -> None:
        self.page = page
        self._publisher = publisher
        self._session = session_id
        self._speaking = threading.Thread(target=self._speak)
        self._falling_silent = threading.Event()
        self._said = 0

    def _speak(self) -> None:
        while not self._falling_silent.wait(0.02):
            number = self._said
            data = said(f"s{number}", f"sentence {number}", number)
            self._publisher.persist(self._session, "transcript.segment", data, f"key-{number}")
            self._said += 1

    def begin(self) -> None:
        self.page.wait_for_function("window.ready")
        self._speaking.start()
        self.until_heard(20)

    def until_heard(self, count: int) -> None:
        self.page.wait_for_function(f"heard.length >= {count}")

    def until_publisher_fails(self) -> None:
        before = self._publisher.failures
        wait_until(lambda: self._publisher.failures > before, "the publisher is refused")

    def check(self) -> None:
        """After the fault the page goes on to hear all that the transcript says, and nothing else."""
        self.until_heard(self._said + 20)
        self.close()
        transcript = [segment["text"] for segment in self._publisher.transcript(self._session)]
        assert transcript == [f"sentence {number}" for number in range(self._said)]
        self.until_heard(self._said)
        assert self.page.evaluate("heard") == transcript
        assert self.page.evaluate("resets") == 0

    def close(self) -> None:
        self._falling_silent.set()
        if self._speaking.is_alive():
            self._speaking.join()


@pytest.fixture(params=["native", "module"])
def other(request: pytest.FixtureRequest) -> Iterator[Server]:
    """The page's own origin."""
    with Server([], {"/": {"native": NATIVE, "module": MODULE}[request.param]}).running() as server:
        yield server


@pytest.fixture
def hub(other: Server, own_redis: RedisServer, tmp_path: Path) -> Iterator[HubServer]:
    settings = {"HUB_CORS_ORIGINS": other.url, "HUB_STORE_TIMEOUT": "1"}
    server = HubServer(tmp_path, own_redis, settings)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def meeting(page: Page, hub: HubServer, other: Server) -> Iterator[Meeting]:
    publisher = Publisher(hub.url, hub.key)
    session_id = publisher.create("Faults")
    page.add_init_script(f"window.name = '{hub.url} {session_id} {publisher.token(session_id)}'")
    page.goto(other.url)
    meeting = Meeting(page, publisher, session_id)
    yield meeting
    publisher.give_up()
    meeting.close()
    publisher.close()
    page.goto("about:blank")


def test_hub_is_killed_and_comes_back(meeting: Meeting, hub: HubServer) -> None:
    meeting.begin()
    hub.kill()
    meeting.until_publisher_fails()
    hub.start()
    meeting.check()


def test_redis_hangs_and_goes_on(meeting: Meeting, own_redis: RedisServer) -> None:
    meeting.begin()
    own_redis.pause()
    meeting.until_publisher_fails()
    own_redis.resume()
    meeting.check()


def test_page_comes_back_while_redis_hangs(meeting: Meeting, hub: HubServer, own_redis: RedisServer) -> None:
    meeting.begin()
    own_redis.pause()
    hub.kill()
    hub.start(ready=False)
    meeting.page.wait_for_function("window.disconnect === 'store_unavailable'")
    own_redis.resume()
    meeting.check()
