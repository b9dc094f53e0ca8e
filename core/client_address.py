"""Whose request is this? The client's address, believed from configured proxies only."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest

# What one household, phone or server of an IPv6 network is given, to take any address of.
IPV6_CLIENT_BITS = 64
UNKNOWN = "0.0.0.0"  # noqa: S104  (a request over a unix socket has no peer address)


def client_address(request: HttpRequest) -> str:
    """Return the address nearest to us that is not one of `TRUSTED_PROXIES`.

    `X-Forwarded-For` is read from the right, where our own proxies wrote; what a client put in
    front of that is never believed.

    Raises ImproperlyConfigured (`trackxpert.E015`) for a trusted proxy that writes no address
    there: taken for the client itself, it would make one client of everybody behind it.
    """
    peer = _parse(request.META.get("REMOTE_ADDR", ""))
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    trusted = _networks(tuple(settings.TRUSTED_PROXIES))
    while peer and forwarded and any(peer in network for network in trusted):
        entry = forwarded.pop().strip()
        before = _parse(entry)
        if before is None and entry:
            raise ImproperlyConfigured(
                f"trackxpert.E015: the proxy {peer} says X-Forwarded-For: {entry[:60]!r}, which is"
                " no address. Let it write the bare address, without a port."
            )
        if before is None:
            break
        peer = before
    return str(peer or UNKNOWN)


def client_network(request: HttpRequest) -> str:
    """Whom limits are counted by: the address, or of IPv6 the network that one client has."""
    address = ip_address(client_address(request))
    if isinstance(address, IPv4Address):
        return str(address)
    return str(ip_network((address, IPV6_CLIENT_BITS), strict=False).network_address)


@lru_cache(maxsize=8)
def _networks(trusted: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(network, strict=False) for network in trusted)


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    # A dual-stack socket shows an IPv4 peer as ::ffff:10.0.0.1; one client must have one name.
    return getattr(address, "ipv4_mapped", None) or address
