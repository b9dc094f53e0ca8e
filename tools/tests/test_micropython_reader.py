"""The reader of docs/readers/, as it stands there, against a running server.

In CPython, and in MicroPython where that is installed.
"""

import json
import os
import runpy
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

from cards.tests.factories import make_card
from pos.models import Activity, ConflictingTap, Device, Heartbeat, Tap
from pos.services import register_device
from tools.bench.stack import ROOT, free_port

SCRIPT = ROOT / "docs" / "readers" / "micropython_reader.py"
READER: Any = runpy.run_path(str(SCRIPT))


@pytest.fixture(params=["cpython", "micropython"])
def interpreter(request: pytest.FixtureRequest) -> str:
    if request.param == "cpython":
        return sys.executable
    found = shutil.which("micropython")
    if found is None:
        pytest.skip("MicroPython for Unix is not installed here")
    return found


@pytest.fixture
def gate() -> tuple[Device, str]:
    return register_device(by=None, name="Gate", location="Gate", activity_type=Activity.ATTENDANCE)


@contextmanager
def running(*command: str) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def hold(reader: "subprocess.Popen[str]", card: str) -> str:
    """Hold a card to it, and read what it shows."""
    assert reader.stdin
    assert reader.stdout
    reader.stdin.write(f"{card}\n")
    return reader.stdout.readline().strip()


def lines_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "taps.log").read_text().splitlines()]


@pytest.mark.product
@pytest.mark.django_db(transaction=True)
def test_it_shows_the_answer_and_keeps_what_nobody_answers_over_a_power_cut(
    live_server: LiveServer, interpreter: str, gate: tuple[Device, str], tmp_path: Path
) -> None:
    device, key = gate
    card, folder = make_card().rfid_number, tmp_path / "taps"
    with running(interpreter, str(SCRIPT), live_server.url, key, str(folder)) as reader:
        assert hold(reader, card) == "Accepted."
        assert hold(reader, "04FFFFFFFFFF01") != "kept"
    assert not (folder / "taps.log").read_text()
    nowhere = f"http://127.0.0.1:{free_port()}"
    with running(interpreter, str(SCRIPT), nowhere, key, str(folder)) as reader:
        assert [hold(reader, f"04FFFFFFFFFF{n:02}") for n in range(60)] == ["kept"] * 60
    assert len(lines_of(folder)) == 60
    with (folder / "taps.log").open("a") as journal:
        journal.write('{"event_id": "torn')
    with running(interpreter, str(SCRIPT), live_server.url, key, str(folder)) as reader:
        reader.communicate(timeout=60)  # the keyboard is gone: it ends when nothing waits
        assert reader.returncode == 0
    assert Tap.objects.filter(device=device).count() == 62
    assert Tap.objects.filter(is_offline=True).count() == 60
    assert not ConflictingTap.objects.exists()
    heartbeat = Heartbeat.objects.get(device=device)
    assert heartbeat.firmware == "micropython_reader 1"
    assert heartbeat.clock_offset_ms is not None
    assert abs(heartbeat.clock_offset_ms) < 5_000


@pytest.mark.product
@pytest.mark.django_db(transaction=True)
def test_a_server_that_refuses_it_empties_no_queue(
    live_server: LiveServer, gate: tuple[Device, str], tmp_path: Path
) -> None:
    device, key = gate
    reader = READER["Reader"](live_server.url, "txr_wrong", str(tmp_path / "taps"))
    assert reader.tap("04A32B1C") is None
    assert reader.trouble.startswith("401")
    assert reader.tap("04A32B1D") is None
    again = READER["Reader"](live_server.url, key, str(tmp_path / "taps"))
    assert again.kept.waiting == 2
    assert not again.work()
    assert Tap.objects.filter(device=device).count() == 2


@pytest.mark.product
@pytest.mark.django_db(transaction=True)
def test_a_tap_that_is_none_is_dropped_and_said_and_stops_no_other(
    live_server: LiveServer, gate: tuple[Device, str], tmp_path: Path
) -> None:
    device, key = gate
    reader = READER["Reader"](live_server.url, key, str(tmp_path / "taps"))
    assert "card" in reader.tap("")
    assert "card" in reader.trouble
    assert reader.tap("04A32B1C")["decision"] == "denied"
    assert Tap.objects.get(device=device).card_text == "04A32B1C"
    assert "refused.log" in reader.trouble  # until a person has looked
    aside = json.loads((tmp_path / "taps" / "refused.log").read_text())
    assert aside["tap"]["card"] == ""
    assert "refused.log" in READER["Reader"](live_server.url, key, str(tmp_path / "taps")).trouble


def test_what_was_answered_is_not_sent_again_by_the_next_start(tmp_path: Path) -> None:
    folder = str(tmp_path / "taps")
    kept = READER["Kept"](folder)
    for number in range(5):
        kept.add({"event_id": str(number)})
    (_, _), (_, place) = kept.first(2)
    kept.finish(place, 2)
    again = READER["Kept"](folder)
    assert again.waiting == 3
    assert [tap["event_id"] for tap, _ in again.first(9)] == ["2", "3", "4"]
    again.finish(again.end, 3)
    again.add({"event_id": "5"})
    assert [tap["event_id"] for tap, _ in READER["Kept"](folder).first(9)] == ["5"]


def test_a_power_cut_between_emptying_and_saying_so_loses_nothing_later(tmp_path: Path) -> None:
    folder = tmp_path / "taps"
    kept = READER["Kept"](str(folder))
    kept.add({"event_id": "old"})
    (folder / "done").write_text(str(kept.end))
    os.truncate(folder / "taps.log", 0)
    again = READER["Kept"](str(folder))
    for number in range(5):
        again.add({"event_id": str(number)})
    assert READER["Kept"](str(folder)).waiting == 5


@pytest.mark.parametrize(
    "text",
    ["1970-01-01T00:00:00Z", "2024-02-29T23:59:59+03:00", "2100-03-01T00:00:00.123456-01:30"],
)
def test_times_are_read_and_written_as_the_server_says_them(text: str) -> None:
    at = READER["unix"](text)
    assert at == int(datetime.fromisoformat(text).timestamp())
    assert datetime.fromisoformat(READER["moment"](at)).timestamp() == at
