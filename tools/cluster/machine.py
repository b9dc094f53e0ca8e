"""The nodes of the cluster as processes of this machine, each with an address of its own.

So the files are those of real machines, ports included. What systemd is there, the product's own
supervisor is here: what ends is started again.
"""

import csv
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import cached_property
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

import psycopg2
from psycopg2.errors import DuplicateDatabase, DuplicateObject

from embedded.postgres.account import Account, server_account
from embedded.postgres.binaries import choose
from embedded.postgres.postmaster import running_pid
from embedded.postgres.state import Home, current_home
from embedded.supervisor import Program
from tools.cluster.authority import certify
from tools.cluster.files import NODES, read_values, write_files
from tools.cluster.network import PATH, Network, NotPossible

ROOT: Final = Path(__file__).resolve().parents[2]
DATABASES: Final = ("db1", "db2", "db3")
WEBS: Final = ("web1", "web2")
NEEDED: Final = {
    "etcd": "etcd-server",
    "patroni": "patroni",
    "pgbouncer": "pgbouncer",
    "haproxy": "haproxy",
    "pgbackrest": "pgbackrest",
    "setpriv": "util-linux",
}
SECRETS: Final = (
    *("SUPERUSER_PASSWORD", "REPLICATION_PASSWORD", "APP_PASSWORD", "SECRET_KEY"),
    "ARCHIVE_PASSWORD",
)
# What pgBackRest calls the database of ours; so do the files of `deploy/cluster/`.
STANZA: Final = "trackxpert"
# As Patroni says it; the second word is of its fourth version.
FOLLOWING: Final = frozenset({"running", "streaming"})
PORT: Final = int(os.environ.get("PORT") or "8080")


def programs_of_debian() -> dict[str, str]:
    """Where each is. Raises NotPossible and says how to get those that are missing."""
    found = {name: shutil.which(name, path=PATH) for name in NEEDED}
    missing = [NEEDED[name] for name, path in found.items() if path is None]
    if missing:
        raise NotPossible(f"The cluster needs packages: apt-get install {' '.join(missing)}")
    if sys.platform != "linux":
        raise NotPossible("The cluster needs Linux, where all of 127.0.0.0/8 is this machine.")
    return {name: str(path) for name, path in found.items()}


