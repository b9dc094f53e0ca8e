"""The supervisor with stand-in programs, and what `serve` decides before it starts anything."""

import contextlib
import http.server
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from embedded import lanes, supervisor
from embedded.management.commands import serve
from embedded.supervisor.processes import members
from embedded.supervisor.running import HEALTHY_SECONDS, Child, Program
from embedded.work import Work

REPOSITORY = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the tests look at processes through /proc"
)

SUPERVISE = """
import json, os, sys
from pathlib import Path
from embedded import lanes, supervisor

def say(text):
    print(text, flush=True)

folder, programs, ready = Path(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3] == "ready"
if "die" in sys.argv:
    supervisor.die_with_parent()
supervisor.leftovers.LEFTOVER_GRACE_SECONDS = 0.5
supervisor.adopt_orphans()
with supervisor.StopSignals() as signals:
    for name in supervisor.end_leftovers(folder.parent):
        say("ended " + name)
    with supervisor.claim(folder):
        done = supervisor.Supervisor(
            [supervisor.Program(name, ("/bin/sh", "-c", code)) for name, code in programs.items()],
            folder,
            signals=signals,
            say=say,
        ).run(is_ready=lambda: ready, on_ready=lambda: say("ready"), ready_within=2)
sys.exit(0 if done else 1)
"""
PARENT = """
import subprocess, sys
subprocess.run([sys.executable, *sys.argv[1:]])
"""

EVERYWHERE = "0.0.0.0"  # noqa: S104 - never bound

# A leader with a worker of its own; one whose worker and one that itself ignores SIGTERM.
PLAIN = "sleep 1000 & wait"
STUBBORN_WORKER = "sh -c 'trap \"\" TERM; sleep 1000 & wait' & wait"
STUBBORN = "trap '' TERM; sleep 1000 & wait; wait"


def _heed_signals() -> None:
    """A shell's background ignores SIGINT, and nohup SIGHUP; whoever is started inherits that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


class Run:
    """A supervisor process over a folder."""

    def __init__(self, folder: Path, programs: dict[str, str], *, ready: bool = True) -> None:
        self.folder = folder
        arguments = [str(folder), json.dumps(programs), "ready" if ready else "never"]
        self.process = self.launch("-c", SUPERVISE, *arguments)

    def launch(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=_heed_signals,
        )

    def leader(self, name: str) -> int:
        """The process on record for this program, once there is one."""
        record = self.folder / f"{name}.json"
        wait_until(record.exists)
        return int(json.loads(record.read_text())["pid"])

    def group(self, name: str, size: int) -> int:
        """The number of this program's group, once it has that many members."""
        leader = self.leader(name)
        wait_until(lambda: len(members(leader)) >= size)
        return leader

    def read_line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def end(self, signum: int) -> int:
        self.process.send_signal(signum)
        return self.process.wait(timeout=20)


def clean_up(folder: Path, *runs: Run) -> None:
    """First the supervisors, which would restart the rest; last the pipes, which all hold."""
    for run in runs:
        run.process.kill()
    for record in folder.glob("*.json"):
        for member in members(json.loads(record.read_text())["pid"]):
            with contextlib.suppress(ProcessLookupError):
                os.kill(member, signal.SIGKILL)
    for run in runs:
        run.process.communicate(timeout=20)


def wait_until(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    folder = tmp_path / "run" / "8000"
    runs: list[Run] = []

    def start(ready: bool = True, **programs: str) -> Run:
        runs.append(Run(folder, programs, ready=ready))
        return runs[-1]

    yield start
    clean_up(folder, *runs)


# --- while it runs ----------------------------------------------------------------------------


def test_a_program_that_was_killed_is_restarted_and_its_workers_are_ended(
    supervise: Callable[..., Run],
) -> None:
    run = supervise(web=PLAIN)
    first = run.group("web", 2)
    worker = next(pid for pid in members(first) if pid != first)
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: not members(first))
    wait_until(lambda: not Path(f"/proc/{worker}").exists())
    wait_until(lambda: (run.folder / "web.json").exists() and run.leader("web") != first)
    assert run.read_line() == "ready"
    assert run.read_line() == "web ended (signal 9); restart in 0.5 s"


