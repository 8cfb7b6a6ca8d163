"""A server of files over TLS on the loopback, as kind or as broken as a test wants it."""

import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import trustme

NAMES = ("localhost", "files.example", "127.0.0.1", "127.0.0.2", "::1")


class Reply(NamedTuple):
    """What is answered."""

    body: bytes | Iterable[bytes] = b""
    """Pieces without an end are sent until nobody reads any more."""
    content_type: str = "text/vtt"
    status: int = 200
    headers: Mapping[str, str] = {}
    length: int | None = None
    """Said in place of the true one."""


class Asked(NamedTuple):
    """A request as it came."""

    path: str
    headers: Mapping[str, str]


class FileServer:
    """It answers what `files` has at a path: a reply, or what makes one of the request and its number."""

    def __init__(self, host: str, port: int) -> None:
        self.files: dict[str, Reply | Callable[[Asked, int], Reply]] = {}
        self.asked: list[Asked] = []
        self.host = host
        self.port = port
        self.closing = threading.Event()

    def url(self, path: str = "/meeting.vtt", host: str | None = None) -> str:
        return f"https://{host or self.host}:{self.port}{path}"


class Authority:
    """What has signed the servers' certificates; the hub trusts it by `SSL_CERT_FILE`."""

    def __init__(self, folder: Path) -> None:
        self._authority = trustme.CA()
        self.file = folder / "authority.pem"
        self._authority.cert_pem.write_to_path(self.file)

    def context(self, *names: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(*(names or NAMES)).configure_cert(context)
        return context


@contextmanager
def file_server(context: ssl.SSLContext, host: str = "127.0.0.1", port: int = 0) -> Iterator[FileServer]:
    """Serves until left."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked = Asked(self.path, dict(self.headers))
            reply = made.files.get(self.path.partition("?")[0], Reply(status=404))
            made.asked.append(asked)
            if callable(reply):
                reply = reply(asked, len(made.asked) - 1)
            self.close_connection = True
            try:
                self._answer(reply)
            except OSError:
                # The hub has gone.
                return

        def _answer(self, reply: Reply) -> None:
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if reply.content_type:
                self.send_header("Content-Type", reply.content_type)
            if isinstance(reply.body, bytes):
                length = len(reply.body) if reply.length is None else reply.length
                self.send_header("Content-Length", str(length))
            self.send_header("Connection", "close")
            self.end_headers()
            for piece in [reply.body] if isinstance(reply.body, bytes) else reply.body:
                if made.closing.is_set():
                    return
                self.wfile.write(piece)

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def finish_request(self, request: Any, client_address: Any) -> None:
            # In the thread of the request: one that does not greet holds up no other.
            try:
                with context.wrap_socket(request, server_side=True) as wrapped:
                    super().finish_request(wrapped, client_address)
            except OSError:
                return

        def shutdown_request(self, request: Any) -> None:
            self.close_request(request)

    server = Server((host, port), Handler)
    made = FileServer(host, server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield made
    finally:
        made.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


def endless(piece: bytes, closing: threading.Event, seconds: float = 0.0) -> Iterator[bytes]:
    """A piece again and again, with so many seconds between."""
    while not closing.wait(seconds) if seconds else not closing.is_set():
        yield piece
