"""Both storages that may be set, by what Django's storage promises and what we ask of it."""

import io
import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

import boto3
import pytest
from django.conf import settings as project
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, Storage, default_storage, storages
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from moto.server import ThreadedMotoServer
from PIL import Image
from pytest_django.fixtures import Settings

from files.away import StorageAway, delete_on_commit, delete_unwanted
from files.database import CHUNK_BYTES, DatabaseStorage
from files.models import Chunk, StoredFile, Unwanted
from files.moving import names_in
from files.s3 import S3FileStorage

pytestmark = pytest.mark.django_db

PHOTO = "photos/0123456789abcdef0123456789abcdef.jpg"


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """A server that speaks S3 over HTTP, with a bucket."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    client: Any = boto3
    client.client("s3", endpoint_url=address, **KEYS).create_bucket(Bucket="school")
    yield address
    server.stop()


KEYS: dict[str, Any] = {
    "aws_access_key_id": "a",
    "aws_secret_access_key": "b",
    "region_name": "us-east-1",
}


def in_s3(address: str) -> S3FileStorage:
    """With the options of the settings, but for where that is and the keys."""
    named: Any = project.STORAGES
    made: Any = S3FileStorage
    there = {"endpoint_url": address, "bucket_name": "school"}
    keys = {"access_key": "a", "secret_key": "b"}
    storage: S3FileStorage = made(**named["s3"]["OPTIONS"] | there | keys)
    return storage


@pytest.fixture(params=["database", "s3"])
def storage(request: pytest.FixtureRequest) -> Iterator[Storage]:
    if request.param == "database":
        yield DatabaseStorage()
        return
    kept = in_s3(request.getfixturevalue("s3_server"))
    yield kept
    for name in list(names_in(kept)):
        kept.delete(name)


def read(storage: Any, name: str) -> bytes:
    with storage.open(name) as file:
        content: bytes = file.read()
    return content


def test_what_is_saved_comes_back_wherever_it_is_read(storage: Storage) -> None:
    content = os.urandom(2 * CHUNK_BYTES + 77)
    assert storage.save("prints/a.pdf", ContentFile(content)) == "prints/a.pdf"
    assert storage.size("prints/a.pdf") == len(content)
    with storage.open("prints/a.pdf") as file:
        assert file.read() == content
        for at in (0, CHUNK_BYTES - 3, 2 * CHUNK_BYTES, len(content) - 1, len(content) + 5):
            file.seek(at)
            assert (file.tell(), file.read(10)) == (at, content[at : at + 10])
        file.seek(-5, io.SEEK_END)
        assert file.read() == content[-5:]
        assert b"".join(file.chunks(1000)) == content


def test_nothing_is_overwritten_and_folders_are_listed(storage: Storage) -> None:
    names = [storage.save("evidence/a.pdf", ContentFile(bytes([n]))) for n in (1, 2)]
    assert names[0] == "evidence/a.pdf" != names[1]
    storage.save("top.txt", ContentFile(b""))
    assert sorted(names_in(storage)) == sorted([*names, "top.txt"])
    assert storage.listdir("") == (["evidence"], ["top.txt"])
    assert sorted(storage.listdir("evidence")[1]) == sorted(name[9:] for name in names)
    with storage.open("top.txt") as file:
        assert file.read() == b""
    storage.delete(names[0])
    storage.delete(names[0])
    assert [storage.exists(name) for name in names] == [False, True]
    with pytest.raises(FileNotFoundError):
        storage.open(names[0])


def test_addresses_are_ours_in_either(storage: Storage) -> None:
    assert storage.url(PHOTO) == f"/media/{PHOTO}"


def test_a_picture_is_read_from_either(storage: Storage) -> None:
    jpeg = io.BytesIO()
    Image.effect_noise((900, 900), 80).save(jpeg, "JPEG", quality=95)
    assert len(jpeg.getvalue()) > CHUNK_BYTES
    storage.save(PHOTO, ContentFile(jpeg.getvalue()))
    with storage.open(PHOTO) as file, Image.open(file) as image:
        image.load()
        assert image.size == (900, 900)


# --- in the database ----------------------------------------------------------------------------


def test_the_database_is_the_storage_unless_another_is_set() -> None:
    assert isinstance(storages["default"], DatabaseStorage)


def test_a_file_and_the_row_that_names_it_are_one_transaction() -> None:
    storage = DatabaseStorage()
    with transaction.atomic():
        storage.save("imports/a", ContentFile(b"a"))
        transaction.set_rollback(True)
    assert not storage.exists("imports/a")
    assert not Chunk.objects.exists()


def test_a_big_file_is_never_held_as_a_whole() -> None:
    """Each statement carries a chunk at most, and reading holds one."""

    class Zeros(io.RawIOBase):
        left = 40 * CHUNK_BYTES

        def read(self, size: int = -1, /) -> bytes:
            assert 0 < size <= CHUNK_BYTES
            part = bytes(min(size, self.left, 100_000))  # fewer than asked for, as of a socket
            self.left -= len(part)
            return part

    storage = DatabaseStorage()
    zeros: Any = Zeros()
    storage.save("prints/big.pdf", File(zeros))
    assert Chunk.objects.count() == 40
    file = storage.open("prints/big.pdf")
    with CaptureQueriesContext(connection) as queries:
        file.seek(39 * CHUNK_BYTES)
        assert file.read(10) == bytes(10)
    assert len(queries) == 1


def test_a_photo_costs_one_query_and_what_the_browser_has_another() -> None:
    DatabaseStorage().save(PHOTO, ContentFile(b"\xff\xd8\xff" + os.urandom(60_000)))
    with CaptureQueriesContext(connection) as queries:
        first = Client().get(f"/media/{PHOTO}")
        content = first.getvalue()
    assert (len(queries), len(content), first["Content-Length"]) == (1, 60_003, "60003")
    again = {"If-None-Match": first["ETag"]}
    with CaptureQueriesContext(connection) as queries:
        assert Client().get(f"/media/{PHOTO}", headers=again).status_code == 304
    assert len(queries) == 1
    DatabaseStorage().delete(PHOTO)
    assert Client().get(f"/media/{PHOTO}", headers=again).status_code == 404


@pytest.mark.dialect
def test_the_database_refuses_two_files_of_a_name_and_a_chunk_twice() -> None:
    DatabaseStorage().save("a", ContentFile(b"a"))
    for twice in (
        lambda: StoredFile.objects.create(name="a", size=1, digest=""),
        lambda: Chunk.objects.create(file=StoredFile.objects.get(), number=0, content=b""),
        lambda: StoredFile.objects.create(name="b", size=-1, digest=""),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            twice()


@pytest.mark.dialect
def test_content_is_stored_as_it_is() -> None:
    """PostgreSQL is not to press once more what is a JPEG or a PDF."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attstorage::text FROM pg_attribute"
            " WHERE attrelid = 'files_chunk'::regclass AND attname = 'content'"
        )
        assert cursor.fetchone() == ("e",)


