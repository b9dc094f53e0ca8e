"""The code of before, with which a rolling upgrade of the cluster begins."""

import subprocess
from pathlib import Path

import pytest

from tools.cluster.network import NotPossible
from tools.cluster.versions import Version, earlier_version

FIRST, SECOND = "cards/migrations/0001_initial.py", "cards/migrations/0002_more.py"


def git(folder: Path, *words: str) -> None:
    known = ("-c", "user.name=Asha", "-c", "user.email=asha@dit.example")
    subprocess.run(["git", "-C", str(folder), *known, *words], check=True, capture_output=True)


def commit(folder: Path, name: str) -> None:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{name}\n")
    git(folder, "add", name)
    git(folder, "commit", "--message", f"Add {name}")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two migrations, the second one after some code, and more code after it."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "--quiet")
    for name in (FIRST, "cards/models.py", SECOND, "cards/views.py"):
        commit(folder, name)
    return folder


def test_it_is_the_newest_whose_tables_were_others(repository: Path, tmp_path: Path) -> None:
    before = earlier_version(None, tmp_path / "before", repository=repository)
    assert before.name.endswith(", Add cards/models.py")
    assert (before.folder / "cards/models.py").exists()
    assert Version(repository, "").migrations - before.migrations == {SECOND}


def test_tables_that_are_being_changed_are_others_than_those_of_the_last_commit(
    repository: Path, tmp_path: Path
) -> None:
    (repository / "cards/migrations/0003_not_there_yet.py").touch()
    before = earlier_version(None, tmp_path / "before", repository=repository)
    assert before.name.endswith(", Add cards/views.py")


def test_any_other_can_be_named(repository: Path, tmp_path: Path) -> None:
    before = earlier_version("HEAD~3", tmp_path / "before", repository=repository)
    assert before.migrations == {FIRST}


def test_where_the_history_is_not_there_it_says_so(repository: Path, tmp_path: Path) -> None:
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{repository}", str(shallow))
    for asked, where in ((None, shallow), ("v9", repository), (None, tmp_path)):
        with pytest.raises(NotPossible, match="git knows no earlier code here"):
            earlier_version(asked, tmp_path / "before", repository=where)
