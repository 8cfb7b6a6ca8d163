"""What is fetched, and what is not: with a resolver that says what a test wants, on the loopback."""

import asyncio
import gzip
import itertools
import ssl
import tracemalloc
import zlib
from collections.abc import Sequence

import pytest
from file_server import Asked, Authority, FileServer, Reply, endless, file_server

from hub.address import allowed
from hub.imports.failure import ImportFailure
from hub.imports.fetch import Fetched, Fetcher, Resolver
from hub.imports.kind import Kind
from hub.imports.url import FileUrl

VTT = b"WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ann>Hello\n"
LIMIT = 200_000


@pytest.fixture(autouse=True)
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))


def resolver(*answers: Sequence[str]) -> Resolver:
    """Says one answer after the other, and the last one for ever."""
    rest = itertools.chain(answers, itertools.repeat(answers[-1]))

    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return next(rest)

    return resolve


def fetched(
    url: str,
    *answers: Sequence[str],
    allow: Sequence[str] = ("127.0.0.1",),
    timeout: float = 10.0,
) -> Fetched:
    async def work() -> Fetched:
        fetcher = Fetcher(
            allowed=allowed(allow),
            max_bytes=LIMIT,
            timeout=timeout,
            resolve=resolver(*answers or (["127.0.0.1"],)),
        )
        return await fetcher.fetch(FileUrl.parse(url))

    return asyncio.run(work())


def refused(url: str, *answers: Sequence[str], code: str = "FILE_REFUSED", **options: object) -> str:
    """The message of the failure, which must have this code."""
    with pytest.raises(ImportFailure) as raised:
        fetched(url, *answers, **options)
    assert raised.value.code == code, raised.value
    return raised.value.message


def test_a_file_is_fetched(files: FileServer) -> None:
    files.files["/meeting.vtt"] = Reply(VTT, "Text/VTT; Charset=UTF-8")
    found = fetched(files.url("/meeting.vtt?key=a%20b", "files.example"))
    assert found == Fetched(Kind.TRANSCRIPT, "text/vtt", "UTF-8", VTT)
    (asked,) = files.asked
    assert asked.path == "/meeting.vtt?key=a%20b"
    assert asked.headers["Host"] == f"files.example:{files.port}"
    assert asked.headers["Accept-Encoding"] == "identity"


def test_no_proxy_is_asked(files: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    files.files["/meeting.vtt"] = Reply(VTT)
    assert fetched(files.url()).data == VTT


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.2",
        "168.63.129.16",
        "169.254.169.254",
        "172.31.255.255",
        "192.168.1.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%lo",
        "fd00:ec2::254",
        "ff02::1",
        "::ffff:127.0.0.2",
        "::127.0.0.1",
        "64:ff9b::10.0.0.1",
        "2002:7f00:1::1",
        "2001:0:7f00:1::1",
        "2001:db8::1",
    ],
)
def test_no_private_address_is_connected_to(files: FileServer, address: str) -> None:
    message = refused(files.url(host="files.example"), [address])
    # Nobody outside learns what a name means inside.
    assert message == "`files.example` is not at a public address."
    # Not even if others of the host's addresses would do.
    refused(files.url(host="files.example"), ["127.0.0.1", address])
    assert files.asked == []


def test_what_a_name_means_next_does_not_count(authority: Authority, files: FileServer) -> None:
    """Rebinding: the name is looked up once, and connected to is what was looked at."""
    with file_server(authority.context(), "127.0.0.2", files.port) as inner:
        files.files["/meeting.vtt"] = Reply(VTT)
        inner.files["/meeting.vtt"] = Reply(b"secret")
        assert fetched(files.url(host="files.example"), ["127.0.0.1"], ["127.0.0.2"]).data == VTT
        # By a redirect it is looked up anew, and looked at anew.
        files.files["/meeting.vtt"] = Reply(status=302, headers={"Location": "/other.vtt"})
        refused(files.url(host="files.example"), ["127.0.0.1"], ["127.0.0.2"])
        # As by another try.
        files.files["/meeting.vtt"] = Reply(status=503)
        refused(files.url(host="files.example"), ["127.0.0.1"], ["127.0.0.2"])
        assert inner.asked == []


