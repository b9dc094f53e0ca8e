"""Where webhooks may be posted to: nowhere that only we can reach.

An administrator names the address, and our server goes there: without a wall that is a way into
every machine beside it (SSRF). A URL is checked when it is given, and the numbers behind its name
again at each connection, which is then made to the very number that was checked.
"""

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext

Address = IPv4Address | IPv6Address

WEB_PORTS = frozenset({80, 443})
FIRST_FREE_PORT = 1024
# Above those of the system: what speaks another protocol and could take a POST for commands (the
# "bad ports" of the Fetch standard), databases, and doors of administration.
OTHER_PORTS = frozenset(
    {
        *(1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6679, 6697, 10080),
        *range(6665, 6670),
        *(1433, 1521, 3306, 5432, 5984, 6379, 9042, 9200, 9300, 11211, 27017),  # databases
        *(1883, 8883, 2375, 2376, 2379, 2380, 3389, 5900, 6443, 10250),
    }
)

# IANA's registries of special-purpose addresses; Python's own list differs by its version.
SPECIAL_4 = [
    IPv4Network(network)
    for network in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    )
]
# Nothing else of IPv6 is given out to hosts of the Internet.
GLOBAL_6 = IPv6Network("2000::/3")
SPECIAL_6 = [IPv6Network(n) for n in ("2001::/23", "2001:db8::/32", "3fff::/20")]
# An IPv4 address inside: its network, and how many bits stand behind it.
WITH_4_INSIDE = [
    (IPv6Network("::ffff:0:0/96"), 0),  # mapped
    (IPv6Network("64:ff9b::/96"), 0),  # NAT64
    (IPv6Network("2002::/16"), 80),  # 6to4
]
ISATAP = frozenset({0x00005EFE, 0x02005EFE})


class BadUrl(ValueError):
    """The message says what is wrong with it, for people."""


@dataclass(frozen=True, slots=True)
class Target:
    """An http(s) URL in its parts. `host` is a name in ASCII, or an address without brackets."""

    is_tls: bool
    host: str
    port: int
    path: str

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        is_usual = self.port == (443 if self.is_tls else 80)
        return host if is_usual else f"{host}:{self.port}"


def target_of(url: str) -> Target:
    """Raises BadUrl for what is no URL of a web server that we post to."""
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise BadUrl(gettext("Enter an address in plain ASCII letters, without spaces."))
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise BadUrl(gettext("Enter an address such as https://example.org/hook.")) from error
    if parts.scheme not in {"http", "https"} or not host or host.startswith("."):
        raise BadUrl(gettext("Enter an address such as https://example.org/hook."))
    is_tls = parts.scheme == "https"
    if not is_tls and not settings.WEBHOOK_ALLOW_HTTP:
        raise BadUrl(gettext("The address must begin with https://."))
    if "@" in parts.netloc:
        raise BadUrl(gettext("The address must not hold a user name or password."))
    if parts.fragment or "#" in url:
        raise BadUrl(gettext("The address must not hold a fragment (#)."))
    if "%" in host:
        raise BadUrl(gettext("The address must not name a network interface."))
    target = Target(
        is_tls=is_tls,
        host=host.rstrip("."),
        port=port if port is not None else 443 if is_tls else 80,
        path=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
    )
    _check_port(target.port)
    return target


def _check_port(port: int) -> None:
    is_fine = port in WEB_PORTS or (port >= FIRST_FREE_PORT and port not in OTHER_PORTS)
    if not port or not (is_fine or settings.WEBHOOK_ALLOW_PRIVATE_NETWORKS):
        raise BadUrl(gettext("Nothing is posted to port {port}.").format(port=port))


def addresses_of(target: Target) -> list[Address]:
    """The numbers behind the name, each of which may be connected to.

    Raises BadUrl if one may not, and OSError if nobody knows the name.
    """
    found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(ip_address(at[0]) for _, _, _, _, at in found))
    if not settings.WEBHOOK_ALLOW_PRIVATE_NETWORKS:
        for address in addresses:
            if not is_public(address):
                raise BadUrl(gettext("The address leads into a private or reserved network."))
    return addresses


def check_url(url: str) -> None:
    """What is asked of an address when it is given. Raises BadUrl.

    A name that nobody knows yet passes: it is asked again at each delivery.
    """
    target = target_of(url)
    try:
        addresses_of(target)
    except BadUrl:
        raise
    except (OSError, UnicodeError):
        return


def is_public(address: Address) -> bool:
    """Whether it is one of the Internet's, also under the clothes that IPv6 gives to IPv4."""
    if isinstance(address, IPv4Address):
        return address.is_global and not any(address in network for network in SPECIAL_4)
    if address.scope_id is not None:
        return False
    for network, behind in WITH_4_INSIDE:
        if address in network:
            return is_public(IPv4Address(int(address) >> behind & 0xFFFFFFFF))
    if int(address) >> 32 & 0xFFFFFFFF in ISATAP:
        return False
    is_special = any(address in network for network in SPECIAL_6)
    return address in GLOBAL_6 and address.is_global and not is_special