def test_one_programs_death_leaves_the_other_alone(supervise: Callable[..., Run]) -> None:
    run = supervise(web=PLAIN, worker=PLAIN)
    web, worker = run.group("web", 2), run.group("worker", 2)
    os.kill(web, signal.SIGKILL)
    wait_until(lambda: not members(web))
    assert run.leader("worker") == worker
    assert len(members(worker)) == 2


def test_restarts_come_at_longer_and_longer_intervals(tmp_path: Path) -> None:
    child = Child(Program("web", ("true",)), tmp_path)
    child.started_at = time.monotonic()
    delays = [child.plan_restart() for _ in range(9)]
    assert delays == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    child.started_at = time.monotonic() - HEALTHY_SECONDS - 1
    assert child.plan_restart() == 0


def test_programs_that_never_get_ready_are_given_up(supervise: Callable[..., Run]) -> None:
    run = supervise(ready=False, web=PLAIN)
    group = run.group("web", 2)
    assert run.process.wait(timeout=20) == 1
    assert not members(group)


# --- the end ----------------------------------------------------------------------------------


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_stop_signal_ends_every_group(supervise: Callable[..., Run], signum: int) -> None:
    run = supervise(web=PLAIN, worker=STUBBORN_WORKER)
    groups = [run.group("web", 2), run.group("worker", 3)]
    assert run.end(signum) == 0
    assert [members(group) for group in groups] == [[], []]
    assert [path.name for path in run.folder.iterdir()] == ["lock"]


def test_a_second_ctrl_c_ends_the_patience(supervise: Callable[..., Run]) -> None:
    run = supervise(web=STUBBORN)
    group = run.group("web", 2)
    run.process.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        run.process.wait(timeout=0.5)
    assert run.end(signal.SIGINT) == 0
    assert not members(group)


def test_it_goes_with_its_parent_when_told_to(tmp_path: Path) -> None:
    folder = tmp_path / "run" / "8000"
    arguments = (str(folder), json.dumps({"web": PLAIN}), "ready", "die")
    run = Run.__new__(Run)
    run.folder = folder
    run.process = run.launch("-c", PARENT, "-c", SUPERVISE, *arguments)
    try:
        group = run.group("web", 2)
        assert run.read_line() == "ready"
        run.process.kill()
        wait_until(lambda: not members(group))
        wait_until(lambda: not (folder / "web.json").exists())
    finally:
        clean_up(folder, run)


# --- after kill -9 ----------------------------------------------------------------------------


def test_the_next_start_ends_what_a_killed_supervisor_left(supervise: Callable[..., Run]) -> None:
    killed = supervise(web=STUBBORN, worker=PLAIN)
    web, worker = killed.group("web", 2), killed.group("worker", 2)
    killed.end(signal.SIGKILL)
    wait_until(lambda: worker not in members(worker))
    assert web in members(web)
    again = supervise(web=PLAIN)
    assert again.read_line() == "ended web"
    wait_until(lambda: not members(web))
    wait_until(lambda: not members(worker))
    again.group("web", 2)  # on record and complete, so that the cleaning up finds it


def test_workers_whose_leader_is_gone_too_are_ended(supervise: Callable[..., Run]) -> None:
    killed = supervise(web=STUBBORN_WORKER)
    group = killed.group("web", 3)
    killed.end(signal.SIGKILL)
    wait_until(lambda: group not in members(group))
    assert members(group)
    again = supervise(web=PLAIN)
    assert again.read_line() == "ended web"
    assert not members(group)
    again.group("web", 2)  # on record and complete, so that the cleaning up finds it


def test_a_process_that_got_the_number_of_an_old_one_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "run" / "8000"
    folder.mkdir(parents=True)
    with subprocess.Popen(["sleep", "1000"], start_new_session=True) as stranger:
        record = {"pid": stranger.pid, "identity": "another boot 42"}
        (folder / "web.json").write_text(json.dumps(record))
        assert supervisor.end_leftovers(folder.parent) == []
        assert stranger.poll() is None
        stranger.kill()
    assert not (folder / "web.json").exists()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"pid": "x", "identity": null}'])
def test_a_torn_record_is_thrown_away(tmp_path: Path, text: str) -> None:
    folder = tmp_path / "run" / "8000"
    folder.mkdir(parents=True)
    (folder / "web.json").write_text(text)
    assert supervisor.end_leftovers(folder.parent) == []
    assert not (folder / "web.json").exists()


