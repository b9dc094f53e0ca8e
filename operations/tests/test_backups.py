"""The drill: what was backed up is restored elsewhere, and compared row by row, photo by photo."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any
from uuid import uuid4

import pyrage
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.utils import timezone
from pytest_django.fixtures import Settings

from cards.tests.factories import make_card, make_student
from core.waits import begin
from embedded.work import Work
from files.away import StorageAway
from files.database import CHUNK_BYTES
from files.moving import names_in
from operations import backups
from operations.figures import figures
from operations.models import Backup
from people.models import Person
from people.photos import keep_photo
from pos.models import Tap
from pos.tests.factories import make_reader

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def another_database() -> Iterator[None]:
    """An empty one, on which Django works meanwhile."""
    name, copy = connection.settings_dict["NAME"], f"test_restored_{uuid4().hex[:8]}"
    with connections["default"]._nodb_cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{copy}" TEMPLATE template0')
        use(copy)
        try:
            yield
        finally:
            use(name)
            cursor.execute(f'DROP DATABASE "{copy}" WITH (FORCE)')


def use(name: Any) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name


def every_row() -> dict[str, list[str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        found = {}
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT each::text FROM "{table}" AS each')  # noqa: S608
            found[table] = sorted(text for (text,) in cursor.fetchall())
    return found


def every_file() -> dict[str, bytes]:
    return {name: default_storage.open(name).read() for name in names_in(default_storage)}


@pytest.fixture
def school(settings: Settings, tmp_path: Path) -> None:
    """Somebody with a photo, a card and a tap, and a file of several chunks."""
    settings.STATE_DIR, settings.HAS_EXPLICIT_SECRET_KEY = tmp_path / "state", False
    settings.STATE_DIR.mkdir()
    settings.SECRET_KEY_FALLBACKS = ["an older key"]
    student = make_student()
    keep_photo(person=student, jpeg=b"\xff\xd8\xff" + os.urandom(9000))
    make_reader()[1].post(
        "/api/pos/taps/", {"card": make_card(student).rfid_number, "event_id": "1"}
    )
    default_storage.save("prints/a.pdf", ContentFile(os.urandom(CHUNK_BYTES + 7)))
    begin(Work.BACKGROUND)  # a command is none of the tap's hurry


@contextmanager
def numbers_drawn_meanwhile() -> Iterator[None]:
    """By another connection, as a running server draws them for its rows."""
    is_over = Event()

    def draw() -> None:
        with connection.cursor() as cursor:
            while not is_over.is_set():
                cursor.execute("SELECT nextval('operations_pulse_id_seq')")
        connection.close()

    writer = Thread(target=draw)
    writer.start()
    try:
        yield
    finally:
        is_over.set()
        writer.join()


def test_the_drill(school: None, settings: Settings, tmp_path: Path) -> None:
    owner, stranger = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    (tmp_path / "owner").write_text(f"# created: today\n{owner}\n")
    (tmp_path / "stranger").write_text(f"{stranger}\n")
    rows, kept = every_row(), every_file()
    assert len(kept) == 2
    assert Tap.objects.count() == 1
    with numbers_drawn_meanwhile():
        call_command("backup", to=tmp_path / "there", recipients=[str(owner.to_public())])
    (archive,) = (tmp_path / "there").iterdir()
    known = Backup.objects.get()
    assert (known.name, known.is_encrypted, known.size) == (
        *(archive.name, True),
        archive.stat().st_size,
    )
    assert known.verified_at
    assert archive.stat().st_mode & 0o077 == 0
    assert settings.SECRET_KEY.encode() not in archive.read_bytes()

    with pytest.raises(CommandError, match="not for this identity"):
        call_command("verify_backup", archive, identity=tmp_path / "stranger")
    with pytest.raises(CommandError, match="is not empty"):
        call_command("restore", archive, identity=tmp_path / "owner")
    call_command("verify_backup", archive, identity=tmp_path / "owner")

    with another_database():
        settings.SECRET_KEY_FALLBACKS = []
        call_command("restore", archive, identity=tmp_path / "owner")
        assert every_row() == rows
        assert every_file() == kept
        assert (settings.STATE_DIR / "secret_key").read_text() == settings.SECRET_KEY
        # What was restored works on: sequences, triggers and constraints are there.
        make_card(make_student())
        assert Person.objects.count() == 2
        server: Any = connection.copy()
        server.connect()
        with pytest.raises(CommandError, match=r"1 connections .* Stop the server first"):
            call_command("restore", archive, identity=tmp_path / "owner", replace=True)
        server.close()
        assert Person.objects.count() == 2
        said = call_command("restore", archive, identity=tmp_path / "owner", replace=True)
        assert "SECRET_KEY_FALLBACKS=an older key" in said
        assert every_row() == rows


class Elsewhere(FileSystemStorage):
    """Files apart from the database, of which one goes as soon as it is listed."""

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        folders, names = super().listdir(path)
        return folders, [*names, "gone"]


class Away(FileSystemStorage):
    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        raise StorageAway


def test_whoever_hangs_up_on_the_idle_snapshot_takes_no_good_backup_away(
    school: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy between cuts what says nothing for half an hour; the dump is another connection."""
    idle = """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE state = 'idle in transaction' AND pid <> pg_backend_pid()
        AND datname = current_database()
    """
    run = backups._run

    def dump_and_hang_up(*command: str) -> None:
        run(*command)
        with connection.cursor() as cursor:
            cursor.execute(idle)
            assert cursor.fetchall() or command[0] != "pg_dump"

    monkeypatch.setattr(backups, "_run", dump_and_hang_up)
    made = backups.make_backup(folder=tmp_path / "backups", verify=False)
    assert backups.verify_backup(made.path)["tables"]