@dataclass(frozen=True)
class Cluster:
    """`with_demo`: people to look at; the test brings its own. `code`: what the web nodes begin
    with, which may be exchanged (`give_code`). `with_tls`: between its machines, by an authority of
    its own."""

    state: Path
    with_demo: bool
    network: Network
    code: Path = ROOT
    with_tls: bool = False

    def address(self, node: str) -> str:
        return self.network.addresses[node.upper()]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{PORT}"

    @property
    def direct_url(self) -> str:
        """Of the primary, wherever it is, past the poolers."""
        return self.direct_url_to("trackxpert")

    def direct_url_to(self, database: str) -> str:
        return self._url("trackxpert", self.values["APP_PASSWORD"], database)

    @cached_property
    def values(self) -> dict[str, str]:
        """Passwords are made once, for the databases know them."""
        file = self.state / "passwords.json"
        if not file.exists():
            file.touch(mode=0o600)
            file.write_text(json.dumps({name: token_hex(24) for name in SECRETS}))
        return {
            **self.network.addresses,
            **json.loads(file.read_text()),
            "PROXY_MACHINES": "127.0.0.1",  # whence the kernel lets HAProxy come to other loopback
            "PROXY_INTERFACE": "lo",  # nobody hands an address over here
            "BIND": f"127.0.0.1:{PORT}",
            "PUBLIC_URL": self.url,
            "PUBLIC_HOST": f"127.0.0.1:{PORT}",
            "PG_BIN": str(choose(None).path),
            "ETCD_API": api_of_etcd(),
            "WATCHDOG": "off",
            "SHARED_BUFFERS": "64MB",
            "MAX_CONNECTIONS": "100",
            "POOL": "6",
            "BACKUP_AT": "02:15",
            "BACKUP_TO": str(self.state / "backups"),
            "ARCHIVE": str(self.archive),
            "HAPROXY_SOCKET": str(self.folder("proxy") / "admin.sock"),
        }

    @cached_property
    def account(self) -> Account:
        """Of PostgreSQL and pgbouncer, which refuse to run as root."""
        return server_account(current_home())

    @property
    def archive(self) -> Path:
        return self.state / "archive"

    def folder(self, node: str) -> Path:
        return self.state / node

    def tls(self, node: str) -> Path:
        return self.state / "tls" / node

    def prepare(self) -> None:
        self.state.mkdir(mode=0o711, parents=True, exist_ok=True)
        if self.folder("db1").exists() and self.tls("db1").exists() != self.with_tls:
            began = "without" if self.with_tls else "with"
            raise NotPossible(
                f"The cluster in {self.state} began {began} TLS, and goes on so: delete it, or set"
                " TRACKXPERT_STATE."
            )
        if self.with_tls:
            self._certify()
        self.account.own_folder(self.archive)
        for node in WEBS:
            self.folder(node).mkdir(mode=0o700, exist_ok=True)
            self.give_code(node, self.code)
        for node in NODES:
            folder = self.folder(node)
            places = {
                "PG_DATA": folder / "data",
                "PG_SOCKETS": folder,
                "ETCD_DATA": folder / "etcd",
                "PGBOUNCER_ETC": folder,
                "HAPROXY_ETC": folder,
                "ARCHIVE_CONFIG": folder / "pgbackrest.conf",
                "ARCHIVE_LOG": folder,
                **({"TLS": self.tls(node)} if self.with_tls else {}),
            }
            write_files(node, {**self.values, **{k: str(v) for k, v in places.items()}}, folder)
            if node not in WEBS:
                (folder / "etcd").mkdir(mode=0o700, exist_ok=True)
            for each in (folder, *folder.glob("*.*"), *folder.glob("etcd")):
                self.account.own_file(each)
        if not self.account.can_enter(self.folder("db1")):
            raise NotPossible(
                f"The account of the databases cannot enter {self.state}: make the folders above it"
                " passable (chmod o+x), or set TRACKXPERT_STATE."
            )

    def _certify(self) -> None:
        """On loopback the kernel comes to all of them from one address."""
        folder = self.state / "tls"
        certify(self.network.addresses, folder, also=("IP:127.0.0.1",))
        for each in (folder, *folder.rglob("*")):
            self.account.own_file(each)

    # --- what runs --------------------------------------------------------------------------------

    def programs(self) -> list[Program]:
        self.prepare()
        where = programs_of_debian()
        found = []
        for node in DATABASES:
            folder = self.folder(node)
            etcd = (where["etcd"], "--config-file", str(folder / "etcd.yml"))
            found.append(self._program(f"{node}-etcd", etcd))
            found.append(
                self._program(f"{node}-patroni", (where["patroni"], str(folder / "patroni.yml")))
            )
        for node in WEBS:
            pooler = (where["pgbouncer"], "-q", str(self.folder(node) / "pgbouncer.ini"))
            found.append(self._program(f"{node}-pgbouncer", pooler))
        proxy = ("-db", "-f", str(self.folder("proxy") / "haproxy.cfg"))
        found.append(self._program("proxy", (where["haproxy"], *proxy)))
        return [*found, *self.webs()]

    def webs(self) -> list[Program]:
        return [self._web(node) for node in WEBS]

    def _program(self, name: str, argv: tuple[str, ...]) -> Program:
        """Under the account of the databases; what it says goes into a file."""
        if self.account.uid is not None:
            ids = (f"--reuid={self.account.uid}", f"--regid={self.account.gid}")
            become = (programs_of_debian()["setpriv"], *ids, "--clear-groups", "--pdeathsig=TERM")
            argv = (*become, *argv)
        argv = (*self.network.inside(name.partition("-")[0]), *argv)
        return Program(name, self._logged(name, argv), env={"HOME": "/", "LC_ALL": "C.UTF-8"})

    def _logged(self, name: str, argv: tuple[str, ...]) -> tuple[str, ...]:
        script = 'log=$1; shift; exec "$@" >>"$log" 2>&1'
        return ("/bin/sh", "-c", script, "sh", str(self.state / f"{name}.log"), *argv)

    def _web(self, node: str) -> Program:
        """It has something to prepare only once there is a database. Which code it has is asked
        each time that it starts."""
        wait = (sys.executable, "-m", "tools.cluster", "await-database", self.direct_url)
        script = (
            'until "$1" "$2" "$3" "$4" "$5"; do sleep 1; done; shift 5; '
            'cd -P "$1" && shift && exec "$@"'
        )
        serve = (sys.executable, "manage.py", "serve", "--die-with-parent")
        argv = ("/bin/sh", "-c", script, "sh", *wait, str(self._code_of(node)), *serve)
        return Program(
            node,
            self._logged(node, (*self.network.inside(node), *argv)),
            env=self._environment_of(node),
        )

    def _environment_of(self, node: str) -> dict[str, str]:
        return {
            **read_values(self.folder(node) / "trackxpert.env"),
            "TRACKXPERT_STATE": str(self.folder(node)),
            "TRACKXPERT_DEMO": str(int(self.with_demo)),
        }

    # --- which code -------------------------------------------------------------------------------

    def _code_of(self, node: str) -> Path:
        """A link, as those who deploy have it: others exchange it under a node that runs."""
        return self.folder(node) / "code"

    def give_code(self, node: str, code: Path) -> None:
        """From its next start on."""
        link = self._code_of(node)
        new = link.with_suffix(".new")
        new.unlink(missing_ok=True)
        new.symlink_to(code)
        new.replace(link)

    def manage(self, code: Path, *command: str) -> str:
        """What a command of `manage.py` says on the first web node, past its pooler.

        Raises NotPossible.
        """
        argv = (*self.network.inside(WEBS[0]), sys.executable, "manage.py", *command)
        environment = {**os.environ, **self._environment_of(WEBS[0])}
        done = subprocess.run(  # noqa: S603 - ours
            argv, cwd=code, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise NotPossible(f"manage.py {command[0]} failed: {done.stderr.strip()}")
        return done.stdout

    # --- how it is --------------------------------------------------------------------------------

    def make_database(self) -> bool:
        """Once there is a primary: the role, the database, and what its archive begins with.

        False while there is none.
        """
        url = self._url("postgres", self.values["SUPERUSER_PASSWORD"], "postgres")
        try:
            with closing(psycopg2.connect(url)) as link:
                link.autocommit = True
                for statement in self._statements():
                    with link.cursor() as cursor, suppress(DuplicateObject, DuplicateDatabase):
                        cursor.execute(statement)
        except psycopg2.OperationalError:
            return False
        primary = self.primary()
        if primary is None:
            return False
        config = f"--config={self.folder(primary) / 'pgbackrest.conf'}"
        self.account.require(
            *("pgbackrest", config, f"--stanza={STANZA}", "--no-online", "stanza-create")
        )
        return True

    def _statements(self) -> Iterator[str]:
        lines = (self.folder("db1") / "database.sql").read_text().splitlines()
        text = "\n".join(line for line in lines if not line.startswith("--"))
        yield from (each for each in text.split(";") if each.strip())

    def _url(self, user: str, password: str, database: str) -> str:
        where = f"{self.address('proxy')}:5000/{database}"
        asked = "connect_timeout=3"
        if self.with_tls:
            asked += f"&sslmode=verify-full&sslrootcert={self.tls(WEBS[0]) / 'ca.crt'}"
        return f"postgresql://{user}:{password}@{where}?{asked}"

    def members(self) -> dict[str, dict[str, Any]]:
        """What Patroni says of each node: `role`, `state`, `lag`; empty if nobody does."""
        for node in DATABASES:
            answer = self.ask_patroni(node, "GET", "/cluster")
            if answer:
                return {each["name"]: each for each in answer["members"]}
        return {}

    def primary(self) -> str | None:
        known = self.members().items()
        return next((name for name, each in known if each["role"] in {"leader", "master"}), None)

    def is_whole(self) -> bool:
        """One primary, two replicas that follow it, one of them in step with it."""
        members = self.members().values()
        roles = sorted(each["role"] for each in members)
        states = {each["state"] for each in members}
        return roles == ["leader", "replica", "sync_standby"] and states <= FOLLOWING

    def make_anew(self) -> bool:
        """As an operator would (`patronictl reinit`), those that do not follow the primary any
        more; whether there were any."""
        stuck = [name for name, each in self.members().items() if each["state"] not in FOLLOWING]
        for node in stuck:
            self.ask_patroni(node, "POST", "/reinitialize", {"force": True})
        return bool(stuck)

    def ask_patroni(
        self, node: str, method: str, path: str, body: dict[str, Any] | None = None
    ) -> Any:
        link = self._link_to_patroni(node, timeout=10 if body else 2)
        try:
            headers = {"Content-Type": "application/json"}
            link.request(method, path, json.dumps(body) if body else None, headers)
            answer = link.getresponse()
            text = answer.read().decode()
            if answer.status != 200:
                return None
            return json.loads(text) if text.startswith("{") else text
        except (OSError, HTTPException, ValueError):
            return None
        finally:
            link.close()

    def _link_to_patroni(self, node: str, *, timeout: float) -> HTTPConnection:
        if not self.with_tls:
            return HTTPConnection(self.address(node), 8008, timeout=timeout)
        tls = self.tls(node)
        context = ssl.create_default_context(cafile=tls / "ca.crt")
        context.load_cert_chain(tls / "node.crt", tls / "node.key")
        return HTTPSConnection(self.address(node), 8008, timeout=timeout, context=context)

    def is_ready(self) -> bool:
        """Both web nodes answer, over the proxy's address as well."""
        return all(self.ready(self.address(node), 8000) for node in WEBS) and self.ready(
            "127.0.0.1", PORT
        )

    def ready(self, host: str, port: int, path: str = "/readyz") -> bool:
        link = HTTPConnection(host, port, timeout=3)
        try:
            link.request("GET", path, headers={"Host": f"127.0.0.1:{PORT}"})
            return link.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            link.close()

    def ask_proxy(self, command: str) -> str:
        return ask_haproxy(self.values["HAPROXY_SOCKET"], command)

    def seen_by_proxy(self, node: str) -> dict[str, str]:
        return seen_by_haproxy(self.values["HAPROXY_SOCKET"], "nodes", node)

    def postmaster(self, node: str) -> int | None:
        """Patroni lets PostgreSQL live on when it is itself killed."""
        return running_pid(Home(self.folder(node)))

    def end_databases(self) -> None:
        """Those that Patroni has not ended: it was killed, or had no time."""
        for node in DATABASES:
            if pid := self.postmaster(node):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGQUIT)


