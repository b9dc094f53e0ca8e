"""Where the server listens: HOST and PORT of the environment."""

import os
from ipaddress import ip_address


def address() -> tuple[str, int]:
    """Raises ValueError, in words for people."""
    host, port = os.environ.get("HOST") or "127.0.0.1", os.environ.get("PORT") or "8000"
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"PORT={port} is not a port number.")
    return host, int(port)


def shown_host(host: str) -> str:
    """The host that a browser on this machine can use; every interface is also the loopback."""
    if host in ("0.0.0.0", "::", ""):  # noqa: S104 - compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def local_url() -> str:
    """How this machine reaches the server; the usual one while PORT makes no sense."""
    try:
        host, port = address()
    except ValueError:
        host, port = "127.0.0.1", 8000
    return f"http://{shown_host(host)}:{port}"


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
