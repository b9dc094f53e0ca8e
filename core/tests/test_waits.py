"""What the database was told to wait for each kind of work (contract section 4)."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models.signals import pre_migrate
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from core import waits
from core.watch import WatchedCursor
from embedded.work import Work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _afterwards_as_before() -> Iterator[None]:
    yield
    waits.begin(Work.BACKGROUND)


def told() -> tuple[str, ...]:
    """For a lock, a statement, and between two statements of a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('lock_timeout'), current_setting('statement_timeout'),"
            " current_setting('idle_in_transaction_session_timeout')"
        )
        return tuple(cursor.fetchone())


CONTRACT = {
    Work.TAPS: ("2s", "5s", "15s"),
    Work.BATCHES: ("2s", "15s", "15s"),
    Work.PAGES: ("5s", "15s", "15s"),
    Work.REPORTS: ("5s", "2min", "2min"),
    Work.HEALTH: ("1s", "2s", "5s"),
    Work.BACKGROUND: ("5s", "10min", "2min"),
    Work.MIGRATIONS: ("10s", "0", "10min"),
}


@pytest.mark.dialect
@pytest.mark.parametrize("work", Work)
@pytest.mark.parametrize("is_new", [True, False])
def test_each_kind_of_work_waits_as_long_as_it_may(work: Work, is_new: bool) -> None:
    """On a connection that is made for it, and on one that did something else."""
    if is_new:
        connection.close()
    else:
        connection.ensure_connection()
    waits.begin(work)
    assert told() == CONTRACT[work]


def test_a_connection_that_was_lost_and_made_anew_waits_as_the_one_before() -> None:
    waits.begin(Work.TAPS)
    connection.ensure_connection()
    connection.close()
    assert told() == CONTRACT[Work.TAPS]


@pytest.mark.parametrize(
    ("method", "path", "headers", "work"),
    [
        ("POST", "/api/pos/taps/", {}, Work.TAPS),
        ("POST", "/api/pos/taps/batch/", {}, Work.BATCHES),
        ("GET", "/api/students/", {}, Work.PAGES),
        ("GET", "/api/students/?format=csv", {}, Work.REPORTS),
        ("GET", "/api/students/", {"Accept": "text/csv"}, Work.REPORTS),
        ("GET", "/readyz", {}, Work.HEALTH),
    ],
)
def test_a_request_begins_its_work(
    rf: RequestFactory, method: str, path: str, headers: dict[str, str], work: Work
) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(" ".join(told()))

    answer = waits.WaitsByWork(view)(rf.generic(method, path, headers=headers))
    assert answer.content.decode() == " ".join(CONTRACT[work])


def test_an_ordinary_tap_pays_no_round_trip_for_it() -> None:
    waits.begin(Work.TAPS)
    connection.ensure_connection()
    raw = connection.connection
    asked: list[str] = []

    class Counting(WatchedCursor):
        def execute(self, query: Any, values: Any = None, /) -> None:
            asked.append(str(query))
            super().execute(query, values)

    before, raw.cursor_factory = raw.cursor_factory, Counting
    try:
        waits.begin(Work.TAPS)
        assert asked == []
        waits.begin(Work.PAGES)
        assert any("lock_timeout" in query for query in asked)
    finally:
        raw.cursor_factory = before


def test_migrations_wait_as_migrations_and_then_no_more() -> None:
    seen: list[tuple[str, ...]] = []

    def during(sender: object, **kwargs: object) -> None:
        seen.append(told())

    pre_migrate.connect(during)
    try:
        call_command("migrate", verbosity=0)
    finally:
        pre_migrate.disconnect(during)
    assert seen[-1] == CONTRACT[Work.MIGRATIONS]
    assert told() == CONTRACT[Work.BACKGROUND]


def test_the_kernel_notices_that_the_database_is_gone_from_the_network() -> None:
    connection.ensure_connection()
    with socket.socket(fileno=connection.connection.fileno()) as link:
        try:
            values = {
                name: link.getsockopt(level, option)
                for name, (level, option) in {
                    "alive": (socket.SOL_SOCKET, socket.SO_KEEPALIVE),
                    "idle": (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE),
                    "interval": (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL),
                    "count": (socket.IPPROTO_TCP, socket.TCP_KEEPCNT),
                    "unanswered": (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT),
                }.items()
            }
        finally:
            link.detach()
    assert values == {"alive": 1, "idle": 10, "interval": 5, "count": 3, "unanswered": 15_000}
