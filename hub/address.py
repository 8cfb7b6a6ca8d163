"""Which addresses the hub may connect to for somebody else: public ones, and those that the operator allows.

Sources: the IANA registries of special-purpose addresses for IPv4 and IPv6 (RFC 6890), and the addresses at
which clouds answer their own machines. The table is our own, as what `ipaddress` calls global changes with
Python.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from msgspec import Struct

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_CLOSED_4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this host, unspecified
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # behind a carrier's NAT; metadata of some clouds
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # metadata of Azure, in public space
        "169.254.0.0/16",  # link-local; metadata of most clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments; metadata of Oracle's cloud
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
_OPEN_6 = IPv6Network("2000::/3")
"""All of IPv6 that was ever given out for the world; the rest is loopback, local, multicast or nothing."""
_CLOSED_6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments; Teredo, which carries an IPv4 address
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which carries an IPv4 address
        "3fff::/20",  # documentation
    )
)
_CARRYING = (IPv6Network("::ffff:0:0/96"), IPv6Network("64:ff9b::/96"))
"""IPv4 addresses in IPv6, of sockets for both and of NAT64: as open as the address they carry."""
_ISATAP = (0x0000_5EFE, 0x0200_5EFE)
"""The upper half of interface ids that carry an IPv4 address."""


def is_public(address: Address) -> bool:
    """Whether an address is one of the world, which anybody may connect to."""
    if isinstance(address, IPv6Address):
        if any(address in network for network in _CARRYING):
            return is_public(_carried(address))
        if int(address) >> 32 & 0xFFFF_FFFF in _ISATAP and not is_public(_carried(address)):
            return False
        return address in _OPEN_6 and not any(address in network for network in _CLOSED_6)
    return not any(address in network for network in _CLOSED_4)


def _carried(address: IPv6Address) -> IPv4Address:
    return IPv4Address(int(address) & 0xFFFF_FFFF)


class Allowed(Struct, frozen=True):
    """What may be connected to although it is not public."""

    networks: tuple[Network, ...] = ()
    hosts: frozenset[str] = frozenset()
    """By name, whatever their addresses are."""

    def permits(self, host: str, address: Address) -> bool:
        """Whether the hub may connect to `address` for a URL with `host`."""
        if host in self.hosts or is_public(address):
            return True
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        return any(
            one.version == network.version and one in network
            for network in self.networks
            for one in (address, mapped)
            if one is not None
        )


def allowed(parts: Iterable[str]) -> Allowed:
    """What `HUB_FETCH_ALLOW` says: networks (`10.0.0.0/8`), addresses and names of hosts.

    Raises:
        ValueError: a part is none of these.
    """
    networks: list[Network] = []
    hosts: set[str] = set()
    for part in parts:
        text = part.lower().removesuffix(".")
        if "/" in text or ":" in text or text.replace(".", "").isdigit():
            networks.append(ip_network(text))
        elif host_name(text):
            hosts.add(text)
        else:
            raise ValueError(f"`{part}` is neither a network nor a host")
    return Allowed(tuple(networks), frozenset(hosts))


def host_name(text: str) -> bool:
    """Whether `text` can be the name of a host, in ASCII and lower case, and no number in disguise.

    `127.1`, `0x7f000001` and `2130706433` are names of 127.0.0.1 to many resolvers.
    """
    labels = text.split(".")
    return (
        0 < len(text) <= 253
        and all(_is_label(label) for label in labels)
        and not labels[-1].isdigit()
        and not labels[-1].startswith("0x")
    )


def _is_label(text: str) -> bool:
    return (
        0 < len(text) <= 63
        and text.isascii()
        and text.replace("-", "").replace("_", "").isalnum()
        and not text.startswith("-")
        and not text.endswith("-")
    )


def literal(host: str) -> Address | None:
    """The address that the host of a URL is, if it is none by name; without brackets and zone."""
    if "%" in host:
        return None
    try:
        return ip_address(host)
    except ValueError:
        return None
