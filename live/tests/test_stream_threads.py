"""Streams in the product's own server: they take no thread, and no connection, of anybody else."""

from collections.abc import Callable
from contextlib import ExitStack, closing
from http.client import HTTPConnection

import pytest
from django.db import connection

from accounts.models import User
from accounts.tokens import issue_tokens
from core.tests.product import ask, served

pytestmark = pytest.mark.django_db(transaction=True)

STREAMS = 5
LANES = {"pages": 2, "health": 1}


def opened(port: int, bearer: dict[str, str]) -> HTTPConnection:
    """A stream that has said its first words."""
    link = HTTPConnection("127.0.0.1", port, timeout=30)
    link.request("GET", "/api/live/", headers={**bearer, "Accept": "text/event-stream"})
    response = link.getresponse()
    assert response.status == 200
    assert response.readline().startswith(b"retry: ")
    return link


def connections() -> int:
    """Of everybody else to this database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return int(cursor.fetchone()[0])


def test_more_streams_than_threads_leave_all_of_them_free(make_user: Callable[..., User]) -> None:
    bearer = {"Authorization": f"Bearer {issue_tokens(user=make_user('administrator'))['access']}"}
    with served(lanes=LANES) as port, ExitStack() as stack:
        for _ in range(STREAMS):
            stack.enter_context(closing(opened(port, bearer)))
        for _ in range(STREAMS):
            assert ask(port, "GET", "/api/students/", headers=bearer, timeout=5).status == 200
        # Two threads for pages and one for health; one connection asks for all streams.
        assert connections() <= sum(LANES.values()) + 1


def test_on_an_ordinary_worker_they_take_them(make_user: Callable[..., User]) -> None:
    bearer = {"Authorization": f"Bearer {issue_tokens(user=make_user('administrator'))['access']}"}
    with (
        served("--threads", "2", worker="embedded.tests.echo.Unguarded") as port,
        ExitStack() as stack,
    ):
        for _ in range(2):
            stack.enter_context(closing(opened(port, bearer)))
        with pytest.raises(TimeoutError):
            ask(port, "GET", "/api/students/", headers=bearer, timeout=3)
