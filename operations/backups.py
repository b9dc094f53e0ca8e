"""A backup is one file: the database at one moment, files that are elsewhere, and the keys.

A tar with `manifest.json`, `keys.json`, `database.dump` (pg_dump's own format) and, if files are in
S3, `files/...`. Rows and digests of the manifest are counted in the snapshot that is dumped, so
that whoever restores it can tell whether all is there. For a recipient it is encrypted (age).
"""

import fcntl
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

import pyrage
from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import Error, connection, connections
from django.utils import timezone

from embedded.postgres.binaries import client_programs
from embedded.postgres.comparing import DIGEST, PLAIN, TABLES
from embedded.postgres.state import replace_file, sync_folder
from files.away import StorageAway
from files.moving import names_in
from operations.models import Backup

FORMAT: Final = 1
DUMP, MANIFEST, KEYS = "database.dump", "manifest.json", "keys.json"
ENCRYPTED: Final = b"age-encryption.org/"
PLAINLY: Final = "; ".join(
    f"SET LOCAL {name} = {value}"
    for name, value in (PLAIN | {"idle_in_transaction_session_timeout": "0"}).items()
)
ROWS: Final = f"SELECT count(*), {DIGEST}::text FROM {{table}} AS each"  # noqa: S608 - the table is quoted
SEQUENCES: Final = """
    SELECT sequencename, coalesce(last_value, 0) FROM pg_sequences WHERE schemaname = 'public'
"""
SCRATCH: Final = "trackxpert_verify_"
OURS: Final = """
    SELECT datname FROM pg_database WHERE datname LIKE %s AND pg_get_userbyid(datdba) = current_user
"""
# Until the connection ends.
HOLD: Final = "SELECT pg_advisory_lock(hashtextextended(%s, 0))"
IS_LEFT: Final = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"
MAY_VERIFY: Final = """
    SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user
"""
NOT_VERIFIED: Final = (
    "No database for the check can be made: ALTER ROLE ... CREATEDB lets it, or leave the check out"
    " (--no-verify)."
)
AS_OURS: Final = ("--no-owner", "--no-privileges", "--no-comments")
AT_ONCE: Final = ("--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1")
# Others' rows tell who they are of, not what kind; the server's own are of nobody.
OTHERS: Final = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
    AND pid <> pg_backend_pid() AND usesysid IS NOT NULL
    AND coalesce(backend_type, 'client backend') = 'client backend'
"""
MAKE_ROOM: Final = """
    SET LOCAL lock_timeout = '30s'; DROP SCHEMA public CASCADE; CREATE SCHEMA public;
