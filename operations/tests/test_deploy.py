"""What operators copy from `deploy/` names what there is, and the programs that read it take it."""

import json
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.test import Client

from core.tests.product import ask
from embedded import framing

DEPLOY = Path(settings.BASE_DIR, "deploy")
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
NAME = re.compile(r"trackxpert_[a-z_]+")


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load((DEPLOY / "prometheus/alerts.yml").read_text())["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((DEPLOY / "grafana/trackxpert.json").read_text())[
        "panels"
    ]
    return found


def test_rules_and_dashboard_name_figures_that_there_are(client: Client, db: None) -> None:
    text = client.get("/metrics").content.decode()
    known = {name for name, _ in re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE)}
    parts = {f"{name}_{part}" for name in known for part in ("bucket", "count", "sum")}
    asked = [rule["expr"] for rule in rules()]
    asked += [target["expr"] for panel in panels() for target in panel["targets"]]
    named = {name for expression in asked for name in NAME.findall(expression)}
    assert named - known - parts == set()
    assert len(named) > 20
    assert {rule["labels"]["severity"] for rule in rules()} == {"critical", "warning"}
    assert all(rule["annotations"]["summary"] and rule["alert"] for rule in rules())
    assert len({panel["id"] for panel in panels()}) == len(panels())


def test_the_example_of_an_environment_names_variables_that_there_are() -> None:
    text = (DEPLOY / "systemd/trackxpert.env").read_text()
    named = re.findall(r"^#?([A-Z][A-Z_]+)=", text, re.MULTILINE)
    documented = (DEPLOY / "../docs/operators.md").read_text()
    assert [name for name in named if f"`{name}`" not in documented] == []
    assert len(named) > 8


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
def test_prometheus_takes_the_rules() -> None:
    command = ["promtool", "check", "rules", str(DEPLOY / "prometheus/alerts.yml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    unit = (DEPLOY / "systemd/trackxpert.service").read_text()
    here = tmp_path / "trackxpert.service"
    here.write_text(unit.replace("/opt/trackxpert/.venv/bin/python", shutil.which("sh") or ""))
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(here)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "trackxpert.service" not in done.stderr
    assert done.returncode == 0, done.stderr


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[int]:
    """nginx by our configuration, on a free port, in front of nothing."""
    certificate, key, port = tmp_path / "c.pem", tmp_path / "k.pem", free_port()
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    subprocess.run(
        [*make.split(), "-subj", "/CN=x", "-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
    site = (DEPLOY / "nginx/trackxpert.conf").read_text()
    for ours, here in {
        "/etc/letsencrypt/live/cards.example.org/fullchain.pem": str(certificate),
        "/etc/letsencrypt/live/cards.example.org/privkey.pem": str(key),
        "/etc/nginx/": f"{DEPLOY}/nginx/",
        "listen 80;": f"listen 127.0.0.1:{port};",
        "listen 443 ssl": f"listen 127.0.0.1:{free_port()} ssl",
        "server 127.0.0.1:8000;": f"server 127.0.0.1:{free_port()};",
    }.items():
        assert ours in site
        site = site.replace(ours, here)
    (tmp_path / "site.conf").write_text(re.sub(r"listen \[::\].*\n", "", site))
    folders = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{name}_temp_path {tmp_path}/{name};" for name in folders)
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid; error_log {tmp_path}/log; daemon off; events {{}}\n"
        f"http {{ access_log off; {temporary} include {tmp_path}/site.conf; }}\n"
    )
    command = [str(NGINX), "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]
    server = subprocess.Popen(command)
    try:
        _until_it_answers(port)
        yield port
    finally:
        server.terminate()
        server.wait()


def _until_it_answers(port: int) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            ask(port, "GET", "/")
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        else:
            return


@pytest.mark.skipif(not NGINX, reason="nginx is not installed")
def test_nginx_says_when_to_come_back(proxy: int) -> None:
    answer = ask(proxy, "POST", "/iclock/cdata", b"x", {"X-Request-ID": "tap-1"})
    assert answer.status == 503
    assert answer.headers["Retry-After"] == "5"
    assert answer.headers["X-Request-ID"] == "tap-1"
    assert json.loads(answer.body)["code"] == "busy"
    assert ask(proxy, "GET", "/admin/").status == 301


def test_what_the_product_takes_comes_through_the_proxy_and_no_more() -> None:
    """nginx counts the whole body: a part of an album comes with its form around it."""
    proxy = (DEPLOY / "nginx/trackxpert-proxy.conf").read_text()
    (megabytes,) = re.findall(r"^client_max_body_size (\d+)m;$", proxy, re.MULTILINE)
    assert int(megabytes) << 20 == settings.MAX_UPLOAD_BYTES
    form = 64 * 1024
    assert settings.ALBUM_PART_BYTES + form < settings.MAX_UPLOAD_BYTES < framing.MAX_BODY_BYTES
    assert settings.IMPORT_MAX_BYTES + form < settings.MAX_UPLOAD_BYTES
