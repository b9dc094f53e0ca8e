"""Where the private server keeps its files, and the address that follows from them.

    <state folder>/postgres/lock, lease, keep    who starts, who uses, and "do not stop it"
    <state folder>/postgres/location             where the rest lives, when it is not here
    <home>/data, passwords, port, ...             the server itself

The two parts are one folder, except for root with a state folder that the server's unprivileged
account cannot reach.
"""

import hashlib
import os
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

DATABASE = ROLE = "trackxpert"
SUPERUSER = "postgres"
SYSTEM_HOMES = Path("/var/lib/trackxpert")

# sun_path holds 104 bytes on macOS and 108 on Linux, with the closing zero.
LONGEST_SOCKET_PATH = 100
# Port 1 (tcpmux) is served nowhere, so a URL with it is well formed and cannot connect.
NO_PORT = 1


class PostgresError(Exception):
    """The private server cannot be used; the message says what to do about it."""


def major_of(data: Path) -> int:
    """The major version of PostgreSQL that wrote the data in this folder."""
    return int((data / "PG_VERSION").read_text())


@dataclass(frozen=True)
class Home:
    """The folder that holds one server: data, passwords, settings, port, logs."""

    path: Path

    @property
    def data(self) -> Path:
        return self.path / "data"

    @property
    def passwords(self) -> Path:
        return self.path / "passwords"

    @property
    def port(self) -> Path:
        return self.path / "port"

    @property
    def settings(self) -> Path:
        return self.path / "trackxpert.conf"

    @property
    def sockets(self) -> Path:
        return self.path / "sockets"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    def kept(self, major: int) -> Path:
        """Where data of that version stays that an upgrade has replaced."""
        return self.path / f"data-{major}"

    def given_up(self, major: int) -> Path:
        """Where data stays that the way back has replaced: nothing leads to it any more."""
        return self.path / f"given-up-{major}-{time.time_ns()}"

    def kept_data(self) -> list[Path]:
        """The oldest first."""
        found = (path for path in self.path.glob("data-*") if (path / "PG_VERSION").exists())
        return sorted(found, key=major_of)

    def login(self) -> dict[str, str]:
        """The environment in which PostgreSQL's programs reach this server, as the application."""
        return {
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.remembered_port()),
            "PGUSER": ROLE,
            "PGDATABASE": DATABASE,
            "PGPASSFILE": str(self.passwords),
        }

    def has_data(self) -> bool:
        return (self.data / "PG_VERSION").exists()

    def data_major(self) -> int | None:
        """The major version that wrote the data; None before the first start."""
        return major_of(self.data) if self.has_data() else None

    def remembered_port(self) -> int | None:
        return int(self.port.read_text()) if self.port.exists() else None

    def socket_folder(self) -> str:
        """Empty where the path would not fit into a socket address: TCP is enough then."""
        fits = len(os.fsencode(self.sockets / ".s.PGSQL.65535")) < LONGEST_SOCKET_PATH
        return str(self.sockets) if fits else ""


def state_dir() -> Path:
    """The folder for everything that this installation keeps: TRACKXPERT_STATE, or `var/`.

    A new one is closed to other users. Root's can be passed through but not listed, because the
    server runs under another account and must reach its data; what is secret in there has to be
    0600 by itself.
    """
    fallback = Path(__file__).resolve().parents[2] / "var"
    path = Path(os.environ.get("TRACKXPERT_STATE") or fallback).expanduser().resolve()
    try:
        if not path.is_dir():
            make_folder(path)
    except PermissionError as error:
        raise not_yours(error) from error
    return path


def make_folder(path: Path) -> None:
    """Makes a folder, and those above it, with a mode that depends on no umask of the caller."""
    made = [path, *(above for above in path.parents if not above.exists())]
    try:
        path.mkdir(parents=True, exist_ok=True)
        for folder in made:
            folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
    except OSError as error:
        raise PostgresError(f"The folder {path} cannot be made: {error.strerror}.") from error


def control_dir() -> Path:
    """The part that always lies in the state folder: locks, and where the home is."""
    path = state_dir() / "postgres"
    if not path.is_dir():
        make_folder(path)
    return path


def current_home() -> Home:
    control = control_dir()
    pointer = control / "location"
    return Home(Path(pointer.read_text()) if pointer.exists() else control)


def move_home_out(control: Path) -> Home:
    """Places the home where any account may reach it, and leaves a pointer in the state folder.

    The name follows from the state folder's path, so that the database is found again even when
    the state folder was wiped: nobody loses data by that.
    """
    name = hashlib.sha256(os.fsencode(control.parent)).hexdigest()[:12]
    home = Home(SYSTEM_HOMES / name)
    for folder in (SYSTEM_HOMES, home.path):
        if not folder.is_dir():
            make_folder(folder)
    replace_file(control / "location", str(home.path))
    return home


def replace_file(path: Path, text: str, mode: int = 0o600) -> None:
    """Writes the whole file or nothing, also when the machine stops halfway."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
        os.fchmod(file.fileno(), mode)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Makes a rename in that folder durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_passwords(home: Home) -> None:
    """Passwords for the application and the superuser, in libpq's passfile format.

    That format lets `psql` read them by itself, so that none is ever an argument of a process.
    """
    lines = [f"*:*:*:{role}:{secrets.token_urlsafe(24)}\n" for role in (ROLE, SUPERUSER)]
    replace_file(home.passwords, "".join(lines))


def password(home: Home, role: str) -> str:
    for line in home.passwords.read_text().splitlines():
        *_, name, secret = line.split(":")
        if name == role:
            return secret
    raise PostgresError(f"{home.passwords} names no password for {role}.")


def database_url() -> str:
    """The address of the private database, without starting it.

    Before the first start this is a well-formed address that answers nobody.
    """
    try:
        home = current_home()
        port = home.remembered_port()
        if port is None or not home.passwords.exists():
            return f"postgresql://{ROLE}@127.0.0.1:{NO_PORT}/{DATABASE}"
        secret = quote(password(home, ROLE), safe="")
    except PermissionError as error:
        raise not_yours(error) from error
    return f"postgresql://{ROLE}:{secret}@127.0.0.1:{port}/{DATABASE}"


def not_yours(error: PermissionError) -> PostgresError:
    return PostgresError(
        f"{error.filename} belongs to another user: run this as that user, or set TRACKXPERT_STATE"
        " to a folder of your own."
    )
