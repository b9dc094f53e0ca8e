"""Good readers pass, and each way to be a bad one is found, with a running server behind."""

import io
import ssl
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pytest_django.live_server_helper import LiveServer

from cards.tests.factories import make_card
from pos.models import Activity, Tap
from pos.services import register_device
from readerkit import __main__ as command
from readerkit.between import Between
from readerkit.holding import Holder, Program, new_card
from readerkit.trials import TRIALS, Bench, Verdict, try_all
from tools.bench.stack import ROOT, free_port
from tools.simulator.events import SimulatedEvent, event_ids
from tools.simulator.link import HttpLink
from tools.simulator.reader import SimulatedReader, Stopped

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.product]

# As it is, but that it asks a server that refused it again after a second, not fifteen.
MICROPYTHON = (
    f'{sys.executable} -c \'import sys; sys.path.insert(0, "{ROOT}/docs/readers"); '
    "import micropython_reader as reader; reader.ASK_AGAIN = 1; "
    'reader.main("{{address}}", "{{key}}", "{folder}")\''
)
ZIP = ROOT / "docs" / "readers" / "readerkit.zip"


@pytest.fixture
def key() -> str:
    return register_device(
        by=None, name="Gate", location="Gate", activity_type=Activity.ATTENDANCE
    )[1]


MakeHolder = Callable[[Between], Holder]


@contextmanager
def held_by(server: str, key: str, make: MakeHolder) -> Iterator[Bench]:
    with Between(server, key=key) as between:
        holder = make(between)
        try:
            yield Bench(between, holder, patience=20, backlog=300)
        finally:
            holder.close()


def verdicts(bench: Bench, only: str = "", without: str = "-") -> list[Verdict]:
    wanted = [trial for trial in TRIALS if only in trial.name and without not in trial.name]
    return [*try_all(bench, wanted)]


def reasons(said: list[Verdict]) -> dict[str, tuple[str, ...]]:
    return {verdict.name: verdict.reasons for verdict in said if not verdict.is_good}


def test_our_micropython_reader_passes(live_server: LiveServer, key: str, tmp_path: Path) -> None:
    known = make_card().rfid_number
    reader = MICROPYTHON.replace("{folder}", str(tmp_path / "taps"))

    def program(between: Between) -> Holder:
        said = reader.replace("{{", "{").replace("}}", "}")
        return Program(said, address=between.address, key=key, known=known)

    with held_by(live_server.url, key, program) as bench:
        said = verdicts(bench)
    assert reasons(said) == {}
    assert Tap.objects.count() == sum(verdict.taps for verdict in said) > 300


class Simulator:
    """`simulate_reader` with cards that come when the trials want it; it has no disk."""

    can_hold_many = True

    def __init__(self, between: Between) -> None:
        self.link = HttpLink(urlsplit(between.address), between.key)
        self.reader = SimulatedReader(self.link, patience=3600)
        self.ids, self.known, self.held = event_ids(), make_card().rfid_number, 0
        self.is_closed = False
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()

    def hold(self, number: int) -> int:
        for _ in range(number):
            self.held += 1
            card = new_card() if self.held % 20 else self.known
            self.reader.keep(SimulatedEvent(next(self.ids), {"card": card}))
        return number

    def restart(self) -> None:
        raise NotImplementedError

    def look(self) -> None:
        """It asks again by itself, as if somebody had looked."""

    def close(self) -> None:
        self.is_closed = True
        self.thread.join(10)
        self.link.close()

    def _work(self) -> None:
        while not self.is_closed:
            try:
                if self.reader.queue:
                    self.reader.run()
            except Stopped:
                time.sleep(0.5)
            time.sleep(0.01)


def test_our_simulated_reader_passes_all_that_needs_no_disk(
    live_server: LiveServer, key: str
) -> None:
    with held_by(live_server.url, key, Simulator) as bench:
        assert reasons(verdicts(bench, without="power cuts")) == {}


# --- bad readers ----------------------------------------------------------------------------------

