"""What the processes of the web server measure themselves, each for `/metrics` of all.

They write into files that they share (`PROMETHEUS_MULTIPROC_DIR`, which `manage.py serve` empties
when it starts); without that variable each process knows of itself alone, as in tests.
"""

import os
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Gauge, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

from embedded.work import REQUEST_WORK

FOLDER: Final = os.environ.get("PROMETHEUS_MULTIPROC_DIR", "")
SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

_own: Final = CollectorRegistry()

TAP_ANSWERED: Final = Histogram(
    "trackxpert_tap_duration_seconds",
    "How long single taps took from the thread that got them to their answer.",
    ["status"],
    buckets=SECONDS,
    registry=_own,
)
ANSWERED: Final = Histogram(
    "trackxpert_request_duration_seconds",
    "How long requests took from the thread that got them to the head of their answer.",
    ["work", "status"],
    buckets=SECONDS,
    registry=_own,
)
_at_work: Final = Gauge(
    "trackxpert_threads_busy",
    "Threads of the web server that answer a request now.",
    ["work"],
    multiprocess_mode="livesum",
    registry=_own,
)
AT_WORK: Final = {work: _at_work.labels(work) for work in REQUEST_WORK}


def measured() -> CollectorRegistry:
    """What all processes of this machine have measured since the server started."""
    if not FOLDER:
        return _own
    _forget_the_dead(Path(FOLDER))
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=FOLDER)  # type: ignore[no-untyped-call]
    return registry


def _forget_the_dead(folder: Path) -> None:
    """What a killed process was doing, nobody does any more; what it has counted stays."""
    for file in folder.glob("gauge_live*_*.db"):
        pid = file.stem.rpartition("_")[2]
        if not _lives(int(pid)):
            file.unlink(missing_ok=True)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another account's
        return True
    return True