def api_of_etcd() -> str:
    """Which of them Patroni is to go by: see patroni.yml."""
    command = [str(shutil.which("patroni", path=PATH)), "--version"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603
    return "etcd3" if int(said.split()[-1].split(".")[0]) >= 4 else "etcd"


def ask_haproxy(admin: str, command: str) -> str:
    """By its socket, as `socat` does for an operator. Raises OSError while it is away."""
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(5)
        link.connect(admin)
        link.sendall(f"{command}\n".encode())
        return b"".join(iter(lambda: link.recv(65536), b"")).decode()


def seen_by_haproxy(admin: str, backend: str, node: str) -> dict[str, str]:
    """A machine: its `status` (UP, DRAIN, DOWN), `scur` requests at this moment, and more."""
    rows = csv.DictReader(ask_haproxy(admin, "show stat").removeprefix("# ").splitlines())
    return next(each for each in rows if (each["pxname"], each["svname"]) == (backend, node))


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def until(is_so: Callable[[], bool], *, seconds: float, what: str, pause: float = 0.5) -> None:
    """Raises NotPossible."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise NotPossible(f"{what}, also after {seconds:g} s.")
        time.sleep(pause)


def answers(url: str) -> bool:
    try:
        psycopg2.connect(url).close()
    except psycopg2.OperationalError:
        return False
    return True
