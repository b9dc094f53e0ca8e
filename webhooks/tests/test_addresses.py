"""Where nothing is posted to, and that the wall stands at each connection as well."""

import socket
from ipaddress import ip_address
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from webhooks.addresses import BadUrl, check_url, is_public, target_of
from webhooks.posting import Unanswered, post
from webhooks.tests.receiver import Receiver

PRIVATE = [
    "127.0.0.1",
    "127.8.9.10",
    "0.0.0.0",  # noqa: S104
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "fc00::1",
    "fd12:3456::1",
    "ff02::1",
    "ff0e::1",
    "100::1",
    "2001:db8::1",
    "2001::1",
    "2001:10::1",
    "3fff::1",
    "5f00::1",
    "4000::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "::7f00:1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::8.8.8.8",
    "2002:7f00:1::",
    "2002:a00:1::",
    "2002:c0a8:101::1",
    "2002:a9fe:a9fe::",
    "2a00:1450::5efe:10.0.0.1",
    "2a00:1450::200:5efe:10.0.0.1",
]
PUBLIC = [
    "8.8.8.8",
    "1.1.1.1",
    "172.15.255.255",
    "172.32.0.1",
    "100.128.0.1",
    "198.20.0.1",
    "223.255.255.254",
    "2a00:1450:4001:80b::200e",
    "2606:4700::1111",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2002:808:808::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_what_only_we_can_reach_is_no_address(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_what_everybody_can_reach_is_one(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.fixture
def _walled(settings: Settings) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE_NETWORKS = settings.WEBHOOK_ALLOW_HTTP = False


REFUSED = [
    "https://127.0.0.1/",
    "https://[::1]/",
    "https://localhost/",
    "https://localhost./",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://0/",
    "https://10.0.0.5/hook",
    "https://169.254.169.254/latest/meta-data/",
    "https://[::ffff:127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[fe80::1%25eth0]/",
    "https://[2002:7f00:1::]/",
    "http://8.8.8.8/",
    "ftp://8.8.8.8/",
    "file:///etc/passwd",
    "gopher://8.8.8.8/",
    "//8.8.8.8/",
    "8.8.8.8",
    "javascript:alert(1)",
    "https://",
    "https:///x",
    "https://user@8.8.8.8/",
    "https://user:word@8.8.8.8/",
    "https://@8.8.8.8/",
    "https://8.8.8.8/#top",
    "https://./",
    "https://.example.org/",
    "https://8.8.8.8\\@127.0.0.1/",
    "https://8.8.8.8:25/",
    "https://8.8.8.8:22/",
    "https://8.8.8.8:0/",
    "https://8.8.8.8:65536/",
    "https://8.8.8.8:x/",
    "https://8.8.8.8:6379/",
    "https://8.8.8.8:5432/",
    "https://8.8.8.8:6667/",
    "https://8.8.8.8:465/",
    "https://8.8.8.8:587/",
    "https://8.8.8.8:11211/",
    "https://exämple.org/",
    "https://[8.8.8.8/",
]


@pytest.mark.usefixtures("_walled")
@pytest.mark.parametrize(
    "url", [*REFUSED, "", " https://8.8.8.8/", "https://8.8.8.8/a b", "https://8.8.8.8/\r\nX: y"]
)
def test_an_address_that_must_not_be_posted_to_is_refused(url: str) -> None:
    with pytest.raises(BadUrl):
        check_url(url)
    with pytest.raises(Unanswered):
        post(url, b"{}", {})


@pytest.mark.usefixtures("_walled")
@pytest.mark.parametrize(
    "url",
    [
        "https://8.8.8.8/hook?key=1",
        "https://8.8.8.8:8443/",
        "HTTPS://8.8.8.8",
        "https://[2a00:1450:4001:80b::200e]:443/",
        "https://nobody-knows-this.invalid/",
    ],
)
def test_any_other_is_taken(url: str) -> None:
    check_url(url)


def test_the_parts_of_an_address() -> None:
    target = target_of("https://hooks.example.org./in?key=1")
    assert (target.host, target.port, target.path) == ("hooks.example.org", 443, "/in?key=1")
    assert target.host_header == "hooks.example.org"
    assert target_of("http://[::1]:8000").host_header == "[::1]:8000"


def test_a_setting_opens_the_own_network(settings: Settings, receiver: Receiver) -> None:
    check_url(receiver.url)
    check_url("http://10.0.0.5:25/")
    settings.WEBHOOK_ALLOW_HTTP = False
    with pytest.raises(BadUrl, match="https"):
        check_url(receiver.url)


# --- a name that leads elsewhere by the time of the connection --------------------------------


def leads_to(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """The DNS answers with these, one after another; returns what was connected to."""
    left, connected = list(answers), []

    def getaddrinfo(host: str, port: int, **kwargs: Any) -> list[Any]:
        numbers = left.pop(0)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in numbers]

    def connect(address: tuple[str, int], **kwargs: Any) -> socket.socket:
        connected.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(socket, "create_connection", connect)
    return connected


@pytest.mark.usefixtures("_walled")
def test_a_name_that_was_public_and_is_not_any_more_is_not_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connected = leads_to(monkeypatch, ["8.8.8.8"], ["127.0.0.1"])
    check_url("https://rebinding.example/")
    with pytest.raises(Unanswered, match="private"):
        post("https://rebinding.example/", b"{}", {})
    assert connected == []


@pytest.mark.usefixtures("_walled")
def test_one_private_number_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    connected = leads_to(monkeypatch, ["8.8.8.8", "10.0.0.1"], ["8.8.8.8", "10.0.0.1"])
    with pytest.raises(BadUrl):
        check_url("https://both.example/")
    with pytest.raises(Unanswered):
        post("https://both.example/", b"{}", {})
    assert connected == []


@pytest.mark.usefixtures("_walled")
def test_it_connects_to_the_numbers_that_were_checked_and_asks_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connected = leads_to(monkeypatch, ["8.8.8.8", "8.8.4.4"])
    with pytest.raises(Unanswered, match="ConnectionRefusedError"):
        post("https://two.example/", b"{}", {})
    assert connected == ["8.8.8.8", "8.8.4.4"]
