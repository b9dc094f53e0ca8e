"""What clients are told while the database is down: 503 and when to come back, never a 500."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings

# In a process of its own, on a port where nothing listens: the real driver's real error.
SCRIPT = """
import json
import django
from django.conf import settings
settings.STORAGES["staticfiles"] = {
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
django.setup()
from django.test import Client
client = Client(raise_request_exception=False)
client.cookies["sessionid"] = "a" * 32
def ask(method, path, **kwargs):
    response = getattr(client, method)(path, **kwargs)
    return [response.status_code, response.headers.get("Retry-After"), response.content.decode()]
bearer = {"HTTP_AUTHORIZATION": "Bearer " + TOKEN}
print(json.dumps({
    "list": ask("get", "/api/students/", **bearer),
    "post": ask("post", "/api/students/", data="{}", content_type="application/json", **bearer),
    "token": ask("post", "/api/token/", data='{"username": "a", "password": "b"}',
                 content_type="application/json"),
    "page": ask("get", "/admin/"),
    "phone": ask("get", "/v/XXXXXXXXXXXXXXXX", HTTP_ACCEPT="text/html", HTTP_ACCEPT_LANGUAGE="sw"),
    "readyz": ask("get", "/readyz"),
    "healthz": ask("get", "/healthz"),
}))
"""


@pytest.fixture(scope="module")
def answers() -> dict[str, list[Any]]:
    from uuid import uuid4

    from rest_framework_simplejwt.tokens import AccessToken

    token = AccessToken()
    token["admin_id"] = str(uuid4())
    environment = {
        **os.environ,
        "DATABASE_URL": "postgresql://nobody:none@127.0.0.1:1/nothing",
        "DJANGO_SETTINGS_MODULE": "trackxpert.settings",
        "SECRET_KEY": settings.SECRET_KEY,
        "ALLOWED_HOSTS": "testserver",
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.replace("TOKEN", repr(str(token)))],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    answers: dict[str, list[Any]] = json.loads(done.stdout)
    return answers


@pytest.mark.parametrize("name", ["list", "post", "token"])
def test_the_api_answers_503_with_a_time_to_retry(answers: dict[str, list[Any]], name: str) -> None:
    status, retry_after, body = answers[name]
    assert (status, retry_after) == (503, "5")
    assert json.loads(body)["code"] == "database_unavailable"
    assert "127.0.0.1" not in body


def test_a_page_answers_503_too(answers: dict[str, list[Any]]) -> None:
    status, retry_after, body = answers["page"]
    assert (status, retry_after) == (503, "5")
    assert "database" in body
    assert "psycopg" not in body


def test_who_scans_a_card_is_told_on_a_page_of_their_language(
    answers: dict[str, list[Any]],
) -> None:
    status, retry_after, body = answers["phone"]
    assert (status, retry_after) == (503, "5")
    assert '<html lang="sw">' in body
    assert "Jaribu tena baada ya sekunde 5." in body


def test_the_process_lives_but_is_not_ready(answers: dict[str, list[Any]]) -> None:
    assert answers["healthz"][0] == 200
    assert answers["readyz"][0] == 503
