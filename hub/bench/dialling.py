"""Opening sockets to a server, many at once."""

import errno
import ipaddress
import os
import socket
import ssl
from pathlib import Path

from msgspec import Struct

from hub.bench.errors import BenchError

_PORTS_KEPT = 200
"""Ports of each source address that are left to others."""
IP_BIND_ADDRESS_NO_PORT = 24
"""Of Linux: a bound socket takes its port when it connects, so a port serves many destinations."""


class Server(Struct, frozen=True):
    """Where a server listens.

    Args:
        host: Name or address.
        port: 1-65535.
        tls: Whether to speak TLS; the certificate is checked.
    """

    host: str
    port: int
    tls: bool = False


class Dialler:
    """Opens sockets to one server.

    Args:
        server: Where it listens.
        total: Sockets that all processes together will open.

    Raises:
        BenchError: its name is not known, or it would take more ports than there are.
    """

    def __init__(self, server: Server, total: int) -> None:
        self.server = server
        try:
            found = socket.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise BenchError(f"there is no host {server.host}: {error.strerror}") from None
        self._family, _, _, _, self._address = next((f for f in found if f[0] == socket.AF_INET), found[0])
        self._tls = ssl.create_default_context() if server.tls else None
        self._a_source = _ports() - _PORTS_KEPT
        self._spread = total > self._a_source
        if self._spread and not self._is_loopback():
            raise BenchError(
                f"{total} connections to one address need more ports than the {self._a_source} there are: "
                "only on 127.0.0.1 are several source addresses used"
            )

    def _is_loopback(self) -> bool:
        return self._family == socket.AF_INET and ipaddress.ip_address(str(self._address[0])).is_loopback

    def start(self, index: int) -> socket.socket:
        """A non-blocking socket that is connecting; of TLS, one that has connected.

        Args:
            index: Which of the total it is.

        Raises:
            BenchError: it was refused at once.
        """
        if self._tls is not None:
            return self.connect(index)
        connection = self._bound(index)
        connection.setblocking(False)
        refused = connection.connect_ex(self._address)
        if refused not in (0, errno.EINPROGRESS, errno.EWOULDBLOCK):
            connection.close()
            raise unreachable(self.server, OSError(refused, os.strerror(refused)))
        return connection

    def connect(self, index: int) -> socket.socket:
        """A non-blocking socket that has connected.

        Raises:
            BenchError: it was refused, or 20 s have passed.
        """
        connection = self._bound(index)
        try:
            connection.settimeout(20)
            connection.connect(self._address)
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_hostname=self.server.host)
        except OSError as error:
            connection.close()
            raise unreachable(self.server, error) from None
        connection.setblocking(False)
        return connection

    def _bound(self, index: int) -> socket.socket:
        connection = socket.socket(self._family, socket.SOCK_STREAM)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._spread:
            connection.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
            connection.bind((f"127.0.0.{1 + index // self._a_source}", 0))
        return connection


def unreachable(server: Server, error: OSError) -> BenchError:
    """Told of a connection that could not be opened."""
    return BenchError(f"cannot connect to {server.host}:{server.port}: {error.strerror or error}")


def _ports() -> int:
    """Ports that outgoing connections of one address may take."""
    try:
        low, high = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()
        return int(high) - int(low) + 1
    except (OSError, ValueError):
        return 16_384
