"""Taps while somebody holds what they need: the product's own server, real locks."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from json import dumps, loads
from typing import Any

import psycopg2
import pytest
from django.db import connection

from attendance.models import Attendance
from cards.tests.factories import make_card
from core.tests.product import ask, served
from pos.models import Tap
from pos.services import register_device

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.product]

CHIP = "04A32B1C"
# The lock's two seconds, and what a busy machine takes for the rest.
IN_TIME = 3.0


@pytest.fixture
def key() -> str:
    make_card(rfid_number=CHIP)
    return register_device(by=None, name="Gate", location="Gate", activity_type="attendance")[1]


@contextmanager
def somebody_holds(statement: str) -> Iterator[None]:
    """An operator's psql, in a transaction that nobody ends."""
    other = psycopg2.connect(**connection.get_connection_params() | {"options": ""})
    try:
        other.cursor().execute(statement)
        yield
    finally:
        other.close()


def tap(port: int, key: str, event_id: str = "1", *, card: str = CHIP, timeout: float = 30) -> Any:
    body = dumps({"event_id": event_id, "card": card}).encode()
    headers = {"Authorization": f"Device {key}", "Content-Type": "application/json"}
    return ask(port, "POST", "/api/pos/taps/", body, headers, timeout=timeout)


def test_a_tap_that_waits_for_the_ledger_is_told_when_to_come_back_and_counts_then(
    key: str,
) -> None:
    with served() as port:
        assert tap(port, key, "0").status == 201
        with somebody_holds("LOCK TABLE pos_tap"):
            began = time.monotonic()
            refused = tap(port, key)
            took = time.monotonic() - began
        assert (refused.status, refused.headers["Retry-After"]) == (503, "5")
        assert loads(refused.body)["code"] == "database_busy"
        assert took < IN_TIME
        assert tap(port, key).status == 201
    assert Tap.objects.count() == 2


def test_without_its_timeouts_it_waits_as_long_as_the_lock_is_held(key: str) -> None:
    never: dict[str, Any] = {"LOCK_TIMEOUT_TAPS": "0", "STATEMENT_TIMEOUT_TAPS": "0"}
    with (
        served(**never) as port,
        somebody_holds("LOCK TABLE pos_tap"),
        pytest.raises(TimeoutError),
    ):
        tap(port, key, timeout=IN_TIME + 1)


def test_many_readers_at_once_are_all_told_in_time_and_nothing_else_waits(key: str) -> None:
    """More than there are threads: who waits for a thread is told as soon as who waits in it."""
    took: list[float] = []

    def wait(number: int) -> int:
        began = time.monotonic()
        status: int = tap(port, key, str(number), card=f"04A32B{number:02X}").status
        took.append(time.monotonic() - began)
        return status

    with served(lanes={"taps": 4, "pages": 2, "health": 1}) as port:
        tap(port, key, "first")
        with somebody_holds("LOCK TABLE pos_tap"), ThreadPoolExecutor(40) as readers:
            waiting = [readers.submit(wait, number) for number in range(40)]
            began = time.monotonic()
            assert ask(port, "GET", "/healthz").status == 200
            assert ask(port, "GET", "/api/token/").status == 405  # a page's thread is free
            assert time.monotonic() - began < 1
            assert {each.result() for each in waiting} == {503}
    assert max(took) < IN_TIME


def test_somebody_who_sits_on_a_row_stops_that_persons_taps_only(key: str) -> None:
    make_card(rfid_number="04A32B1D")
    with served() as port:
        assert tap(port, key, "0").status == 201
        with somebody_holds("SELECT 1 FROM attendance_attendance FOR UPDATE"):
            assert tap(port, key, "1", card="04A32B1D").status == 201
            assert tap(port, key, "2").status == 503
    assert Attendance.objects.count() == 2


def test_a_transaction_that_does_nothing_is_ended_and_lets_go(key: str) -> None:
    """As a server process that freezes in the middle of a tap."""
    frozen = psycopg2.connect(
        **connection.get_connection_params()
        | {"options": "-c idle_in_transaction_session_timeout=500"}
    )
    frozen.cursor().execute("LOCK TABLE pos_tap")
    with served() as port:
        assert tap(port, key).status == 201
    with pytest.raises(psycopg2.Error):
        frozen.cursor().execute("SELECT 1")
    frozen.close()


# --- clients that send half of what they have to say ---------------------------------------------

POST = b"POST /api/pos/taps/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
HALVES = (POST, POST + b'Content-Length: 40\r\n\r\n{"event_id": "h')


@contextmanager
def besieged(port: int, clients: int) -> Iterator[None]:
    with ExitStack() as stack:
        for number in range(clients):
            link = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
            link.sendall(HALVES[number % 2])
        yield


def test_hundreds_of_half_sent_requests_hold_up_no_tap(key: str) -> None:
    with served() as port, besieged(port, 600):
        for number in range(5):
            began = time.monotonic()
            assert tap(port, key, str(number)).status == 201
            assert ask(port, "GET", "/healthz").status == 200
            assert time.monotonic() - began < IN_TIME


def test_on_an_ordinary_worker_they_hold_all_of_them(key: str) -> None:
    ordinary = ("--threads", "64", "--worker-connections", "4096")
    with (
        served(*ordinary, worker="embedded.tests.echo.Unguarded") as port,
        besieged(port, 600),
        pytest.raises(TimeoutError),
    ):
        tap(port, key, timeout=IN_TIME)


# --- a database that does not answer at all ------------------------------------------------------


class Freezer:
    """A wire between the product and its database, which can be stopped and still stands."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.flows = threading.Event()
        self.flows.set()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        at = connection.settings_dict
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.create_connection((at["HOST"], int(at["PORT"])))
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: Any, other: Any) -> None:
        try:
            while data := one.recv(65536):
                self.flows.wait()
                other.sendall(data)
        except OSError:
            pass
        finally:
            for each in (one, other):
                each.close()


def test_a_frozen_database_holds_no_tap_for_ever(key: str) -> None:
    freezer = Freezer()
    waits: dict[str, Any] = {"STATEMENT_TIMEOUT_TAPS": "0.5"}
    with served(database_port=freezer.port, **waits) as port:
        assert tap(port, key, "0").status == 201
        freezer.flows.clear()
        refused = tap(port, key)
        assert (refused.status, refused.headers["Retry-After"]) == (503, "5")
        assert ask(port, "GET", "/healthz").status == 200
        freezer.flows.set()
        assert tap(port, key).status in {200, 201}
    freezer.listener.close()
    assert Tap.objects.count() == 2


def test_without_a_limit_a_frozen_database_holds_it(key: str) -> None:
    freezer = Freezer()
    # One thread, and so one connection, which is there: a new one would be given up soon.
    lanes = {"taps": 1, "pages": 1, "health": 1}
    with served(database_port=freezer.port, lanes=lanes, STATEMENT_TIMEOUT_TAPS="0") as port:
        assert tap(port, key, "0").status == 201
        freezer.flows.clear()
        with pytest.raises(TimeoutError):
            tap(port, key, timeout=10)  # three seconds more than the guarded one needs
        freezer.flows.set()
    freezer.listener.close()
