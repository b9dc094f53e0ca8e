"""The account that the server runs under: the caller's, or an unprivileged one for root.

PostgreSQL refuses to run as root. Root therefore drops to another account for each program, without
a shell and without changing the mode of any folder that is not the server's own.
"""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .state import Home, PostgresError

# The PG* variables of the caller would lead the programs elsewhere, so nothing is inherited.
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C", "HOME": "/"}
SYSTEM_USER = "trackxpert"
MAKE_SYSTEM_USER = (
    ("useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"),
    ("adduser", "-S", "-D", "-H"),  # busybox
)


@dataclass(frozen=True)
class Account:
    """`uid` and `gid` are None where the caller's own account does."""

    uid: int | None = None
    gid: int | None = None

    def run(self, *command: str, text: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - the programs chosen in binaries.py
            command,
            input=text,
            capture_output=True,
            text=True,
            env=ENVIRONMENT,
            cwd="/",
            user=self.uid,
            group=self.gid,
            extra_groups=None if self.uid is None else [],
        )

    def require(self, *command: str, text: str = "") -> None:
        done = self.run(*command, text=text)
        if done.returncode != 0:
            raise PostgresError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")

    def can_enter(self, path: Path) -> bool:
        """Asked of the kernel, under that account: only so do groups and ACLs count."""
        return self.run("/bin/sh", "-c", 'test -x "$1"', "sh", str(path)).returncode == 0

    def write(self, path: Path, text: str, *, append: bool = False) -> None:
        """Writes under that account, because root follows no link in a folder of somebody else."""
        redirect = ">>" if append else ">"
        self.require("/bin/sh", "-c", f'cat {redirect} "$1"', "sh", str(path), text=text)

    def own_file(self, path: Path) -> None:
        """Gives the server's account a file that nobody else reads."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def own_folder(self, path: Path) -> None:
        """Makes a folder that only the server's account can use."""
        path.mkdir(mode=0o700, exist_ok=True)
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


def server_account(home: Home) -> Account:
    """Existing data decides: PostgreSQL starts only as the owner of its data."""
    if home.has_data():
        return _owner(home.data)
    if os.geteuid() != 0:
        return Account()
    return _configured() or _of_user("postgres") or _system_user() or _nobody()


def _owner(data: Path) -> Account:
    status = data.stat()
    if status.st_uid == os.geteuid():
        return Account()
    if os.geteuid() == 0:
        return Account(status.st_uid, status.st_gid)
    raise PostgresError(
        f"{data} belongs to another user: run this as that user, or set TRACKXPERT_STATE to a"
        " folder of your own."
    )


def _configured() -> Account | None:
    name = os.environ.get("TRACKXPERT_PG_USER")
    if name and _of_user(name) is None:
        raise PostgresError(f"TRACKXPERT_PG_USER={name}: there is no such user.")
    return _of_user(name) if name else None


def _of_user(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(entry.pw_uid, entry.pw_gid)


def _system_user() -> Account | None:
    if account := _of_user(SYSTEM_USER):
        return account
    for command in MAKE_SYSTEM_USER:
        if shutil.which(command[0]):
            subprocess.run([*command, SYSTEM_USER], capture_output=True)  # noqa: S603 - constants
            break
    return _of_user(SYSTEM_USER)


def _nobody() -> Account:
    account = _of_user("nobody")
    if account is None:
        raise PostgresError(
            "PostgreSQL does not run as root, and there is no other account to run it:"
            " name one in TRACKXPERT_PG_USER."
        )
    return account
