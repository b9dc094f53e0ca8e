"""Every status that docs/status-codes.md says TrackXpert answers, once.

502 and 504 are not here: only a server in front of TrackXpert sends them.
"""

import socket
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError, connection
from django.test import Client
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from cards.tests.factories import make_card, make_student
from embedded.tests.gunicorn import running
from pos.models import Device
from pos.tests.factories import make_reader

pytestmark = pytest.mark.django_db

PATIENCE = 60.0
STUDENTS, CARDS = "/api/students/", "/api/cards/"
STUDENT = {"registration_number": "DIT/2026/1", "first_name": "Asha", "surname": "Mushi"}


# --- 1xx: the web server's --------------------------------------------------------------------


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A gunicorn that is asked nothing that needs the database."""
    with running(application="trackxpert.wsgi:application") as port:
        yield port


def first_line(port: int, *lines: str) -> str:
    """Of what comes back for the head of a request; its body is never sent."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as link:
        link.sendall("\r\n".join([*lines, "Host: localhost", "", ""]).encode())
        return link.makefile().readline().strip()


def test_100_asks_for_the_body(port: int) -> None:
    head = ("POST /api/token/ HTTP/1.1", "Expect: 100-continue", "Content-Length: 2")
    assert first_line(port, *head) == "HTTP/1.1 100 Continue"


def test_101_is_never_needed(port: int) -> None:
    """The live feed is plain HTTP: whoever asks for a WebSocket gets the ordinary answer."""
    upgrade = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13")
    assert first_line(port, "GET /healthz HTTP/1.1", *upgrade) == "HTTP/1.1 200 OK"


# --- 2xx --------------------------------------------------------------------------------------


def test_200_shows(officer: APIClient) -> None:
    assert officer.get(STUDENTS).status_code == 200


def test_201_has_made_something(officer: APIClient) -> None:
    assert officer.post(STUDENTS, STUDENT).status_code == 201


def test_202_works_on_and_says_where_to_look(officer: APIClient) -> None:
    card = make_card()
    response = officer.post(f"{CARDS}bulk-print/", {"card_uuids": [str(card.pk)]})
    assert response.status_code == 202
    assert officer.get(response.json()["status_url"]).status_code == 200


def test_204_has_nothing_to_show(officer: APIClient) -> None:
    response = officer.delete(f"{STUDENTS}{make_student().pk}/")
    assert (response.status_code, response.content) == (204, b"")


# --- 3xx --------------------------------------------------------------------------------------


def test_301_moves_whoever_comes_without_tls(settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    response = Client().get("/admin/login/")
    assert (response.status_code, response["Location"]) == (301, "https://testserver/admin/login/")
    assert Client().get("/healthz").status_code == 200  # for the balancer inside


def test_302_leads_whoever_is_not_signed_in_to_the_login_page(
    make_user: Callable[..., User],
) -> None:
    make_user("administrator")
    response = Client().get("/")
    assert (response.status_code, response["Location"]) == (302, "/admin/login/?next=/")


def test_304_leaves_the_client_what_it_has(officer: APIClient) -> None:
    address = f"{STUDENTS}{make_student().pk}/"
    etag = officer.get(address)["ETag"]
    response = officer.get(address, HTTP_IF_NONE_MATCH=etag)
    assert (response.status_code, response.content) == (304, b"")


# --- 4xx --------------------------------------------------------------------------------------


def test_400_says_what_is_wrong_with_the_request(officer: APIClient) -> None:
    response = officer.post(STUDENTS, {**STUDENT, "registration_number": ""})
    assert (response.status_code, list(response.json())) == (400, ["registration_number"])


def test_401_asks_who_it_is(anybody: APIClient) -> None:
    response = anybody.get(STUDENTS)
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_403_knows_who_it_is_and_refuses(officer: APIClient) -> None:
    response = officer.get("/api/pos/devices/")
    assert (response.status_code, response.json()["code"]) == (403, "permission_denied")


def test_404_finds_nothing(officer: APIClient) -> None:
    for address in (f"{STUDENTS}{uuid4()}/", "/api/no-such-thing/"):
        response = officer.get(address)
        assert (response.status_code, response.json()["success"]) == (404, False)


def test_405_names_the_methods_there_are(officer: APIClient) -> None:
    response = officer.delete(STUDENTS)
    assert response.status_code == 405
    assert "POST" in response["Allow"]


def test_409_cannot_as_things_stand(officer: APIClient) -> None:
    card = make_card()
    assert officer.post(f"{CARDS}{card.pk}/retire/", {"reason": "lost"}).status_code == 200
    response = officer.patch(f"{CARDS}{card.pk}/activate/")
    assert response.status_code == 409
    assert response.json()["code"]


def test_429_says_when_to_come_back(anybody: APIClient, settings: Settings) -> None:
    wrong = {"username": "nobody", "password": "wrong"}
    answers = [anybody.post("/api/token/", wrong) for _ in range(settings.LOCKOUT_FAILURES + 1)]
    assert [answer.status_code for answer in answers] == [401] * settings.LOCKOUT_FAILURES + [429]
    assert int(answers[-1]["Retry-After"]) > 0


# --- 5xx --------------------------------------------------------------------------------------


def failing(error: Exception) -> Any:
    """The database's door, with this error behind it."""

    def fail(*args: Any) -> Any:
        raise error

    return connection.execute_wrapper(fail)


def test_500_is_our_fault_and_says_no_more(officer: APIClient) -> None:
    officer.raise_request_exception = False
    with failing(ZeroDivisionError("the secret inside")):
        response = officer.get(STUDENTS)
    assert (response.status_code, response.json()["code"]) == (500, "server_error")
    assert b"secret" not in response.content


def test_501_is_switched_off_here(administrator: APIClient, settings: Settings) -> None:
    device = make_reader()[0]
    settings.MQTT_URL = ""
    response = administrator.get(mqtt_address(device))
    assert (response.status_code, response.json()["code"]) == (501, "mqtt_off")


def test_what_is_switched_on_answers(administrator: APIClient, settings: Settings) -> None:
    device = make_reader()[0]
    settings.MQTT_URL = "mqtts://trackxpert:secret@broker.example.org"
    response = administrator.get(mqtt_address(device))
    assert response.status_code == 200
    assert response.json() == {
        "host": "broker.example.org",
        "port": 8883,
        "is_tls": True,
        "username": str(device.pk),
        "tap_topic": f"trackxpert/{device.pk}/tap",
        "answer_topic": f"trackxpert/{device.pk}/answer",
    }


def mqtt_address(device: Device) -> str:
    return f"/api/pos/devices/{device.pk}/mqtt/"


def test_503_says_when_the_database_may_be_back(officer: APIClient) -> None:
    with failing(OperationalError("the server closed the connection")):
        response = officer.get(STUDENTS)
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert response.json()["code"] == "database_unavailable"
