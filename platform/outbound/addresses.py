"""Which addresses are public, and which are allowed although they are not."""

import ipaddress
from collections.abc import Sequence
from functools import lru_cache

from outbound.policy import Blocked

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# What clouds answer about the machine itself, keys included. No setting opens them.
METADATA = frozenset(
    ipaddress.ip_address(text)
    for text in (
        "169.254.169.254",
        "169.254.169.253",
        "169.254.169.123",
        "169.254.170.2",
        "169.254.170.23",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "fd00:ec2::254",
        "fd00:ec2::253",
        "fd00:ec2::123",
        "fd00:ec2::23",
        "fd20:ce::254",
    )
)
# IPv6 networks in which an IPv4 address is written, and how far from the end its last bit stands.
_TRANSLATED = tuple(
    (ipaddress.IPv6Network(network), shift)
    for network, shift in (
        ("::/96", 0),
        ("::ffff:0:0/96", 0),
        ("::ffff:0:0:0/96", 0),
        ("64:ff9b::/96", 0),
        ("2002::/16", 80),
    )
)
# Not to be reached, although some versions of Python's tables call them global.
_CLOSED: tuple[Network, ...] = tuple(
    ipaddress.ip_network(text)
    for text in (
        "192.0.0.0/24",
        "192.88.99.0/24",
        "64:ff9b:1::/48",
        "2001::/23",
        "100::/64",
        "5f00::/16",
        "3fff::/20",
        "fec0::/10",
    )
)
# Ports on which a request could be taken for a command of another protocol.
CLOSED_PORTS = frozenset({0, 7, 9, 19, 20, 21, 22, 23, 25, 53, 69, 110, 119, 123, 135, 137, 139, 143, 161, 179, 389})
CLOSED_PORTS |= {445, 465, 514, 587, 636, 989, 990, 992, 993, 995, 3306, 5432, 6379, 11211, 27017}


def check(host: str, port: int, found: Sequence[str], entries: Sequence[str], *, any_port: bool = False) -> list[str]:
    """The addresses of `host`, all of them good; Blocked as soon as one is not."""
    addresses = [_address(host, text) for text in found]
    by_name = any(_names(entry, host, port) for entry in entries)
    for address in addresses:
        if any(inner in METADATA for inner in _meanings(address)):
            raise Blocked(f"{host} leads to {address}, which tells about the machine itself: that is never reached")
        if not by_name and not _is_inside(address, port, entries):
            _check_public(host, address)
    if (
        port in CLOSED_PORTS
        and not any_port
        and not by_name
        and not all(_is_inside(address, port, entries) for address in addresses)
    ):
        raise Blocked(f"port {port} of {host} does not serve HTTP, so that it is not reached")
    return [str(address) for address in addresses]


def _address(host: str, text: str) -> Address:
    if "%" in text:
        raise Blocked(f"{host} leads to {text}, an address within one network link")
    return ipaddress.ip_address(text)


def _check_public(host: str, address: Address) -> None:
    for inner in _meanings(address):
        if not inner.is_global or inner.is_multicast or any(inner in network for network in _CLOSED):
            raise Blocked(
                f"{host} leads to {address}, which is no public address. Whoever runs Petiole can allow it with "
                "PETIOLE_OUTBOUND_ALLOW"
            )


def _meanings(address: Address) -> list[Address]:
    """The address and every IPv4 address that is written in it."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    number = int(address)
    inner = [ipaddress.IPv4Address(number >> shift & 0xFFFFFFFF) for net, shift in _TRANSLATED if address in net]
    # in the translated forms only what is written inside counts, unless it is ::1 or the like
    return list(inner) if inner and number >> 32 else [address, *inner]


def _names(entry: str, host: str, port: int) -> bool:
    """Whether an entry of the list allows the host by its name."""
    entry, host = _without_port(entry, port), host.lower().rstrip(".")
    return host.endswith(entry[1:]) if entry.startswith("*.") else entry == host


def _is_inside(address: Address, port: int, entries: Sequence[str]) -> bool:
    networks = (_network(_without_port(entry, port)) for entry in entries)
    return any(inner in network for network in networks if network for inner in _meanings(address))


def _without_port(entry: str, port: int) -> str:
    """`host:port` as the host when the port is the one that is asked for; another port leaves what nothing equals."""
    head, separator, tail = entry.rpartition(":")
    if not separator or not tail.isdecimal() or (":" in head and not head.startswith("[")):
        return entry.strip("[]")
    return head.strip("[]") if int(tail) == port else ""


@lru_cache(maxsize=256)
def _network(entry: str) -> Network | None:
    try:
        return ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return None