def test_the_programs_of_a_living_supervisor_are_left_alone(supervise: Callable[..., Run]) -> None:
    run = supervise(web=PLAIN)
    group = run.group("web", 2)
    assert supervisor.end_leftovers(run.folder.parent) == []
    assert len(members(group)) == 2


def test_a_folder_has_one_supervisor(tmp_path: Path) -> None:
    with (
        supervisor.claim(tmp_path / "run"),
        pytest.raises(supervisor.AlreadyRunningError),
        supervisor.claim(tmp_path / "run"),
    ):
        pass


# --- serve ------------------------------------------------------------------------------------


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_serve_refuses_a_taken_port_by_name(taken_port: int) -> None:
    with pytest.raises(CommandError, match=f"Port {taken_port} on 127.0.0.1 cannot be used"):
        serve.refuse_taken_port("127.0.0.1", taken_port)


def test_serve_refuses_a_second_run_of_the_same_folder(tmp_path: Path) -> None:
    with (
        serve.claimed(tmp_path / "8000", EVERYWHERE, 8000),
        pytest.raises(CommandError, match=r"already runs .* http://127\.0\.0\.1:8000/"),
        serve.claimed(tmp_path / "8000", EVERYWHERE, 8000),
    ):
        pass


@pytest.mark.parametrize("port", ["web", "0", "65536", "-1"])
def test_serve_refuses_what_is_no_port(monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    monkeypatch.setenv("PORT", port)
    with pytest.raises(CommandError, match="is not a port number"):
        call_command("serve")


@pytest.mark.parametrize(
    ("host", "public_url", "is_reached"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000", False),
        ("::1", "http://localhost:8000", False),
        (EVERYWHERE, "http://127.0.0.1:8000", True),
        ("192.168.1.7", "http://127.0.0.1:8000", True),
        ("127.0.0.1", "https://cards.example.org", True),
        ("127.0.0.1", "http://192.168.1.7:8000", True),
    ],
)
def test_a_server_is_public_by_its_address_or_its_name(
    settings: LazySettings, host: str, public_url: str, is_reached: bool
) -> None:
    settings.PUBLIC_URL = public_url
    assert serve.others_reach(host) is is_reached


@pytest.mark.django_db
def test_a_public_server_does_not_start_while_the_demo_password_signs_in() -> None:
    serve.refuse_demo_logins()
    call_command("load_demo", without_photos=True, without_taps=True)
    with pytest.raises(CommandError, match=r"signs in: admin.* end_demo"):
        serve.refuse_demo_logins()
    call_command("end_demo", people="keep")
    serve.refuse_demo_logins()


def test_the_web_server_follows_the_environment(
    monkeypatch: pytest.MonkeyPatch, settings: LazySettings
) -> None:
    monkeypatch.setenv("WEB_WORKERS", "5")
    settings.WEB_THREADS = {Work.TAPS: 4, Work.PAGES: 3}
    monkeypatch.setenv("ACCESS_LOG", "1")
    monkeypatch.setenv("MALLOC_ARENA_MAX", "4")
    web, worker, events = serve.programs("::1", 8001)
    command = " ".join(web.argv)
    assert "--bind [::1]:8001" in command
    assert "--workers 5 --threads 7" in command
    assert command.endswith("--access-logfile -")
    assert json.loads(web.env[lanes.VARIABLE]) == {"taps": 4, "pages": 3}
    assert web.env["MALLOC_ARENA_MAX"] == "4"
    # As what the first word is, it goes through the pooler (manage.py).
    assert worker.argv[2:] == ("qcluster", "--skip-checks")
    assert events.argv[2:] == ("follow_events", "--skip-checks")


@pytest.mark.parametrize(("status", "ready"), [(200, True), (503, False)])
def test_serve_believes_readyz(status: int, ready: bool, settings: LazySettings) -> None:
    settings.ALLOWED_HOSTS = ["*", ".campus.example"]
    hosts = []

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hosts.append(self.headers["Host"])
            self.send_response(status)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        assert serve.answers_ready(EVERYWHERE, server.server_port) is ready
        thread.join()
    assert hosts == ["campus.example"]


def test_nobody_listening_is_not_ready() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        assert not serve.answers_ready("127.0.0.1", server.getsockname()[1])
