"""The ways in: every door of the system, knocked at as a client from some address would."""

from base64 import b64encode
from collections.abc import Callable
from typing import Any

from django.test import Client
from rest_framework.test import APIClient

WRONG = "wrong-horse-battery"
HERE = "192.0.2.10"
ELSEWHERE = "192.0.2.20"


def token(username: str, password: str, address: str = HERE, **headers: Any) -> Any:
    client = APIClient(REMOTE_ADDR=address, **headers)
    return client.post("/api/token/", {"username": username, "password": password})


def monitor(username: str, password: str, address: str = HERE, **headers: Any) -> Any:
    client = APIClient(REMOTE_ADDR=address, **headers)
    return client.post("/auth/admin/login", {"username": username, "password": password})


def monitor_basic(username: str, password: str, address: str = HERE, **headers: Any) -> Any:
    client = APIClient(REMOTE_ADDR=address, **headers)
    return client.get("/auth/admin/login", HTTP_AUTHORIZATION=basic(username, password))


def browser(username: str, password: str, address: str = HERE, **headers: Any) -> Any:
    client = Client(REMOTE_ADDR=address, **headers)
    return client.post("/admin/login/", {"username": username, "password": password})


Door = Callable[..., Any]
DOORS: tuple[Door, ...] = (token, monitor, monitor_basic, browser)


def basic(username: str, password: str) -> str:
    """The value of an HTTP Basic `Authorization` header."""
    return "Basic " + b64encode(f"{username}:{password}".encode()).decode()


def verdict(response: Any) -> str:
    """What a door said, in one word: `in`, `wrong` or `locked`."""
    if response.status_code == 429:
        return "locked"
    is_html = response["Content-Type"].startswith("text/html")
    # The browser is sent on after a success, and shown its form again after a wrong password.
    success = 302 if is_html else 200
    failure = 200 if is_html else 401
    return {success: "in", failure: "wrong"}[response.status_code]


def knock(*doors: Door, username: str = "kitchen_admin", address: str = HERE) -> list[str]:
    """Give a wrong password at each of these doors in turn."""
    return [verdict(door(username, WRONG, address)) for door in doors]
