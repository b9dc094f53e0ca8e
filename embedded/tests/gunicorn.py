"""A real gunicorn for a test, with the worker that we ship or another one."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from embedded.management.commands.serve import WORKER_CLASS
from tools.bench.stack import free_port

ECHO = "embedded.tests.echo:application"
WORKER = WORKER_CLASS
PATIENCE = 60.0


@contextmanager
def running(
    worker: str = WORKER, *options: str, application: str = ECHO, **environment: str
) -> Iterator[int]:
    """Its port, once it listens there."""
    port = free_port()
    command = [
        *(sys.executable, "-m", "gunicorn", application, "--threads", "4"),
        *("--worker-class", worker, "--bind", f"127.0.0.1:{port}", "--no-control-socket"),
        *("--keep-alive", "75", *options),
    ]
    with subprocess.Popen(
        command,
        cwd=settings.BASE_DIR,
        env=os.environ | environment,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            deadline = time.monotonic() + PATIENCE
            while not _is_listening(port):
                assert server.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
            yield port
        finally:
            server.terminate()


def _is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
