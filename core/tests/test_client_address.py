import pytest
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from core.client_address import client_address


def address_of(peer: str, forwarded: str = "") -> str:
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    return client_address(RequestFactory().get("/", REMOTE_ADDR=peer, headers=headers))


def test_without_a_proxy_the_header_is_not_believed() -> None:
    assert address_of("198.51.100.7", "203.0.113.9") == "198.51.100.7"


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("1.1.1.1, 203.0.113.9", "203.0.113.9"),
        ("203.0.113.9, 10.0.0.8", "203.0.113.9"),
        ("", "10.0.0.5"),
        ("10.0.0.9", "10.0.0.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8::1", "2001:db8::1"),
    ],
)
def test_behind_our_proxies_the_nearest_stranger_is_the_client(
    settings: Settings, forwarded: str, client: str
) -> None:
    settings.TRUSTED_PROXIES = ["10.0.0.0/24"]
    assert address_of("10.0.0.5", forwarded) == client


def test_a_unix_socket_has_no_address() -> None:
    assert address_of("") == "0.0.0.0"  # noqa: S104