"""
NO_WAITS: Final = (
    "-c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0"
)


TLS: Final = ("sslmode", "sslrootcert", "sslcert", "sslkey")


class BackupFailed(Exception):
    """What is wrong, in words for an operator."""


@dataclass(frozen=True)
class Made:
    path: Path
    size: int
    rows: int
    is_verified: bool


@dataclass(frozen=True)
class Restored:
    """`keys` are those that SECRET_KEY_FALLBACKS has to name from now on."""

    manifest: dict[str, Any]
    keys: list[str]


# --- making one ---------------------------------------------------------------------------------


def make_backup(
    *,
    folder: Path,
    recipients: Sequence[str] = (),
    verify: bool = True,
    prefix: str = "trackxpert",
    put: Callable[[Path], None] | None = None,
) -> Made:
    """One new file in the folder, which only its owner reads; and a row that says so.

    `put` brings it elsewhere: until it is there no row says that there is one. Raises BackupFailed.
    What was begun and is not good leaves nothing.
    """
    known = [_recipient(text) for text in recipients]
    if verify:
        _require_right_to_verify()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    at = timezone.now()
    name = f"{prefix}-{at:%Y%m%d-%H%M%S}.tar{'.age' if known else ''}"
    with private_folder() as parts, _draft_in(folder) as draft:
        with storage_told():
            files = _files_elsewhere()
        manifest = _dump(parts / DUMP) | {"made_at": at.isoformat(), "files": files}
        if verify:
            _verify(parts / DUMP, manifest)
        keys = {"SECRET_KEY": settings.SECRET_KEY, "FALLBACKS": settings.SECRET_KEY_FALLBACKS}
        (parts / KEYS).write_text(json.dumps(keys))
        (parts / MANIFEST).write_text(json.dumps(manifest, indent=1))
        clear = parts / "archive.tar" if known else draft
        with storage_told():
            _pack(clear, parts, files)
        if known:
            with clear.open("rb") as plain, draft.open("wb") as out:
                pyrage.encrypt_io(plain, out, known)
        digest, size = _digest_of(draft), draft.stat().st_size
        _rename_for_good(draft, folder / name)
    if put:
        put(folder / name)
    Backup.objects.create(
        made_at=at,
        name=name,
        size=size,
        digest=digest,
        is_encrypted=bool(known),
        verified_at=timezone.now() if verify else None,
    )
    return Made(folder / name, size, sum(rows for rows, _ in manifest["tables"].values()), verify)


@contextmanager
def private_folder() -> Iterator[Path]:
    """For what is plain, in the state folder, and never where backups go: that may be a share."""
    root = settings.STATE_DIR / "backup-parts"
    root.mkdir(mode=0o700, exist_ok=True)
    _remove_left(root.iterdir())
    with tempfile.TemporaryDirectory(dir=root) as name, _held(Path(name)):
        yield Path(name)


@contextmanager
def _draft_in(folder: Path) -> Iterator[Path]:
    """A file that only its owner reads, and that is gone at the end unless it was renamed."""
    _remove_left(folder.glob(".trackxpert-*"))
    number, name = tempfile.mkstemp(dir=folder, prefix=".trackxpert-")
    os.close(number)
    draft = Path(name)
    try:
        with _held(draft):
            yield draft
    finally:
        draft.unlink(missing_ok=True)


def _rename_for_good(draft: Path, path: Path) -> None:
    """Whatever happens to the machine, the name leads to all of it or to nothing."""
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    draft.rename(path)
    with suppress(OSError):  # not every share can say that
        sync_folder(path.parent)


@contextmanager
def _held(path: Path) -> Iterator[None]:
    """As long as this process lives, nobody takes it for left. Raises BlockingIOError."""
    number = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(number)


def _remove_left(paths: Iterable[Path]) -> None:
    """What runs have left that were killed."""
    for path in list(paths):
        with suppress(OSError), _held(path):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


def _recipient(text: str) -> Any:
    try:
        return pyrage.x25519.Recipient.from_str(text.strip())
    except pyrage.RecipientError as error:
        raise BackupFailed(f"{text} is no recipient of age (age1...).") from error


def _dump(to: Path) -> dict[str, Any]:
    """The database as of one moment, and what stands in it then."""
    with transaction_apart() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot(), current_setting('server_version')")
        snapshot, version = cursor.fetchone()
        cursor.execute(PLAINLY)
        manifest = {
            "format": FORMAT,
            "version": settings.VERSION,
            "server_version": version,
            **content_of(cursor),
        }
        command = ("pg_dump", "--format=custom", f"--snapshot={snapshot}", f"--file={to}")
        _run(*command, "--no-owner", "--no-privileges")
    return manifest | {"dump_digest": _digest_of(to)}


@contextmanager
def transaction_apart(**settings_of_its_own: Any) -> Iterator[Any]:
    """One transaction on a connection of its own, which ends with it: it only reads.

    It waits idle while a dump is made, as long as that takes. Whoever hangs up on it meanwhile (a
    proxy between) takes nothing from what was read: there is nothing to say at the end.
    """
    link: Any = connections.create_connection("default")
    link.settings_dict = {**link.settings_dict, **settings_of_its_own}
    try:
        link.connect()
        link.set_autocommit(False)
        with link.cursor() as cursor:
            yield cursor
    finally:
        link.close()


def content_of(cursor: Any) -> dict[str, Any]:
    """Rows and a digest of each table, and where sequences stand."""
    cursor.execute(TABLES)
    tables = {}
    for (table,) in cursor.fetchall():
        cursor.execute(ROWS.format(table=connection.ops.quote_name(table)))
        tables[table] = list(cursor.fetchone())
    cursor.execute(SEQUENCES)
    return {"tables": tables, "sequences": dict(cursor.fetchall())}


def _files_elsewhere() -> list[str]:
    return [] if settings.FILE_STORAGE == "database" else list(names_in(default_storage))


def _pack(archive: Path, parts: Path, files: list[str]) -> None:
    with tarfile.open(archive, "w") as tar:
        for name in (MANIFEST, KEYS, DUMP):
            tar.add(parts / name, arcname=name)
        for name in files:
            entry = tarfile.TarInfo(f"files/{name}")
            # What was deleted since it was listed, the restored rows may name all the same.
            with suppress(FileNotFoundError), default_storage.open(name) as file:
                entry.size = file.size
                tar.addfile(entry, file)


@contextmanager
def storage_told() -> Iterator[None]:
    try:
        yield
    except StorageAway as error:
        raise BackupFailed(error.message) from error


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        digest = sha256()
        while part := file.read(2**20):
            digest.update(part)
    return digest.hexdigest()


# --- from a backup ------------------------------------------------------------------------------


@contextmanager
def opened(archive: Path, identities: Sequence[str] = ()) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The folder into which it was unpacked, and its manifest. Raises BackupFailed."""
    with private_folder() as folder:
        clear = _decrypted(archive, folder / "archive.tar", identities)
        try:
            with tarfile.open(clear) as tar:
                tar.extractall(folder, filter="data")
            manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
        except (tarfile.TarError, OSError, ValueError) as error:
            raise BackupFailed(f"{archive} is no backup, or not all of one: {error}") from error
        if manifest["format"] != FORMAT:
            raise BackupFailed(f"{archive} was made by another version: {manifest['version']}.")
        if _digest_of(folder / DUMP) != manifest["dump_digest"]:
            raise BackupFailed(f"{archive} is damaged: its dump has another digest.")
        yield folder, manifest