BAD = """
import http.client, json, sys, time, urllib.parse, uuid
place, key, fault = sys.argv[1:4]
series = str(uuid.uuid4()) if sys.argv[4:] else None
place = urllib.parse.urlsplit(place)
queue = []

def send(tap):
    line = http.client.HTTPConnection(place.hostname, place.port, timeout=5)
    headers = {"Authorization": "Device " + key}
    if fault == "renames":
        tap["event_id"] = str(uuid.uuid4())
    if fault == "says another time":
        tap["tapped_at"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - len(tap)))
        tap["tries"] = tap.get("tries", 0) + 1
        tap["tapped_at"] = "2026-11-20T08:00:%02dZ" % tap["tries"]
    try:
        line.request("POST", "/api/pos/taps/", json.dumps(tap), headers)
        answer = line.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        return fault == "drops what is unanswered"
    if "drops at %d" % answer.status == fault:
        return True
    if answer.status == 409 and "asks for ever" not in fault:
        return True
    if answer.status >= 400 and fault != "hastens":
        time.sleep(float(answer.headers.get("Retry-After", "0.2")))
    return answer.status < 300

for number, line in enumerate(sys.stdin, 1):
    name = str(number) if fault == "counts from one" else str(uuid.uuid4())
    tap = {"card": line.strip(), "event_id": name, "series": series, "offline": True}
    if fault == "names nothing":
        del tap["event_id"]
    queue.append(tap)
    print("taken", flush=True)
    deadline = time.monotonic() + (1 if number % 3 else 8)
    while queue and time.monotonic() < deadline:
        if send(queue[0]):
            queue.pop(0)
        else:
            time.sleep(0.05)
"""


@pytest.mark.parametrize(
    ("fault", "trial", "words"),
    [
        ("drops what is unanswered", "requests are lost", "never arrived"),
        ("renames", "answers are lost", "under two event ids"),
        ("says another time", "answers are lost", "said something else"),
        ("names nothing", "nothing is wrong", "had no event id"),
        ("drops at 401", "401", "never arrived"),
        ("drops at 413", "413", "never arrived"),
        ("asks for ever", "id that belongs", "event_conflict"),
        ("hastens", "503", "did not wait as Retry-After says"),
    ],
)
def test_a_bad_reader_fails_with_the_reason(
    fault: str, trial: str, words: str, live_server: LiveServer, key: str, tmp_path: Path
) -> None:
    script = tmp_path / "bad.py"
    script.write_text(BAD)

    def program(between: Between) -> Holder:
        said = f"{sys.executable} {script} {{address}} {{key}} '{fault}'"
        return Program(said, address=between.address, key=key)

    with held_by(live_server.url, key, program) as bench:
        bench.patience = 6
        said = reasons(verdicts(bench, only=trial))
    assert words in " ".join(said[next(name for name in said if trial in name)])


def test_ids_that_begin_again_after_a_power_cut_are_found(
    live_server: LiveServer, key: str, tmp_path: Path
) -> None:
    script = tmp_path / "bad.py"
    script.write_text(BAD)
    said = f"{sys.executable} {script} {{address}} {{key}} 'counts from one'"
    with held_by(
        live_server.url, key, lambda between: Program(said, address=between.address, key=key)
    ) as bench:
        bench.patience = 6
        assert bench.holder.hold(3) == 3
        assert bench.wait(lambda: len(bench.between.events) == 3, seconds=20)
        bench.holder.restart()
        found = reasons(verdicts(bench, only="nothing is wrong"))
    assert "never arrived" in " ".join(found["nothing is wrong"])


def test_a_counter_that_begins_again_with_another_series_is_right(
    live_server: LiveServer, key: str, tmp_path: Path
) -> None:
    script = tmp_path / "good.py"
    script.write_text(BAD)
    said = f"{sys.executable} {script} {{address}} {{key}} 'counts from one' in-series"
    with held_by(
        live_server.url, key, lambda between: Program(said, address=between.address, key=key)
    ) as bench:
        bench.holder.hold(2)
        assert bench.wait(
            lambda: sum(event.is_told for event in [*bench.between.events.values()]) == 2
        )
        bench.holder.restart()
        assert reasons(verdicts(bench, only="nothing is wrong")) == {}


