"""A cluster that schools share: the name that is asked for leads to a school's own web node."""

import json
import secrets
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from embedded.postgres.state import PostgresError
from tools.cluster import shared
from tools.cluster.machine import programs_of_debian, until
from tools.cluster.network import NUMBERS, Loopback, NotPossible
from tools.cluster.shared import School, SharedCluster

FRONT = 8080


class Elsewhere(Loopback):
    """Addresses of chance, for the ports are those of the files."""

    def __init__(self) -> None:
        chance = secrets.choice(range(78, 250)), secrets.choice(range(250))
        self.addresses: Mapping[str, str] = {
            node: "127.{}.{}.{}".format(*chance, number) for node, number in NUMBERS.items()
        }


class OwnPort(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(str(self.server.server_port).encode())  # type: ignore[attr-defined]

    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[SharedCluster]:
    """Of three schools; its files are there, and its proxy runs."""
    monkeypatch.setattr(shared, "FIRST_PORT", secrets.choice(range(20_000, 30_000)))
    with tempfile.TemporaryDirectory(prefix="cluster-schools-") as folder, ExitStack() as stack:
        made = SharedCluster(Path(folder) / "cluster", False, Elsewhere(), number=3)
        Path(folder).chmod(0o711)
        try:
            program = programs_of_debian()["haproxy"]
            made.state.mkdir(mode=0o711)
            made.values["BIND"] = f"{made.address('proxy')}:{FRONT}"
            made.prepare()
        except (NotPossible, PostgresError) as error:
            pytest.skip(str(error))
        command = [program, "-db", "-f", str(made.folder("proxy") / "haproxy.cfg")]
        proxy = stack.enter_context(subprocess.Popen(command, stderr=subprocess.DEVNULL))
        stack.callback(proxy.kill)
        what = "The proxy does not answer"
        until(lambda: answer_of(made, "") is not None, seconds=9, what=what, pause=0.05)
        yield made


@contextmanager
def web_node(school: School) -> Iterator[None]:
    with ThreadingHTTPServer(("127.0.0.1", school.port), OwnPort) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,)).start()
        try:
            yield
        finally:
            server.shutdown()


def answer_of(cluster: SharedCluster, host: str) -> tuple[int, str] | None:
    with closing(HTTPConnection(cluster.address("proxy"), FRONT, timeout=5)) as link:
        try:
            link.request("GET", "/", headers={"Host": host})
        except ConnectionRefusedError:
            return None
        answer = link.getresponse()
        return answer.status, answer.read().decode()


def test_the_name_that_is_asked_for_leads_to_the_schools_own_web_node(
    cluster: SharedCluster,
) -> None:
    first, second, absent = cluster.schools
    with web_node(first), web_node(second):
        assert answer_of(cluster, first.host) == (200, str(first.port))
        assert answer_of(cluster, second.host.upper()) == (200, str(second.port))
        assert answer_of(cluster, f"{second.host}:{FRONT}") == (200, str(second.port))
        answer = answer_of(cluster, absent.host)
    assert answer is not None
    assert answer[0] == 503


def test_another_name_leads_to_the_web_nodes_of_the_cluster(cluster: SharedCluster) -> None:
    """None of which is there; that is said in the words of the API."""
    with web_node(cluster.schools[0]):
        answer = answer_of(cluster, "school1.example.org")
    assert answer is not None
    assert answer[0] == 503
    assert json.loads(answer[1])["code"] == "unavailable"
