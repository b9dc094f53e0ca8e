"""kill -9 of anything at any moment: what was answered is on disk, what was not may be repeated."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from json import dumps, loads
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from attendance.models import Attendance
from cards.tests.factories import make_card
from embedded.postgres import postmaster, state
from pos.models import Tap
from pos.services import roll_key
from pos.tests.factories import make_reader
from pos.tests.killed import serve_and_die
from tools.bench.stack import ROOT, connected, request, running_server

# --- one tap, killed at a chosen moment ---------------------------------------------------------

TAP = """
key, card = said
client.credentials(HTTP_AUTHORIZATION=f"Device {key}")
client.post("/api/pos/taps/", {"event_id": "1", "card": card}, format="json")
"""


@pytest.mark.product
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("moment", "is_there"), [("before", False), ("after", True)])
def test_a_tap_is_there_or_not_and_its_repeat_is_safe(moment: str, is_there: bool) -> None:
    make_card(rfid_number="04A32B1C")
    device, reader = make_reader()
    key = roll_key(device=device)
    reader.credentials(HTTP_AUTHORIZATION=f"Device {key}")
    died = serve_and_die(moment, TAP, key, "04A32B1C")
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert Tap.objects.count() == Attendance.objects.count() == int(is_there)
    again = reader.post("/api/pos/taps/", {"event_id": "1", "card": "04A32B1C"})
    assert (again.status_code, again.json()["replayed"]) == (200 if is_there else 201, is_there)
    assert Tap.objects.count() == Attendance.objects.count() == 1


# --- the whole product under load ---------------------------------------------------------------

READERS, TAPS, PEOPLE = 4, 150, 20
PATIENCE = 90.0
USERNAME, PASSWORD = "killer", "correct-horse-battery"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port of the product as `make run` starts it, on a state folder of its own."""
    folder = ROOT / "var" / "kills"
    shutil.rmtree(folder, ignore_errors=True)  # of an earlier run, maybe on another PostgreSQL
    monkeypatch.setenv("TRACKXPERT_STATE", str(folder))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with running_server(state=folder, with_demo=False) as port:
        subprocess.run(
            [sys.executable, "manage.py", "createsuperuser", "--noinput", "--username", USERNAME],
            cwd=ROOT,
            env={**os.environ, "DJANGO_SUPERUSER_PASSWORD": PASSWORD},
            capture_output=True,
            check=False,  # made by an earlier run
        )
        yield port


class Caller:
    """An administrator over HTTP."""

    def __init__(self, port: int) -> None:
        self.port, self.token = port, ""
        credentials = {"username": USERNAME, "password": PASSWORD}
        self.token = self("POST", "/api/token/", credentials)["access"]

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        with connected(self.port) as link:
            status, answer = request(link, method, path, token=self.token, body=body)
        assert status < 300, (status, answer)
        return loads(answer)

    def enrol(self, run: str, number: int) -> str:
        """A new student with a card; its number."""
        student = {
            "registration_number": f"{run}/{number}",
            "first_name": "Asha",
            "surname": "Mushi",
        }
        pk = self("POST", "/api/students/", student)["student_uuid"]
        card = {"card_type": "student", "student_uuid": pk, "rfid_number": f"{run}-{number}"}
        rfid: str = self("POST", "/api/cards/", card)["rfid_number"]
        return rfid


class Reader(threading.Thread):
    """Sends its taps one by one, and each again until it is answered 2xx."""

    def __init__(self, port: int, device: dict[str, Any], cards: list[str]) -> None:
        super().__init__()
        self.port, self.cards, self.pos_id = port, cards, device["pos_id"]
        self.headers = {
            "Authorization": f"Device {device['key']}",
            "Content-Type": "application/json",
        }
        self.statuses: Counter[int | str] = Counter()
        self.answers: dict[str, Any] = {}

    def run(self) -> None:
        for number in range(TAPS):
            self.send(str(number), self.cards[number % len(self.cards)])

    def send(self, event_id: str, card: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            status, body = self.attempt({"event_id": event_id, "card": card})
            self.statuses[status] += 1
            if status in (200, 201):
                self.answers[event_id] = loads(body)
                return
            time.sleep(0.05)

    def attempt(self, tap: dict[str, str]) -> tuple[int | str, bytes]:
        link = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            link.request("POST", "/api/pos/taps/", dumps(tap), self.headers)
            response = link.getresponse()
            return response.status, response.read()
        except (OSError, HTTPException) as error:
            return type(error).__name__, b""
        finally:
            link.close()


def _kill_web_workers(port: int) -> None:
    record = state.state_dir() / "run" / str(port) / "web.json"
    leader = loads(record.read_text())["pid"]
    workers = Path(f"/proc/{leader}/task/{leader}/children").read_text().split()
    for pid in workers:
        os.kill(int(pid), signal.SIGKILL)


def _kill_web_server(port: int) -> None:
    record = state.state_dir() / "run" / str(port) / "web.json"
    os.kill(loads(record.read_text())["pid"], signal.SIGKILL)


def _kill_database(port: int) -> None:
    pid = postmaster.running_pid(state.current_home())
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


def _when_answered(readers: list[Reader], share: float) -> None:
    """Wait until this share of all taps was answered."""
    deadline = time.monotonic() + PATIENCE
    while sum(len(reader.answers) for reader in readers) < share * READERS * TAPS:
        assert time.monotonic() < deadline, [reader.statuses for reader in readers]
        time.sleep(0.01)


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="/proc is missing: not Linux")
def test_kills_under_load_lose_nothing_and_deny_nobody(server: int) -> None:
    call = Caller(server)
    run = f"RUN{time.time_ns()}"
    cards = [call.enrol(run, number) for number in range(PEOPLE)]
    gate = {"name": run, "location": "Gate", "activity_type": "attendance"}
    readers = [
        Reader(server, call("POST", "/api/pos/devices/", gate), cards) for _ in range(READERS)
    ]
    for reader in readers:
        reader.start()
    kills = [_kill_web_workers, _kill_database, _kill_web_server, _kill_database, _kill_web_workers]
    for number, kill in enumerate(kills, start=1):
        _when_answered(readers, number / (len(kills) + 1))
        kill(server)
    for reader in readers:
        reader.join(PATIENCE)
    statuses = sum((reader.statuses for reader in readers), Counter[int | str]())
    assert sum(len(reader.answers) for reader in readers) == READERS * TAPS, statuses
    # Whoever was not answered was told to come again: no other status, and no false denial.
    codes = {status for status in statuses if isinstance(status, int)}
    assert codes <= {200, 201, 503}, statuses
    assert {a["decision"] for r in readers for a in r.answers.values()} == {"accepted"}
    for reader in readers:
        page = Caller(server)("GET", f"/api/pos/taps/?device={reader.pos_id}&page_size=1")
        assert page["count"] == TAPS
    days = Caller(server)("GET", f"/api/attendance/?page_size=100&date={_today()}")
    names = [day["registration_number"] for day in days["results"]]
    assert sorted(name for name in names if name.startswith(run)) == sorted(
        f"{run}/{number}" for number in range(PEOPLE)
    )


def _today() -> str:
    return timezone.localdate().isoformat()
