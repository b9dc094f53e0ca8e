"""Django's storage in the database: a file is a row, its content rows of CHUNK_BYTES.

A file and the row that names it can be one transaction. Nothing holds a whole file: it is written
and read chunk by chunk, and the first comes with the file itself, which is all of most photos.
"""

import io
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import Storage
from django.db import connection, transaction
from django.utils.deconstruct import deconstructible
from django.utils.encoding import filepath_to_uri

from files.models import Chunk, StoredFile
from files.pieces import Pieces

CHUNK_BYTES: Final = 256 * 1024
FIRST: Final = """
    SELECT file.id, file.size, chunk.content FROM files_storedfile AS file
    LEFT JOIN files_chunk AS chunk ON chunk.file_id = file.id AND chunk.number = 0
    WHERE file.name = %s
"""


@deconstructible
class DatabaseStorage(Storage):
    """Names are as everywhere; `url` is an address of ours, for views decide who sees a file."""

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        if mode != "rb":
            raise ValueError("What is stored is read, never changed.")
        return DatabaseFile(name)

    def _save(self, name: str, content: File[Any]) -> str:
        digest, size = sha256(), 0
        with transaction.atomic():
            file = StoredFile.objects.create(name=name, size=0, digest="")
            for number, data in enumerate(_parts(content)):
                Chunk.objects.bulk_create([Chunk(file=file, number=number, content=data)])
                digest.update(data)
                size += len(data)
            written = StoredFile.objects.filter(pk=file.pk)
            written.update(size=size, digest=digest.hexdigest())
        return name

    def delete(self, name: str) -> None:
        StoredFile.objects.filter(name=name).delete()  # its chunks by its key, and with it

    def exists(self, name: str) -> bool:
        """Of a file, or of a folder, which is there as long as a file is in it."""
        here = StoredFile.objects.filter(name=name)
        return here.exists() or StoredFile.objects.filter(name__startswith=f"{name}/").exists()

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        folder = f"{path.rstrip('/')}/" if path.strip("/") else ""
        below = StoredFile.objects.filter(name__startswith=folder).order_by("name")
        folders, names = dict[str, None](), []
        for name in below.values_list("name", flat=True).iterator():
            first, is_folder, _ = name.removeprefix(folder).partition("/")
            if is_folder:
                folders[first] = None
            else:
                names.append(first)
        return list(folders), names

    def size(self, name: str) -> int:
        return self._known(name).size

    def get_created_time(self, name: str) -> datetime:
        return self._known(name).stored_at

    get_accessed_time = get_modified_time = get_created_time

    def url(self, name: str | None) -> str:
        return f"{settings.MEDIA_URL}{filepath_to_uri(name or '')}"

    def _known(self, name: str) -> StoredFile:
        try:
            return StoredFile.objects.get(name=name)
        except StoredFile.DoesNotExist as error:
            raise FileNotFoundError(name) from error


def _parts(content: File[Any]) -> Iterator[bytes]:
    """All but the last of CHUNK_BYTES, which reading counts on, whatever `content` comes in."""
    if content.seekable():
        content.seek(0)
    waiting = b""
    while part := content.read(CHUNK_BYTES):
        waiting += part.encode() if isinstance(part, str) else part
        while len(waiting) >= CHUNK_BYTES:
            yield waiting[:CHUNK_BYTES]
            waiting = waiting[CHUNK_BYTES:]
    if waiting:
        yield waiting


class DatabaseFile(File[bytes]):
    """A stored file that is read. Raises FileNotFoundError."""

    def __init__(self, name: str) -> None:
        self._chunks = _Chunks(name)
        super().__init__(io.BufferedReader(self._chunks, CHUNK_BYTES), name)

    @property
    def size(self) -> int:
        return self._chunks.size

    def open(self, mode: str | None = None, *args: Any, **kwargs: Any) -> "DatabaseFile":
        """Also once more, after it was closed."""
        if self.closed:
            self.__init__(self.name)  # type: ignore[misc]
        self.seek(0)
        return self


class _Chunks(Pieces):
    """The content as a stream; one chunk of it is in memory."""

    def __init__(self, name: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(FIRST, [name])
            row = cursor.fetchone()
        if row is None:
            raise FileNotFoundError(name)
        self._file: int = row[0]
        self.size = row[1]
        self._number, self._content = 0, bytes(row[2] or b"")
        self._name = name

    def read_at(self, at: int, most: int) -> bytes:
        number, within = divmod(at, CHUNK_BYTES)
        if number != self._number:
            self._fetch(number)
        return self._content[within : within + most]

    def _fetch(self, number: int) -> None:
        found = Chunk.objects.filter(file_id=self._file, number=number)
        content = found.values_list("content", flat=True).first()
        if content is None:
            raise OSError(f"{self._name} was deleted while it was read.")
        self._number, self._content = number, bytes(content)