def test_files_elsewhere_that_go_meanwhile_are_passed_over(
    school: None, settings: Settings, tmp_path: Path
) -> None:
    where = {"BACKEND": f"{__name__}.Elsewhere", "OPTIONS": {"location": tmp_path / "elsewhere"}}
    settings.FILE_STORAGE, settings.STORAGES = "s3", settings.STORAGES | {"default": where}
    default_storage.save("a.pdf", ContentFile(b"a"))
    made = backups.make_backup(folder=tmp_path / "there", verify=False)
    default_storage.delete("a.pdf")
    with backups.opened(made.path) as (folder, manifest):
        assert manifest["files"] == ["a.pdf", "gone"]
        backups._restore_files(folder / "files", manifest["files"])
    with default_storage.open("a.pdf") as file:
        assert file.read() == b"a"
    assert not default_storage.exists("gone")
    settings.STORAGES = settings.STORAGES | {"default": where | {"BACKEND": f"{__name__}.Away"}}
    with pytest.raises(CommandError, match="does not answer"):
        call_command("backup", to=tmp_path / "new")


def test_what_was_there_stays_until_all_of_the_backup_is(school: None, tmp_path: Path) -> None:
    """Something is in the way that no check foresees."""
    made = backups.make_backup(folder=tmp_path, verify=False)
    with another_database():
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE precious (id int); CREATE SCHEMA theirs")
            cursor.execute("CREATE EXTENSION pg_trgm SCHEMA theirs")
        connection.close()
        with pytest.raises(CommandError, match="psql failed"):
            call_command("restore", made.path, replace=True)
        assert list(every_row()) == ["precious"]


def test_what_killed_runs_have_left_goes(school: None, settings: Settings, tmp_path: Path) -> None:
    (settings.STATE_DIR / "backup-parts" / "old").mkdir(parents=True)
    (settings.STATE_DIR / "backup-parts" / "old" / "keys.json").write_text("{}")
    (tmp_path / ".trackxpert-old").write_bytes(b"half")
    left, held = (f"{backups.SCRATCH}{uuid4().hex[:8]}" for _ in range(2))
    with connections["default"]._nodb_cursor() as cursor:
        for name in (left, held):
            cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        cursor.execute(backups.HOLD, [held])
        with connections["default"]._nodb_cursor() as other:
            backups._drop_left(other)
        cursor.execute("SELECT datname FROM pg_database WHERE datname IN (%s, %s)", [left, held])
        assert cursor.fetchall() == [(held,)]
        cursor.execute(f'DROP DATABASE "{held}"')
    recipient = str(pyrage.x25519.Identity.generate().to_public())
    with backups.private_folder() as mine:
        backups.make_backup(folder=tmp_path / "there", recipients=[recipient], verify=False)
        assert list(mine.parent.iterdir()) == [mine]
    made = backups.make_backup(folder=tmp_path, verify=False)
    assert made.path.stat().st_mode & 0o077 == 0
    assert list(tmp_path.glob(".*")) == []
    assert [path.suffix for path in (tmp_path / "there").iterdir()] == [".age"]


def test_what_is_not_whole_is_not_believed(school: None, tmp_path: Path) -> None:
    made = backups.make_backup(folder=tmp_path, verify=False)
    assert Backup.objects.get().verified_at is None
    assert figures().backup_age is None
    Backup.objects.create(
        made_at=timezone.now() - timedelta(days=3),
        verified_at=timezone.now(),
        name="older",
        size=1,
        digest="",
        is_encrypted=False,
    )
    known = figures()
    assert known.backup_age == pytest.approx(3 * 86400, abs=60)
    assert not known.backup_verified
    with backups.opened(made.path) as (folder, manifest):
        manifest["tables"]["pos_tap"][0] += 1
        with pytest.raises(backups.BackupFailed, match="differs in pos_tap"):
            backups._verify(folder / backups.DUMP, manifest)
    content = bytearray(made.path.read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "bent").write_bytes(content)
    (tmp_path / "half").write_bytes(content[: len(content) // 2])
    (tmp_path / "other").write_bytes(b"nothing of ours")
    for name in ("bent", "half", "other", "nowhere"):
        with pytest.raises(CommandError):
            call_command("verify_backup", tmp_path / name)
    with pytest.raises(CommandError, match="no recipient of age"):
        call_command("backup", to=tmp_path / "new", recipients=["somebody"])
    assert not (tmp_path / "new").exists()
