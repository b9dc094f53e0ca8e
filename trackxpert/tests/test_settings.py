"""Combinations of settings that cannot work are named at start, each with a number and a hint."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from embedded.secret_key import installation_secret_key


def check(*arguments: str, **environment: str) -> str:
    """The output of `manage.py check` in a process of its own, under this environment."""
    return output_of("manage.py", "check", *arguments, **environment)


def setting(name: str, **environment: str) -> str:
    """A setting as it is under this environment."""
    code = f"from trackxpert import settings; print(settings.{name})"
    return output_of("-c", code, **environment).strip()


def output_of(*arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=settings.BASE_DIR,
        env={
            "PATH": os.environ["PATH"],
            "DATABASE_URL": "postgresql://u:p@127.0.0.1:1/x",
            "TRACKXPERT_STATE": str(settings.STATE_DIR),
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "value", "number"),
    [
        ("THROTTLE_VERIFY", "sixty", "E001"),
        ("THROTTLE_BULK", "0/min", "E001"),
        ("TRUSTED_PROXIES", "10.0.0.5,proxy", "E002"),
        ("DATABASE_URL", "sqlite:///x", "E003"),
        ("BEHIND_TLS_PROXY", "true", "E004"),
        ("LOG_FORMAT", "xml", "E023"),
    ],
)
def test_what_cannot_work_is_named(name: str, value: str, number: str) -> None:
    assert f"trackxpert.{number}" in check(**{name: value})


def test_a_public_demo_is_refused_by_the_deploy_checks() -> None:
    public = {"PUBLIC_URL": "https://cards.example.org", "SECRET_KEY": "k" * 60}
    assert "trackxpert.E005" in check("--deploy", TRACKXPERT_DEMO="1", **public)
    assert "trackxpert.E005" not in check("--deploy", **public)


def test_hsts_is_preloaded_only_if_asked_for() -> None:
    public = {"PUBLIC_URL": "https://cards.example.org"}
    assert setting("SECURE_HSTS_PRELOAD", **public) == "False"
    assert setting("SECURE_HSTS_PRELOAD", SECURE_HSTS_PRELOAD="true", **public) == "True"
    assert "security.W021" not in check("--deploy", **public)


def test_the_deploy_checks_ask_where_reports_may_go() -> None:
    mail = {"EMAIL_URL": "smtp://mail.example.org"}
    assert "trackxpert.W004" in check("--deploy", **mail)
    assert "trackxpert.W004" not in check("--deploy", REPORT_MAIL_DOMAINS="dit.ac.tz", **mail)
    assert "trackxpert.W004" not in check("--deploy")


def test_the_deploy_checks_ask_for_the_operators_own_key() -> None:
    assert "trackxpert.W001" in check("--deploy")


def test_an_installation_makes_its_key_once_and_keeps_it_private(tmp_path: Path) -> None:
    first = installation_secret_key(tmp_path)
    assert installation_secret_key(tmp_path) == first
    assert len(first) >= 50
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_two_installations_have_two_keys(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert installation_secret_key(tmp_path / "a") != installation_secret_key(tmp_path / "b")
