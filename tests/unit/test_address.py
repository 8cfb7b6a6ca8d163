from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.address import Allowed, allowed, host_name, is_public, literal

CARRYING = IPv6Network("64:ff9b::/96")
PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "172.32.0.1",
    "100.128.0.1",
    "192.0.1.1",
    "223.255.255.255",
    "2606:4700::1111",
]


@pytest.mark.parametrize("text", [*PUBLIC, "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2a00::5efe:8.8.8.8"])
def test_the_world_is_public(text: str) -> None:
    assert is_public(ip_address(text))


CLOSED = """
0.0.0.0 10.255.255.255 100.64.0.0 100.127.255.255 127.0.0.1 127.255.255.255 168.63.129.16
169.254.0.1 169.254.169.254 172.16.0.0 172.31.255.255 192.0.0.192 192.0.2.1 192.88.99.1
192.168.0.0 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 240.0.0.1 255.255.255.255
:: ::1 ::2 ::127.0.0.1 ::ffff:10.0.0.1 ::ffff:0:10.0.0.1 64:ff9b::127.0.0.1 64:ff9b::169.254.169.254
64:ff9b:1::1 100::1 2001::1 2001:20::1 2001:db8::1 2002:808:808::1 3fff::1 5f00::1
fc00::1 fdff::1 fd00:ec2::254 fe80::1 fec0::1 ff02::1 4000::1 2a00::5efe:10.0.0.1 2a00::200:5efe:127.0.0.1
"""


@pytest.mark.parametrize("text", CLOSED.split())
def test_the_rest_is_not(text: str) -> None:
    assert not is_public(ip_address(text))


@given(st.ip_addresses())
def test_nothing_is_public_that_python_calls_private(address: IPv4Address | IPv6Address) -> None:
    if is_public(address) and not (isinstance(address, IPv6Address) and address in CARRYING):
        assert address.is_global
        assert not address.is_multicast


def test_what_is_allowed() -> None:
    may = allowed(["10.0.0.0/8", "192.168.1.5", "fd00::/8", "Files.Internal.", "localhost"])
    for host, address, permitted in (
        ("x.example", "10.1.2.3", True),
        ("x.example", "::ffff:10.1.2.3", True),
        ("x.example", "11.1.2.3", True),
        ("x.example", "192.168.1.5", True),
        ("x.example", "192.168.1.6", False),
        ("x.example", "fd12::1", True),
        ("x.example", "fe80::1", False),
        ("files.internal", "192.168.1.6", True),
        ("a.files.internal", "192.168.1.6", False),
        ("localhost", "::1", True),
    ):
        assert may.permits(host, ip_address(address)) is permitted, (host, address)
    assert allowed([]) == Allowed()


@pytest.mark.parametrize(
    "part", ["10.0.0.1/8", "10.0.0", "300.1.1.1", "a b", "-a", "::x", "localhost:80", "*"]
)
def test_what_is_neither_network_nor_host_is_refused(part: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        allowed([part])


@pytest.mark.parametrize(
    "text", ["", "a..b", ".a", "127.1", "0x7f.1", "2130706433", "0x7f000001", "a.0x7f", "a b", "a_b-", "ä.de"]
)
def test_what_is_no_name_of_a_host(text: str) -> None:
    assert not host_name(text)
    assert not host_name("a" * 64)


def test_literals() -> None:
    assert literal("127.0.0.1") == IPv4Address("127.0.0.1")
    assert literal("::1") == IPv6Address("::1")
    assert [literal(text) for text in ("fe80::1%lo", "0177.0.0.1", "127.1", "example.com", "[::1]")] == [
        None
    ] * 5