@pytest.mark.parametrize(
    "location",
    [
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://[::ffff:7f00:2]/",
        "//127.0.0.2:8443/",
        "http://files.example/",
        "https://user:password@files.example/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://files.example:25/",
        "file:///etc/passwd",
        "gopher://files.example/",
    ],
)
def test_redirects_lead_to_no_other_place(files: FileServer, location: str) -> None:
    files.files["/meeting.vtt"] = Reply(status=302, headers={"Location": location})
    refused(files.url())
    assert len(files.asked) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed(files: FileServer, status: int) -> None:
    files.files["/meeting.vtt"] = Reply(status=status, headers={"Location": "b/../c.vtt?d#e"})
    files.files["/c.vtt"] = Reply(VTT)
    assert fetched(files.url()).data == VTT
    assert [asked.path for asked in files.asked] == ["/meeting.vtt", "/c.vtt?d"]


def test_redirects_come_to_an_end(files: FileServer) -> None:
    files.files["/meeting.vtt"] = Reply(status=302, headers={"Location": "/meeting.vtt"})
    assert refused(files.url(), code="FILE_UNREACHABLE") == "There are more than 5 redirects."
    assert len(files.asked) == 6


def test_an_allowed_host_may_be_private(files: FileServer) -> None:
    files.files["/meeting.vtt"] = Reply(VTT)
    url = files.url(host="files.example")
    assert fetched(url, allow=["files.example"]).data == VTT
    assert fetched(url.replace(".example", ".example."), allow=["files.example"]).data == VTT
    assert fetched(url, allow=["127.0.0.0/8"]).data == VTT
    refused(url, allow=["example"])
    refused(url, allow=["127.0.0.2", "10.0.0.0/8", "::1"])


@pytest.mark.parametrize("size", [None, LIMIT + 1, 10**12])
def test_endless_and_huge_files_are_refused(files: FileServer, size: int | None) -> None:
    body = endless(VTT * 100, files.closing)
    headers = {} if size is None else {"Content-Length": str(size)}
    files.files["/meeting.vtt"] = Reply(body, headers=headers)
    message = refused(files.url(), code="FILE_TOO_LARGE")
    assert message == f"The file has more than {LIMIT} bytes."


def test_a_file_as_large_as_may_be_is_taken(files: FileServer) -> None:
    body = VTT.ljust(LIMIT, b"\n")
    files.files["/meeting.vtt"] = Reply(body)
    assert fetched(files.url()).data == body
    files.files["/meeting.vtt"] = Reply(body + b"\n")
    refused(files.url(), code="FILE_TOO_LARGE")


@pytest.mark.parametrize("piece", [b"", b"\n"])
def test_slow_files_are_given_up(files: FileServer, piece: bytes) -> None:
    files.files["/meeting.vtt"] = Reply(itertools.chain([VTT], endless(piece, files.closing, 0.05)))
    message = refused(files.url(), code="FILE_UNREACHABLE", timeout=0.7)
    assert message == "The file did not come within 0.7 s."


def test_a_server_that_says_nothing_is_given_up(files: FileServer) -> None:
    def silent(_asked: Asked, _number: int) -> Reply:
        files.closing.wait()
        return Reply()

    files.files["/meeting.vtt"] = silent
    refused(files.url(), code="FILE_UNREACHABLE", timeout=0.7)


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "deflate", " GZip "])
def test_packed_files_are_read(files: FileServer, encoding: str) -> None:
    packed = zlib.compress(VTT) if encoding == "deflate" else gzip.compress(VTT, mtime=0)
    files.files["/meeting.vtt"] = Reply(packed, headers={"Content-Encoding": encoding})
    assert fetched(files.url()).data == VTT


