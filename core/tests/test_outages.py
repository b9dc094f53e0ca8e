"""What the database says when it cannot work, as clients and the log are told it: a real one's."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
import pytest
from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import LoginAttempt
from attendance.models import Holiday
from core.outages import READ_ONLY, outage_of
from trackxpert import urls as real_urls

DAY = "2031-07-07"


def add_holiday() -> None:
    Holiday.objects.create(first_day=DAY, last_day=DAY, name="Saba Saba")


def break_words() -> None:
    add_holiday()
    add_holiday()


def break_silently() -> None:
    for _ in range(2):
        LoginAttempt.objects.create(
            username="a", address="10.0.0.1", last_failed_at="2031-07-07T00:00:00Z"
        )


def rewrite_a_ledger() -> None:
    add_holiday()
    execute("UPDATE attendance_holidayevent SET name = 'Nane Nane'")()


def execute(sql: str) -> Any:
    def act() -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql)

    return act


ACTS: dict[str, Any] = {
    "write": add_holiday,
    "words": break_words,
    "silent": break_silently,
    "ledger": rewrite_a_ledger,
    "data": execute("SELECT 'x'::int"),
    "slow": execute("SELECT pg_sleep(30)"),
    "die": execute("SELECT pg_terminate_backend(pg_backend_pid())"),
    "memory": execute("DO $$ BEGIN RAISE 'no memory' USING ERRCODE = '53200'; END $$"),
}


class Acting(APIView):
    permission_classes = (AllowAny,)
    authentication_classes = ()

    def post(self, request: Request, name: str) -> Response:
        with transaction.atomic():
            ACTS[name]()
        return Response()


def acting_page(request: HttpRequest, name: str) -> HttpResponse:
    with transaction.atomic():
        ACTS[name]()
    return HttpResponse()


urlpatterns = [
    path("api/act/<str:name>/", Acting.as_view()),
    path("page/<str:name>/", acting_page),
]
handler500 = real_urls.handler500

pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db, pytest.mark.dialect]
# What is set for a session holds from its next transaction on.
OWN_SESSION = pytest.mark.django_db(transaction=True)
DOORS = pytest.mark.parametrize("door", ["/api/act", "/page"])


def ask(path: str) -> Any:
    return Client(raise_request_exception=False).post(path)


@contextmanager
def session(*statements: str) -> Iterator[None]:
    """The connection as these statements make it."""
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    try:
        yield
    finally:
        connection.close()


@contextmanager
def somebody_else() -> Iterator[Any]:
    """A second connection, in a transaction."""
    other = psycopg2.connect(**connection.get_connection_params())
    try:
        yield other.cursor()
    finally:
        other.close()


@pytest.fixture
def _a_full_disk(db: None) -> None:
    """Whoever adds a holiday is told what PostgreSQL says when a file cannot grow."""
    with connection.cursor() as cursor:
        cursor.execute("""
            CREATE FUNCTION disk_is_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                RAISE 'could not extend file "base/1/2": No space left on device'
                    USING ERRCODE = 'disk_full';
            END $$;
            CREATE TRIGGER disk_is_full BEFORE INSERT ON attendance_holiday
                FOR EACH ROW EXECUTE FUNCTION disk_is_full();
        """)


# --- an outage: 503, when to come back, and a line that names it ---------------------------------


def refused(answer: Any, *, door: str, code: str, seconds: str) -> None:
    assert (answer.status_code, answer["Retry-After"]) == (503, seconds)
    if door == "/api/act":
        assert answer.json()["code"] == code
        assert set(answer.json()) == {"detail", "code"}
    else:
        assert answer["Content-Type"].startswith("text/html")


@DOORS
@pytest.mark.usefixtures("_a_full_disk")
def test_a_full_disk(door: str, caplog: pytest.LogCaptureFixture) -> None:
    answer = ask(f"{door}/write/")
    refused(answer, door=door, code="database_full", seconds="30")
    assert f"{door}/write/: the disk of the database is full: could not extend" in caplog.text
    assert "Traceback" in caplog.text
    assert b"No space left" not in answer.content


@OWN_SESSION
@DOORS
def test_a_database_that_is_read_only(door: str, caplog: pytest.LogCaptureFixture) -> None:
    with session("SET default_transaction_read_only = on"):
        answer = ask(f"{door}/write/")
        assert connection.close_at == 0.0  # the next request asks where one can write by now
    refused(answer, door=door, code="database_read_only", seconds="10")
    assert f"{door}/write/: the database is read-only: cannot execute INSERT" in caplog.text


@pytest.mark.dialect
@OWN_SESSION
@DOORS
def test_a_lock_that_somebody_else_holds(door: str, caplog: pytest.LogCaptureFixture) -> None:
    with somebody_else() as other, session("SET lock_timeout = '100ms'"):
        other.execute("LOCK TABLE attendance_holiday")
        answer = ask(f"{door}/write/")
    refused(answer, door=door, code="database_busy", seconds="5")
    assert f"{door}/write/: a lock was not to be had in time: canceling" in caplog.text


@OWN_SESSION
@DOORS
def test_a_statement_that_takes_too_long(door: str, caplog: pytest.LogCaptureFixture) -> None:
    with session("SET statement_timeout = '100ms'"):
        answer = ask(f"{door}/slow/")
    refused(answer, door=door, code="database_busy", seconds="5")
    assert f"{door}/slow/: a statement took too long: canceling" in caplog.text


@OWN_SESSION
@DOORS
def test_a_connection_that_is_ended(door: str, caplog: pytest.LogCaptureFixture) -> None:
    with session():
        answer = ask(f"{door}/die/")
    refused(answer, door=door, code="database_unavailable", seconds="5")
    assert f"{door}/die/: the database does not answer: " in caplog.text


def raised_by(code: str, message: str = "x") -> DatabaseError:
    """The driver's exception for an SQLSTATE that is hard to bring about."""
    with pytest.raises(DatabaseError) as raised, transaction.atomic():
        execute(f"DO $$ BEGIN RAISE '{message}' USING ERRCODE = '{code}'; END $$")()
    return raised.value


