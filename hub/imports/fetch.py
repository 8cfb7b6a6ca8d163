"""Fetching a file from a URL that somebody outside gave.

The URL may be meant to reach what only the hub can reach. So every address that its host has is looked at,
the connection is made to one that was looked at and not to the name once more, and each redirect is treated
as a new URL. What comes is bounded in bytes, as sent and as unpacked, and all of it in time.
"""

import asyncio
import logging
import socket
import ssl
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import aclosing
from typing import cast

import httpcore
import httpx
from msgspec import Struct

from hub.address import Address, Allowed, literal
from hub.imports.failure import REFUSED, TOO_LARGE, UNREACHABLE, UNSUPPORTED, ImportFailure
from hub.imports.kind import HEAD, Kind, kind_of
from hub.imports.url import FileUrl

_log = logging.getLogger("hub.imports")

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""From a name and a port to addresses; raises OSError."""

REDIRECTS = 5
TRIES = 3
"""How often a file is asked for while its server is away, busy or broken."""
FIRST_PAUSE = 0.5
"""Seconds between two tries; twice as long each time."""
CONNECT_TIMEOUT = 10.0
"""Seconds for one connection."""
ADDRESSES = 4
"""Of a host, tried one after the other at most."""

_REDIRECTS = (301, 302, 303, 307, 308)
_BUSY = (408, 425, 429)
_PACKED = ("gzip", "x-gzip", "deflate")
"""Encodings that are read though none was asked for: some stores answer with how a file was put there."""


class Fetched(Struct, frozen=True):
    """A file, or of one that is no transcript only what it is."""

    kind: Kind
    content_type: str
    """In lower case, without parameters; empty if the server did not say."""
    charset: str | None
    data: bytes
    """All of a transcript; of others the beginning."""


class _Trouble(Exception):
    """A try failed; the next one may not."""


async def system_addresses(host: str, port: int) -> list[str]:
    """The addresses of a host, as the system's resolver says."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_kind, address in found))


class Fetcher:
    """Fetches files.

    Args:
        allowed: What may be connected to although it is not public.
        max_bytes: Of a transcript, as sent and as unpacked.
        timeout: Seconds for a file, from the first look-up to the last byte, with redirects and new tries.
        resolve: Looks names up.
    """

    def __init__(
        self, *, allowed: Allowed, max_bytes: int, timeout: float, resolve: Resolver = system_addresses
    ) -> None:
        self._max_bytes = max_bytes
        self._timeout = timeout
        self._backend = _Pinned(allowed, resolve)
        self._trust: ssl.SSLContext | None = None

    async def fetch(self, url: FileUrl) -> Fetched:
        """Fetch a file; of audio and video only the beginning.

        Raises:
            ImportFailure: it may not be fetched, does not come, or is too large.
        """
        trouble = "was not asked"
        try:
            async with asyncio.timeout(self._timeout):
                for number in range(1, TRIES + 1):
                    try:
                        return await self._follow(url)
                    except _Trouble as error:
                        trouble = str(error)
                        _log.info("%s %s (try %d of %d)", url.shown, trouble, number, TRIES)
                    if number < TRIES:
                        await asyncio.sleep(FIRST_PAUSE * 2 ** (number - 1))
        except TimeoutError:
            raise _unreachable(f"The file did not come within {self._timeout:g} s.") from None
        raise _unreachable(f"The server {trouble}, {TRIES} times.")

    async def _follow(self, url: FileUrl) -> Fetched:
        for _ in range(REDIRECTS + 1):
            found = await self._ask(url)
            if isinstance(found, Fetched):
                return found
            url = url.joined(found)
        raise _unreachable(f"There are more than {REDIRECTS} redirects.")

    async def _ask(self, url: FileUrl) -> Fetched | str:
        """What one URL answers: a file, or where else to look."""
        if self._trust is None:
            # In a thread, as it reads the certificates.
            self._trust = await asyncio.to_thread(httpx.create_ssl_context)
        headers = {
            "Host": url.origin.removeprefix("https://"),
            "User-Agent": "session-hub",
            "Accept": "text/vtt, application/x-subrip, application/json, text/*;q=0.9, */*;q=0.8",
            "Accept-Encoding": "identity",
        }
        target = httpcore.URL(
            scheme=b"https", host=url.host.encode(), port=url.port, target=url.target.encode()
        )
        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), CONNECT_TIMEOUT) | {"read": None}
        try:
            async with (
                httpcore.AsyncConnectionPool(
                    ssl_context=self._trust, max_connections=1, network_backend=self._backend
                ) as pool,
                pool.stream(
                    "GET", target, headers=list(headers.items()), extensions={"timeout": timeouts}
                ) as response,
            ):
                return await self._taken(url, response)
        except httpcore.ConnectError as error:
            if isinstance(error.__context__, ssl.SSLCertVerificationError):
                raise _unreachable("The certificate of the server is not valid.") from None
            raise _Trouble("cannot be reached") from None
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError):
            raise _Trouble("broke off, did not answer or does not speak HTTP") from None

    async def _taken(self, url: FileUrl, response: httpcore.Response) -> Fetched | str:
        headers = {
            name.lower().decode("latin-1"): value.decode("latin-1") for name, value in response.headers
        }
        status = response.status
        if status in _REDIRECTS and "location" in headers:
            return headers["location"]
        if status in _BUSY or status >= 500:
            raise _Trouble(f"answered {status}")
        if status != 200:
            raise _unreachable(f"The server answered {status}.")
        content_type, charset = _content_type(headers.get("content-type", ""))
        data = bytearray()
        kind: Kind | None = None
        async with (
            aclosing(
                _unpacked(response.aiter_stream(), headers.get("content-encoding", ""), self._max_bytes)
            ) as stream,
        ):
            async for chunk in stream:
                data += chunk
                if kind is None and len(data) >= HEAD:
                    kind = kind_of(bytes(data[:HEAD]), content_type, url.name)
                # Audio and video are known by how they begin, and may be of any size.
                if kind not in (None, Kind.TRANSCRIPT):
                    break
                if len(data) > self._max_bytes:
                    message = f"The file has more than {self._max_bytes} bytes."
                    raise ImportFailure(TOO_LARGE, message, stage="fetch")
        if kind is None:
            kind = kind_of(bytes(data), content_type, url.name)
        return Fetched(kind, content_type, charset, bytes(data))