def test_what_unpacks_to_too_much_is_refused(files: FileServer) -> None:
    bomb = gzip.compress(mtime=0, data=VTT + b"\n" * 50_000_000)
    assert len(bomb) < LIMIT
    files.files["/meeting.vtt"] = Reply(bomb, headers={"Content-Encoding": "gzip"})
    tracemalloc.start()
    refused(files.url(), code="FILE_TOO_LARGE")
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # Of 50 MB, with all that a connection takes.
    assert peak < 10_000_000
    noise = zlib.compressobj(0, wbits=31)
    pieces = iter([noise.compress(VTT), *(noise.compress(bytes(60_000)) for _ in range(20))])
    files.files["/meeting.vtt"] = Reply(pieces, headers={"Content-Encoding": "gzip"})
    refused(files.url(), code="FILE_TOO_LARGE")


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("br", VTT),
        ("zstd", VTT),
        ("gzip, gzip", VTT),
        ("gzip", VTT),
        ("gzip", gzip.compress(VTT, mtime=0)[:-9]),
        ("gzip", gzip.compress(VTT, mtime=0) * 2),
    ],
)
def test_what_cannot_be_unpacked_is_refused(files: FileServer, encoding: str, body: bytes) -> None:
    files.files["/meeting.vtt"] = Reply(body, headers={"Content-Encoding": encoding})
    refused(files.url(), code="FILE_UNSUPPORTED")


def test_of_audio_and_video_the_beginning_is_enough(files: FileServer) -> None:
    files.files["/talk"] = Reply(
        itertools.chain([b"\x00\x00\x00\x20ftypisom"], endless(bytes(60_000), files.closing)), "video/mp4"
    )
    found = fetched(files.url("/talk"))
    assert found.kind is Kind.MEDIA
    assert len(found.data) < LIMIT


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_busy_server_is_asked_again(files: FileServer, status: int) -> None:
    files.files["/meeting.vtt"] = lambda _asked, number: Reply(status=status) if number < 2 else Reply(VTT)
    assert fetched(files.url()).data == VTT
    files.files["/meeting.vtt"] = Reply(status=status)
    message = refused(files.url(), code="FILE_UNREACHABLE")
    assert message == f"The server answered {status}, 3 times."


@pytest.mark.parametrize("status", [204, 304, 400, 401, 403, 404])
def test_a_server_that_refuses_is_asked_once(files: FileServer, status: int) -> None:
    files.files["/meeting.vtt"] = Reply(VTT if status > 399 else b"", status=status)
    assert refused(files.url(), code="FILE_UNREACHABLE") == f"The server answered {status}."
    assert len(files.asked) == 1


def test_a_file_that_is_cut_off_is_asked_for_again(files: FileServer) -> None:
    files.files["/meeting.vtt"] = Reply(VTT, length=len(VTT) + 10)
    assert "3 times" in refused(files.url(), code="FILE_UNREACHABLE")
    assert len(files.asked) == 3


def test_certificates_are_verified(authority: Authority, tmp_path: object) -> None:
    with file_server(authority.context("other.example")) as files:
        files.files["/meeting.vtt"] = Reply(VTT)
        message = refused(files.url(host="files.example"), code="FILE_UNREACHABLE")
        assert message == "The certificate of the server is not valid."
        assert files.asked == []


def test_a_certificate_of_an_address_is_taken(files: FileServer) -> None:
    files.files["/meeting.vtt"] = Reply(VTT)
    assert fetched(files.url()).data == VTT


def test_nobody_there(files: FileServer) -> None:
    refused("https://files.example:1024/", code="FILE_UNREACHABLE")

    async def nothing(_host: str, _port: int) -> Sequence[str]:
        raise OSError("no such name")

    async def work() -> None:
        await Fetcher(allowed=allowed(()), max_bytes=1, timeout=5, resolve=nothing).fetch(
            FileUrl.parse("https://nobody.example/")
        )

    with pytest.raises(ImportFailure, match="has no address"):
        asyncio.run(work())


def test_what_speaks_no_tls_is_given_up() -> None:
    async def work() -> None:
        server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            fetcher = Fetcher(allowed=allowed(["127.0.0.1"]), max_bytes=1, timeout=5)
            await fetcher.fetch(FileUrl.parse(f"https://127.0.0.1:{port}/"))

    with pytest.raises(ImportFailure, match="FILE_UNREACHABLE"):
        asyncio.run(work())


def test_the_context_verifies() -> None:
    """What httpx makes is what is relied on."""
    import httpx

    context = httpx.create_ssl_context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
