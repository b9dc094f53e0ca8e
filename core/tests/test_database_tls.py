"""TLS to the database, as `DATABASE_URL` asks for it (docs/operators.md, TLS between the machines).

On a server of its own, whose certificate an authority has signed that is made for the test.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import environ
import pytest
from django.conf import settings
from django.db import connections

from core.outages import outage_of
from embedded.postgres.account import server_account
from embedded.postgres.binaries import choose
from embedded.postgres.state import current_home
from tools.cluster.authority import make_authority, sign

pytestmark = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="needs openssl (apt-get install openssl)"
)
HOST_BASED_ACCESS = "local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n"


@dataclass(frozen=True)
class Server:
    port: int
    folder: Path

    def url(self, *, host: str = "localhost", authority: str = "ours", mode: str = "") -> str:
        asked = mode or f"verify-full&sslrootcert={self.folder / authority}.crt"
        return f"postgresql://asha:secret@{host}:{self.port}/postgres?sslmode={asked}"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """It hears nobody who comes without TLS; its name is `localhost`."""
    programs, account = choose(None), server_account(current_home())
    folder = Path(tempfile.mkdtemp(prefix="tls-"))
    folder.chmod(0o755)
    sign(make_authority(folder, "ours"), "localhost", ["DNS:localhost"], folder)
    make_authority(folder, "another")
    data = folder / "data"
    account.own_folder(data)
    for name in ("node.key", "node.crt"):
        account.own_file(folder / name)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    parameters = {
        "port": port,
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": data,
        "ssl": "on",
        "ssl_cert_file": folder / "node.crt",
        "ssl_key_file": folder / "node.key",
    }
    pg_ctl = (programs.program("pg_ctl"), f"--pgdata={data}", "--wait", f"--log={data}/log")
    initdb = (programs.program("initdb"), "--username=postgres", "--auth=trust", "--no-sync")
    account.require(*initdb, str(data))
    account.write(data / "pg_hba.conf", HOST_BASED_ACCESS)
    lines = "".join(f"{name} = '{value}'\n" for name, value in parameters.items())
    account.write(data / "postgresql.conf", lines, append=True)
    account.require(*pg_ctl, "start")
    try:
        psql = (programs.program("psql"), f"--host={data}", f"--port={port}", "--username=postgres")
        account.require(*psql, "--command=CREATE ROLE asha LOGIN PASSWORD 'secret'")
        yield Server(port, folder)
    finally:
        account.run(*pg_ctl, "--mode=immediate", "stop")
        shutil.rmtree(folder)


def encryption_of(url: str) -> Any:
    """What the server calls a connection that is made as the product makes it."""
    link: Any = connections.create_connection("default")
    read: Any = environ.Env.db_url_config
    asked = read(url)
    options = {**settings.DATABASES["default"]["OPTIONS"], **asked.pop("OPTIONS")}
    link.settings_dict = {**link.settings_dict, **asked, "OPTIONS": options}
    with closing(link), link.cursor() as cursor:
        cursor.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        return cursor.fetchone()[0]


def refusal_of(url: str) -> str:
    with pytest.raises(Exception, match="connection to server") as caught:
        encryption_of(url)
    outage = outage_of(caught.value)
    assert outage is not None  # so a request is a 503, and the log says why
    return str(caught.value)


@pytest.mark.django_db
def test_a_server_whose_certificate_is_in_order_is_spoken_to(server: Server) -> None:
    assert encryption_of(server.url()) is True


@pytest.mark.django_db
def test_one_that_others_have_signed_or_that_is_called_otherwise_is_not(server: Server) -> None:
    assert "certificate verify failed" in refusal_of(server.url(authority="another"))
    called = refusal_of(server.url(host="127.0.0.1"))
    assert 'server certificate for "localhost"' in called
    assert 'does not match host name "127.0.0.1"' in called


@pytest.mark.django_db
def test_who_comes_without_tls_is_not_heard(server: Server) -> None:
    assert "no pg_hba.conf entry" in refusal_of(server.url(mode="disable"))


def test_the_product_does_not_start_and_says_why(server: Server, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "DATABASE_URL": server.url(authority="another"),
        "TRACKXPERT_STATE": str(tmp_path),
        "PORT": "0",
    }
    command = [sys.executable, "manage.py", "migrate", "--check"]
    done = subprocess.run(
        command, env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "certificate verify failed" in done.stderr