@pytest.mark.dialect
@pytest.mark.parametrize(
    ("sqlstate", "code"),
    [
        ("08006", "database_unavailable"),
        ("25006", "database_read_only"),
        ("25P03", "database_busy"),
        ("40001", "database_busy"),
        ("40P01", "database_busy"),
        ("53100", "database_full"),
        ("53300", "database_unavailable"),
        ("55P03", "database_busy"),
        ("57014", "database_busy"),
        ("57P01", "database_unavailable"),
        ("57P02", "database_unavailable"),
        ("57P03", "database_unavailable"),
    ],
)
def test_each_outage_is_told_by_its_sqlstate(sqlstate: str, code: str) -> None:
    outage = outage_of(raised_by(sqlstate))
    assert outage is not None
    assert outage.code == code


def test_a_standby_that_lacks_a_table_without_a_log_is_read_only() -> None:
    """Seen in a cluster: the way to the primary led for a moment to what was none any more."""
    said = "cannot access temporary or unlogged relations during recovery"
    assert outage_of(raised_by("0A000", said)) is READ_ONLY
    assert outage_of(raised_by("0A000", "FOR UPDATE is not allowed with GROUP BY")) is None


@pytest.mark.parametrize(
    "sqlstate", ["22012", "23505", "42P01", "53200", "58030", "P0001", "XX000"]
)
def test_whatever_else_it_says_is_no_outage(sqlstate: str) -> None:
    assert outage_of(raised_by(sqlstate)) is None


# --- our mistakes: 500, with a traceback ----------------------------------------------------------


@DOORS
@pytest.mark.parametrize("name", ["silent", "ledger", "data", "memory"])
def test_what_nothing_explains_is_our_mistake(
    door: str, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = ask(f"{door}/{name}/")
    assert answer.status_code == 500
    assert "Traceback" in caplog.text
    assert not answer.has_header("Retry-After")
    if door == "/api/act":
        assert answer.json()["code"] == "server_error"


# --- a constraint with words: what a form would say -----------------------------------------------


def test_a_constraint_with_words_is_told(caplog: pytest.LogCaptureFixture) -> None:
    answer = ask("/api/act/words/")
    assert answer.status_code == 400
    assert answer.json() == {"non_field_errors": ["This day is a holiday already."]}
    assert "Traceback" not in caplog.text


def test_a_page_shows_the_constraints_words() -> None:
    answer = ask("/page/words/")
    assert answer.status_code == 400
    assert "This day is a holiday already." in answer.content.decode()
