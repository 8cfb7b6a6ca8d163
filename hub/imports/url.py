"""URLs of files, taken apart by strict rules: what we check must be what we connect to."""

import re
from ipaddress import IPv6Address
from typing import Self

import httpx
from msgspec import Struct

from hub.address import Address, host_name, literal
from hub.imports.failure import REFUSED, ImportFailure

MAX_URL = 2048
"""Characters."""
FIRST_FREE_PORT = 1024
"""Below it, only the port of https: a URL is no way to speak to mail servers."""
LAST_PORT = 65_535

_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\]")
_USER = re.compile(r"[^/?#]*//[^/?#]*@")


class FileUrl(Struct, frozen=True):
    """An https URL that may be fetched if its host's address may be connected to."""

    host: str
    """In ASCII and lower case, without the dot at the end that a name may have; no brackets."""
    port: int
    target: str
    """Path and query, encoded."""
    address: Address | None
    """What the host is, if it is no name."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Take a URL apart.

        Raises:
            ImportFailure: it is not https, has a user or password, or a host or port that no public server of
                files has.
        """
        if len(text) > MAX_URL or _FORBIDDEN.search(text):
            raise _refused("The URL is longer than 2048 characters, or has spaces or a backslash in it.")
        try:
            url = httpx.URL(text)
            host = url.raw_host.decode("ascii").lower()
            port = 443 if url.port is None else url.port
        except (httpx.InvalidURL, ValueError):
            raise _refused("The URL is not valid.") from None
        if url.scheme != "https":
            raise _refused("Only https URLs are fetched.")
        if _USER.match(text):
            raise _refused("The URL must not hold a user or password.")
        host = host.removesuffix(".")
        address = literal(host)
        if address is None and not host_name(host):
            raise _refused("The URL has no host that can be fetched from.")
        if port != 443 and not FIRST_FREE_PORT <= port <= LAST_PORT:
            raise _refused(f"Files are not fetched from port {port}.")
        return cls(host, port, url.raw_path.decode("ascii"), address)

    def joined(self, location: str) -> Self:
        """Where a redirect with `location` leads to.

        Raises:
            ImportFailure: as of `parse`.
        """
        try:
            return self.parse(str(httpx.URL(f"{self.origin}{self.target}").join(location)))
        except httpx.InvalidURL:
            raise _refused("The URL of a redirect is not valid.") from None

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        host = f"[{self.host}]" if isinstance(self.address, IPv6Address) else self.host
        return f"https://{host}" if self.port == 443 else f"https://{host}:{self.port}"

    @property
    def shown(self) -> str:
        """It without the query, which may hold a secret."""
        return self.origin + self.target.partition("?")[0]

    @property
    def name(self) -> str:
        """The last part of the path: of a file mostly its name."""
        return self.target.partition("?")[0].rpartition("/")[2]


def _refused(message: str) -> ImportFailure:
    return ImportFailure(REFUSED, message, stage="fetch")
