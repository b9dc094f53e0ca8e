"""Whose request is this? The client's address, believed from configured proxies only."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

UNKNOWN = "0.0.0.0"  # noqa: S104  (a request over a unix socket has no peer address)


def client_address(request: HttpRequest) -> str:
    """Return the address nearest to us that is not one of `TRUSTED_PROXIES`.

    `X-Forwarded-For` is read from the right, where our own proxies wrote; what a client put in
    front of that is never believed.
    """
    peer = _parse(request.META.get("REMOTE_ADDR", ""))
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    trusted = _networks(tuple(settings.TRUSTED_PROXIES))
    while peer and forwarded and any(peer in network for network in trusted):
        before = _parse(forwarded.pop())
        if before is None:
            break
        peer = before
    return str(peer or UNKNOWN)


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