# --- by HTTPS -------------------------------------------------------------------------------------


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Of this machine, with its key, and signed by itself."""
    own = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kit")])
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, own.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(here, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(own, hashes.SHA256())
    )
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    private = own.private_bytes(pem, form, serialization.NoEncryption())
    path = tmp_path / "kit.pem"
    path.write_bytes(made.public_bytes(pem) + private)
    return path


@pytest.fixture
def secured(live_server: LiveServer, certificate: Path) -> Iterator[str]:
    """The server behind something that speaks HTTPS for it."""
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    with Between(live_server.url, tls=tls) as proxy:
        yield proxy.address


def test_all_is_tried_by_https_on_both_sides(
    secured: str,
    key: str,
    certificate: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))  # which the reader trusts
    reader = f"{sys.executable} {ROOT}/docs/readers/micropython_reader.py {{address}} {{key}} "
    asked = ["readerkit", secured, key, "--port", "0", "--host", "127.0.0.1", "--patience", "9"]
    asked += ["--only", "nothing|are lost", "--certificate", str(certificate)]
    asked += ["--reader", reader + str(tmp_path / "taps")]
    monkeypatch.setattr(sys, "argv", [*asked, "--ca", str(certificate)])
    assert command.main() == 0
    assert Tap.objects.count() > 10
    capsys.readouterr()
    monkeypatch.delenv("SSL_CERT_FILE")
    monkeypatch.setattr(sys, "argv", [*asked, "--insecure", "--only", "nothing"])
    assert command.main() == 1
    assert "does not accept the certificate of the kit" in capsys.readouterr().out


def test_what_cannot_be_tried_is_said_before_anything_is(
    secured: str, key: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def said(*asked: str) -> str:
        monkeypatch.setattr(sys, "argv", ["readerkit", *asked, "--port", "0"])
        assert command.main() == 2
        return capsys.readouterr().err

    assert "--ca FILE" in said(secured, key)
    assert "knows no reader" in said(secured, "txr_other", "--insecure")
    assert "no TrackXpert" in said(f"{secured}/elsewhere", key, "--insecure")
    assert "does not answer" in said(f"http://127.0.0.1:{free_port()}", key)
    assert "no trial" in said(secured, key, "--only", "miracles")
    assert "No such file" in said(secured, key, "--ca", "/nowhere.pem")


# --- the command ----------------------------------------------------------------------------------


def test_the_command_says_pass_or_fail_and_exits_by_it(
    live_server: LiveServer,
    key: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    script = tmp_path / "bad.py"
    script.write_text(BAD)
    asked = ["readerkit", live_server.url, key, "--port", "0", "--host", "127.0.0.1"]
    asked += ["--only", "nothing", "--patience", "6", "--reader"]
    good = f"{sys.executable} {script} {{address}} {{key}} nothing"
    monkeypatch.setattr(sys, "argv", [*asked, good])
    assert command.main() == 0
    assert "This reader passed." in capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", [*asked, good.replace("nothing", "'names nothing'")])
    assert command.main() == 1
    assert "FAIL" in capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", [*asked[:1], "ftp://x", *asked[2:], good])
    assert command.main() == 2


def test_the_archive_in_the_documents_is_this_folder_and_runs() -> None:
    with zipfile.ZipFile(io.BytesIO(ZIP.read_bytes())) as archive:
        held = {name: archive.read(name) for name in archive.namelist() if name[-1] != "/"}
    main = held.pop("__main__.py").decode()
    assert "readerkit.__main__" in main
    assert held == {
        f"readerkit/{path.name}": path.read_bytes() for path in (ROOT / "readerkit").glob("*.py")
    }
