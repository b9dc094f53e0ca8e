"""TLS between the machines of a cluster, by the files of `deploy/cluster/` and Debian's programs.

Whom each of them hears, and whom it speaks to: who is there with a certificate in order, and
nobody whose certificate another authority has signed, or is called otherwise, or who has none.
`core/tests/test_database_tls.py` tries TrackXpert's own way to the database.
"""

import os
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from embedded.postgres.account import Account, server_account
from embedded.postgres.binaries import choose
from embedded.postgres.postmaster import running_pid
from embedded.postgres.state import Home, PostgresError, current_home
from tools.cluster import machine
from tools.cluster.authority import certify, sign
from tools.cluster.files import FOLDER, NODES, read_values, write_files
from tools.cluster.machine import SECRETS, api_of_etcd, seen_by_haproxy
from tools.cluster.network import NUMBERS, PATH

PROGRAMS = {
    "etcd": "etcd-server",
    "patroni": "patroni",
    "haproxy": "haproxy",
    "pgbouncer": "pgbouncer",
    "openssl": "openssl",
}
MISSING = [PROGRAMS[name] for name in PROGRAMS if shutil.which(name, path=PATH) is None]
SECRET = "0123456789abcdef"
until = partial(machine.until, pause=0.05)
HERE = "127.0.0.1"  # whence the kernel comes to all other loopback
FRONT = 8443
PORTS = (2379, 2380, 5000, 5001, 5432, 6432, 8008, FRONT)
ASKS_FOR_TLS = (80877103).to_bytes(4)  # SSLRequest, in PostgreSQL's protocol


def has_database() -> bool:
    try:
        choose(None)
    except PostgresError:
        return False
    return True


pytestmark = [
    pytest.mark.skipif(bool(MISSING), reason=f"needs apt-get install {' '.join(MISSING)}"),
    pytest.mark.skipif(not has_database(), reason="needs apt-get install postgresql"),
]


class Pretender(ThreadingHTTPServer):
    """Somebody who says to be a machine, and is content with whatever is asked."""

    daemon_threads = True

    def __init__(self, where: tuple[str, int], tls: Path | None) -> None:
        super().__init__(where, _Content)
        self.asked: list[str] = []
        self.came = 0
        self.context: ssl.SSLContext | None = None
        if tls is not None:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(tls / "node.crt", tls / "node.key")

    def finish_request(self, request: Any, client_address: Any) -> None:
        self.came += 1
        request.settimeout(5)
        with suppress(OSError), ExitStack() as stack:
            if self.context is not None:
                request = self.context.wrap_socket(request, server_side=True)
                stack.enter_context(request)
            super().finish_request(request, client_address)


