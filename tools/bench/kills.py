"""kill -9 of every process of the product at random moments, while four readers tap.

`make bench ARGS=kills`, KILLS of them (70). Each reader sends its taps one by one, and each again
until it is answered 2xx, as the contract wants it. At the end every day is worked out from what was
sent and answered, and compared. Not part of `make bench`: it says nothing of speed.
"""

import json
import os
import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from random import Random
from uuid import UUID

from django.utils import timezone

from attendance.models import Attendance
from embedded.postgres import postmaster, state
from pos.models import Tap
from tools.bench.stack import connected, execute, request
from tools.bench.taps_data import (
    CARD_NUMBER,
    CLEAR_LEDGER,
    FIRST,
    STUDENT_ID,
    BenchReader,
    prepare,
)

KILLS = int(os.environ.get("KILLS", "70"))
READERS, PEOPLE = 4, 400
# From one kill to the next. Half of them come when taps are taken again, so that there are some to
# be lost; the others also while what was killed before is not back yet.
SHORTEST, LONGEST = 0.2, 3.0
# How long a reader waits for its last answer when all is over.
PATIENCE = 120.0
RANDOM = Random()


def run(port: int) -> None:
    gates, _ = prepare()
    execute(CLEAR_LEDGER)
    readers = [SteadyReader(port, gate) for gate in gates[:READERS]]
    for reader in readers:
        reader.start()
    killed: Counter[str] = Counter()
    while killed.total() < KILLS:
        if RANDOM.random() < 0.5:
            _wait_until_ready(port)
        time.sleep(RANDOM.uniform(SHORTEST, LONGEST))
        if name := _kill_one(port):
            killed[name] += 1
    for reader in readers:
        reader.is_over.set()
    for reader in readers:
        reader.join()
    found = compare(readers)
    stuck = sum(not reader.has_ended_well for reader in readers)
    answered = sum(len(reader.answered) for reader in readers)
    again = sum(reader.refusals for reader in readers)
    print(f"\nkilled: {', '.join(f'{name} {number}' for name, number in sorted(killed.items()))}")
    print(
        f"{killed.total()} kills, {answered:,} taps acknowledged ({again:,} tries in vain),"
        f" {found.lost} lost, {found.doubled} doubled, {found.days} days differ,"
        f" {stuck} readers stuck"
    )
    execute(CLEAR_LEDGER)
    if found.lost or found.doubled or found.days or stuck:
        raise SystemExit(1)


class SteadyReader(threading.Thread):
    """Sends one tap after the other; a tap that was not answered comes again.

    `longest`: how long one tap was refused, in seconds; `refusals`: tries in vain. `pause`: from an
    answer to the next tap.
    """

    def __init__(self, port: int, reader: BenchReader, *, pause: float = 0.0) -> None:
        super().__init__(daemon=True)
        self.port, self.device = port, reader.device.pk
        self.pause, self.longest = pause, 0.0
        self.statuses: Counter[int] = Counter()
        self.headers = {
            "Authorization": f"Device {reader.key}",
            "Content-Type": "application/json",
        }
        self.is_over = threading.Event()
        self.answered: dict[str, tuple[int, datetime]] = {}
        self.number = self.refusals = 0

    def run(self) -> None:
        while not self.is_over.is_set():
            self.number += 1
            student = FIRST + RANDOM.randrange(PEOPLE)
            at = timezone.now()
            tap = {
                "event_id": str(self.number),
                "card": f"{CARD_NUMBER}{student}",
                "direction": "in",
                "tapped_at": at.isoformat(),
            }
            began = time.monotonic()
            if not self._is_taken_at_last(tap):
                return
            self.answered[tap["event_id"]] = student, at
            self.longest = max(self.longest, time.monotonic() - began)
            self.is_over.wait(self.pause)

    @property
    def has_ended_well(self) -> bool:
        """Its last tap was answered, too: it numbers them from one."""
        return not self.is_alive() and len(self.answered) == self.number

    def _is_taken_at_last(self, tap: dict[str, str]) -> bool:
        """While things are broken on purpose no reader gives up."""
        deadline = 0.0
        while not self._is_answered(tap):
            self.refusals += 1
            if self.is_over.is_set():
                deadline = deadline or time.monotonic() + PATIENCE
                if time.monotonic() > deadline:
                    return False
            time.sleep(0.05)
        return True

    def _is_answered(self, tap: dict[str, str]) -> bool:
        link = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            link.request("POST", "/api/pos/taps/", json.dumps(tap), self.headers)
            response = link.getresponse()
            response.read()
        except (OSError, HTTPException):
            return False
        finally:
            link.close()
        self.statuses[response.status] += 1
        return response.status in {200, 201}


# --- who is killed ------------------------------------------------------------------------------


def _kill_one(port: int) -> str | None:
    """What was killed; None if nothing of that name runs at this moment."""
    victims = _victims(port)
    if not victims:
        return None
    name = RANDOM.choice(sorted({name for name, _ in victims}))
    pid = RANDOM.choice([pid for each, pid in victims if each == name])
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return None
    return name


def _victims(port: int) -> list[tuple[str, int]]:
    """Whatever the supervisor started, the workers of the web server, and the database."""
    found = []
    for record in (state.state_dir() / "run" / str(port)).glob("*.json"):
        try:
            pid = json.loads(record.read_text())["pid"]
            found.append((record.stem, pid))
            if record.stem == "web":
                children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
                found += [("web process", int(child)) for child in children]
        except (OSError, ValueError):  # it is being written, or has ended
            continue
    if database := postmaster.running_pid(state.current_home()):
        found.append(("database", database))
    return found


def _wait_until_ready(port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            with connected(port) as link:
                if request(link, "GET", "/readyz")[0] == 200:
                    return
        except (OSError, HTTPException):
            pass
        time.sleep(0.2)
    raise SystemExit("The server did not come back.")


# --- what it came to ----------------------------------------------------------------------------


@dataclass
class Found:
    lost: int = 0
    doubled: int = 0
    days: int = 0
    """Of people and dates, of whom another day is kept than their taps make."""
    wanted: dict[tuple[UUID, str], list[datetime]] = field(default_factory=dict)


def compare(readers: list[SteadyReader]) -> Found:
    """The ledger with what was answered, and the days with what was sent."""
    found = Found()
    rows = Counter(Tap.objects.values_list("device", "event_id"))
    for reader in readers:
        for event_id, (student, at) in reader.answered.items():
            found.lost += (reader.device, event_id) not in rows
            key = UUID(f"{STUDENT_ID}{student}"), timezone.localdate(at).isoformat()
            found.wanted.setdefault(key, []).append(at)
    found.doubled = sum(number - 1 for number in rows.values())
    kept = {
        (day.person_id, day.date.isoformat()): (
            day.attendance_time,
            sorted(datetime.fromisoformat(at) for at, *_ in day.passes),
        )
        for day in Attendance.objects.all()
    }
    for key in kept.keys() | found.wanted.keys():
        moments = sorted(found.wanted.get(key, ()))
        found.days += not moments or kept.get(key) != (moments[0], moments)
    return found
