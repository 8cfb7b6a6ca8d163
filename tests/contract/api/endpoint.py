"""An OpenAI-compatible endpoint on the loopback, as kind or as broken as a test wants it."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

KEY = "sk-of-the-endpoint-5e1f"


class Asked(NamedTuple):
    """A request as it came."""

    path: str
    key: str
    model: str
    system: str
    text: str


class Reply(NamedTuple):
    """What is answered."""

    status: int = 200
    body: bytes = b""
    retry_after: str = ""
    seconds: float = 0.0
    """Until it is."""


def said(content: Any) -> Reply:
    """A chat completion that says `content`; an object as JSON."""
    text = content if isinstance(content, str) else json.dumps(content)
    message = {"role": "assistant", "content": text}
    return Reply(body=json.dumps({"id": "c", "choices": [{"index": 0, "message": message}]}).encode())


class Endpoint:
    """It answers by `reply`, which is given the request and its number from 0."""

    def __init__(self) -> None:
        self.reply: Callable[[Asked, int], Reply] = lambda _asked, _number: said(
            {"summary": "All went well."}
        )
        self.asked: list[Asked] = []
        self.url = ""
        self.closing = threading.Event()

    def settings(self, **more: str) -> dict[str, str]:
        """What makes a hub use it."""
        return {
            "HUB_SUMMARY_URL": self.url,
            "HUB_SUMMARY_MODEL": "model-of-the-test",
            "HUB_SUMMARY_KEY": KEY,
            **more,
        }


@contextmanager
def endpoint() -> Iterator[Endpoint]:
    """Serves until left."""
    made = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            system, user = body["messages"]
            key = self.headers.get("authorization", "").removeprefix("Bearer ")
            asked = Asked(self.path, key, body["model"], system["content"], user["content"])
            made.asked.append(asked)
            reply = made.reply(asked, len(made.asked) - 1)
            made.closing.wait(reply.seconds)
            try:
                self.send_response(reply.status)
                if reply.retry_after:
                    self.send_header("Retry-After", reply.retry_after)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)
            except OSError:
                # The hub did not wait for it.
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield made
    finally:
        made.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()
