"""The code of an earlier day, beside that of today: an upgrade goes from the one to the other."""

import io
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.cluster.machine import ROOT
from tools.cluster.network import NotPossible

MIGRATIONS: Final = "*/migrations/[0-9]*.py"


@dataclass(frozen=True)
class Version:
    """`folder`: where its code lies."""

    folder: Path
    name: str

    @property
    def migrations(self) -> set[str]:
        return {str(path.relative_to(self.folder)) for path in self.folder.glob(MIGRATIONS)}


def earlier_version(commit: str | None, folder: Path, *, repository: Path = ROOT) -> Version:
    """Its code, as that commit has it, in `folder`.

    None: the newest commit whose tables are others than those of `repository`, so that the code of
    before meets tables that it does not know. Raises NotPossible where that part of the history is
    not there, as in the shallow copies of some machines for tests.
    """
    commit = commit or _before_the_last_migration(repository)
    name = _git(repository, "log", "-1", "--format=%h, %s", commit).decode().strip()
    with tarfile.open(fileobj=io.BytesIO(_git(repository, "archive", commit))) as packed:
        packed.extractall(folder, filter="data")
    return Version(folder, name)


def _before_the_last_migration(repository: Path) -> str:
    places = f":(glob){MIGRATIONS}"
    if _git(repository, "status", "--porcelain", "--", places):
        return "HEAD"
    last = _git(repository, "log", "-1", "--format=%H", "--", places).decode().strip()
    return f"{last}~1"


def _git(repository: Path, *words: str) -> bytes:
    command = ("git", "-C", str(repository), *words)
    try:
        done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - ours
    except FileNotFoundError as error:
        raise NotPossible("there is no git") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().partition("\n")[0]
        raise NotPossible(f"git knows no earlier code here ({said})")
    return done.stdout