def _decrypted(archive: Path, to: Path, identities: Sequence[str]) -> Path:
    if not archive.is_file():
        raise BackupFailed(f"There is no file {archive}.")
    with archive.open("rb") as file:
        if file.read(len(ENCRYPTED)) != ENCRYPTED:
            return archive
        file.seek(0)
        try:
            known = [pyrage.x25519.Identity.from_str(text) for text in identities]
            with to.open("wb") as out:
                pyrage.decrypt_io(file, out, known)
        except (pyrage.IdentityError, pyrage.DecryptError) as error:
            raise BackupFailed(f"{archive} is encrypted, and not for this identity.") from error
    return to


def verify_backup(archive: Path, identities: Sequence[str] = ()) -> dict[str, Any]:
    """Restore it into a database that is dropped again, compare all rows; its manifest."""
    _require_right_to_verify()
    with opened(archive, identities) as (folder, manifest):
        _verify(folder / DUMP, manifest)
    Backup.objects.filter(name=archive.name).update(verified_at=timezone.now())
    return manifest


def _require_right_to_verify() -> None:
    """Before an hour is spent on a dump."""
    with connection.cursor() as cursor:
        cursor.execute(MAY_VERIFY)
        if not cursor.fetchone()[0]:
            raise BackupFailed(NOT_VERIFIED)


def _verify(dump: Path, manifest: dict[str, Any]) -> None:
    scratch = f"{SCRATCH}{token_hex(4)}"
    with connections["default"]._nodb_cursor() as cursor:  # noqa: SLF001 - as Django's tests do
        cursor.execute("SET statement_timeout = 0")
        _drop_left(cursor)
        cursor.execute(HOLD, [scratch])
        try:
            cursor.execute(f'CREATE DATABASE "{scratch}" TEMPLATE template0')
        except Error as error:
            raise BackupFailed(str(error).strip()) from error
        try:
            _load(dump, scratch)
            _compare(manifest, scratch)
        finally:
            cursor.execute(f'DROP DATABASE IF EXISTS "{scratch}" WITH (FORCE)')


def _drop_left(cursor: Any) -> None:
    """Databases of runs that were killed; who lives holds a lock of its database's name."""
    cursor.execute(OURS, [f"{SCRATCH}%"])
    for (name,) in cursor.fetchall():
        cursor.execute(IS_LEFT, [name])
        if cursor.fetchone()[0]:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def restore_backup(
    archive: Path, identities: Sequence[str] = (), *, replace: bool = False
) -> Restored:
    """Make this database, the files and the keys what the backup has.

    Raises BackupFailed, also for a database that holds something and is not to be replaced, or that
    others are connected to. What it held is there until all of the backup is: one transaction.
    """
    with opened(archive, identities) as (folder, manifest):
        name = str(connection.settings_dict["NAME"])
        is_empty = _check_target(replace=replace)
        script = folder / "database.sql"
        _run("pg_restore", *AS_OURS, f"--file={script}", str(folder / DUMP))
        room = folder / "room.sql"
        room.write_text("" if is_empty else MAKE_ROOM)
        connection.close()
        _run("psql", *AT_ONCE, f"--dbname={name}", f"--file={room}", f"--file={script}")
        _compare(manifest, name)
        with storage_told():
            _restore_files(folder / "files", manifest["files"])
        return Restored(manifest, _restore_keys(json.loads((folder / KEYS).read_text())))


