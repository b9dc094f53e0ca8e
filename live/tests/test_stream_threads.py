"""Streams in the product's own server: they take no thread, and no connection, of anybody else."""

import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from http.client import HTTPConnection, HTTPResponse, IncompleteRead

import pytest
from django.db import connection

from accounts.models import User
from accounts.tokens import issue_tokens
from core.tests.product import ask, served

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.product]

STREAMS = 5
LANES = {"pages": 2, "health": 1}


def opened(port: int, bearer: dict[str, str]) -> HTTPResponse:
    """A stream that has said its first words, and stands until this is closed."""
    link = HTTPConnection("127.0.0.1", port, timeout=30)
    # The answer then has the socket, and closes it.
    link.request("GET", "/api/live/", headers={**bearer, "Connection": "close"})
    response = link.getresponse()
    assert response.status == 200
    assert response.readline().startswith(b"retry: ")
    return response


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
    others = connections()  # of tests before this one
    with served(lanes=LANES) as port, ExitStack() as stack:
        for _ in range(STREAMS):
            stack.enter_context(closing(opened(port, bearer)))
        for _ in range(STREAMS):
            assert ask(port, "GET", "/api/students/", headers=bearer, timeout=5).status == 200
        # Two threads for pages and one for health; one connection asks for all streams, and one
        # whether settings have changed.
        assert connections() <= others + sum(LANES.values()) + 2


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


def test_a_server_that_stops_ends_its_streams_at_once(make_user: Callable[..., User]) -> None:
    bearer = {"Authorization": f"Bearer {issue_tokens(user=make_user('administrator'))['access']}"}
    with served("--graceful-timeout", "60", lanes=LANES) as port:
        stream = opened(port, bearer)
        began = time.monotonic()
    assert time.monotonic() - began < 15
    with closing(stream), pytest.raises(IncompleteRead):
        stream.read()