class _Pinned(httpcore.AsyncNetworkBackend):
    """Connects to addresses that were looked at."""

    def __init__(self, allowed: Allowed, resolve: Resolver) -> None:
        self._allowed = allowed
        self._resolve = resolve
        self._inner = cast("httpcore.AsyncNetworkBackend", httpcore.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the name is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to one of the addresses that `host` has; if one of them may not be, to none."""
        problem: Exception = httpcore.ConnectError("no address")
        for address in (await self._addresses(host, port))[:ADDRESSES]:
            try:
                return await self._inner.connect_tcp(
                    str(address), port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
        raise problem

    async def _addresses(self, host: str, port: int) -> list[Address]:
        one = literal(host)
        try:
            texts = [host] if one is not None else await self._resolve(host, port)
        except OSError:
            raise _Trouble("has no address") from None
        found = [literal(text) for text in texts]
        if not found:
            raise _Trouble("has no address")
        taken = [address for address in found if address is not None and self._allowed.permits(host, address)]
        if len(taken) < len(found):
            # Which ones they are is for the operator alone: names tell of private networks.
            _log.warning("%s is not fetched from: %s is no public address", host, ", ".join(texts))
            raise ImportFailure(REFUSED, f"`{host}` is not at a public address.", stage="fetch")
        return taken


async def _unpacked(sent: AsyncIterator[bytes], encoding: str, limit: int) -> AsyncGenerator[bytes]:
    """What was sent, unpacked: no piece of it has many more than `limit` bytes, whatever was sent."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        async for chunk in sent:
            yield chunk
        return
    if encoding not in _PACKED:
        message = "The file comes in an encoding that was not asked for."
        raise ImportFailure(UNSUPPORTED, message, stage="fetch")
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        async for chunk in sent:
            yield unpacker.decompress(chunk, limit + 1)
        if not unpacker.eof or unpacker.unused_data:
            raise zlib.error("cut off, or more behind it")
    except zlib.error:
        message = "The file is not packed as its server says."
        raise ImportFailure(UNSUPPORTED, message, stage="fetch") from None


def _content_type(header: str) -> tuple[str, str | None]:
    kind, *parameters = (part.strip() for part in header.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return kind.lower(), value.strip().strip('"') or None
    return kind.lower(), None


def _unreachable(message: str) -> ImportFailure:
    return ImportFailure(UNREACHABLE, message, stage="fetch")
