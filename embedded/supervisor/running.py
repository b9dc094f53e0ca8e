"""Starting the programs, watching over them, and ending them in good order."""

import contextlib
import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Self

from .leftovers import MARK
from .processes import die_with_parent, identity, kill_group, reap_orphans

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
TICK_SECONDS = 0.25
GRACE_SECONDS = 10.0
# A program that lived this long was healthy: it is restarted at once, and its back-off forgotten.
HEALTHY_SECONDS = 30.0
FIRST_BACK_OFF = 0.5
LONGEST_BACK_OFF = 30.0


class StopRequested(BaseException):
    """A stop signal came before the programs ran; no `except Exception` swallows it."""


@dataclass(frozen=True)
class Program:
    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)


class StopSignals:
    """Takes the stop signals over: at first they raise StopRequested, after `defer()` they wait.

    Raising suits the preparations, which a rollback ends cleanly. Later a signal may come between
    the start of a program and its record.
    """

    def __init__(self) -> None:
        self.received = False
        self.interrupts = 0
        self._raises = True
        self._before: dict[signal.Signals, Any] = {}

    def defer(self) -> None:
        self._raises = False

    def __enter__(self) -> Self:
        for each in STOP_SIGNALS:
            if signal.getsignal(each) is not signal.SIG_IGN:  # as under nohup
                self._before[each] = signal.signal(each, self._handle)
        return self

    def __exit__(self, *exception: object) -> None:
        for each, handler in self._before.items():
            signal.signal(each, handler)

    def _handle(self, signum: int, frame: FrameType | None) -> None:
        self.received = True
        self.interrupts += signum == signal.SIGINT
        if self._raises:
            raise StopRequested


class Child:
    """One program, over all its lives."""

    def __init__(self, program: Program, folder: Path) -> None:
        self.program = program
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.due_at = 0.0
        self.back_off = FIRST_BACK_OFF

    @property
    def record(self) -> Path:
        return self.folder / f"{self.program.name}.json"

    def start(self) -> None:
        parent = os.getpid()

        def enter() -> None:
            die_with_parent()
            self._write_record()
            if os.getppid() != parent:  # it died before the tie was made
                os._exit(1)

        self.started_at = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603 - the caller's program
            self.program.argv,
            env=os.environ | self.program.env | {MARK: str(self.folder)},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=enter,
        )

    def _write_record(self) -> None:
        """Called in the new process, before it becomes the program: none runs without a record."""
        pid = os.getpid()
        draft = self.record.with_suffix(".draft")
        draft.write_text(json.dumps({"pid": pid, "identity": identity(pid)}))
        draft.replace(self.record)

    def buried(self) -> int | None:
        """Reaps a dead leader and ends the rest of its group; None while it lives."""
        if self.process is None or self.process.poll() is None:
            return None
        kill_group(self.process.pid)
        code, self.process = self.process.returncode, None
        self.record.unlink(missing_ok=True)
        return code

    def plan_restart(self) -> float:
        """Seconds until the next life: none after a healthy one, then 0.5, 1, 2, ... 30."""
        lived = time.monotonic() - self.started_at
        healthy = lived > HEALTHY_SECONDS
        delay = 0.0 if healthy else self.back_off
        self.back_off = FIRST_BACK_OFF if healthy else min(LONGEST_BACK_OFF, 2 * self.back_off)
        self.due_at = time.monotonic() + delay
        return delay

    def ask_to_stop(self) -> None:
        """Only the leader is told: it knows how to end its own workers in good order."""
        if self.process is not None:
            self.process.terminate()

    def kill(self) -> None:
        if self.process is not None:
            kill_group(self.process.pid)
            self.process.wait()


class Supervisor:
    """Runs the programs until a stop signal comes.

    `watch` is called on each turn, for what else has to be kept alive.
    """

    def __init__(
        self,
        programs: list[Program],
        folder: Path,
        *,
        signals: StopSignals,
        say: Callable[[str], None],
        watch: Callable[[], None] = lambda: None,
        parent: int | None = None,
    ) -> None:
        self.children = [Child(program, folder) for program in programs]
        self.signals = signals
        self.say = say
        self.watch = watch
        self.parent = parent

    def run(
        self, *, is_ready: Callable[[], bool], on_ready: Callable[[], None], ready_within: float
    ) -> bool:
        """False when the programs did not get ready in time; else true, after a stop signal."""
        self.signals.defer()
        deadline = time.monotonic() + ready_within
        ready = False
        with _alarm_clock() as sleep:
            try:
                while not self._should_stop():
                    self._turn()
                    if not ready and is_ready():
                        ready = True
                        on_ready()
                    if not ready and time.monotonic() > deadline:
                        return False
                    sleep(TICK_SECONDS)
            finally:
                self._stop_children(sleep)
        return True

    def _should_stop(self) -> bool:
        """Where the kernel cannot signal a parent's death, it shows in the parent's number."""
        orphaned = self.parent is not None and os.getppid() != self.parent
        return self.signals.received or orphaned

    def _turn(self) -> None:
        self.watch()
        for child in self.children:
            self._tend(child)
        reap_orphans()

    def _tend(self, child: Child) -> None:
        code = child.buried()
        if code is not None:
            delay = child.plan_restart()
            self.say(f"{child.program.name} ended ({_exit_text(code)}); restart in {delay:g} s")
        if child.process is None and time.monotonic() >= child.due_at:
            child.start()

    def _stop_children(self, sleep: Callable[[float], None]) -> None:
        """A second Ctrl-C ends the patience; SIGTERM may come twice, through `make` as well."""
        for child in self.children:
            child.ask_to_stop()
        deadline = time.monotonic() + GRACE_SECONDS
        while self._any_left() and time.monotonic() < deadline and self.signals.interrupts < 2:
            sleep(TICK_SECONDS)
        for child in self.children:
            child.kill()
            child.buried()
        reap_orphans()

    def _any_left(self) -> bool:
        for child in self.children:
            child.buried()
        return any(child.process for child in self.children)


@contextlib.contextmanager
def _alarm_clock() -> Iterator[Callable[[float], None]]:
    """A sleep that any signal ends, so that a death or a Ctrl-C is answered at once."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    wakeup = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    # The default, to ignore it, would not wake anybody.
    child_handler = signal.signal(signal.SIGCHLD, lambda signum, frame: None)

    def sleep(seconds: float) -> None:
        if select.select([reader], [], [], seconds)[0]:
            os.read(reader, 512)

    try:
        yield sleep
    finally:
        signal.signal(signal.SIGCHLD, child_handler)
        signal.set_wakeup_fd(wakeup)
        os.close(reader)
        os.close(writer)


def _exit_text(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
