"""The files of `deploy/cluster/`: whole once they are filled in, and understood where they go."""

import configparser
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tools.cluster.files import (
    FOLDER,
    NODES,
    VALUE,
    MissingValue,
    filled,
    read_values,
    words_of_tls,
    write_files,
)
from tools.cluster.machine import SECRETS

# Left empty there, for everybody has their own: SECRETS.
SAID = read_values(FOLDER / "values.env")
VALUES = {**SAID, **dict.fromkeys(SECRETS, "0123456789abcdef")}
HAPROXY = shutil.which("haproxy", path=f"{os.environ['PATH']}:/usr/sbin")


@pytest.mark.parametrize("tls", ["", "/etc/trackxpert/tls"])
@pytest.mark.parametrize("node", NODES)
def test_all_that_a_file_asks_for_is_among_the_values(node: str, tls: str, tmp_path: Path) -> None:
    write_files(node, {**VALUES, "TLS": tls}, tmp_path / node)
    for file in (tmp_path / node).iterdir():
        assert not VALUE.search(file.read_text())
        assert tls or "tls" not in file.read_text()
        assert file.stat().st_mode & 0o077 == 0  # passwords are in them
        if file.suffix == ".yml":
            assert yaml.safe_load(file.read_text())["name"] == node
        if file.suffix == ".ini":
            configparser.ConfigParser(interpolation=None).read_string(file.read_text())


def test_every_value_is_asked_for_and_a_missing_one_is_named() -> None:
    asked = {name for file in FOLDER.iterdir() for name in VALUE.findall(file.read_text())}
    assert asked - {"NODE", "ADDRESS", "WITH_TLS", *words_of_tls(None)} == {*VALUES, "TLS"}
    with pytest.raises(MissingValue, match="APP_PASSWORD"):
        filled("x @APP_PASSWORD@", SAID)


def test_a_primary_goes_before_its_lease_can_have_another() -> None:
    """Patroni's own rule, which it otherwise mends without a word."""
    values = {**VALUES, "NODE": "db1", "ADDRESS": VALUES["DB1"]}
    told = yaml.safe_load(filled((FOLDER / "patroni.yml").read_text(), values))
    cluster = told["bootstrap"]["dcs"]
    assert cluster["ttl"] >= cluster["loop_wait"] + 2 * cluster["retry_timeout"]
    assert cluster["synchronous_mode"] is True


def test_what_the_proxy_says_itself_is_as_long_as_it_says() -> None:
    head, body = (FOLDER / "503.http").read_bytes().split(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert b"Retry-After: 5" in head


@pytest.mark.skipif(HAPROXY is None, reason="needs haproxy (apt-get install haproxy)")
def test_the_proxy_understands_its_file(tmp_path: Path) -> None:
    here = {**VALUES, "BIND": "127.0.0.1:8080", "HAPROXY_ETC": str(tmp_path)}
    write_files("proxy", here, tmp_path)
    command = [str(HAPROXY), "-c", "-f", str(tmp_path / "haproxy.cfg")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
