"""A hub that does what a test tells it, connection by connection."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from queue import Empty, Queue
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

Frame = dict[str, Any]


class Connection:
    """What becomes of one request for a stream: `frames`, then its end unless the connection is held."""

    def __init__(self, *frames: Frame, status: int = 200, error: str = "", hold: bool = False) -> None:
        self.status = status
        self.error = error
        self.frames = frames
        self.hold = hold


class Server(ThreadingHTTPServer):
    """Answers stream requests by a script, others with pages and modules."""

    daemon_threads = True

    def __init__(self, script: list[Connection], pages: dict[str, str]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script: Queue[Connection] = Queue()
        for connection in script:
            self.script.put(connection)
        self.pages = pages
        self.requests: list[dict[str, str]] = []
        """The query of each stream request, in order; `Last-Event-ID` among them."""
        self.stopping = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @contextmanager
    def running(self) -> Iterator[Self]:
        thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield self
        finally:
            self.stopping.set()
            self.shutdown()
            self.server_close()
            thread.join()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that goes away in the middle of an answer is no error here."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if not parts.path.startswith("/v1/"):
            self._file(parts.path)
            return
        self.server.requests.append({name: values[0] for name, values in parse_qs(parts.query).items()})
        try:
            connection = self.server.script.get_nowait()
        except Empty:
            connection = Connection(hold=True)
        self.send_response(connection.status)
        self.send_header("Access-Control-Allow-Origin", "*")
        if connection.status != 200:
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            if connection.error:
                self.wfile.write(json.dumps({"error": {"code": connection.error, "message": "no"}}).encode())
            return
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for frame in connection.frames:
            self.wfile.write(f"id: {frame.get('id', '')}\ndata: {json.dumps(frame)}\n\n".encode())
        if connection.hold:
            self.server.stopping.wait(60)

    def _file(self, path: str) -> None:
        if path in self.server.pages:
            body, kind = self.server.pages[path].encode(), "text/html; charset=utf-8"
        elif path.endswith(".js"):
            body = resources.files("hub.web").joinpath(path[1:]).read_bytes()
            kind = "text/javascript"
        else:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Not into the output of the tests."""