def _restore_files(folder: Path, names: list[str]) -> None:
    for name in names:
        if not default_storage.exists(name):
            with suppress(FileNotFoundError), (folder / name).open("rb") as content:
                default_storage.save(name, File(content))


def _check_target(*, replace: bool) -> bool:
    """Whether it is empty. Raises BackupFailed if nothing may be put there."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        is_empty = not cursor.fetchall()
        if not is_empty and not replace:
            message = "This database is not empty. --replace deletes what it holds."
            raise BackupFailed(message)
        others, until = 1, time.monotonic() + 1  # who has just left takes a moment
        while others and time.monotonic() < until:
            cursor.execute(OTHERS)
            (others,) = cursor.fetchone()
            cursor.execute("SELECT pg_sleep(0.05)")
    if others:
        message = f"{others} connections of others to this database are open."
        raise BackupFailed(f"{message} Stop the server first.")
    return is_empty


def _load(dump: Path, database: str) -> None:
    """Into a database of our own, that is empty."""
    options = (*AS_OURS, "--single-transaction", "--exit-on-error")
    _run("pg_restore", *options, f"--dbname={database}", str(dump))


def _compare(manifest: dict[str, Any], database: str) -> None:
    with transaction_apart(NAME=database) as cursor:
        cursor.execute(PLAINLY)
        found = content_of(cursor)
    expected, there = manifest["tables"], found["tables"]
    wrong = {name for name in {*expected, *there} if expected.get(name) != there.get(name)}
    # A sequence obeys no snapshot: who drew numbers until the dump came to it has moved it on.
    wrong |= {
        name
        for name, last in manifest["sequences"].items()
        if found["sequences"].get(name, -1) < last
    }
    if wrong:
        raise BackupFailed(f"What was restored differs in {', '.join(sorted(wrong))}.")


def _restore_keys(keys: dict[str, Any]) -> list[str]:
    """Into the state folder; those that the environment alone takes, and lacks, are given back."""
    key, fallbacks = keys["SECRET_KEY"], keys["FALLBACKS"]
    if settings.HAS_EXPLICIT_SECRET_KEY:
        known = {settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS}
        return [each for each in (key, *fallbacks) if each not in known]
    replace_file(settings.STATE_DIR / "secret_key", key)
    return [each for each in fallbacks if each not in settings.SECRET_KEY_FALLBACKS]


# --- PostgreSQL's own programs ------------------------------------------------------------------


def _run(program: str, *arguments: str) -> None:
    """With the connection of Django, which no argument tells."""
    database: Any = connection
    known: dict[str, Any] = database.settings_dict
    names = {"HOST": "PGHOST", "PORT": "PGPORT", "USER": "PGUSER", "PASSWORD": "PGPASSWORD"}
    login = {there: str(known[here]) for here, there in names.items() if known[here]}
    options = known["OPTIONS"]
    tls = {f"PG{name.upper()}": str(options[name]) for name in TLS if name in options}
    told = {"PGDATABASE": str(known["NAME"]), "PGOPTIONS": NO_WAITS, **login, **tls}
    path = client_programs(program, database.pg_version // 10_000)
    done = subprocess.run(  # noqa: S603 - PostgreSQL's own
        [path, *arguments], env=os.environ | told, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BackupFailed(f"{program} failed: {done.stderr.strip()[-2000:]}")


def identities_in(file: Path | None) -> list[str]:
    """As age-keygen writes them: a line each, others are comments."""
    if file is None:
        return []
    try:
        lines = file.read_text().splitlines()
    except OSError as error:
        raise BackupFailed(f"The identity cannot be read: {error}") from error
    return [line.strip() for line in lines if line.startswith("AGE-SECRET-KEY-")]