def test_a_storage_that_is_away_is_a_503(settings: Settings) -> None:
    away = in_s3("http://127.0.0.1:1")
    with pytest.raises(StorageAway) as refused:
        away.exists("a")
    assert (refused.value.status_code, refused.value.code) == (503, "storage_unavailable")


def test_what_cannot_be_deleted_after_the_commit_is_deleted_later(
    caplog: pytest.LogCaptureFixture, django_capture_on_commit_callbacks: Any, s3_server: str
) -> None:
    kept = in_s3(s3_server)
    with django_capture_on_commit_callbacks(execute=True):
        delete_on_commit(in_s3("http://127.0.0.1:1"), "photos/old.jpg")
    assert "photos/old.jpg is to be deleted" in caplog.text
    kept.save("photos/old.jpg", ContentFile(b"a"))
    assert delete_unwanted(in_s3("http://127.0.0.1:1")) == 0
    assert delete_unwanted() == 0  # what is in the database now may be in S3 again
    assert delete_unwanted(kept) == 1
    assert not kept.exists("photos/old.jpg")
    assert not Unwanted.objects.exists()


def test_a_storage_that_goes_while_a_file_is_read_is_a_503() -> None:
    """It names the file, and then says nothing: nobody is told 200 first."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        Thread(target=_head_only, args=(silent,), daemon=True).start()
        storage = in_s3(f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(StorageAway):
            storage.open("a.pdf")


def _head_only(server: socket.socket) -> None:
    """To each: a file of five bytes, of which two come."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n"
    with suppress(OSError):
        while True:
            asked, _ = server.accept()
            with asked:
                asked.sendall(head if asked.recv(65536).startswith(b"HEAD") else head + b"ab")


# --- moving -------------------------------------------------------------------------------------


@pytest.fixture
def folder(settings: Settings) -> FileSystemStorage:
    """As an older version kept its files."""
    kept = storages["folder"]
    assert isinstance(kept, FileSystemStorage)
    return kept


def test_an_older_installation_is_moved_and_moving_goes_on_where_it_stopped(
    folder: FileSystemStorage,
) -> None:
    contents = {PHOTO: b"\xff\xd8\xff", "evidence/a.pdf": os.urandom(CHUNK_BYTES + 1), "e": b""}
    for name, content in contents.items():
        folder.save(name, ContentFile(content))
    default_storage.save("e", ContentFile(b""))  # an earlier run was stopped after this one
    call_command("move_files", "--from=folder")
    assert {name: read(default_storage, name) for name in names_in(default_storage)} == contents
    assert not list(names_in(folder))
    assert [path for path in Path(folder.location).rglob("*") if path.is_file()] == []
    assert Client().get(f"/media/{PHOTO}").getvalue() == contents[PHOTO]


def test_what_differs_under_a_name_stays_in_both(folder: FileSystemStorage) -> None:
    folder.save("a", ContentFile(b"old"))
    default_storage.save("a", ContentFile(b"new"))
    with pytest.raises(CommandError, match="same name: a"):
        call_command("move_files", "--from=folder")
    assert (read(folder, "a"), read(default_storage, "a")) == (b"old", b"new")


def test_from_the_database_to_s3_and_back(
    s3_server: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3 = in_s3(s3_server)
    handler: Any = storages
    monkeypatch.setitem(handler._storages, "s3", s3)
    content = os.urandom(CHUNK_BYTES + 5)
    default_storage.save("prints/a.pdf", ContentFile(content))
    said = call_command("move_files", "--from=database", "--to=s3")
    assert "FILE_STORAGE=s3, restart it, and run this once more" in said
    assert read(s3, "prints/a.pdf") == read(default_storage, "prints/a.pdf") == content
    settings.FILE_STORAGE = "s3"
    said = call_command("move_files", "--from=database", "--to=s3")
    assert "once more" not in said
    assert not StoredFile.objects.exists()
    assert read(s3, "prints/a.pdf") == content
    settings.FILE_STORAGE = "database"
    call_command("move_files", "--from=s3", "--to=database", "--keep")
    assert read(default_storage, "prints/a.pdf") == content
    assert s3.exists("prints/a.pdf")
