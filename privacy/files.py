"""Files that name somebody: by their own names, and by what stands in those that can be read."""

import io
import os
import zipfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage

from embedded import postgres
from privacy.known_by import KnownBy

# Pictures and PDFs name nobody in letters that could be found.
UNREADABLE = frozenset({".jpg", ".jpeg", ".png", ".pdf", ".gz", ".br", ".woff2"})
MOST_BYTES = 32 * 2**20
# Of the state folder: the server's own data is searched as tables, and what ships with us never.
PASSED_OVER = frozenset({"data", "static", "bin", "sockets"})


def files_with(known_by: KnownBy) -> list[str]:
    """The files in the storage and in the state folder that say who this is, by their paths."""
    stored = [name for name, content in _stored() if _says(name, content, known_by)]
    kept = [name for name, content in _kept() if _says(name, content, known_by)]
    return sorted({*stored, *kept})


def _says(name: str, content: bytes, known_by: KnownBy) -> bool:
    return known_by.is_in(name) or any(map(known_by.is_in, _lines(content)))


def _lines(content: bytes) -> Iterator[str]:
    """Row by row: what two people are called in two rows is nobody's name."""
    if content.startswith(b"PK"):
        yield from _workbook_lines(content)
    elif b"\0" not in content[:1024]:
        yield from content.decode(errors="replace").splitlines()


def _workbook_lines(content: bytes) -> Iterator[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as workbook:
            for part in workbook.infolist():
                yield part.filename
                if part.filename.endswith(".xml") and part.file_size <= MOST_BYTES:
                    text = workbook.read(part).decode(errors="replace")
                    yield from text.replace("</row>", "\n").replace("</si>", "\n").splitlines()
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError):
        return


def _stored(folder: str = "") -> Iterator[tuple[str, bytes]]:
    try:
        folders, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in names:
        path = f"{folder}/{name}" if folder else name
        yield path, _content(path)
    for each in folders:
        yield from _stored(f"{folder}/{each}" if folder else each)


def _content(path: str) -> bytes:
    if Path(path).suffix in UNREADABLE:
        return b""
    try:
        with default_storage.open(path) as file:
            content: bytes = file.read(MOST_BYTES)
            return content
    except OSError:  # gone, or not ours to read
        return b""


def _kept() -> Iterator[tuple[str, bytes]]:
    root = settings.STATE_DIR
    roots = {root, postgres.current_home().path if settings.EMBEDDED_DATABASE else root}
    for folder, folders, names in chain.from_iterable(map(os.walk, sorted(roots))):
        here = Path(folder)
        if here.name in PASSED_OVER:
            folders.clear()
            continue
        for name in names:
            yield os.path.relpath(here / name, root), _read(here / name)


def _read(path: Path) -> bytes:
    try:
        if path.suffix in UNREADABLE or not path.is_file():
            return b""
        with path.open("rb") as file:
            return file.read(MOST_BYTES)
    except OSError:
        return b""
