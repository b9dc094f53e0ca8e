"""Nobody else reads what the state folder holds, whoever made it."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from embedded.checks import nobody_else_reads_the_state_folder
from embedded.postgres.state import make_folder
from embedded.private_files import STATE_MARKS, close_to_others, open_to_others
from embedded.tests.test_postgres import REPOSITORY, bare_environment, open_folder

WRITE = """
from django.core.files.base import ContentFile
from django.core.files.storage import storages
storages["folder"].save("photos/new/1.jpg", ContentFile(b"x"))
open("%s/note.txt", "w").write("x")
"""


def modes(root: Path) -> dict[str, str]:
    """Of everything below, but not in the server's data, which PostgreSQL closes itself."""
    found = {}
    for folder, folders, names in os.walk(root):
        for name in (*folders, *names):
            path = Path(folder) / name
            if not path.is_symlink():
                found[path.relative_to(root).as_posix()] = oct(stat.S_IMODE(path.lstat().st_mode))
        folders[:] = [name for name in folders if name != "data"]
    return found


def test_a_run_under_an_open_umask_leaves_nothing_open() -> None:
    with open_folder() as folder:
        state = folder / "state"

        def run(*arguments: str) -> None:
            subprocess.run(
                [sys.executable, *arguments],
                cwd=REPOSITORY,
                env=bare_environment() | {"TRACKXPERT_STATE": str(state)},
                umask=0,
                check=True,
                capture_output=True,
            )

        try:
            run("-m", "embedded.postgres", "start")
            run("manage.py", "collectstatic", "--noinput", "-v0")
            run("manage.py", "shell", "-v0", "-c", WRITE % state)
            found = modes(state)
        finally:
            run("-m", "embedded.postgres", "stop")
    expected = {"static", "media/photos/new/1.jpg", "note.txt", "secret_key", "postgres/passwords"}
    assert expected <= set(found)
    assert found["postgres/data"] == "0o700"
    passable = {"postgres": "0o711"} if os.geteuid() == 0 else {}
    assert {
        name: mode for name, mode in found.items() if mode not in ("0o600", "0o700")
    } == passable


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """As an earlier version left it."""
    for name, mode in {
        "media/photos/1.jpg": 0o644,
        "run/8000/lock": 0o666,
        "postgres/data/base/1": 0o644,
        "postgres/binaries-18/bin/postgres": 0o755,
        "secret_key": 0o600,
        "script": 0o755,
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
        path.chmod(mode)
    (tmp_path / "link").symlink_to("/etc/hosts")
    return tmp_path


def test_what_was_open_is_closed(old: Path, settings: Settings) -> None:
    for folder in [old, *(path for path in old.rglob("*") if path.is_dir())]:
        folder.chmod(0o755)
    data = old / "postgres" / "data"
    assert close_to_others(old, data=data) == 9
    assert list(open_to_others(old, data=data)) == []
    found = modes(old)
    way = "0o711" if os.geteuid() == 0 else "0o700"
    assert found == {
        **dict.fromkeys(("media", "media/photos", "run", "run/8000"), "0o700"),
        **dict.fromkeys(("media/photos/1.jpg", "run/8000/lock", "secret_key"), "0o600"),
        "script": "0o700",
        "postgres": way,
        # The server's own, and programs that its account executes.
        "postgres/data": "0o755",
        "postgres/binaries-18": "0o755",
        "postgres/binaries-18/bin": "0o755",
        "postgres/binaries-18/bin/postgres": "0o755",
    }
    assert stat.S_IMODE(Path("/etc/hosts").stat().st_mode) & 0o044


@pytest.mark.parametrize("mark", STATE_MARKS)
def test_another_installation_below_keeps_its_own_modes(old: Path, mark: str) -> None:
    """Its server has to pass through its folders: closed, it would not start again."""
    theirs = old / "other" / mark
    theirs.parent.mkdir(parents=True)
    theirs.write_text("x")
    (old / "other").chmod(0o711)
    close_to_others(old, data=old / "postgres" / "data")
    assert modes(old)["other"] == "0o711"
    theirs.unlink()
    close_to_others(old, data=old / "postgres" / "data")
    assert modes(old)["other"] == "0o700"


def test_a_check_names_what_is_open(old: Path, settings: Settings) -> None:
    settings.STATE_DIR = old
    (problem,) = nobody_else_reads_the_state_folder()
    assert problem.id == "trackxpert.W003"
    assert str(old / "media") in problem.msg


def test_a_state_folder_is_reached_also_where_the_folders_above_it_had_to_be_made(
    tmp_path: Path,
) -> None:
    """Root's folders let the account of the database server through, whatever the umask is."""
    before = os.umask(0o077)
    try:
        make_folder(tmp_path / "above" / "state")
    finally:
        os.umask(before)
    way = 0o711 if os.geteuid() == 0 else 0o700
    for folder in (tmp_path / "above", tmp_path / "above" / "state"):
        assert stat.S_IMODE(folder.stat().st_mode) == way