class _Content(BaseHTTPRequestHandler):
    server: Pretender

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.send_response(503 if self.path == "/primary" else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_OPTIONS = do_GET  # noqa: N815 - as the base class calls them

    def log_message(self, *words: object) -> None:
        pass


@dataclass(frozen=True)
class Machines:
    """`tls(whose)`: of `ours`, of `another` authority, or by ours for a machine `elsewhere`."""

    folder: Path
    account: Account
    addresses: dict[str, str]

    def at(self, node: str) -> str:
        return self.addresses[node.upper()]

    def tls(self, whose: str, node: str) -> Path:
        return self.folder / whose / node

    def files(self, node: str, whose: str = "ours", **values: str) -> Path:
        """As an operator fills them in."""
        place = Path(tempfile.mkdtemp(prefix=f"{node}-", dir=self.folder))
        front = f"{self.at('proxy')}:{FRONT} ssl crt {self.tls(whose, 'proxy') / 'front.pem'}"
        here = {
            **read_values(FOLDER / "values.env"),
            **dict.fromkeys(SECRETS, SECRET),
            **dict.fromkeys(("PG_SOCKETS", "ARCHIVE_LOG", "PGBOUNCER_ETC", "HAPROXY_ETC"), place),
            "HAPROXY_SOCKET": place / "admin.sock",
            "PG_BIN": choose(None).path,
            "PG_DATA": place / "data",
            "ETCD_DATA": place / "etcd",
            "ETCD_API": api_of_etcd(),
            "WATCHDOG": "off",
            "SHARED_BUFFERS": "16MB",
            "BIND": front,
            "TLS": self.tls(whose, node),
            **self.addresses,
            **values,
        }
        write_files(node, {name: str(value) for name, value in here.items()}, place)
        for each in (place, *place.iterdir()):
            self.account.own_file(each)
        return place

    def pooler(self, whose: str = "ours", **values: str) -> Path:
        """Of web2; who waits for a session is told sooner why there is none."""
        place = self.files("web2", whose, **values)
        file = place / "pgbouncer.ini"
        file.write_text(
            file.read_text().replace("query_wait_timeout = 5", "query_wait_timeout = 1")
        )
        return place

    @contextmanager
    def running(self, program: str, *argv: str | Path) -> Iterator[Path]:
        """What it says."""
        log = Path(tempfile.mkstemp(prefix=f"{program}-", suffix=".log", dir=self.folder)[1])
        with log.open("w") as says:
            process = subprocess.Popen(
                [str(shutil.which(program, path=PATH)), *argv],
                stdout=says,
                stderr=subprocess.STDOUT,
                env={"PATH": PATH, "HOME": "/", "LC_ALL": "C.UTF-8"},
                user=self.account.uid,
                group=self.account.gid,
                extra_groups=None if self.account.uid is None else [],
            )
        try:
            yield log
        finally:
            process.kill()
            process.wait()

    @contextmanager
    def pretended(self, node: str, port: int, whose: str) -> Iterator[Pretender]:
        tls = None if whose == "plain" else self.tls(whose, node)
        with Pretender((self.at(node), port), tls) as server:
            threading.Thread(target=server.serve_forever, args=(0.05,)).start()
            try:
                yield server
            finally:
                server.shutdown()


@pytest.fixture(scope="module")
def machines() -> Iterator[Machines]:
    """Addresses of chance, for the ports are those of the files. Skipped where others have them."""
    chance = secrets.choice(range(78, 250)), secrets.choice(range(250))
    addresses = {node: "127.{}.{}.{}".format(*chance, number) for node, number in NUMBERS.items()}
    for port in PORTS:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((addresses["DB1"], port))
            except OSError:
                pytest.skip(f"port {port} of every address is somebody's already")
    folder = Path(tempfile.mkdtemp(prefix="cluster-tls-"))
    account = server_account(current_home())
    for whose in ("ours", "another"):
        certify(addresses, folder / whose, also=(f"IP:{HERE}",))
    for node in NODES:
        elsewhere = folder / "elsewhere" / node
        shutil.copytree(folder / "ours" / node, elsewhere)
        sign(folder / "ours" / "ca.crt", "elsewhere", ("DNS:elsewhere", "IP:192.0.2.1"), elsewhere)
    for whose in ("ours", "another", "elsewhere"):
        proxy = folder / whose / "proxy"
        pem = "".join((proxy / f"node.{end}").read_text() for end in ("crt", "key"))
        (proxy / "front.pem").write_text(pem)
    for each in (folder, *folder.rglob("*")):
        account.own_file(each)
    try:
        yield Machines(folder, account, addresses)
    finally:
        shutil.rmtree(folder)


@dataclass(frozen=True)
class Running:
    databases: dict[str, Path]
    proxy: Path
    pooler: Path

    def check_of(self, node: str, backend: str = "primary") -> str:
        """What came of it; empty while there is no proxy."""
        with suppress(OSError):
            admin = str(self.proxy / "admin.sock")
            return seen_by_haproxy(admin, backend, node)["check_status"]
        return ""

    def wait_for_check(self, node: str, status: str) -> None:
        """Of a replica."""
        until(
            lambda: self.check_of(node, "replicas") == status,
            seconds=9,
            what=f"{node} is not {status}",
        )


@pytest.fixture(scope="module")
def running(machines: Machines) -> Iterator[Running]:
    """Two etcds of three, one database, a pooler and the proxy: what a tap goes through."""
    databases = {node: machines.files(node) for node in ("db1", "db2")}
    proxy, pooler = machines.files("proxy"), machines.files("web1")
    with ExitStack() as stack:
        for place in databases.values():
            etcd = machines.running("etcd", "--config-file", place / "etcd.yml")
            stack.enter_context(etcd)
        stack.callback(end_database, databases["db1"])
        patroni = machines.running("patroni", databases["db1"] / "patroni.yml")
        stack.enter_context(patroni)
        stack.enter_context(machines.running("haproxy", "-db", "-f", proxy / "haproxy.cfg"))
        stack.enter_context(machines.running("pgbouncer", pooler / "pgbouncer.ini"))
        runs = Running(databases, proxy, pooler)
        until(lambda: runs.check_of("db1") == "L7OK", seconds=60, what="No primary")
        superuser = f"postgresql://postgres:{SECRET}@{machines.at('proxy')}:5000/postgres"
        with closing(psycopg2.connect(superuser)) as link, link.cursor() as cursor:
            link.autocommit = True
            lines = (databases["db1"] / "database.sql").read_text().splitlines()
            for statement in "".join(lines[1:]).split(";")[:-1]:
                cursor.execute(statement)
        yield runs


def end_database(place: Path) -> None:
    """Patroni, killed, has left it there."""
    home = Home(place)
    if pid := running_pid(home):
        os.kill(pid, signal.SIGQUIT)
        until(lambda: running_pid(home) is None, seconds=10, what="PostgreSQL is there")


def answer_of(
    machines: Machines,
    node: str,
    port: int,
    path: str,
    *,
    shown: str = "",
    trusted: str = "ours",
    method: str = "GET",
) -> int:
    """With the certificate of db1 that is `shown`; raises OSError where there is no answer."""
    context = ssl.create_default_context(cafile=machines.tls(trusted, "db1") / "ca.crt")
    if shown:
        tls = machines.tls(shown, "db1")
        context.load_cert_chain(tls / "node.crt", tls / "node.key")
    link = HTTPSConnection(machines.at(node), port, timeout=5, context=context)
    with closing(link):
        link.request(method, path)
        return link.getresponse().status


def is_deaf(machines: Machines, node: str, port: int, path: str, *, shown: str) -> bool:
    """Plain text is `plain`, and who shows nothing `""`."""
    try:
        if shown == "plain":
            with closing(HTTPConnection(machines.at(node), port, timeout=5)) as link:
                link.request("GET", path)
                link.getresponse()
        else:
            answer_of(machines, node, port, path, shown=shown)
    except (TimeoutError, ConnectionRefusedError):
        raise
    except (OSError, HTTPException):
        return True
    return False


def url_of(place: Path, name: str = "DATABASE_URL", **changes: str) -> str:
    url = read_values(place / "trackxpert.env")[name]
    for old, new in changes.items():
        assert old in url
        url = url.replace(old, new)
    return url


def encryption_of(url: str) -> bool:
    with closing(psycopg2.connect(url)) as link, link.cursor() as cursor:
        cursor.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        row = cursor.fetchone()
        return bool(row and row[0])


def refusal_of(url: str) -> str:
    with pytest.raises(psycopg2.OperationalError) as caught:
        psycopg2.connect(url).close()
    return str(caught.value)


def test_what_the_files_say_leads_from_a_web_node_to_the_primary(running: Running) -> None:
    assert encryption_of(url_of(running.pooler))
    assert encryption_of(url_of(running.pooler, "DATABASE_DIRECT_URL"))
    plain = url_of(running.pooler, "DATABASE_DIRECT_URL", **{"verify-full": "disable"})
    assert "no pg_hba.conf entry" in refusal_of(plain)


def test_the_pooler_leads_to_each_database_by_its_name(running: Running) -> None:
    """So there may be one for each school."""
    url = url_of(running.pooler, **{"/trackxpert?": "/postgres?"})
    with closing(psycopg2.connect(url)) as link, link.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        assert cursor.fetchone() == ("postgres",)


@pytest.mark.parametrize(("port", "strangers"), [(2379, ()), (2380, ("elsewhere",))])
def test_an_etcd_hears_who_has_a_certificate_in_order(
    machines: Machines, running: Running, port: int, strangers: tuple[str, ...]
) -> None:
    """Of each other they ask for the name as well, of Patroni for the authority alone."""
    assert answer_of(machines, "db1", port, "/version", shown="ours") == 200
    for shown in ("another", "", "plain", *strangers):
        assert is_deaf(machines, "db1", port, "/version", shown=shown), shown
    with pytest.raises(ssl.SSLCertVerificationError, match="certificate verify failed"):
        answer_of(machines, "db1", port, "/version", shown="ours", trusted="another")


@pytest.mark.parametrize("whose", ["ours", "another", "elsewhere"])
def test_an_etcd_is_let_in_by_its_certificate(
    machines: Machines, running: Running, whose: str
) -> None:
    file = machines.files("db3", whose) / "etcd.yml"
    file.write_text(file.read_text().replace("log-level: error", "log-level: warn"))
    refused = "remote error: tls: bad certificate"  # as the others say of this one

    def is_let_in() -> bool:
        with suppress(OSError, HTTPException):
            return answer_of(machines, "db3", 2379, "/health", shown="ours") == 200
        return False

    with machines.running("etcd", "--config-file", file) as says:
        if whose == "ours":
            until(is_let_in, seconds=20, what="db3 is not among them")
            assert refused not in says.read_text()
        else:
            until(lambda: refused in says.read_text(), seconds=20, what="Nobody refuses")


@pytest.mark.parametrize("whose", ["ours", "another", "elsewhere", "plain"])
def test_patroni_speaks_to_an_etcd_whose_certificate_is_in_order(
    machines: Machines, whose: str
) -> None:
    where = dict.fromkeys(("DB1", "DB2", "DB3"), machines.at("db3"))
    file = machines.files("db1", "ours", **where) / "patroni.yml"
    with (
        machines.pretended("db3", 2379, whose) as etcd,
        machines.running("patronictl", "-c", file, "list"),
    ):
        until(lambda: bool(etcd.asked) or etcd.came > 1, seconds=9, what="Nobody comes")
    assert bool(etcd.asked) is (whose == "ours")


def test_an_operator_sees_the_cluster(machines: Machines, running: Running) -> None:
    file = running.databases["db1"] / "patroni.yml"
    told = machines.account.run("patronictl", "-c", str(file), "list")
    assert "Leader" in told.stdout, told.stderr


def test_patroni_hears_everybody_and_obeys_who_has_a_certificate(
    machines: Machines, running: Running
) -> None:
    assert answer_of(machines, "db1", 8008, "/primary") == 200  # as HAProxy and curl ask
    assert answer_of(machines, "db1", 8008, "/reload", method="POST") == 403
    assert answer_of(machines, "db1", 8008, "/reload", method="POST", shown="ours") == 202
    for shown in ("another", "plain"):
        assert is_deaf(machines, "db1", 8008, "/primary", shown=shown), shown


@pytest.mark.parametrize("whose", [("another", "elsewhere"), ("plain", "ours")])
def test_the_proxy_goes_by_a_patroni_whose_certificate_is_in_order(
    machines: Machines, running: Running, whose: tuple[str, str]
) -> None:
    with ExitStack() as stack:
        for node, each in zip(("db2", "db3"), whose, strict=True):
            running.wait_for_check(node, "L4CON")
            patroni = stack.enter_context(machines.pretended(node, 8008, each))
            running.wait_for_check(node, "L7OK" if each == "ours" else "L6RSP")
            assert bool(patroni.asked) is (each == "ours")


def test_who_comes_to_the_proxy_sees_its_certificate(machines: Machines, running: Running) -> None:
    """No web node is there, so it says so itself."""
    assert answer_of(machines, "proxy", FRONT, "/") == 503
    assert is_deaf(machines, "proxy", FRONT, "/", shown="plain")
    with pytest.raises(ssl.SSLCertVerificationError, match="certificate verify failed"):
        answer_of(machines, "proxy", FRONT, "/", trusted="another")


def test_a_pooler_is_spoken_to_by_its_name_and_with_tls(
    machines: Machines, running: Running
) -> None:
    ours, another = (str(machines.tls(whose, "web1")) for whose in ("ours", "another"))
    refused = refusal_of(url_of(running.pooler, **{ours: another}))
    assert "certificate verify failed" in refused
    called = {f"@{machines.at('web1')}": "@localhost", "?": f"?hostaddr={machines.at('web1')}&"}
    refused = refusal_of(url_of(running.pooler, **called))
    assert 'does not match host name "localhost"' in refused
    assert "SSL required" in refusal_of(url_of(running.pooler, **{"verify-full": "disable"}))


@pytest.mark.parametrize(
    ("whose", "proxy", "words"),
    [
        ("ours", "PROXY", ""),
        ("another", "PROXY", "certificate verify failed"),
        ("ours", "WEB2", "not present in server certificate"),
    ],
)
def test_a_pooler_speaks_to_a_primary_whose_certificate_is_in_order(
    machines: Machines, running: Running, whose: str, proxy: str, words: str
) -> None:
    """Whose names are its own and that of the proxy before it."""
    address = machines.addresses[proxy]
    pooler = machines.pooler(whose, PROXY=address)
    with ExitStack() as stack:
        if proxy != "PROXY":
            another = machines.files("proxy", PROXY=address, BIND=f"{address}:{FRONT}")
            haproxy = machines.running("haproxy", "-db", "-f", another / "haproxy.cfg")
            stack.enter_context(haproxy)
            is_there = Running(running.databases, another, pooler).check_of
            until(lambda: is_there("db1") == "L7OK", seconds=9, what="No primary")
        says = stack.enter_context(machines.running("pgbouncer", pooler / "pgbouncer.ini"))
        until(lambda: "process up" in says.read_text(), seconds=9, what="No pgbouncer")
        if not words:
            assert encryption_of(url_of(pooler))
        else:
            refusal_of(url_of(pooler))
            assert words in says.read_text()


def test_a_pooler_tells_a_primary_without_tls_nothing(machines: Machines) -> None:
    pooler = machines.pooler(PROXY=machines.at("web2"))
    heard: list[bytes] = []

    def plain() -> None:
        link = server.accept()[0]
        with closing(link):
            heard.append(link.recv(8))
            link.sendall(b"N")
            heard.append(link.recv(8))

    with (
        socket.create_server((machines.at("web2"), 5000)) as server,
        machines.running("pgbouncer", pooler / "pgbouncer.ini") as says,
    ):
        until(lambda: "process up" in says.read_text(), seconds=9, what="No pgbouncer")
        answers = threading.Thread(target=plain)
        answers.start()
        refusal_of(url_of(pooler))
        answers.join()
    assert heard[0].endswith(ASKS_FOR_TLS)
    assert heard[1:] == [b""]
