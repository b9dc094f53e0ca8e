"""Where the broker is, as `MQTT_URL` says it."""

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

PORTS = {"mqtt": 1883, "mqtts": 8883}


class BadBroker(Exception):
    """`MQTT_URL` is no address of a broker; the message says why, without the password."""


@dataclass(frozen=True, slots=True)
class Broker:
    host: str
    port: int
    is_tls: bool
    username: str | None
    password: str | None = field(repr=False)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def broker_at(url: str) -> Broker:
    """From `mqtt(s)://user:password@host:port`; all but scheme and host may be missing."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadBroker("The port is not a number from 1 to 65535.") from error
    if parts.scheme not in PORTS:
        raise BadBroker("It starts with neither mqtt:// nor mqtts://.")
    if not parts.hostname or port == 0:
        raise BadBroker("It names no host and port.")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise BadBroker("Something follows the host and the port.")
    return Broker(
        host=parts.hostname,
        port=port or PORTS[parts.scheme],
        is_tls=parts.scheme == "mqtts",
        username=_plain(parts.username),
        password=_plain(parts.password),
    )


def _plain(text: str | None) -> str | None:
    return None if text is None else unquote(text)
